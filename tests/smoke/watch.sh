#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	weir run --name N     in (its own pace) ──▶ rx ──▶ count ──▶ tx ──▶ out
#	weir ls, weir stats N      beside it, in processes of their own
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
name=smoke-watch-$$

for command in ls stats; do
	works "weir $command --help" weir $command --help
	has "weir $command --help shows how" "$(weir $command --help)" \
		"Usage: weir $command"
	weir $command --no-such-option >/dev/null 2>&1
	is "weir $command --no-such-option: exit code" $? 2
	has "weir --help lists $command" "$(weir --help)" "^ +$command "
done

"$weir_program" run --name $name -e "file:$captures/slow.pcap pace=capture factor=0.1 !
	count ! file:out.pcap" >run.out 2>&1 &
pid=$!
started+=("$pid")

listed() { weir ls | grep -q "$name"; }
if ! until_it listed; then
	not_ok "weir ls lists the run" "$(weir ls 2>&1)" "$(cat run.out)"
	finish
fi
ok "weir ls lists the run"
has "with its process id" "$(weir ls)" "$pid"
works "weir ls --json is JSON" bash -c \
	"'$weir_program' ls --json | jq -e ."

total() { weir stats $name --json 2>/dev/null | jq '[.. | objects |
	to_entries[] | select(.key | test("rx_packets$")) | .value | numbers] |
	max // 0'; }
flows() { [ "$(total)" -gt 0 ]; }
until_it flows
first=$(total)
grew() { [ "$(total)" -gt "$first" ]; }
if until_it grew; then
	ok "weir stats reads counters that grow: $first, then $(total)"
else
	not_ok "weir stats reads counters that grow" \
		"$(weir stats $name 2>&1 | head -20)"
fi
has "weir stats names the stages" "$(weir stats $name)" "stages.count"
is "a path means what is below it" "$(weir stats $name ports.in | wc -l)" \
	"$(weir stats $name | grep -c '^ports\.in\.')"
has "a pattern has wildcards" "$(weir stats $name '*.rx_packets')" \
	'^ports.in.rx_packets +[0-9]+ packets$'
works "histograms have percentiles in ns" bash -c "
	'$weir_program' stats $name --json '*.step' | jq -e '
		(.counters | to_entries[0].value | .p50 <= .p99 and
			.p99 <= .max and .count >= 0) and
		(.units | to_entries[0].value == \"ns\")'"
weir stats $name no.such.counter >none.out 2>&1
is "weir stats of a counter that is not there: exit code" $? 2
has "and it is named" "$(cat none.out)" "no counter 'no.such.counter'"
weir stats no-such-run >none.out 2>&1
is "weir stats of a run that is not there: exit code" $? 2
has "and it names those that are" "$(cat none.out)" "$name"
kill -INT "$pid" 2>/dev/null || true
kill -TERM "$pid" 2>/dev/null
wait "$pid"
is "the run was not disturbed" $? 0
unlisted() { ! weir ls | grep -q "$name"; }
until_it unlisted
works "a run that has ended is gone" unlisted
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in (a fiftieth of its own pace) ──▶ rx ──▶ delay ──▶ tx ──▶ out
#
# Ctrl-C drains and reports; a second one stops at once and still reports.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# begin NAME DELAY: runs in the background until told; its id is in $pid.
begin() {
	bash -c 'trap - INT; exec "$@"' _ "$weir_program" run --name "$1" \
		-e "file:$captures/slow.pcap pace=capture factor=0.02 !
		delay time=$2 ! file:$1.pcap" --json >"$1.json" 2>"$1.err" &
	pid=$!
	started+=("$pid")
}
# has_input INSTANCE: packets come, a few a second.
has_input() { until_it has_counted "$1" stages.rx.in; }
instance=smoke-signals-$$
set -m

begin $instance-one 1ms
if has_input $instance-one; then
	kill -INT "$pid"
	wait "$pid"
	is "Ctrl-C ends a run with" $? 0
	is "everything that came in went out" \
		"$(answer $instance-one.json '.total.in == .total.out and
			.total.in >= 1 and .total.in < 300')" true
	is "nothing is unaccounted" \
		"$(answer $instance-one.json .total.unaccounted)" 0
	is "nothing is held" "$(answer $instance-one.json .total.held)" 0
	is "the output is whole" "$(packets $instance-one.pcap)" \
		"$(answer $instance-one.json .total.out)"
else
	not_ok "a run begins" "$(cat $instance-one.err)"
fi

begin $instance-two 30s
if has_input $instance-two; then
	kill -INT "$pid"
	sleep 0.5
	kill -INT "$pid"
	wait "$pid"
	code=$?
	if [ $code = 0 ] || [ $code = 1 ]; then
		ok "a second Ctrl-C stops at once, exit code $code"
	else
		not_ok "a second Ctrl-C stops at once" "exit code $code"
	fi
	is "and still reports, with what is inside held" \
		"$(answer $instance-two.json '.total.held > 0')" true
	is "and nothing unaccounted" \
		"$(answer $instance-two.json .total.unaccounted)" 0
else
	not_ok "a second run begins" "$(cat $instance-two.err)"
fi

begin $instance-three 1ms
if has_input $instance-three; then
	kill -TERM "$pid"
	wait "$pid"
	is "SIGTERM ends a run as Ctrl-C does" $? 0
else
	not_ok "a third run begins" "$(cat $instance-three.err)"
fi

run_report for.json -e "file:$captures/slow.pcap pace=capture factor=0.05 !
	file:f.pcap" --for 2s
is "--for ends a run with" $? 0
is "before its input has ended" \
	"$(answer for.json '.total.in > 0 and .total.in < 300')" true
run_report packets.json -e "file:$captures/many.pcap ! file:p.pcap" \
	--packets 1000
is "--packets ends a run with" $? 0
is "when that many have come" "$(answer packets.json '.total.in >= 1000 and
	.total.in < 100000 and .total.in == .total.out')" true
finish

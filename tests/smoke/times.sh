#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ──▶ rx ──▶ spin | delay ──▶ tx ──▶ out
#
# A slow step is found under its name, and a delay is as long as it says. The
# machine may make things longer than they are, never shorter.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# A few thousand packets and a high priority: the less is there to be stolen.
spin() {
	urgent "$weir_test_program" run --packets 5500 --json -e \
		"file:$captures/many.pcap ! spin at=5000 for=300us !
		file:out.pcap" >spin.json 2>spin.err
}
longest() {
	answer spin.json '[.stages[] | {name, ns: .step_longest_ns}] |
		max_by(.ns).name'
}
spin
is "a run with a spinning stage ends well" $? 0
spun=$(answer spin.json '.stages[] | select(.type == "spin") | .step_longest_ns')
if [ "${spun%.*}" -ge 300000 ] 2>/dev/null; then
	ok "the step that spins 300 us took at least that: $spun ns"
else
	not_ok "the step that spins 300 us took at least that" "$spun ns"
fi
# The machine may steal more than 300 us from another stage: ask a few times.
for _ in $(seq 20); do
	name=$(longest)
	[[ $name == spin* ]] && break
	spin
done
has "it is the longest step of the run, under its name" "$name" '^spin'

# The median of a delay of 1 ms: exact below, and above as good as it gets.
p50() {
	urgent "$weir_program" run -e "file:$captures/nano.pcap ! delay time=1ms ! file:out.pcap" \
		--json 2>delay.err | jq '.latency[0].p50_ns'
}
least=
for try in $(seq 20); do
	now=$(p50)
	if [ -z "$now" ] || [ "$now" = null ]; then
		not_ok "the report has a median latency" "$(cat delay.err)"
		finish
	fi
	if [ "$now" -lt 1000000 ]; then
		not_ok "no packet is delayed by less than 1 ms" "p50 $now ns"
		finish
	fi
	[ -z "$least" ] || [ "$now" -lt "$least" ] && least=$now
	[ "$least" -le 1100000 ] && break
done
ok "no median is below 1 ms in $try runs"
if [ "$least" -le 1100000 ]; then
	ok "and one is at most 1.1 ms: $least ns"
else
	not_ok "and one is at most 1.1 ms" "the least: $least ns"
fi
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ──▶ rx ──▶ tx ──▶ out
#
# The world fails: inputs that are missing, empty, cut; no memory, a full disk,
# more lcores than cores. Each ends in words and the right exit code.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# attempt CODE PATTERN SENTENCE ARGUMENT…
attempt() {
	local wanted=$1 pattern=$2 sentence=$3 code
	shift 3
	weir run "$@" >attempt.out 2>&1
	code=$?
	if [ $code != "$wanted" ]; then
		not_ok "$sentence: exit code" "got $code, wanted $wanted" \
			"$(cat attempt.out)"
	else
		# A finding goes on in indented lines, where depends on the path.
		has "$sentence" "$(sed -z 's/\n    \([^ ]\)/ \1/g' attempt.out)" \
			"$pattern"
	fi
}
from() { echo "file:$captures/$1 ! file:$2"; }

attempt 2 "port 'in': cannot read 'nowhere.pcap'" "a missing capture" \
	-e "file:nowhere.pcap ! file:out.pcap"
attempt 2 "port 'in': .*empty.pcap' is empty" "an empty capture" \
	-e "$(from empty.pcap out.pcap)"
attempt 2 "port 'in': .*text.pcap' is not a capture" "not a capture" \
	-e "$(from text.pcap out.pcap)"
attempt 2 "port 'in': cannot read" "a folder for a capture" \
	-e "file:$tmp ! file:out.pcap"
attempt 2 "port 'out': cannot write" "an output in no folder" \
	-e "$(from nano.pcap nowhere/out.pcap)"
attempt 0 "in 0 out 0 .* 0 unaccounted" "a capture of no packets" \
	-e "$(from header.pcap out.pcap)"
same "gives a capture of no packets" out.pcap "$captures/header.pcap"

attempt 1 "cut off at packet 10" "a capture cut inside a packet" \
	-e "$(from truncated.pcap out.pcap)"
is "has its whole packets processed" "$(packets out.pcap)" 9
attempt 1 "cut off at packet 11" "a capture cut inside a head" \
	-e "$(from truncated-head.pcap out.pcap)"
is "has its whole packets processed too" "$(packets out.pcap)" 10

attempt 1 "[Nn]o space left" "a full disk" -e "$(from many.pcap /dev/full)"
has "a full disk leaves nothing unaccounted" "$(cat attempt.out)" \
	"0 unaccounted"
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	unshare -m bash -c 'mkdir small && mount -t tmpfs -o size=256k t small &&
		timeout 60 "$1" run -e "file:$2 ! file:small/out.pcap"' _ \
		"$weir_program" "$captures/many.pcap" >small.out 2>&1
	is "a small disk that fills: exit code" $? 1
	has "a small disk that fills: words" "$(cat small.out)" \
		"[Nn]o space left"
else
	skip "a small disk that fills" "needs root"
fi

attempt 2 "memory" "no memory for the pool" -e "$(from nano.pcap out.pcap)" \
	--set runtime.memory=1MiB --set runtime.packets=100000

cat >crowd.yaml <<YAML
version: 1
runtime: {lcores: 8}
ports:
  in: {file: $captures/many.pcap}
  out: {file: out.pcap}
stages:
  rx: {type: rx, port: in}
  split: {type: shard, inputs: rx, by: flow}
  seen: {type: count, inputs: split, replicas: 6, place: lcore}
  tx: {type: tx, inputs: seen, port: out, place: lcore}
YAML
attempt 0 "0 unaccounted" "eight lcores on the cores that there are" crowd.yaml
if [ "$(nproc)" -lt 9 ]; then
	has "are warned of" "$(cat attempt.out)" "warning.*(core|CPU)"
fi
is "and let everything through" "$(packets out.pcap)" 100000

weir_test run -e "file:$captures/raw.pcap ! bridge ! file:out.pcap" >raw.out 2>&1
is "a stage that needs Ethernet gets none: exit code" $? 1
has "and that is said by name" "$(cat raw.out)" "'bridge'.*Ethernet"
weir run -e "file:$captures/raw.pcap ! filter expr=udp ! count ! file:out.pcap" \
	>raw.out 2>&1
is "other stages take any link type: exit code" $? 0
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ──▶ rx ──▶ STAGE ──▶ each output: a tx ──▶ a capture
#	              fused · channel · lcore · thread
#
# The same stage gives the same wherever it runs: captures byte by byte, counts
# of what it dropped or consumed one by one. A stage without a line here fails.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# file STAGE-WORDS PLACE OUTPUT…: a pipeline around one stage.
file() {
	local words=$1 place=$2 output
	shift 2
	echo "version: 1"
	echo "runtime: {lcores: 2}"
	echo "ports:"
	echo "  in: {file: '$talk'}"
	for output in "$@"; do
		echo "  out-$output: {file: '$output.$place.pcap'}"
	done
	echo "stages:"
	echo "  rx: {type: rx, port: in}"
	echo "  it: {inputs: rx, place: $place, $words}"
	for output in "$@"; do
		echo "  tx-$output:"
		echo "    {type: tx, port: out-$output, inputs: it.${output%-*}}"
	done
}

# books REPORT: what the stage said, but for its place and its time.
books() {
	jq -c '[.stages[] | select(.name == "it") |
		{in, made, consumed, outputs, drops, counters, rows}]' "$1"
}

# try WORDS PLACES OUTPUT…: runs it in each of the places. An output that leads
# to several is written output-1, output-2.
try() {
	local words=$1 places=$2 place output first=
	local type
	type=$(sed 's/.*type: *\([a-z_0-9]*\).*/\1/' <<<"$words")
	tried="$tried $type"
	shift 2
	for place in $places; do
		file "$words" "$place" "$@" >"$place.yaml"
		if ! run_report "$place.json" "$place.yaml"; then
			not_ok "$words: runs in place $place" \
				"$(cat "$place.json.err")"
			return
		fi
		if [ -z "$first" ]; then
			first=$place
			continue
		fi
		is "$words: the same books $first and $place" \
			"$(books "$place.json")" "$(books "$first.json")"
		for output in "$@"; do
			same "$words: the same $output $first and $place" \
				"$output.$place.pcap" "$output.$first.pcap"
		done
	done
}

all="fused channel lcore thread"
tried=

# Rates that no machine comes near, or that let one packet pass: what a meter
# says must not depend on when it is asked.
rules="['dns: udp dport 53', 'dns: udp sport 53', 'web: tcp dport 80-443']"
if weir stages classify >/dev/null 2>&1; then
	try "type: classify, classes: [dns, web], rules: $rules" "$all" \
		dns web rest
fi
try "type: count, by: [protocol, talker]" "$all" out
try "type: delay, time: 1ms" "$all" out
try "type: drop" "$all"
try "type: filter, expr: 'udp or icmp'" "$all" match rest
try "type: merge" "$all" out
try "type: meter, rate: 1bit/s, burst: 300k" "$all" green yellow red
try "type: repeat, times: 3" "$all" out
try "type: rewrite, ttl: decrement, source_mac: '02:00:00:00:00:07'" \
	"$all" out
cp out.thread.pcap rewritten.pcap
try "type: sample, one_in: 7" "$all" sample rest
try "type: sample, by: flow, probability: 0.3" "$all" sample rest
try "type: shape, rate: 1Gbit/s" "channel lcore thread" out # a task is a root
try "type: sink, checksums: yes" "$all"
try "type: tee" "$all" out-1 out-2

# shard: which of three replicas got how many.
for place in $all; do
	cat >shard.yaml <<-YAML
	version: 1
	runtime: {lcores: 2}
	ports:
	  in: {file: '$talk'}
	stages:
	  rx: {type: rx, port: in}
	  it: {type: shard, inputs: rx, place: $place}
	  way: {type: sink, inputs: it, replicas: 3}
	YAML
	run_report "shard.$place.json" shard.yaml
	is "type: shard: the same ways fused and $place" \
		"$(jq -c '[.stages[] | select(.name | test("way")) |
			[.name, .in]]' "shard.$place.json")" \
		"$(jq -c '[.stages[] | select(.name | test("way")) |
			[.name, .in]]' shard.fused.json)"
done
tried="$tried shard"

# tee shares bytes and rewrite writes: copies come out of the thread's own pool.
cat >writes.yaml <<YAML
version: 1
ports:
  in: {file: '$talk'}
  changed: {file: changed.pcap}
  left: {file: left.pcap}
stages:
  rx: {type: rx, port: in}
  tee: {type: tee, inputs: rx, place: thread}
  it: {type: rewrite, inputs: tee, place: thread, ttl: decrement,
    source_mac: "02:00:00:00:00:07"}
  tx-changed: {type: tx, inputs: it, port: changed}
  tx-left: {type: tx, inputs: tee, port: left}
YAML
works "a rewrite on a thread behind a tee on another runs" \
	weir run writes.yaml
same "what it changed is what it changes alone" changed.pcap rewritten.pcap
same "and the other way of the tee is untouched" left.pcap "$talk"

# A source: its packets are numbered, so a sink tells whether all came in order.
for place in auto lcore thread; do
	cat >gen.yaml <<-YAML
	version: 1
	stages:
	  it: {type: gen, place: $place, count: 20000, flows: 7, size: [60, 800]}
	  sink: {type: sink, inputs: it, sequence: yes, checksums: yes,
	    lcore: 1}
	YAML
	run_report gen.json gen.yaml
	is "type: gen: all 20000 in order, from $place" \
		"$(jq -c '[.stages[] | select(.name == "sink") | .counters |
			.bytes, .numbered, .lost, .late, .twice, .wrong]' \
			gen.json)" "[8600000,20000,0,0,0,0]"
done
tried="$tried gen"

# What uses a port stays on an lcore, where it may be a root or not.
for place in fused channel lcore thread; do
	cat >port.yaml <<-YAML
	version: 1
	runtime: {lcores: 2}
	ports:
	  in: {file: '$talk'}
	  out: {file: out.$place.pcap}
	stages:
	  rx: {type: rx, port: in}
	  it: {type: tx, inputs: rx, port: out, place: $place}
	YAML
	if [ $place = thread ]; then
		has "type: tx: not on a thread, and why" \
			"$(weir check port.yaml 2>&1)" \
			"cannot run on a thread: it uses a port"
	else
		works "type: tx: runs in place $place" weir run port.yaml
		same "type: tx: writes the same in place $place" \
			out.$place.pcap "$talk"
	fi
done
tried="$tried tx rx"
for type in $(weir stages --json | jq -r '.stages[].type'); do
	case " $tried " in
	*" $type "*) ok "$type was tried" ;;
	*) not_ok "$type was tried" "add a line for it to $0" ;;
	esac
done
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ──▶ rx ──▶ split ──▶ web[0] ──┬──▶ tx ──▶ out
#	                   └──▶ web[1] ──┘
#
# The books: what came in is what went out, or it is said where it is.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >books.yaml <<YAML
version: 1
ports:
  in: {file: $talk}
  out: {file: out.pcap}
stages:
  rx: {type: rx, port: in}
  split: {type: shard, inputs: rx, by: flow}
  web: {type: filter, inputs: split, replicas: 2, expr: "tcp", drop: rest}
  tx: {type: tx, inputs: web.match, port: out}
YAML

# unaccounted REPORT: the sum over ports, stages, edges and pool.
unaccounted() {
	answer "$1" '[.. | objects | select(has("unaccounted")) |
		.unaccounted] | map(if . < 0 then -. else . end) | add'
}

run_report report.json books.yaml
is "a run of a shard over two filters ends well" $? 0
is "in is what capinfos counts in the input" \
	"$(answer report.json .in)" "$(packets "$talk")"
is "out is what capinfos counts in the output" \
	"$(answer report.json .out)" "$(packets out.pcap)"
is "nothing is unaccounted, anywhere" "$(unaccounted report.json)" 0
is "the equation holds in all" "$(answer report.json \
	'.total | .in + .made - .out - .held - .dropped - .consumed')" 0
is "the same packets come out as tcpdump lets through" \
	"$(tshark -r out.pcap -T fields -e frame.time_epoch | sort | md5sum)" \
	"$(tcpdump -r "$talk" -w - tcp --time-stamp-precision=nano 2>/dev/null |
		tshark -r - -T fields -e frame.time_epoch | sort | md5sum)"
is "both workers had some" \
	"$(answer report.json '[.stages[] |
		select(.name | startswith("web[")) | select(.in > 0)] |
		length')" 2
is "the report names DPDK's version" \
	"$(answer report.json '.dpdk | startswith("DPDK ")')" true

tcpdump -r "$talk" -w - --time-stamp-precision=nano \
	"tcp port 80" 2>/dev/null >one.pcap
weir run books.yaml --set ports.in.file=one.pcap >/dev/null 2>&1
flow() { # the times of each flow, flow by flow
	tshark -r "$1" -T fields -e tcp.srcport -e tcp.dstport -e ip.src \
		-e ipv6.src -e frame.time_epoch 2>/dev/null | sort -s -k1,3
}
is "a flow keeps its order through the shard" \
	"$(flow out.pcap | md5sum)" "$(flow one.pcap | md5sum)"

weir_test run -e "file:$captures/many.pcap ! leak at=777 ! file:leaked.pcap" \
	>leak.out 2>&1
is "a packet that a stage frees itself: exit code" $? 1
has "it is missed by number" "$(cat leak.out)" \
	"in 100000 out 99999 dropped 0 held 0: 1 unaccounted"
has "and the stage is named" "$(cat leak.out)" "leak.*unaccounted"

run_report many.json -e "file:$captures/many.pcap ! drop"
is "what a file asks to drop is no failure" $? 0
is "and is counted" "$(answer many.json .total.dropped)" 100000
is "with nothing left over" "$(unaccounted many.json)" 0

run_report tee.json /dev/stdin <<YAML
version: 1
ports:
  in: {file: $captures/many.pcap}
  left: {file: left.pcap}
  right: {file: right.pcap}
stages:
  rx: {type: rx, port: in}
  both: {type: tee, inputs: rx}
  tx1: {type: tx, inputs: both, port: left}
  tx2: {type: tx, inputs: both, port: right}
YAML
is "a tee ends well" $? 0
same "a tee's left copy is the input" left.pcap "$captures/many.pcap"
same "a tee's right copy is the input" right.pcap "$captures/many.pcap"
is "what it made is counted" "$(answer tee.json .total.made)" 100000
is "and nothing is left over" "$(unaccounted tee.json)" 0
finish

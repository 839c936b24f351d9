#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ─▶ rx ─▶ alternate ──odd──▶ tx ─▶ out        one process
#	                 └─────even─▶ again ──odd──▶ sink
#
#	gen ─▶ shard ─▶ alternate[0..1] ══▶ sink         another: on threads
#
# One stage object, built once, in two wirings and twice in one: it is bound to
# the names of its outputs, not to what they lead to.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
object=$build/tests/smoke/alternate.so
before=$(sha256sum <"$object")

cat >first.yaml <<YAML
version: 1
load: $object
ports:
  in: {file: '$talk'}
  out: {file: out.pcap}
stages:
  rx: {type: rx, port: in}
  alternate: {type: alternate, inputs: rx}
  again: {type: alternate, inputs: alternate.even, drop: even}
  tx: {type: tx, inputs: alternate.odd, port: out}
  sink: {type: sink, inputs: again.odd}
YAML
all=$(packets "$talk")
works "the first wiring runs" weir run first.yaml --report first.json
is "odd packets went to the port" "$(packets out.pcap)" $(((all + 1) / 2))
is "of the even ones, the odd ones to the sink" "$(jq -c \
	'.stages[] | select(.name == "sink") | .consumed' first.json)" \
	$(((all / 2 + 1) / 2))

cat >second.yaml <<YAML
version: 1
load: $object
runtime: {lcores: 1}
stages:
  gen: {type: gen, count: 10000, flows: 50}
  shard: {type: shard, inputs: gen}
  it: {type: alternate, inputs: shard, replicas: 2, place: thread}
  sink: {type: sink, inputs: [it.odd, it.even], lcore: 1}
YAML
works "the second wiring runs" weir run second.yaml --report second.json
is "both outputs went to one sink, from both replicas" "$(jq -c \
	'.stages[] | select(.name == "sink") | .consumed' second.json)" 10000
is "each replica parted its packets in turn" "$(jq -c \
	'[.stages[] | select(.type == "alternate") | .outputs |
	.odd - .even | . == 0 or . == 1] | unique' second.json)" "[true]"
is "and the object is the one that was built" \
	"$(sha256sum <"$object")" "$before"
finish

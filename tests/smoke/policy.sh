#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	tests: input ──▶ rx ──▶ web ──match──▶ tx ──▶ out: as expected?
#
# weir test: policy is tested by someone who never writes C.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tcpdump -r "$talk" -w wanted.pcap --time-stamp-precision=nano "tcp port 80" \
	2>/dev/null
count=$(packets wanted.pcap)
rest=$(($(packets "$talk") - count))
pipeline() {
	cat <<YAML
version: 1
ports:
  in: {file: in-of-a-real-run.pcap}
  out: {file: out-of-a-real-run.pcap}
stages:
  rx: {type: rx, port: in}
  web: {type: filter, inputs: rx, expr: "\${EXPR}", drop: rest}
  tx: {type: tx, inputs: web.match, port: out}
tests:
  - {name: the packets, input: $talk, expect: {out: wanted.pcap}}
  - {name: the counts, input: $talk, expect: {out: $count, web.rest: $rest}}
  - {input: $captures/header.pcap, expect: {out: 0}}
YAML
}
pipeline >policy.yaml
EXPR="tcp port 80" weir test policy.yaml >good.out 2>&1
is "a policy that does what it should: exit code" $? 0
has "and that is said" "$(cat good.out)" "3 (tests )?passed"

EXPR="tcp port 81" weir test policy.yaml >bad.out 2>&1
is "a policy that does not: exit code" $? 1
has "the test is named" "$(cat bad.out)" "the counts"
has "with what came and what was expected" "$(cat bad.out)" "$count"
is "nothing of a real run is written" "$(ls out-of-a-real-run.pcap 2>&1 |
	grep -c 'No such file')" 1
EXPR="tcp port 80" weir test policy.yaml --json >good.json 2>/dev/null
works "weir test --json is JSON" jq -e . good.json
EXPR="tcp port 80" weir test policy.yaml --set stages.web.expr=udp >/dev/null 2>&1
is "--set reaches a test, too" $? 1
finish

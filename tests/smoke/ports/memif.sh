#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	weir, memif client ══ shared memory ══ memif server, testpmd
#	weir, memif server ══ shared memory ══ memif client, testpmd
. "$(dirname "${BASH_SOURCE[0]}")/testpmd.sh"

where="socket=$tmp/s,socket-abstract=no"
pair "memif client" "memif: $tmp/s" \
	"net_memif0,role=server,$where" testpmd
pair "memif server" "memif: $tmp/s, role: server" \
	"net_memif0,role=client,$where" weir

# A path that is relative means weir's folder.
name="memif, a relative path" line="memif: ./s" first=testpmd
peer="net_memif0,role=server,$where"
there_and_back

# The other side goes first: what was received stays counted. weir does not look
# at the line then, since what it should send to nobody holds it back.
name="memif, left alone" line="memif: $tmp/s" first=testpmd
peer="net_memif0,role=server,$where"
cat >alone.yaml <<YAML
version: 1
ports: {line: {$line}, nobody: {vhost: $tmp/nobody}}
stages:
  receive: {type: rx, port: line}
  send: {type: tx, inputs: receive, port: nobody}
YAML
meet alone.yaml txonly
comes() { [ "$(shows ports.line.rx_packets)" -gt 100 ]; }
until_it comes
testpmd_stop
testpmd_end
weir_stop
is "$name: weir received some" "$(($(port line rx_packets) > 100))" 1
is "$name: and they stay counted" "$(port line unaccounted)" 0

# The other side is killed while it sends, and comes again.
name="memif, left in a flood" line="memif: $tmp/s, role: server" first=weir
peer="net_memif0,role=client,$where"
cat >killed.yaml <<YAML
version: 1
ports: {line: {$line}}
stages:
  receive: {type: rx, port: line}
  end: {type: drop, inputs: receive}
YAML
weir_begin killed.yaml
more() { [ "$(shows ports.line.rx_packets)" -gt "$before" ]; }
for _ in 1 2 3; do
	testpmd_begin "$peer" txonly
	before=$(shows ports.line.rx_packets)
	testpmd_say start
	until_it more
	kill -KILL "$testpmd_pid"
	wait "$testpmd_pid" 2>/dev/null
	exec 7>&-
done
weir_end "$name"
has "$name: it is a finding" "$(answer report.json '.findings[]')" \
	"the link went down"
is "$name: what was received is counted" "$(port line unaccounted)" 0
is "$name: and its socket is taken away" "$(ls -d "$tmp"/s* 2>/dev/null)" ""
finish

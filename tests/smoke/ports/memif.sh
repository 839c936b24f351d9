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
finish

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
finish

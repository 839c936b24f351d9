#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	a0, tap, mtu 9000   ─▶ weir ─▶ file     the kernel's frames of 9014 bytes
#	testpmd ══ memif    ─▶ weir ─▶ file     packets of 8000 bytes in
#	testpmd ══ vhost    ─▶ weir ─▶ file     four pieces
#
# Packets that are longer than an mbuf come in as chains and leave whole, also
# from a pool so small that they must wait for mbufs: vhost and memif of DPDK 22.11
# lose, uncounted, what they cannot make the whole chain of.
. "$(dirname "${BASH_SOURCE[0]}")/testpmd.sh"

# sizes FILE: of its packets, each once.
sizes() {
	tshark -r "$1" -T fields -e frame.len 2>/dev/null | sort -nu |
		tr '\n' ' '
}
to_file() {
	cat <<YAML
version: 1
runtime: {packets: ${pool:-16k}}
ports: {line: {$1}, out: {file: out.pcap}}
stages:
  receive: {type: rx, port: line}
  some: {type: filter, inputs: receive, expr: "${2-greater 0}", drop: rest}
  write: {type: tx, inputs: some.match, port: out}
YAML
}

long_lines() { # NAME LINE PEER FIRST
	name=$1 line=$2 peer=$3 first=$4
	to_file "$line" >long.yaml
	meet long.yaml txonly "set txpkts 2000,2000,2000,2000"
	comes() { [ "$(shows ports.line.rx_packets)" -gt 500 ]; }
	until_it comes
	testpmd_stop
	until_it weir_has "$sent"
	weir_end "$name"
	testpmd_end
	is "$name: testpmd sent what weir received" \
		"$(port line rx_packets)" "$sent"
	is "$name: and what weir wrote" "$(packets out.pcap)" "$sent"
	is "$name: in whole packets" "$(sizes out.pcap)" "8000 "
}
long_lines vhost "vhost: $tmp/s" "net_virtio_user0,path=$tmp/s" weir
pool=4k
long_lines "vhost, a small pool" "vhost: $tmp/s" \
	"net_virtio_user0,path=$tmp/s" weir
pool=16k
long_lines memif "memif: $tmp/s" \
	"net_memif0,role=server,socket=$tmp/s,socket-abstract=no" testpmd

. "$root/tests/smoke/ports/wires.sh"
needs ip ping tcpdump jq
namespace left
to_file 'tap: a0, mtu: 9000' icmp >tap.yaml
weir_at left tap.yaml
ip -n "$mine-left" address add 10.9.0.1/24 dev a0
ip -n "$mine-left" neighbour add 10.9.0.2 dev a0 lladdr 02:00:00:00:00:02
at left tcpdump -i a0 -w seen.pcap -U --immediate-mode icmp >tcpdump.log 2>&1 &
started+=($!)
until_it grep -q listening tcpdump.log
at left ping -q -c 50 -i 0.01 -W 0.1 -s 8972 10.9.0.2 >ping.log 2>&1
weir_end tap
is "tap: 50 frames of the kernel's came in" "$(packets out.pcap)" 50
is "tap: of 9014 bytes" "$(sizes out.pcap)" "9014 "
bytes out.pcap >out.text
bytes seen.pcap >seen.text
same "tap: byte for byte" out.text seen.text
finish

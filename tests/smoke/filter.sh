#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ──▶ rx ──▶ filter ──match──▶ tx ──▶ -
#	                └────rest───▶ dropped
#
# What weir lets through is byte for byte what tcpdump does.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >filter.yaml <<'YAML'
version: 1
ports:
  in: {file: "${CAPTURE}"}
  out: {file: out.pcap}
stages:
  rx: {type: rx, port: in}
  keep: {type: filter, inputs: rx, expr: "${EXPR}", drop: rest}
  tx: {type: tx, inputs: keep.match, port: out}
YAML

# compare CAPTURE EXPRESSION
compare() {
	local precision=() magic
	export CAPTURE=$1 EXPR=$2
	magic=$(od -An -tx1 -N4 "$1" | tr -d ' ')
	case $magic in 4d3cb2a1|a1b23c4d) precision=(--time-stamp-precision=nano) ;; esac
	if ! tcpdump "${precision[@]}" -r "$1" -w wanted.pcap "$2" \
		2>tcpdump.err; then
		not_ok "tcpdump takes '$2'" "$(cat tcpdump.err)"
		return
	fi
	weir run filter.yaml --set ports.out.file=- >got.pcap 2>weir.err
	local code=$?
	if [ $code != 0 ]; then
		not_ok "$(basename "$1"): $2" "exit code $code" "$(cat weir.err)"
	elif ! cmp got.pcap wanted.pcap >cmp.out 2>&1; then
		not_ok "$(basename "$1"): $2" "$(cat cmp.out)" \
			"$(packets got.pcap) packets, not $(packets wanted.pcap)"
	else
		ok "$(basename "$1"): $2: $(packets got.pcap) packets"
	fi
}

while read -r expression; do
	compare "$talk" "$expression"
done <<'TABLE'
ip
ip6
arp
udp
icmp or icmp6
tcp port 443
host 192.0.2.1 and not port 22
ip6 and udp port 53
port 53 or (vlan 20 and port 53)
vlan 20 and tcp port 80
ip[6:2] & 0x3fff != 0
ip[0] & 2 != 0
tcp[tcpflags] & tcp-syn != 0
tcp[0] % 2 = 1
udp[4:2] > 100
udp[4:4] > 6000000
len > 1000
greater 200 and less 600
ether host 02:00:00:00:00:01 and broadcast
net 198.51.100.0/24
ip6 protochain 6
dst net 203.0.113.0/24
TABLE

for name in nano micro big-endian big-endian-nano snap raw header; do
	while read -r expression; do
		compare "$captures/$name.pcap" "$expression"
	done <<'TABLE'
ip or ip6
udp and not port 53
ip[2:2] > 60
len > 70
TABLE
done
finish

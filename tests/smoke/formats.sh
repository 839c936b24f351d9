#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	capture ──▶ rx ──▶ tx ──▶ capture
#
# What comes out is what went in: frames of all sizes, nanoseconds, link types,
# interfaces, lengths as they were on the wire.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# copy IN OUT [ARGUMENT]…
copy() {
	local in=$1 out=$2
	shift 2
	weir run -e "file:$in ! file:$out" "$@" >copy.out 2>&1
}

for name in nano micro sizes snap raw header many; do
	if copy "$captures/$name.pcap" "$name.pcap"; then
		same "a copy of $name.pcap is that file again" \
			"$name.pcap" "$captures/$name.pcap"
	else
		not_ok "$name.pcap is copied" "$(cat copy.out)"
	fi
done
if copy "$talk" talk.pcap; then
	same "a copy of talk.pcap is that file again" talk.pcap "$talk"
else
	not_ok "talk.pcap is copied" "$(cat copy.out)"
fi

for name in big-endian big-endian-nano; do
	little=${name/big-endian-nano/nano} little=${little/big-endian/micro}
	copy "$captures/$name.pcap" "$name.pcap"
	same "$name.pcap is written in this machine's order" \
		"$name.pcap" "$captures/$little.pcap"
done

# told FILE: what tshark sees of each packet.
told() {
	tshark -r "$1" -T fields -e frame.interface_name -e frame.time_epoch \
		-e frame.len -e frame.cap_len -e frame.encap_type \
		-e frame.protocols -e frame.md5_hash 2>/dev/null
}
for name in two links; do
	copy "$captures/$name.pcapng" "$name.pcapng"
	told "$captures/$name.pcapng" >wanted.txt
	told "$name.pcapng" >got.txt
	same "$name.pcapng keeps each packet, its time and its interface" \
		got.txt wanted.txt
	is "$name.pcapng keeps its interfaces" \
		"$(capinfos -MI "$name.pcapng" | grep -cE '^Interface #')" 2
	is "$name.pcapng keeps all packets" "$(packets "$name.pcapng")" 200
done
copy "$talk" talk.pcapng
is "talk.pcap as pcapng has as many packets" \
	"$(packets talk.pcapng)" "$(packets "$talk")"
is "and the same times" \
	"$(tshark -r talk.pcapng -T fields -e frame.time_epoch | md5sum)" \
	"$(tshark -r "$talk" -T fields -e frame.time_epoch | md5sum)"

copy "$captures/links.pcapng" mixed.pcap
is "two link types do not fit into a pcap: exit code" $? 1
has "and the report says so" "$(cat copy.out)" "link type"

weir run -e "file:- ! file:-" <"$talk" >piped.pcap 2>piped.err
same "standard input goes to standard output" piped.pcap "$talk"
has "and the report goes to standard error" "$(cat piped.err)" unaccounted
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What real programs say to each other through a bridge of two ports, whatever
# their kind: a0 in left and b0 in right are their interfaces. Sourced.

# witness NAME INTERFACE FILE [OPTION]…: writes what passes there, to be read by
# tshark; $witness_pid.
witness() {
	local where=$1 interface=$2 file=$3
	shift 3
	begin "$where" dumpcap -q -i "$interface" -B 32 "$@" -w "$file" \
		2>"$file.err"
	witness_pid=$pid
	until_it grep -q '^File:' "$file.err" && return
	not_ok "the witness starts" "$(cat "$file.err")"
	finish
}

# witness_end FILE: answers how many packets it saw, with those it missed.
witness_end() {
	kill -INT "$witness_pid"
	wait "$witness_pid"
	is "the witness missed none" "$(sed -n \
		's/^Packets received.dropped on .*: [0-9]*.\([0-9]*\).*/\1/p' \
		"$1.err")" 0
}

# Fragments are what a port may be told to keep: $joins_fragments says that the
# kernel puts those of IPv4 together before the port sees them.
joins_fragments=

talk_pings() {
	works "100 pings" at left ping -q -c 100 -i 0.002 -W 2 10.9.0.2
	works "100 pings over IPv6" at left ping -q -c 100 -i 0.002 -W 2 fd09::2
	works "pings over IPv6 in three fragments" \
		at left ping -q -c 5 -i 0.01 -W 2 -s 4000 fd09::2
	[ $joins_fragments ] || works "pings in three fragments" \
		at left ping -q -c 5 -i 0.01 -W 2 -s 4000 10.9.0.2
}

listens() { at right ss -ltnH "sport = $1" | grep -q .; }

talk_web() {
	local address n
	mkdir -p www
	head -c 300000 /dev/urandom >www/page
	begin right python3 -m http.server --bind :: --directory www 8000 \
		>web.log 2>&1
	until_it listens 8000
	for address in 10.9.0.2 '[fd09::2]'; do
		for n in 1 2 3; do
			at left curl -sf --max-time 5 -o "got.$n" \
				"http://$address:8000/page"
		done
		same "a web page from $address" got.3 www/page
	done
}

# talk_bulk: bounded in what may be under way: less than a port's ring holds.
talk_bulk() {
	begin right iperf3 -s -1 -J >iperf.server 2>&1
	until_it listens 5201
	at left timeout 20 iperf3 -c 10.9.0.2 -n 40M -w 64K -J >iperf.json 2>&1
	is "iperf3 ends well" "$(answer iperf.json '.error // "well"')" well
	is "iperf3 received what it sent" "$(answer iperf.json \
		'.end.sum_received.bytes > 0.99 * .end.sum_sent.bytes')" true
	echo "# iperf3: $(answer iperf.json '.end.sum_received.bits_per_second /
		1e6 | floor') Mbit/s, $(answer iperf.json \
		.end.sum_sent.retransmits) retransmits"
}

same_count() { [ "$(packets "$1")" = "$(packets "$2")" ]; } # FILE FILE

# foreign FILE: of its packets, those that neither a0 nor b0 made itself.
foreign() {
	local own
	own=$(for end in left/a0 right/b0; do
		echo "not ether host $(at "${end%/*}" \
			cat "/sys/class/net/${end#*/}/address") and"
	done)
	tcpdump -r "$1" -U -w - "$own greater 0" 2>/dev/null
}

# talk_replay: a capture goes in at a0 and comes out at b0 byte for byte, VLAN
# tags and all, in order.
talk_replay() {
	local sent fragment="ip[6:2] & 0x3fff != 0"
	cp "$talk" replay.pcap
	[ ! $joins_fragments ] || tcpdump -r "$talk" -w replay.pcap \
		"not ($fragment or (vlan and $fragment))" 2>/dev/null
	sent=$(packets replay.pcap)
	witness right b0 came.pcapng
	at left tcpreplay -q -i a0 -p 8000 replay.pcap >replay.log 2>&1
	is "tcpreplay sent the capture" \
		"$(sed -n 's/.*Successful packets: *//p' replay.log)" "$sent"
	until_it quiet_now
	witness_end came.pcapng
	foreign came.pcapng >came.pcap
	is "tshark counts as many at the other side" \
		"$(tshark -r came.pcap 2>/dev/null | wc -l)" "$sent"
	bytes replay.pcap >sent.text
	bytes came.pcap >came.text
	same "and they are the same, byte for byte and in order" \
		came.text sent.text
}

# talk_counts LEFT-RX LEFT-TX RIGHT-RX RIGHT-TX: what the kernel counted at the
# other ends, beside what weir did.
talk_counts() {
	is "left: the kernel sent what weir received" \
		"$(port left rx_packets)" "$1"
	is "left: the kernel received what weir sent" \
		"$(port left tx_packets)" "$2"
	is "right: the kernel sent what weir received" \
		"$(port right rx_packets)" "$3"
	is "right: the kernel received what weir sent" \
		"$(port right tx_packets)" "$4"
	is "what came in at left went out at right" \
		"$(port left rx_packets)" "$(port right tx_packets)"
	is "what came in at right went out at left" \
		"$(port right rx_packets)" "$(port left tx_packets)"
}

# talk: all of it, from when the ends come up.
talk() {
	talk_pings
	talk_web
	talk_bulk
	talk_replay
}

# talk_over_interfaces: with all that passes at b0 seen and counted.
talk_over_interfaces() {
	local kernel all
	plain_frames left a0
	plain_frames right b0
	up right b0
	witness right b0 all.pcapng
	all=$witness_pid
	up left a0
	address left a0 1
	address right b0 2
	talk
	hush left a0
	hush right b0
	until_it quiet_now
	witness_pid=$all
	witness_end all.pcapng
	kernel=("$(counted left a0 tx)" "$(counted left a0 rx)"
		"$(counted right b0 tx)" "$(counted right b0 rx)")
	weir_end
	talk_counts "${kernel[@]}"
	is "the witness saw all that weir sent and received at right" \
		"$(packets all.pcapng)" "$((kernel[2] + kernel[3]))"
}

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the tests of ports share whose other side is dpdk-testpmd in a process of
# its own, and what is done with any such pair:
#
#	talk.pcap ─▶ weir ══▶ testpmd io ══▶ weir ─▶ back.pcap   there and back
#	many.pcap ─▶ weir ══▶ testpmd rxonly                     a flood out
#	             weir ◀══ testpmd txonly                     a flood in
#
# Both sides count for themselves, and all must agree. Neither needs root.
. "$(dirname "${BASH_SOURCE[0]}")/beside.sh"

if ! command -v dpdk-testpmd >/dev/null; then
	skip "a peer that is dpdk-testpmd" "none here: apps/packages.sh test"
	finish
fi

queues=1 # of the line, on testpmd's side
runtime= # of the file

# testpmd_begin VDEV MODE: on CPU 0, since weir polls on another.
testpmd_begin() {
	local vdev=$1 mode=$2
	rm -f control
	mkfifo control
	stdbuf -oL dpdk-testpmd --lcores 0@0,1@0 --no-huge -m 128 --no-shconf \
		--no-telemetry --no-pci --log-level=1 \
		--vdev "$vdev" -- --forward-mode="$mode" -i --no-flush-rx \
		--total-num-mbufs=8192 --rxq=$queues --txq=$queues <control >testpmd.out 2>&1 &
	testpmd_pid=$!
	started+=("$testpmd_pid")
	exec 7>control
	until_it grep -q '^testpmd>' testpmd.out && return
	not_ok "testpmd starts" "$(tail -20 testpmd.out)"
	finish
}
testpmd_say() { echo "$1" >&7; }
testpmd_end() {
	testpmd_say quit
	exec 7>&-
	wait "$testpmd_pid"
}

# testpmd_stop stops forwarding; what was counted then is in $sent, $received
# and $failed.
testpmd_stop() {
	testpmd_say stop
	until_it grep -q '^Done\.$' testpmd.out
	# Not in all of its lines does a device count what it has refused.
	received=$(forwarded RX-packets)
	sent=$(forwarded TX-packets)
	refused=$(forwarded TX-dropped)
}
forwarded() {
	sed -n "/Accumulated forward/,\$s/.*$1: *\([0-9]*\).*/\1/p" \
		testpmd.out | tail -1
}

# peer_has COUNT: so many packets have come in at testpmd, while it forwards. What
# it was not told yet, it says when asked again.
peer_has() {
	testpmd_say "show port stats 0"
	[ "$(sed -n 's/^ *RX-packets: *\([0-9]*\).*/\1/p' testpmd.out |
		tail -1)" = "$1" ]
}

# weir_has COUNT: so many packets have come in from the line. testpmd counts
# what it puts into shared memory, where weir finds it later.
weir_has() { [ "$(shows ports.line.rx_packets)" = "$1" ]; }

# meet FILE MODE [COMMAND]…: both begin, in the order that the line wants.
meet() {
	local file=$1 mode=$2 command
	shift 2
	rm -f s
	[ "$first" = weir ] && weir_begin "$file"
	testpmd_begin "$peer" "$mode"
	[ "$first" = weir ] || weir_begin "$file"
	for command in "$@" start; do
		testpmd_say "$command"
	done
}

# there_and_back: while testpmd forwards, and tries again where the line is full.
there_and_back() {
	local count
	count=$(packets "$talk")
	cat >back.yaml <<YAML
version: 1
runtime: {$runtime}
ports:
  in: {file: $talk, pace: capture, factor: 3}
  out: {file: back.pcap}
  line: {$line}
stages:
  read: {type: rx, port: in}
  send: {type: tx, port: line, inputs: read}
  receive: {type: rx, port: line}
  write: {type: tx, port: out, inputs: receive}
YAML
	meet back.yaml io "set fwd io retry" "set burst tx delay 10 retry 100000"
	arrived() { [ "$(shows ports.out.tx_packets)" = "$count" ]; }
	until_it arrived
	testpmd_stop
	weir_end "$name, there and back"
	testpmd_end
	is "$name: testpmd received the capture" "$received" "$count"
	is "$name: and sent it" "$sent" "$count"
	is "$name: weir sent it" "$(port line tx_packets)" "$count"
	is "$name: and received it" "$(port line rx_packets)" "$count"
	bytes "$talk" >there.text
	bytes back.pcap >back.text
	same "$name: it came back byte for byte" back.text there.text
}

# flood_out: while testpmd takes. weir stays until both have counted, since a
# line counts nothing once its other end is gone.
flood_out() {
	local count
	count=$(packets "$captures/many.pcap")
	cat >out.yaml <<YAML
version: 1
runtime: {$runtime}
ports: {in: {file: $captures/many.pcap}, line: {$line}}
stages:
  read: {type: rx, port: in}
  send: {type: tx, port: line, inputs: read}
  receive: {type: rx, port: line}
  end: {type: drop, inputs: receive}
YAML
	meet out.yaml rxonly
	left() { [ "$(shows ports.line.tx_packets)" = "$count" ]; }
	until_it left
	until_it peer_has "$count"
	testpmd_stop
	weir_end "$name, flood out"
	testpmd_end
	is "$name: weir sent all" "$(port line tx_packets)" "$count"
	is "$name: testpmd received all" "$received" "$count"
}

# flood_in: while testpmd sends as fast as it can.
flood_in() {
	cat >in.yaml <<YAML
version: 1
runtime: {$runtime}
ports: {line: {$line}}
stages:
  receive: {type: rx, port: line}
  end: {type: drop, inputs: receive}
YAML
	meet in.yaml txonly
	comes() { [ "$(shows ports.line.rx_packets)" -gt 100000 ]; }
	until_it comes
	testpmd_stop
	until_it weir_has "$sent"
	weir_end "$name, flood in"
	testpmd_end
	is "$name: weir received what testpmd sent in a flood" \
		"$(port line rx_packets)" "$sent"
	echo "# $name: $sent packets, $refused refused by the full line"
}

# pair NAME LINE PEER FIRST: all three between weir's port LINE, as it stands in
# the file, and testpmd's device PEER. FIRST begins: weir or testpmd.
pair() {
	name=$1 line=$2 peer=$3 first=$4
	there_and_back
	flood_out
	flood_in
}

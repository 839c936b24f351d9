#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	left: a0 ═veth═ a1 ─▶ af_packet, 32 frames ─▶ weir ─▶ null
#
# More than a port can take is offered to it at once: what it did not get is
# counted, though DPDK's device does not know of it, and fails the run unless the
# file allows that. weir is halted meanwhile: on a quiet machine it would keep up.
. "$(dirname "${BASH_SOURCE[0]}")/wires.sh"
needs ip tcpreplay jq

namespace left mid
wire left a0 mid a1
up mid a1
overrun() { # ALLOW: an exit code and a report, with at least one missed
	cat >overrun.yaml <<YAML
version: 1
ports:
  in: {af_packet: "a1,framecnt=32", allow_missed: $1}
stages:
  receive: {type: rx, port: in}
  end: {type: drop, inputs: receive}
YAML
	weir_at mid overrun.yaml
	before=$(counted left a0 tx)
	ip -n "$mine-left" link set a0 up
	kill -STOP "$weir_pid"
	at left tcpreplay -q -i a0 --topspeed "$captures/many.pcap" \
		>replay.log 2>&1
	kill -CONT "$weir_pid"
	until_it quiet_now
	weir_stop
	code=$?
	offered=$(($(counted left a0 tx) - before))
	missed=$(port in rx_missed)
	is "allow_missed $1: offered = received + missed ($missed)" \
		"$(($(port in rx_packets) + missed))" "$offered"
	is "allow_missed $1: some were missed" $((missed > 0)) 1
	is "allow_missed $1: nothing is unaccounted" \
		"$(answer report.json .total.unaccounted)" 0
}
overrun no
is "that fails the run" $code 1
has "and is a finding" "$(answer report.json '.findings[]')" \
	"'in': $missed packets missed"
overrun yes
is "unless the file allows it" $code 0
finish

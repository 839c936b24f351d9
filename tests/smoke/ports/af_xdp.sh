#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	left: a0 ═veth═ a1 ─▶ af_xdp ─▶ weir ─▶ af_xdp ─▶ b1 ═veth═ b0 :right
#	                   ◀─                          ◀─
#
# Programs talk through a bridge on two XDP sockets. What a veth leaves to
# hardware, checksums and the cutting of long frames, nobody does: its ends are
# told not to.
. "$(dirname "${BASH_SOURCE[0]}")/wires.sh"
. "$root/tests/smoke/ports/talk.sh"
needs ip ethtool ping curl python3 iperf3 tcpreplay dumpcap tshark tcpdump jq

namespace left mid right
wire left a0 mid a1
wire right b0 mid b1
up mid a1
up mid b1
bridge 'af_xdp: a1' 'af_xdp: b1' >bridge.yaml
weir_at mid bridge.yaml
talk_over_interfaces

# What a tee sends on are clones, and what is longer than an mbuf is a chain: the
# device would send something else of both.
wire left c0 mid c1
up mid c1
up left c0
cat >clones.yaml <<YAML
version: 1
runtime: {packet_size: 2048}
ports: {in: {file: $talk}, one: {af_xdp: c1}, two: {file: two.pcap}}
stages:
  read: {type: rx, port: in}
  copy: {type: tee, inputs: read}
  send: {type: tx, inputs: copy, port: one}
  keep: {type: tx, inputs: copy, port: two}
YAML
witness left c0 clones.pcapng
at mid timeout -k 5 60 "$weir_program" run clones.yaml --json >report.json \
	2>weir.err
is "clones: exit code" $? 0
until_it same_count clones.pcapng two.pcap
witness_end clones.pcapng
bytes "$talk" >sent.text
bytes clones.pcapng >came.text
same "clones leave as what they are clones of, byte for byte" \
	came.text sent.text
finish

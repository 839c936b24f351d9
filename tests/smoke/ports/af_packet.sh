#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	left: a0 ═veth═ a1 ─▶ af_packet ─▶ weir ─▶ af_packet ─▶ b1 ═veth═ b0 :right
#	                   ◀─                                ◀─
#
# Programs talk through a bridge on two raw sockets. DPDK's device has the kernel
# put fragments of IPv4 together, and what a veth leaves to hardware, checksums and
# the cutting of long frames, nobody does: its ends are told not to.
. "$(dirname "${BASH_SOURCE[0]}")/wires.sh"
. "$root/tests/smoke/ports/talk.sh"
needs ip ethtool ping curl python3 iperf3 tcpreplay dumpcap tshark tcpdump jq

namespace left mid right
wire left a0 mid a1
wire right b0 mid b1
up mid a1
up mid b1
bridge 'af_packet: "a1,framecnt=4096"' 'af_packet: "b1,framecnt=4096"' >bridge.yaml
joins_fragments=yes
weir_at mid bridge.yaml
talk_over_interfaces
finish

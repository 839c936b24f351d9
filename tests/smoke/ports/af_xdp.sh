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
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	left: a0 ─▶ tap ─▶ weir ─▶ tap ─▶ b0 :right
#	         ◀─             ◀─
#
# Programs talk through a bridge on two interfaces that weir made and that were
# then moved to where the programs are.
. "$(dirname "${BASH_SOURCE[0]}")/wires.sh"
. "$root/tests/smoke/ports/talk.sh"
needs ip ping curl python3 iperf3 tcpreplay dumpcap tshark tcpdump jq

namespace left mid right
bridge 'tap: a0' 'tap: b0' >bridge.yaml
weir_at mid bridge.yaml
ip -n "$mine-mid" link set a0 netns "$mine-left"
ip -n "$mine-mid" link set b0 netns "$mine-right"
talk_over_interfaces
finish

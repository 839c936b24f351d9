#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	a0, tap ──┬─ queue 0 ─▶ receive[0] ─▶ end[0]
#	          └─ queue 1 ─▶ receive[1] ─▶ end[1]
#
# Several queues: each has a receiver of its own, each gets something, and
# together they get all: of a tap what the kernel sent, of vhost what testpmd did.
. "$(dirname "${BASH_SOURCE[0]}")/testpmd.sh"

# queues_file LINE: two queues are received, and nothing else is done.
queues_file() {
	cat <<YAML
version: 1
ports: {line: {$1, queues: 2}}
stages:
  receive: {type: rx, port: line}
  end: {type: drop, inputs: receive, replicas: 2}
YAML
}

# check_queues NAME COUNT
check_queues() {
	local each
	mapfile -t each < <(answer report.json \
		'.stages[] | select(.name | startswith("receive[")).in')
	is "$1: both queues have a receiver" "${#each[@]}" 2
	is "$1: each got packets (${each[*]})" \
		"$((each[0] > 0 && each[1] > 0))" 1
	is "$1: together they got all" "$((each[0] + each[1]))" "$2"
	is "$1: and the port counted them" "$(port line rx_packets)" "$2"
}

queues_file "vhost: $tmp/s" >vhost.yaml
name=vhost first=weir queues=2
peer="net_virtio_user0,path=$tmp/s,queues=2"
meet vhost.yaml txonly
comes() { [ "$(shows ports.line.rx_packets)" -gt 100000 ]; }
until_it comes
testpmd_stop
weir_end vhost
testpmd_end
check_queues vhost "$sent"

# The kernel chooses a tap's queue by the flow.
. "$root/tests/smoke/ports/wires.sh"
needs ip tcpreplay jq
namespace left
queues_file 'tap: a0' >tap.yaml
weir_at left tap.yaml
at left tcpreplay -q -i a0 -p 8000 "$talk" >replay.log 2>&1
until_it quiet_now
came=$(counted left a0 tx)
weir_end tap
check_queues tap "$came"
finish

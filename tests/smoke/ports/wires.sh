#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the tests of ports share whose other side is a program of the kernel's
# world. They make network namespaces, wire them up with a pipeline between
# them, let real programs talk, and compare what the kernel counted, what a
# witness saw and what the report says. All is taken away again at the end.
#
#	left: a0 ═══ a1  weir, in mid  b1 ═══ b0 :right
#
# $mine begins the names of all namespaces of a test.
. "$(dirname "${BASH_SOURCE[0]}")/beside.sh"
namespaces=()

take_down() {
	local name pid
	[ "$BASHPID" = $$ ] || return
	exec 2>/dev/null # bash tells of each that is killed
	for name in "${namespaces[@]}"; do
		for pid in $(ip netns pids "$mine-$name" 2>/dev/null); do
			kill -KILL "$pid" 2>/dev/null
		done
		ip netns del "$mine-$name" 2>/dev/null
	done
	clean_up
}

# needs PROGRAM…: the test is skipped, and says why, where it cannot be run.
needs() {
	local program
	for program; do
		command -v "$program" >/dev/null && continue
		skip "a peer that is a real program" "no $program here: \
apps/packages.sh test"
		finish
	done
	if [ "$(id -u)" != 0 ]; then
		skip "a peer in a network namespace" "needs root"
		finish
	fi
	trap take_down EXIT
	if ! ip netns add "$mine-try" 2>/dev/null; then
		skip "a peer in a network namespace" "none can be made here"
		finish
	fi
	ip netns del "$mine-try"
}

# namespace NAME…: quiet ones, in which nothing is sent that was not asked for.
namespace() {
	local name
	for name; do
		namespaces+=("$name")
		ip netns add "$mine-$name" || exit 2
		ip -n "$mine-$name" link set lo up
		at "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1
	done
}

# at NAME COMMAND…: in that namespace.
at() {
	local name=$1
	shift
	ip netns exec "$mine-$name" "$@"
}

# begin NAME COMMAND…: starts it there, in the background; its id is in $pid.
begin() {
	local name=$1
	shift
	ip netns exec "$mine-$name" "$@" </dev/null &
	pid=$!
	started+=("$pid")
}

# wire NAME INTERFACE NAME INTERFACE: both ends are down.
wire() {
	ip link add "$2" netns "$mine-$1" type veth \
		peer name "$4" netns "$mine-$3" || exit 2
}

up() { ip -n "$mine-$1" link set "$2" up; } # NAME INTERFACE

# hush NAME INTERFACE: it takes leave of its groups, and then says nothing more.
hush() { at "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"; }

# address NAME INTERFACE N: 10.9.0.N and fd09::N. Nothing is sent there before.
address() {
	at "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=0" \
		"net.ipv6.conf.$2.accept_dad=0" \
		"net.ipv6.conf.$2.router_solicitations=0"
	ip -n "$mine-$1" address add "10.9.0.$3/24" dev "$2"
	ip -n "$mine-$1" address add "fd09::$3/64" dev "$2" nodad
}

# plain_frames NAME INTERFACE: frames leave it as they would on a wire: no longer
# than that allows, and with their checksums filled in. A veth would leave both
# to hardware that is not there.
plain_frames() {
	at "$1" ethtool -K "$2" tso off gso off gro off tx off >/dev/null 2>&1
}

# counted NAME INTERFACE rx|tx [WHAT]: by the kernel.
counted() {
	ip -n "$mine-$1" -s -j link show dev "$2" 2>/dev/null |
		jq -r ".[0].stats64.$3.${4:-packets}"
}

# ---- weir between them ----

# bridge LEFT RIGHT [RUNTIME]: a pipeline both ways between two ports, which are
# given as they stand in the file.
bridge() {
	cat <<YAML
version: 1
runtime: {${3-}}
ports:
  left: {$1}
  right: {$2}
stages:
  from_left: {type: rx, port: left}
  to_right: {type: tx, port: right, inputs: from_left}
  from_right: {type: rx, port: right}
  to_left: {type: tx, port: left, inputs: from_right}
YAML
}

# weir_at NAME FILE: as weir_begin, there.
weir_at() { weir_begin "$2" ip netns exec "$mine-$1"; }

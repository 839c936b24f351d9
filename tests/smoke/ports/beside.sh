#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A run of weir beside the programs on the other side of its ports: begun, looked
# at, ended and compared. $mine is its name.
[ "${root-}" ] || . "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
mine=weir$$

# weir_begin FILE [PREFIX]…: runs a pipeline until weir_end: $weir_pid. Its ports
# are open when this answers.
weir_begin() {
	local file=$1
	shift
	"$@" "$weir_program" run "$file" --name "$mine" --json --for 280s \
		>report.json 2>weir.err </dev/null &
	weir_pid=$!
	started+=("$weir_pid")
	turns() { [ "$(shows lcores.1.turns)" -gt 0 ]; }
	until_it turns && return
	not_ok "weir run starts" "$(cat weir.err)"
	finish
}

# shows COUNTER: while it runs.
shows() {
	weir stats "$mine" --json "$1" 2>/dev/null |
		jq ".counters[\"$1\"] // 0"
}

# quiet_now: its ports count no more packets.
quiet_now() {
	local before
	before=$(weir stats "$mine" --json 'ports.*' | jq -c .counters)
	sleep 0.2
	[ "$before" = "$(weir stats "$mine" --json 'ports.*' |
		jq -c .counters)" ]
}

# weir_stop answers its exit code; it has 20 s to end.
weir_stop() {
	local code dog
	kill -INT "$weir_pid"
	{ sleep 20 && kill -KILL "$weir_pid"; } >/dev/null 2>&1 &
	dog=$!
	wait "$weir_pid"
	code=$?
	kill "$dog"
	wait "$dog" 2>/dev/null
	return $code
}

# weir_end [WHAT]: its end is as it should be; the report is in report.json.
weir_end() {
	until_it quiet_now
	weir_stop
	is "${1-the bridge}: exit code" $? 0
	is "${1-the bridge}: nothing is unaccounted" \
		"$(answer report.json .total.unaccounted)" 0
	[ $failures = 0 ] || {
		answer report.json '.findings[]?' | sed 's/^/# /'
		sed 's/^/# /' weir.err
	}
}

# port NAME FIELD: from the report.
port() { answer report.json ".ports[] | select(.name == \"$1\") | .$2"; }

# bytes FILE: its packets as text, without times.
bytes() { tcpdump -r "$1" -t -n -xx 2>/dev/null | grep -P '^\t0x'; }

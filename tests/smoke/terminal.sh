#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in (its own pace) ──▶ rx ──▶ seen ──▶ tx ──▶ out
#
# The live table on a terminal of 80 by 24: its counters grow, it fits.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v tmux >/dev/null || {
	skip "the live table" "tmux is missing"
	finish
}
socket=$tmp/tmux
terminal() { tmux -S "$socket" -f /dev/null "$@" 2>/dev/null; }
screen() { terminal capture-pane -p -t 0; }
run="$weir_program run -e 'file:$captures/slow.pcap pace=capture ! count max_exec=1ns !
	file:out.pcap'; echo ended with \$?"

shows_packets() { screen | grep -qE '(^|[^0-9.])[1-9][0-9]*([^0-9]|$)' &&
	screen | grep -q rx; }
# grown: some number in the row of rx has become larger
row() { grep -m1 -E "^ *rx" "$1" | grep -oE '[0-9][0-9,.]*' | tr -d ',' ; }
grown() { [ "$(paste <(row first.txt) <(row second.txt) |
	awk '$2 > $1 {n++} END {print n + 0}')" -gt 0 ]; }
# On a busy machine the first table may come when all has gone through.
for _ in 1 2 3 4 5; do
	terminal new-session -d -x 80 -y 24 "env PS1=: sh -c \"$run; sleep 30\""
	started+=("$(terminal display -p '#{pid}')")
	if ! until_it shows_packets; then
		not_ok "a table is on the screen" "$(screen)"
		finish
	fi
	screen >first.txt
	sleep 1
	screen >second.txt
	grown && break
	terminal kill-server
done
ok "a table is on the screen"
if grown; then
	ok "its counters grow"
else
	not_ok "its counters grow" "$(cat first.txt second.txt)"
fi
for word in rx count tx; do
	has "it has a row for $word" "$(cat second.txt)" "$word"
done
has "a progress bar shows how far the input is" "$(cat second.txt)" '[0-9]+ ?%'
has "contracts have a line: which stages were over, and how often" \
	"$(cat second.txt)" '^contracts  steps over: count [1-9][0-9]*$'
ended() { screen | grep -q 'ended with'; }
until_it ended
has "at the end the report is there" "$(screen)" "every packet is accounted for|see the findings"
has "and the exit code is there" "$(screen)" "ended with [01]"
terminal kill-server
finish

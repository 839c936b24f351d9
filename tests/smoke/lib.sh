#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the smoke tests share. A test is a script that sources this, draws its
# topology, says ok, not_ok or skip for each thing it shows (TAP), and ends
# with finish. It runs by itself too: tests/smoke/NAME.sh.
#
# $weir is the application, $weir_test the one with stages for tests in it,
# $captures a folder of small captures, $talk the large one, $tmp a folder of
# the test's own that is removed.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${WEIR_BUILD:-$root/build}
weir_program=$build/apps/weir
weir_test_program=$build/tests/smoke/weir-test
captures=${WEIR_CAPTURES:-$build/tests/captures}
talk=$root/tests/captures/talk.pcap
tmp=$(mktemp -d)
number=0 failures=0
started=() # processes that the test started

clean_up() {
	local pid
	# A background job that is killed as it begins still has our trap.
	[ "$BASHPID" = $$ ] || return
	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$tmp"
}
trap clean_up EXIT
cd "$tmp" || exit 2
# tmux starts programs by the user's shell, and some users may not log in.
export SHELL=/bin/bash
# Where a user's path does not lead: ethtool, depmod.
export PATH=$PATH:/usr/sbin:/sbin

# The last one that make.py writes is there: all are.
[ "$captures/links.pcapng" -nt "$root/tests/captures/make.py" ] ||
	python3 "$root/tests/captures/make.py" "$captures" || exit 2

# weir and weir_test run the application, for minutes at most: a busy machine is
# no fault, and what hangs is ended all the same.
weir() { timeout -k 5 200 "$weir_program" "$@"; }
weir_test() { timeout -k 5 200 "$weir_test_program" "$@"; }
# urgent PROGRAM…: with a group of its own that goes before others, where that
# is allowed.
urgent() {
	timeout -k 5 200 setsid -w bash -c '
		echo -20 2>/dev/null >/proc/self/autogroup
		exec "$@"' _ "$@"
}

ok() {
	number=$((number + 1))
	echo "ok $number - $1"
}
# not_ok SENTENCE [DETAIL]…
not_ok() {
	number=$((number + 1))
	failures=$((failures + 1))
	echo "not ok $number - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | head -40 | sed 's/^/# /'
}
skip() { # skip SENTENCE WHY
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}
# finish ends the test: without it, it has failed.
finish() {
	echo "1..$number"
	[ $failures = 0 ]
	exit
}

# is SENTENCE GOT WANTED: both texts are the same.
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got:    $2" "wanted: $3"
	fi
}
# has SENTENCE TEXT PATTERN: the extended pattern is somewhere in the text.
has() {
	if grep -qE -- "$3" <<<"$2"; then
		ok "$1"
	else
		not_ok "$1" "wanted: $3" "in:" "$2"
	fi
}
# works SENTENCE COMMAND…: it exits with 0.
works() {
	local sentence=$1 output
	shift
	if output=$("$@" 2>&1 </dev/null); then
		ok "$sentence"
	else
		not_ok "$sentence" "exit code $? from: $*" "$output"
	fi
}
# same SENTENCE FILE FILE: byte for byte.
same() {
	local difference
	if difference=$(cmp "$2" "$3" 2>&1); then
		ok "$1"
	else
		not_ok "$1" "$difference"
	fi
}
# answer REPORT JQ-EXPRESSION: a value of a JSON file.
answer() { jq -r "$2" "$1" 2>&1; }
# until_it COMMAND…: tries it for two minutes: what is awaited is hardly ever late,
# but where the machine is busy it may be.
until_it() {
	local until=$((SECONDS + 120))
	while ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}
# has_counted INSTANCE COUNTER: it is more than nothing; for until_it.
has_counted() {
	[ "$(weir stats "$1" --json "$2" | jq ".counters[\"$2\"]")" -gt 0 ]
}
# packets FILE: how many, as capinfos counts them.
packets() { capinfos -Mc "$1" 2>/dev/null | sed -n 's/.*packets: *//p'; }
# run_report REPORT ARGUMENT…: runs a pipeline and keeps its report as JSON.
run_report() {
	local report=$1
	shift
	weir run "$@" --json >"$report" 2>"$report.err"
}

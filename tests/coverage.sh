#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Adds up which lines and branches of lib the programs of a build folder have
# run, which was configured with -Db_coverage=true: a line for each layer, lowest
# first, and "ok 1 - …" with the total. Exit 1 when there is nothing to add up.
#
# Usage: coverage.sh BUILD
set -u
cd "$(dirname "$0")/.." || exit 2
build=${1-build-cov}
summary=$(mktemp) || exit 2
trap 'rm -f "$summary"' EXIT

gcovr --root . --filter 'lib/' --object-directory "$build" \
	-j "$(nproc)" --json-summary "$summary" "$build" >&2 || {
	echo "not ok 1 - gcovr reads what $build has run"
	exit 1
}

# percent KIND: jq's words for it.
of='def of($n; $d): if $d == 0 then "  none" else
	($n * 1000 / $d | floor / 10 | tostring | "     " + . | .[-5:]) + " %" end;
	def sums($f): {l: ($f | map(.line_covered) | add),
		L: ($f | map(.line_total) | add),
		b: ($f | map(.branch_covered) | add),
		B: ($f | map(.branch_total) | add)};'
sed -n "/^layer_order/,/]/p" lib/meson.build | grep -oE "'[a-z]+'" |
	tr -d "'" | while read -r layer; do
	jq -r --arg layer "$layer" "$of"'
		[.files[] | select(.filename | test("lib/" + $layer + "/"))] |
		select(length > 0) | sums(.) |
		"# lib/\($layer + "          " | .[:10]) lines" + of(.l; .L) +
		" of \(.L), branches" + of(.b; .B) + " of \(.B)"' "$summary"
done
jq -e -r "$of"'
	[.files[]] | if length == 0 then
		"not ok 1 - nothing of lib was run", halt_error(1) else sums(.) |
		"ok 1 - lib: lines" + of(.l; .L) + " of \(.L), branches" +
		of(.b; .B) + " of \(.B)" end' "$summary"

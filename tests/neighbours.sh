#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Holds docs/neighbours.md and the tests together: each test that the page names
# is in the file it names, each test that is named after what somebody reported
# elsewhere is in the page, and so is each number in its name. Prints what is
# wrong; tests/shape.sh calls it.
set -u
cd "$(dirname "$0")/.." || exit 2
page=docs/neighbours.md

# "FILE TEST", of the page and of the tree.
told=$(grep -oE '`[a-z_0-9/.]+`' $page | tr -d '`' | awk '
	/^tests\/.*\.c$/ { file = $0; next }
	/_/ && !/\// { print file, $0 }' | sort -u)
there=$(grep -rzoP --include='*.c' 'Test\(\s*\w+,\s*\K\w+' tests |
	tr '\0' '\n' | tr ':' ' ' | sort -u)

# tests are named after a report if they begin with a project of the page, or
# with any word and a number of three digits or more.
projects=$(grep -oE '[a-z][a-z-]*#' $page | tr -d '#' | tr - _ | sort -u |
	paste -sd'|')
after=$(grep -E " (($projects)_[0-9]+|[a-z]+(_[a-z]+)?_[0-9]{3,5})_" \
	<<<"$there")

comm -23 <(echo "$told") <(echo "$there") |
	sed "s|^|$page names what is not there: |"
comm -13 <(echo "$told") <(echo "$after") | sed "s|^|$page lacks |"
while read -r file test; do
	for number in $(grep -oE '^([a-z]+(_[a-z]+)?(_[0-9]+)+_)+' <<<"$test" |
		grep -oE '[0-9]+'); do
		grep -qE "#$number\b" $page ||
			echo "$page lacks the number $number of $file: $test"
	done
done <<<"$after"

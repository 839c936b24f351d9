#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Searches the protocol models of this folder, all of each: the right one must
# hold, and each wrong one, with a classic mistake put in, must be found. Lines
# are "ok N - …" and "not ok N - …"; exit 1 when one is not ok.
#
# A model is a picture of code, and says in its first comment of which:
#	of FILE: FUNCTION, …	that these are there is checked
#	wrong NAME: SENTENCE	-DNAME puts this mistake in
#	right NAME: SENTENCE	-DNAME is another world in which it must hold
#
# Usage: run.sh [MODEL.pml]…
set -u
cd "$(dirname "$0")" || exit 2
[ $# -gt 0 ] || set -- *.pml
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
number=0 bad=0
# Most of the time goes into compiling the searches.
compile=gcc
command -v ccache >/dev/null && compile="ccache gcc"

# verdict GOOD SENTENCE [REMARK FILE]
verdict() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	bad=1
	[ -z "${3-}" ] || tail -12 "$3" | sed 's/^/# /'
}

# search MODEL NAME right|wrong: 0 nothing found, 1 found, 2 no answer.
search() {
	local define=${2:+-D$2} optimize=-O0
	[ "$3" = right ] && optimize=-O1
	(cp "$1" tso.inc "$work" && cd "$work" && rm -f pan* ./*.trail &&
		spin -a $define "$1" &&
		$compile $optimize -w -DNFAIR=3 -c pan.c && gcc -o pan pan.o &&
		timeout 120 ./pan -a -f -m200000 -w20) >"$work/log" 2>&1 ||
		return 2
	grep -qE 'max search depth too small|Search not completed' \
		"$work/log" && ! grep -qE 'errors: [1-9]' "$work/log" &&
		return 2
	grep -qE 'errors: [0-9]+' "$work/log" || return 2
	grep -q 'errors: 0$' "$work/log"
}

states() {
	sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/log" | head -1
}

pictured() { # MODEL
	local file name missing=
	while IFS=: read -r file names; do
		for name in ${names//,/ }; do
			grep -qsE "(^|[ *])$name\(" "../../$file" ||
				missing="$missing $file:$name"
		done
	done < <(sed -n 's|^// of ||p' "$1")
	echo "$missing" >"$work/missing"
	[ -z "$missing" ]
}

for model in "$@"; do
	name=$(basename "$model" .pml)
	pictured "$model"
	verdict $? "$name: the code is there that it is a picture of" \
		"$work/missing"
	while read -r word sentence; do
		search "$model" "${word#right}" right
		verdict $? "$name holds: ${sentence:-whole}, \
$(states) states" "$work/log"
	done < <(echo right; sed -n 's|^// right \([A-Z_]*\):|\1|p' "$model")
	while read -r word sentence; do
		search "$model" "$word" wrong
		[ $? = 1 ]
		verdict $? "$name, found: $sentence" "$work/log"
	done < <(sed -n 's|^// wrong \([A-Z_]*\):|\1|p' "$model")
done
exit $bad

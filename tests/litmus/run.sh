#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Checks the litmus kernels of this folder against C11's memory model, where the
# checker genmc is installed: the right one must hold, each wrong one must be
# found. Elsewhere each right one runs many times as a race program, which
# proves little, and says so. Lines are "ok N - …" and "not ok N - …"; exit 1
# when one is not ok.
#
# Of the protocols that tests/model searches, cancel against grant has no kernel:
# both are done by the one thread of an executor, so no memory order is in it. That
# this is so still, is checked.
#
# A kernel's first comment says:
#	of FILE: FUNCTION, …	that these are there is checked
#	wrong NAME: SENTENCE	-DNAME puts this mistake in
set -u
cd "$(dirname "$0")" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
checker=$(command -v "${GENMC:-genmc}")
number=0 bad=0 unfound=

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

pictured() { # KERNEL
	local file names name missing=
	while IFS=: read -r file names; do
		for name in ${names//,/ }; do
			grep -qsE "(^|[ *])$name\(" "../../$file" ||
				missing="$missing $file:$name"
		done
	done < <(sed -n 's|^// of ||p' "$1")
	echo "$missing" >"$work/log"
	[ -z "$missing" ]
}

searched="is found"
if [ -z "$checker" ]; then
	searched="compiles, and was not looked for"
	echo "# NO MODEL CHECKER: genmc is not installed. The kernels run as"
	echo "# races on this processor, which shows neither what C11 allows"
	echo "# nor that a mistake would be found."
	number=1
	echo "ok 1 - the kernels in C11's model # SKIP genmc is not installed"
fi
atomics='(load|store|exchange|cas|add|sub)_(relaxed|acquire|release|acq_rel)\('
grep -nE "$atomics|fence_full" ../../lib/task/wait.c ../../lib/task/select.c \
	../../lib/sync/{mutex,rwlock,semaphore,event,barrier,once,gate}.c \
	>"$work/log"
[ ! -s "$work/log" ]
verdict $? "cancel against grant: one thread does both, without an atomic" \
	"$work/log"
for kernel in *.c; do
	name=${kernel%.c}
	pictured "$kernel"
	verdict $? "$name: the code is there that it is a picture of" \
		"$work/log"
	if [ "$checker" ]; then
		"$checker" -- "$kernel" >"$work/log" 2>&1
		verdict $? "$name holds in C11" "$work/log"
	else
		${CC:-gcc} -std=c11 -Wall -Wextra -Werror -O2 -DREPEAT=20000 \
			-pthread -o "$work/race" "$kernel" >"$work/log" 2>&1 &&
			timeout 120 "$work/race" >>"$work/log" 2>&1
		verdict $? "$name holds in 20000 races, checked by no model" \
			"$work/log"
	fi
	while IFS=: read -r mistake sentence; do
		${CC:-gcc} -std=c11 -Wall -Wextra -Werror -D"$mistake" \
			-fsyntax-only "$kernel" >"$work/log" 2>&1 &&
			{ [ -z "$checker" ] || ! "$checker" -- -D"$mistake" \
				"$kernel" >"$work/log" 2>&1; } ||
			unfound="$unfound $mistake:$sentence;"
	done < <(sed -n 's|^// wrong ||p' "$kernel")
	[ -z "$unfound" ]
	verdict $? "$name: each mistake $searched$unfound"
	unfound=
done
exit $bad

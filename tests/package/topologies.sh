#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	topologies.py ══▶ sums_reactor │ sums_edge │ sums_spread
#
# The three topologies of apps/examples, built outside of the tree: what one client
# sees and what the books say is the same in all; and what goes wrong with one
# client (too slow, too many, no memory left) is no other's.
. "$(dirname "${BASH_SOURCE[0]}")/../smoke/lib.sh"
. "$root/tests/package/tree.sh"
install_weir "$tmp/root" || exit 2
export LD_LIBRARY_PATH=$weir_lib
examples=$root/apps/examples
play() { timeout -k 5 290 python3 "$root/tests/package/topologies.py" "$@" 2>&1; }

for name in reactor edge spread; do
	works "sums_$name builds" ${CC:-cc} $weir_flags -O2 -o sums_$name \
		"$examples/sums_$name.c" "$examples/sums.c" \
		$(pkg-config --cflags --libs libweir)
	play talk sums_$name >talk.$name
done
has "a client is answered, and the books are right" "$(cat talk.reactor)" \
	'^requests in 342 out 336 held 0 dropped 6, too long 3, cut off 2, stopped 1$'
is "each answer of a hundred at once is right" \
	"$(grep -c 'right answers 100$' talk.reactor)" 3
same "with an lcore it is the same to the byte" talk.reactor talk.edge
same "and with several reactors" talk.reactor talk.spread

for name in reactor edge spread; do
	is "$name: half a line is waited for as long as said" \
		"$(play late sums_$name)" "half a line 'end\n'
requests in 1 out 0 held 0 dropped 1, late 1
connections refused 0
exit code 0"
	is "$name: hundreds that dawdle keep nobody else out" \
		"$(play loris sums_$name)" "who asks among them is answered
they are cut off True exit code 0"
done
# Of several reactors one may take the descriptor that another gave up; and none but
# one can have a unix socket.
for name in reactor edge; do
	is "$name: who reads no answers is cut off" \
		"$(play unread sums_$name)" "is cut off True exit code 0"
	is "$name: without descriptors it refuses, and goes on" \
		"$(play scarce sums_$name | sort)" \
		"a connection is refused: Too many open files
some are served True
the others are refused True exit code 0"
done
if [[ $weir_flags == *sanitize* ]]; then
	skip "without memory it refuses" "sanitizers take it as they like"
else
	is "without memory it refuses, and goes on" \
		"$(play memory sums_reactor | sort)" \
		"a connection is refused: Cannot allocate memory
exit code 0
some are served, one is refused True
the others go on True"
fi
is "twenty thousand come and go" "$(play churn sums_reactor)" \
	"right answers 20000
requests in 20000 out 20000 held 0 dropped 0
connections refused 0
exit code 0"
finish

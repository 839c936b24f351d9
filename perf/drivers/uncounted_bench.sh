#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What timing and counting cost: drivers/pairs_bench as it is beside one that was
# built without them (-DWEIR_UNCOUNTED, which makes nothing else that works). Each
# compares weir with the same loop run by run; the two take turns, and the quotient
# of what they find is the cost.
#
#	uncounted_bench.sh [--quick]     BUILD is the usual build folder
#
#	drivers.counted/weir:uncounted KIND   1.03 is 3 %
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${BUILD:-build}
bare=$build-uncounted
rounds=9
[ "${1-}" = --quick ] && rounds=3

[ -e "$bare/build.ninja" ] || meson setup "$bare" \
	-Dc_args=-DWEIR_UNCOUNTED >/dev/null || exit 2
for folder in "$build" "$bare"; do
	ninja -C "$folder" perf/drivers_pairs_bench >/dev/null || exit 2
done

ratio() { # FOLDER KIND
	KIND=$2 timeout 60 "$1/perf/drivers_pairs_bench" --quick 2>/dev/null |
		awk '$1 == "drivers.pair/weir:loop" {print $3}'
}
for kind in null ring memif vhost; do
	for round in $(seq $rounds); do
		echo "$(ratio "$build" $kind) $(ratio "$bare" $kind)"
	done | awk -v kind=$kind 'NF == 2 && $2 > 0 {print $1 / $2}' | sort -g |
		awk -v kind=$kind '{v[NR] = $1} END {if (NR) printf \
			"drivers.counted/weir:uncounted %s %.4g x [%.4g..%.4g]\n",
			kind, v[int((NR + 1) / 2)], v[1], v[NR]}'
done

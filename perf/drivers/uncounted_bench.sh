#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What timing and counting cost: drivers/pairs_bench and drivers/files_bench as they
# are beside those that were built without them (-DWEIR_UNCOUNTED, which makes
# nothing else that works). Of devices each compares weir with the same loop run by
# run; of captures there is no such loop, and each says what a packet costs. The two
# take turns, and the quotient of what they find is the cost.
#
#	uncounted_bench.sh [--quick]     BUILD is the usual build folder, KINDS
#	                                 chooses some
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
	ninja -C "$folder" perf/drivers_pairs_bench perf/drivers_files_bench \
		>/dev/null || exit 2
done

found() { # FOLDER KIND
	local bench=pairs row=drivers.pair/weir:loop
	[ "${2%%_*}" = file ] && bench=files row=drivers.files
	KIND=$2 timeout 60 "$1/perf/drivers_${bench}_bench" --quick 2>/dev/null |
		awk -v row=$row '$1 == row {print $3}'
}
for kind in ${KINDS:-null ring memif vhost file_null file_file}; do
	for round in $(seq $rounds); do
		echo "$(found "$build" $kind) $(found "$bare" $kind)"
	done | awk -v kind=$kind 'NF == 2 && $2 > 0 {print $1 / $2}' | sort -g |
		awk -v kind=$kind '{v[NR] = $1} END {if (NR) printf \
			"drivers.counted/weir:uncounted %s %.4g x [%.4g..%.4g]\n",
			kind, v[int((NR + 1) / 2)], v[1], v[NR]}'
done

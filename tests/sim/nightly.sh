#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The nightly form of the simulator: COUNT worlds (a million) from the seed
# WEIR_SEED on (or one drawn from the clock), on all CPUs. It prints how far it
# is, and of the first world that does not hold the seed, with the line that
# replays that world alone. Exit 0: all held.
#
# Usage: nightly.sh [COUNT]      BUILD=folder, if not build
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${BUILD:-build}
count=${1:-1000000}
first=${WEIR_SEED:-$(date +%s%N)}
cpus=$(nproc)
share=$(((count + cpus - 1) / cpus))

[ -e "$build/build.ninja" ] || meson setup "$build" >/dev/null || exit 2
ninja -C "$build" tests/sim/sim_nightly tests/sim_sim_test >/dev/null ||
	exit 2
echo "$((share * cpus)) worlds, from WEIR_SEED=$first on"
pids=()
for ((i = 0; i < cpus; i++)); do
	"$build/tests/sim/sim_nightly" $((first + i * share)) "$share" &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do
	wait "$pid" || bad=1
done
if [ $bad = 0 ]; then
	echo "all hold"
else
	echo "replay with: WEIR_SEED=… $build/tests/sim_sim_test --filter sim/all_worlds_hold"
fi
exit $bad

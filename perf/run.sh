#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds and runs every benchmark of perf/*/.
#
#	perf/run.sh [--quick] [NAME...]     all, or those whose name has NAME in it
#
# --quick: fewer runs, under two minutes in total. BUILD names the build folder
# (default: build). Output: "name parameters value unit [p10..p90]".
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
flags=()
names=()
for arg; do
	case $arg in
	--quick) flags+=(--quick) ;;
	-*) echo "usage: perf/run.sh [--quick] [NAME...]" >&2; exit 2 ;;
	*) names+=("$arg") ;;
	esac
done

[ -d "$build" ] || meson setup "$build" >&2
ninja -C "$build" perf apps/weir >&2

# The scheduler shares the CPU out between groups of processes that were started
# apart; only within a group does nice count. A group of our own is raised as a
# whole, where we may.
prioritised() {
	setsid -w bash -c '
		{ echo -20 >/proc/self/autogroup; } 2>/dev/null ||
			echo "perf/run.sh: not root: running at normal priority" >&2
		exec "$@"' _ "$@"
}

chosen() {
	[ ${#names[@]} -eq 0 ] && return 0
	local want
	for want in "${names[@]}"; do
		[[ $1 == *"$want"* ]] && return 0
	done
	return 1
}

for source in perf/*/*_bench.c; do
	name=${source#perf/}
	name=${name%.c}
	chosen "$name" || continue
	echo "# $name"
	prioritised "$build/perf/${name//\//_}" "${flags[@]}"
done

for script in perf/*/*_bench.sh; do
	name=${script#perf/}
	chosen "$name" || continue
	echo "# $name"
	WEIR=$build/apps/weir prioritised "$script" "${flags[@]}"
done

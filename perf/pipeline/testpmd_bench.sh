#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# For orientation: what dpdk-testpmd's io forwarding does with one net_null port
# on one lcore here, beside `weir run` with the same, both as programs. They run
# one after the other; pipeline/io_bench is what compares.
#
#	testpmd_bench.sh [--quick]     WEIR names the program, else build/apps/weir
set -u
seconds=5
[ "${1-}" = --quick ] && seconds=2
weir=${WEIR:-$(dirname "$0")/../../build/apps/weir}

report() { # NAME MPPS
	echo "pipeline.orientation/$1 null ${2:-0} Mpps"
}

if command -v dpdk-testpmd >/dev/null; then
	rate=$({ sleep $((seconds + 2)); echo stop; echo quit; } |
		dpdk-testpmd -l 0,1 --no-huge -m 256 --no-shconf --no-telemetry \
			--no-pci --log-level=1 --file-prefix=weir-perf \
			--vdev net_null0 -- --forward-mode=io --auto-start \
			--total-num-mbufs=4096 -i 2>/dev/null |
		awk -v s=$((seconds + 2)) '/RX-packets:/ && !n {n = $2}
			END {printf "%.1f", n / s / 1e6}')
	report testpmd "$rate"
else
	echo "# dpdk-testpmd is not installed (package dpdk)"
fi
rate=$("$weir" run -e 'null: ! null:' --for ${seconds}s --json 2>/dev/null |
	python3 -c 'import json, sys
print("%.1f" % (json.load(sys.stdin)["total"]["rx_packets_per_second"] / 1e6))')
report weir "$rate"

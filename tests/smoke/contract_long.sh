#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	gen ─▶ filter ─▶ count ─▶ sink
#
# A clean pipeline under load, ten minutes or so many seconds as are given: no
# task and no call may be blamed, whatever else the machine does meanwhile. By
# hand: tests/smoke/contract_long.sh 600
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
seconds=${1:-600}

timeout -k 5 $((seconds + 60)) "$weir_program" run --contract --json \
	--for "${seconds}s" -e 'gen flows=64 ! filter expr="udp" ! count !
	sink' >run.json 2>run.err
is "a clean run of $seconds s keeps its contracts of 1 ms" $? 0
of_all() { answer run.json "[.contract.classes[].$1] | add"; }
is "no task is blamed" "$(of_all blocked_task)" 0
is "no call is blamed" "$(of_all blocking_call)" 0
echo "# steps $(of_all steps), over $(of_all over): stolen core" \
	"$(of_all stolen_core), not witnessed $(of_all not_witnessed)"
[ $failures = 0 ] || { jq .contract run.json; cat run.err; }
finish

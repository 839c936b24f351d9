#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	weir new stage NAME ──▶ folder ──make──▶ NAME.so ──▶ weir test, weir run
#
# What weir writes as the start of a stage builds without a warning, passes its
# tests and runs, outside of the tree; and nothing is written over.
. "$(dirname "${BASH_SOURCE[0]}")/../smoke/lib.sh"
. "$root/tests/package/tree.sh"
install_weir "$tmp/root" || exit 2
export LD_LIBRARY_PATH=$weir_lib
made() { # made FOLDER TARGET…: with make's own errors
	make -C "$1" CC="${CC:-cc}" CFLAGS="-O2 $weir_flags -Wextra \
		-Wno-unused-parameter -Wno-missing-field-initializers" \
		WEIR_BIN="timeout 60 $weir_program" "${@:2}"
}

works "a kernel is written" weir new stage mine
is "with all that it needs" "$(ls mine | tr '\n' ' ')" \
	"Makefile README.md mine.c mine_test.c packets.pcap pipeline.yaml "
works "it builds, passes its tests and runs" made mine test run
same "and what it had to pass has passed" mine/packets.pcap mine/out.pcap
is "its packets are whole and their checksums right" \
	"$(tshark -r mine/packets.pcap -o ip.check_checksum:TRUE -T fields \
	-e ip.checksum.status -e udp.length -e _ws.malformed 2>tshark.err |
	sort | uniq -c | awk '{n += $1; bad += $2 != 1 || NF > 3}
	END {print n, bad + 0}')" "8 0"
has "make test fails when the kernel does" "$(sed -i 's/weir_out_put(/if (i \
	% 2 == 0) &/' mine/mine.c; sed -i 's/least=33/least=34/' \
	mine/mine_test.c; made mine test 2>&1)" "^FAILED forwarded: 31"

works "a task is written" weir new stage slow_one --task --dir other
is "with all that it needs, too" "$(ls other | tr '\n' ' ')" \
	"Makefile README.md packets.pcap pipeline.yaml slow_one.c "
works "it builds, passes its test and runs, too" made other test run
same "and what it had to pass has passed, too" other/packets.pcap \
	other/out.pcap

# refused SENTENCE WORDS ARGUMENT…
refused() {
	local code sentence=$1 words=$2
	shift 2
	weir new "$@" >said.txt 2>&1
	code=$?
	if [ $code = 2 ] && grep -qE "$words" said.txt; then
		ok "$sentence"
	else
		not_ok "$sentence" "exit code $code" "$(cat said.txt)"
	fi
}
before=$(cat other/* | cksum)
refused "nothing is written over" "other/slow_one.c is there already" \
	stage slow_one --dir other
mkdir half && echo mine >half/pipeline.yaml
refused "nor the last of several" "half/pipeline.yaml is there already" \
	stage half
is "what was there is as it was" "$(cat other/* | cksum) $(cat half/*)" \
	"$before mine"
refused "a name that a stage cannot have" "'Mine' cannot be the name" \
	stage Mine
refused "a name that weir has" "weir has a stage 'filter' already" stage filter
refused "no name" "say what is new, and its name" stage
works "a word of C will do for a name" bash -c '"$0" new stage int >said.txt &&
	make -s -C int int.so >said.txt' "$weir_program"
refused "a folder in nowhere" "no/where: cannot be made" stage mine \
	--dir no/where
refused "what is not known to be new" "'port'" port mine
bash -c 'trap "" XFSZ; ulimit -f 0; "$0" new stage full 2>&1' \
	"$weir_program" | cat >said.txt
has "a full disk is said" "$(cat said.txt)" "full/full.c: cannot be written"
is "and nothing is left" "$(ls -d full 2>/dev/null)" ""
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	errors/NAME.yaml ──▶ weir run ──▶ errors/NAME.txt, exit code 2
#
# What is wrong with a file is said in words, with line and column. To take
# what is said now as right: WEIR_GOLDEN=take tests/smoke/errors.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root/tests/smoke/errors" || exit 2

for file in *.yaml; do
	name=${file%.yaml}
	weir run "$file" >"$tmp/out.txt" 2>"$tmp/err.txt"
	code=$?
	[ "${WEIR_GOLDEN-}" = take ] && cp "$tmp/err.txt" "$name.txt"
	if [ $code != 2 ]; then
		not_ok "$name: exit code" "got $code, wanted 2" \
			"$(cat "$tmp/err.txt")"
	elif ! difference=$(diff "$name.txt" "$tmp/err.txt"); then
		not_ok "$name: what is said" "$difference"
	elif [ -s "$tmp/out.txt" ]; then
		not_ok "$name: nothing on standard output" \
			"$(cat "$tmp/out.txt")"
	else
		ok "$name: $(head -1 "$name.txt" | cut -c1-60)"
	fi
done
works "no output is made" bash -c '! ls -- *.pcap'

weir run -e "file:$talk ! filter expr='tcp prot 80' ! file:$tmp/out.pcap" \
	>"$tmp/expression.txt" 2>&1
is "a wrong filter expression: exit code" $? 2
has "a wrong filter expression: words" "$(cat "$tmp/expression.txt")" \
	"'tcp prot 80' is not a filter expression"
finish

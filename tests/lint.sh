#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Looks for bugs without running anything: clang-tidy with the checks of
# .clang-tidy, and cppcheck, on lib, drivers and apps (but for its examples, which
# are built with the headers that are installed). A source that passed is
# not looked at again until it, a header or a check changes. Each is a line "ok
# N - …" or "not ok N - …", with the findings below; exit 1 when there are any.
#
# Usage: tests/lint.sh BUILD    (a configured folder, whose flags are used)
set -u
cd "$(dirname "$0")/.." || exit 2
build=${1-build}
passed=out/tests/lint
mkdir -p $passed $passed.cppcheck
sources() { git ls-files --cached --others --exclude-standard -- \
	'lib/*.c' 'drivers/*.c' 'apps/*.c' ':!apps/examples'; }

# What every result depends on.
common=$({ cat .clang-tidy tests/lint.* meson.build
	git ls-files -z --cached --others --exclude-standard -- '*.h' |
		xargs -0 cat; } 2>/dev/null | sha256sum)

# tidy FILE: findings, if there are any.
tidy() {
	local key include=(--extra-arg-before=-include
		--extra-arg-before="$PWD/tests/lint.h")
	# Without a bound on the states of a function a whole run took more than
	# nine minutes; what lies beyond it goes unseen.
	local bound=(--extra-arg=-Xclang --extra-arg=-analyzer-config
		--extra-arg=-Xclang --extra-arg=max-nodes=20000)
	key=$(sha256sum - "$1" <<<"$common" | sha256sum | cut -c1-40)
	[ -e "$passed/$key" ] && return
	# There the function is written down.
	[ "$1" = lib/base/error.c ] && include=()
	clang-tidy -p "$build" --quiet "${include[@]}" "${bound[@]}" "$1" \
		>"$passed/$key.new" 2>"$passed/$key.err" || {
		grep -v '^[0-9]* warnings\?' "$passed/$key.err"
		cat "$passed/$key.new"
		rm -f "$passed/$key".*
		return
	}
	rm -f "$passed/$key".*
	: >"$passed/$key"
}
export -f tidy
export build passed common

number=0 bad=0
check() { # SENTENCE FINDINGS
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		sed 's/^/# /' <<<"$2" | cut -c1-200 | head -100
		bad=1
	fi
}

check "clang-tidy finds nothing" "$(sources |
	xargs -P"$(nproc)" -I{} bash -c 'tidy "$1"' _ {})"
check "cppcheck finds nothing" "$(sources |
	cppcheck -q -j"$(nproc)" --file-list=- --std=c11 --inline-suppr \
		--enable=warning,performance,portability \
		--suppress=unknownMacro \
		--suppress=ctuuninitvar \
		--cppcheck-build-dir=$passed.cppcheck -D__x86_64__ \
		-Ilib -Idrivers -Iapps/weir --error-exitcode=1 2>&1)"
exit $bad

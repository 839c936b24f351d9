#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds weir and runs its tests: unit, model and race tests, whole pipelines,
# all again under the address and undefined sanitizers, the race tests under
# the thread sanitizer, what switches stacks under valgrind, fuzzing for a while
# with clang, on aarch64 emulated; protocol models searched whole; what of lib
# was run; clang-tidy, cppcheck, format, the tree's shape.
# Missing packages are installed as root; a user is told how. The last line
# counts all tests; exit 0: none failed, 1: some did, 2: packages are missing.
#
# Usage: tests/run.sh [--quick]
#	--quick  for the inner loop: no sanitizers, no clang
set -u
cd "$(dirname "$0")/.." || exit 2
quick=
case "${1-}" in
"") ;;
--quick) quick=yes ;;
*) sed -n '4,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
esac
apps/packages.sh build test || exit 2

# What the undefined sanitizer finds is a failure, not a remark.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
logs=out/tests
mkdir -p $logs
rm -f $logs/*.failures*
clang=clang
command -v ccache >/dev/null && clang="ccache clang"
passed=0 failed=0 skipped=0
all_failed=() # in words, told again at the end
began=$SECONDS

say() { printf '%4d s  %s\n' $((SECONDS - began)) "$*"; }
pass() { passed=$((passed + 1)); say "ok      $*"; }
fail() { failed=$((failed + 1)); all_failed+=("$*"); say "FAILED  $*"; }
skip() { skipped=$((skipped + 1)); say "SKIPPED $*"; }

# build FOLDER WHAT [MESON OPTION]…: configures once, then builds.
build() {
	local folder=$1 what=$2 log=$logs/$1.build
	shift 2
	say "        building $folder: $what"
	if { [ -e "$folder/build.ninja" ] || meson setup "$folder" "$@"; } \
		>"$log" 2>&1 && ninja -C "$folder" >>"$log" 2>&1; then
		pass "$folder builds"
		return 0
	fi
	fail "$folder does not build; the end of $log:"
	grep -vE '^\[[0-9]+/[0-9]+\] (Compiling|Linking|Generating)' "$log" |
		tail -30
	return 1
}

# run_tests FOLDER SUITE…: runs suites of a built folder and adds them up.
run_tests() {
	local folder=$1 counts name failure
	shift
	name=$folder.$(IFS=-; echo "$*")
	meson test -C "$folder" --no-rebuild --no-stdsplit -t 3 \
		--logbase "$(IFS=-; echo "$*")" \
		$(printf -- '--suite %s ' "$@") >"$logs/$name.log" 2>&1
	counts=$(python3 tests/tally.py \
		"$folder/meson-logs/$(IFS=-; echo "$*").json" \
		"$logs/$name.failures") || counts="0 1 0"
	set -- "$folder: $*" $counts
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	if [ "$3" = 0 ]; then
		say "ok      $1: $2 passed, $4 skipped"
	else
		say "FAILED  $1: $3 failed, $2 passed, $4 skipped"
		while read -r failure; do
			all_failed+=("$1: $failure")
		done < <(cat "$logs/$name.failures.names")
	fi
	cat "$logs/$name.failures" 2>/dev/null
}

# run_valgrind FOLDER: what switches stacks, under valgrind; two at a time.
run_valgrind() {
	local verdict name
	while read -r verdict name; do
		if [ "$verdict" = 0 ]; then
			pass "valgrind: $name"
		else
			fail "valgrind: $name; the end of $logs/valgrind.$name.log:"
			tail -20 "$logs/valgrind.$name.log"
		fi
	done < <(find "$1/tests" -maxdepth 1 -type f \
		\( -name 'task_*_test' -o -name 'task_*_model' \
		-o -name 'chan_*_test' -o -name 'chan_*_model' \) -print0 |
		xargs -0 -P2 -I{} sh -c 'name=$(basename "$1")
			timeout 300 valgrind -q --error-exitcode=9 \
				--trace-children=yes \
				--child-silent-after-fork=no "$1" -j2 \
				>"$2/valgrind.$name.log" 2>&1
			echo $? "$name"' sh {} "$logs")
}

# run_fuzz FOLDER: each target for a while, from the corpus on.
run_fuzz() {
	local source name
	for source in tests/fuzz/*_fuzz.c; do
		name=$(basename "$source" .c)
		mkdir -p "$logs/corpus/$name"
		if timeout 120 "$1/tests/fuzz_$name" -runs=20000 \
			-max_total_time=20 -seed=1 -artifact_prefix=$logs/ \
			"$logs/corpus/$name" \
			$(ls -d "tests/fuzz/corpus/${name%_fuzz}" 2>/dev/null) \
			>"$logs/$name.log" 2>&1; then
			pass "$name: 20000 runs"
		else
			fail "$name; the end of $logs/$name.log:"
			tail -20 "$logs/$name.log"
		fi
	done
}

check_format() {
	local files
	files=$(find lib drivers apps tests perf -name '*.[ch]')
	if clang-format --dry-run -Werror $files >$logs/format.log 2>&1; then
		pass "clang-format has nothing to say"
	else
		fail "clang-format (run: clang-format -i on these)"
		sed -n 's/^\([^:]*\):.*error:.*/    \1/p' $logs/format.log |
			sort | uniq -c
	fi
}

# check_lines NAME COMMAND…: its lines "ok", "not ok" and remarks.
check_lines() {
	local line name=$1
	shift
	"$@" >$logs/$name.log 2>&1
	while read -r line; do
		case "$line" in
		*" # SKIP "*) skip "$name: ${line#ok * - }" ;;
		"ok "*) pass "$name: ${line#ok * - }" ;;
		"not ok "*) fail "$name: ${line#not ok * - }" ;;
		"#"*) echo "    ${line#\# }" ;;
		esac
	done <$logs/$name.log
}

check_format
check_lines shape tests/shape.sh
if build build "gcc"; then
	run_tests build unit race
	run_tests build smoke
	run_tests build ports
fi
if [ $quick ]; then
	skip "clang-tidy and cppcheck (--quick)"
	skip "aarch64 (--quick)"
	skip "address and undefined sanitizers (--quick)"
	skip "thread sanitizer (--quick)"
	skip "clang (--quick)"
	skip "valgrind (--quick)"
	skip "protocol models and litmus kernels (--quick)"
	skip "coverage (--quick)"
else
	say "        searching the protocol models"
	check_lines model tests/model/run.sh
	check_lines litmus tests/litmus/run.sh
	if [ -e build/build.ninja ]; then
		say "        looking with clang-tidy and cppcheck"
		check_lines lint tests/lint.sh build
		say "        building for aarch64, running it emulated"
		check_lines cross tests/cross.sh build
		say "        running what switches stacks under valgrind"
		run_valgrind build
	fi
	if build build-cov "gcc, what of lib is run" \
		-Db_coverage=true -Doptimization=0 -Dchecked=true \
		-Dc_args=-fprofile-update=atomic; then
		find build-cov -name '*.gcda' -delete
		run_tests build-cov unit race
		run_tests build-cov smoke
		check_lines coverage tests/coverage.sh build-cov
	fi
	if build build-asan "gcc, address and undefined sanitizers" \
		-Db_sanitize=address,undefined -Dchecked=true; then
		run_tests build-asan unit race
		run_tests build-asan smoke
	fi
	if CC="$clang" build build-tsan "clang, thread sanitizer" \
		-Db_sanitize=thread -Db_lundef=false -Dchecked=true; then
		run_tests build-tsan race
	fi
	if CC="$clang" build build-clang "clang, sanitizers and fuzzers" \
		-Db_sanitize=address,undefined -Dfuzz=true; then
		run_fuzz build-clang
	fi
fi

for failure in "${all_failed[@]}"; do
	echo "        FAILED: $failure"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]

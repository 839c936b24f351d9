#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Holds the tree to its shape. Each check is a line "ok N - …" or "not ok N -
# …", with what breaks it below; exit 1 when one fails. A remark that was made
# twice belongs here.
set -u
shopt -s nullglob
cd "$(dirname "$0")/.." || exit 2
number=0 bad=0

# files PATTERN…: those of the tree, whether committed yet or not.
files() {
	git ls-files --cached --others --exclude-standard -- "$@" 2>/dev/null |
		while read -r f; do
			[ -e "$f" ] && [ "$f" != tests/shape.sh ] && echo "$f"
		done
}

# check SENTENCE FUNCTION: the function prints what breaks it.
check() {
	local faults
	faults=$($2 2>&1)
	number=$((number + 1))
	if [ -z "$faults" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		sed 's/^/# /' <<<"$faults"
		bad=1
	fi
}

layers=$(sed -n "/^layer_order/,/]/p" lib/meson.build |
	grep -oE "'[a-z]+'" | tr -d "'")

upward() { lib/layers.sh $layers; }

homeless() {
	local folder
	for folder in lib/*/; do
		grep -qx "$(basename "$folder")" <<<"$layers" ||
			echo "$folder is not in lib/meson.build"
	done
}

untested() {
	local folder tests
	for folder in lib/*/ drivers/*/; do
		[ -n "$(files "$folder*.c")" ] || continue
		case $folder in
		lib/*) tests=tests/${folder#lib/} ;;
		*) tests="tests/$folder tests/drivers/" ;;
		esac
		[ -n "$(for t in $tests; do files "$t*.c"; done)" ] ||
			echo "$folder has no test in $tests"
	done
}

unbuilt_tests() {
	local test list
	for test in $(files 'tests/*_test.c' 'tests/*_model.c' \
		'tests/*_race.c'); do
		list=$(dirname "$test")/meson.build
		grep -qs "$(basename "$test" .c)'" "$list" tests/meson.build ||
			echo "$test is not in $list"
	done
}

unbuilt_sources() {
	local source list
	for source in $(files 'lib/*.c' 'drivers/*.c' 'apps/*.c'); do
		list=$(dirname "$source")/meson.build
		grep -qsE "['/]$(basename "$source")'" "$list" \
			"$(dirname "$list")/../meson.build" ||
			echo "$source is not in $list"
	done
}

unlicensed() {
	local file
	for file in $(files '*.c' '*.h' '*.sh' '*.py' '*meson.build'); do
		head -3 "$file" |
			grep -q 'SPDX-License-Identifier: BSD-3-Clause' ||
			echo "$file"
	done
}

unsaid() {
	local header
	for header in $(files '*.h'); do
		[ "$(sed -n 2p "$header")" = "//" ] &&
			sed -n 3p "$header" | grep -qE '^// [[:upper:]"]' ||
			echo "$header"
	done
}

too_long() {
	files '*.c' '*.h' '*.sh' '*.py' | xargs -r wc -l |
		awk '$2 != "total" && $1 > 500 {print $2 ": " $1 " lines"}'
}

long_functions() {
	files '*.c' '*.h' | xargs -r awk '
		FNR == 1 { began = 0 }
		/^{$/ { began = FNR }
		/^}$/ { if (began && FNR - began > 80)
				print FILENAME ":" began ": " FNR - began \
					" lines"
			began = 0 }'
}

somebodys_paths() {
	files '*.c' '*.h' '*.sh' '*.py' '*.md' '*meson.build' '*.yaml' |
		xargs -r grep -nE '(^|[^.a-zA-Z0-9_])/(home|work|root|tmp/wt)/'
}

left_to_do() {
	files '*.c' '*.h' '*.sh' '*.py' | xargs -r grep -nwE 'TODO|FIXME|XXX'
}

included_sources() {
	files 'tests/*.c' | xargs -r grep -nE '#include ".*\.c"'
}

drivers_included() {
	local driver name
	for driver in drivers/*/; do
		name=$(basename "$driver")
		grep -HnE '#include "[a-z]+/' "$driver"*.[ch] |
			grep -vE "\"($name|$(tr '\n' '|' <<<"$layers" |
				sed 's/|$//'))/"
	done
}

too_big() {
	files . | while read -r file; do
		[ "$(stat -c %s "$file")" -le 1048576 ] || echo "$file"
	done
}

check "no include points to a higher layer" upward
check "every folder of lib is a layer" homeless
check "tests mirror lib and drivers" untested
check "every test is built" unbuilt_tests
check "every source is built" unbuilt_sources
check "every source begins with its licence" unlicensed
check "every header says in a sentence what it is" unsaid
check "no file is longer than 500 lines" too_long
check "no function is longer than 80 lines" long_functions
check "no path of somebody's machine" somebodys_paths
check "nothing is left to do" left_to_do
check "no test includes a source" included_sources
check "no driver includes another" drivers_included
check "nothing in the tree is over 1 MiB" too_big
exit $bad

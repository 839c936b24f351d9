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
			{ [ "${source%/*}" = apps/examples ] && # built from their page
				grep -qs "/$(basename "$source")'" package/meson.build; } ||
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

# A preface says a sentence, then promises, then "Threads.", then "Memory.".
prefaces_out_of_order() {
	local header
	for header in $(files 'lib/*.h' 'drivers/*.h'); do
		awk -v name="$header" '
			!/^\/\// { exit }
			/^\/\/ Memory\./ { memory = 1 }
			/^\/\/ Threads\./ && memory {
				print name ": Threads. stands behind Memory." }
			' "$header"
	done
}

# In a public header a function, or a few beside each other, has words above.
unexplained() {
	awk -v RS= '
		/(^|\n)(static inline |const |struct |unsigned |int |void |bool |uint[0-9]+_t |size_t )[^;{=]*weir_[a-z0-9_]+\(/ {
			if ($0 !~ /(^|\n)[ \t]*\/\/ / && $0 !~ /^\t/) {
				match($0, /weir_[a-z0-9_]+\(/)
				print FILENAME ": " substr($0, RSTART, RLENGTH - 1)
			}
		}' $(public_headers)
}

public_headers() {
	sed -n "/^public_headers/,/^)/p" package/meson.build |
		grep -oE "\.\./[a-z_/]+\.h" | sed 's|^\.\./||'
}

# What is public can be called from C++, and from outside the library.
unwrapped() {
	local header
	for header in $(public_headers); do
		[ -e "$header" ] || { echo "$header is not there"; continue; }
		# Its functions are the library's own: not exported.
		[ "$header" = lib/document/fault.h ] && continue
		grep -qE '^(const |struct |unsigned |int |void |bool |char ).*weir_[a-z_]+\(' \
			"$header" || continue
		grep -q 'extern "C"' "$header" || echo "$header: no extern \"C\""
		grep -q 'visibility push(default)' "$header" ||
			echo "$header: no visibility push"
	done
}

records() {
	local record number=0 got
	for record in docs/decisions/*.md; do
		number=$((number + 1))
		got=$(basename "$record" | cut -c1-4)
		[ "$got" = "$(printf %04d $number)" ] ||
			echo "$record: number $(printf %04d $number) is next"
		[ "$(wc -l <"$record")" -le 66 ] ||
			echo "$record: $(wc -l <"$record") lines, a page is 66"
		head -1 "$record" | grep -qE '^# ' || echo "$record: no title"
	done
}

links_to_nowhere() {
	local file line link
	files '*.md' | xargs grep -noE '\]\([^)#]+[#)]' |
		while IFS=: read -r file line link; do
			link=${link#](} link=${link%[#)]}
			case $link in http*) continue ;; esac
			[ -e "$(dirname "$file")/$link" ] ||
				echo "$file:$line: $link"
		done
}

# The table of folders in architecture.md is the tree, in the order of layers.
folders_told() {
	diff <(grep -oE '^\| `lib/[a-z]+`' docs/architecture.md |
		grep -oE 'lib/[a-z]+' | cut -d/ -f2) <(echo "$layers") |
		sed -n 's/^< /docs\/architecture.md tells of lib\//p;
			s/^> /docs\/architecture.md lacks, or has elsewhere, lib\//p'
}

long_pages() {
	[ "$(wc -l <docs/architecture.md)" -le 120 ] ||
		echo "docs/architecture.md is more than two screens"
}

perf_elsewhere() {
	local folder
	for folder in perf/*/; do
		folder=$(basename "$folder")
		[ -d "lib/$folder" ] || [ -d "$folder" ] ||
			echo "perf/$folder mirrors nothing"
	done
}

not_executable() {
	local script
	for script in $(files '*.sh'); do
		head -1 "$script" | grep -q '^#!' || continue
		# Those that others source are not.
		grep -qsE "^[^#]*\. .*/$(basename "$script")" $(files 'tests/*.sh') &&
			continue
		[ -x "$script" ] || echo "$script"
	done
}

# Sizes that may be right and are worth a look: they fail nothing.
worth_a_look() {
	files '*.c' | xargs wc -l |
		awk '$2 != "total" && $1 > 400 {print $2 ": " $1 " lines"}'
	files '*.h' | xargs wc -l |
		awk '$2 != "total" && $1 > 250 {print $2 ": " $1 " lines"}'
	files '*.c' '*.h' | xargs -r awk '
		FNR == 1 { began = 0 }
		/^{$/ { began = FNR }
		/^}$/ { if (began && FNR - began > 50)
				print FILENAME ":" began ": " FNR - began \
					" lines in a function"
			began = 0 }'
	for folder in lib/*/ drivers/*/; do
		count=$(files "$folder*.c" | wc -l)
		[ "$count" -le 12 ] || echo "$folder: $count sources"
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
check "Threads. stands before Memory. in a preface" prefaces_out_of_order
check "every public function has words above it" unexplained
check "every public header is for C++ too, and exported" unwrapped
check "decision records are numbered, titled, under a page" records
check "no link leads nowhere" links_to_nowhere
check "architecture.md tells of each layer, in order" folders_told
check "architecture.md is two screens" long_pages
check "perf mirrors lib and drivers" perf_elsewhere
check "every script can be run" not_executable
check "neighbours.md and the tests name the same" tests/neighbours.sh
worth_a_look | sort | sed 's/^/# worth a look: /'
exit $bad

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	tables of the commands ──▶ --help, weir-COMMAND(1)
#	docs ──▶ weir-pipeline(5), weir-stages(7)
#
# The manual pages are whole, say what --help says, and man takes them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pages=$build/package/man
if ! [ -e "$pages/weir.1" ]; then
	skip "manual pages" "scdoc is missing, or this build makes none"
	finish
fi

commands=$(weir __complete "" | cut -f1)
for command in $commands; do
	page=$pages/weir-$command.1
	[ -e "$page" ] || {
		not_ok "weir-$command(1) is there" \
			"package/man/meson.build did not see it in main.c"
		continue
	}
	man -l "$page" 2>/dev/null | col -bx >page.txt
	weir $command --help >help.txt
	options() { grep -oE '^ +-[^ ].*' "$1" | grep -oE -- \
		'(^|[ ,])--?[a-z][a-z-]*' | tr -d ', ' | sort -u; }
	is "weir-$command(1) has the options that --help has" \
		"$(sed -n '/^OPTIONS/,/^[A-Z][A-Z]* *[A-Z]*$/p;/^OPTIONS/,/^EXAM/p' \
			page.txt >part.txt; options part.txt)" \
		"$(sed '/^Examples/,$d' help.txt >part.txt; options part.txt)"
	has "weir-$command(1) has its name and phrase" "$(cat page.txt)" \
		"^ +weir-$command - [a-z]"
	has "weir(1) names weir-$command" \
		"$(man -l "$pages/weir.1" 2>/dev/null | col -bx)" \
		"^ +weir-$command\(1\)"
done
is "there is no page too many" \
	"$(cd "$pages" && echo weir-*.1 | tr ' ' '\n' | sort)" \
	"$(printf 'weir-%s.1\n' $commands | sort)"

for page in "$pages"/weir*.[157]; do
	name=$(basename "$page")
	is "$name: groff has nothing to say" \
		"$(MANROFFSEQ='' man --warnings -l "$page" 2>&1 >/dev/null)" ""
	is "$name: mandoc finds no error" \
		"$(mandoc -T lint -W error "$page" 2>&1)" ""
	has "$name: whatis finds it" "$(lexgrog "$page" 2>&1)" \
		"weir[a-z-]* - [a-z]"
done

text() { man -l "$pages/$1" 2>/dev/null | col -bx; }
stages=$(text weir-stages.7)
for stage in $(weir stages --json | jq -r '.stages[].type'); do
	has "weir-stages(7) tells of $stage" "$stages" "^ +$stage: [a-z]"
done
pipeline=$(text weir-pipeline.5)
for key in $(weir schema | jq -r '.properties.runtime.properties | keys[]'); do
	has "weir-pipeline(5) tells of $key" "$pipeline" "^ +$key$"
done
has "what the file's example says stands as it is" "$pipeline" \
	'^ +web: +\{type: filter, inputs: split, replicas: 2,'
is "no mark of Markdown is left" \
	"$(grep -nE '\*\*|\]\(|^ *\|' <<<"$pipeline$stages" | head)" ""
finish

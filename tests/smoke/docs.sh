#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	README.md, docs/*.md ──▶ weir check
#
# What the documents say is so: their pipelines are good, they name every stage,
# kind of port and key that there is, and docs/stages.md is what weir prints.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for file in "$root"/README.md "$root"/docs/*.md; do
	name=$(basename "$file" .md)
	awk -v name="$name" '
		/^```yaml$/ { n++; inside = 1; next }
		/^```$/ { inside = 0 }
		inside { print > (name "-" n ".yaml") }' "$file"
done
for file in *.yaml; do
	grep -q '^version:' "$file" || continue
	works "$file is good" weir check --quiet "$file"
done

reference=$(cat "$root/docs/pipeline-file.md")
# described WHAT NAME…: each begins a row of a table, or is a key in one.
described() {
	local what=$1 name
	shift
	for name in "$@"; do
		if grep -qE "(^\| |\`|, )\`?$name[\`:]" <<<"$reference"; then
			ok "$what $name is described"
		else
			not_ok "$what $name is described in" \
				docs/pipeline-file.md
		fi
	done
}
weir stages --json >stages.json
described stage $(jq -r '.stages[].type' stages.json)
described "kind of port" $(jq -r '.ports[].kinds[]? | .kind? // .name? // .' \
	stages.json)
described "key of any port" $(jq -r '.port_common[].name' stages.json)
described "key of any stage" $(jq -r '.common[].name' stages.json)
described "key of runtime" \
	$(weir schema | jq -r '.properties.runtime.properties | keys[]')

weir stages --markdown >stages.md
difference=$(diff "$root/docs/stages.md" stages.md | head -20)
is "docs/stages.md is what 'weir stages --markdown' prints" "$difference" ""

cd "$root" || exit 2
broken=$(grep -noE '\]\([^)#]+\)' README.md CONTRIBUTING.md docs/*.md |
	while IFS=: read -r file line link; do
		link=${link#](} link=${link%)}
		[[ $link == http* ]] && continue
		[ -e "$(dirname "$file")/$link" ] || echo "$file:$line: $link"
	done)
is "no link leads nowhere" "$broken" ""
finish

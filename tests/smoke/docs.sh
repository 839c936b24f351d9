#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	README.md, docs/*.md ──▶ weir check
#
# What the documents say is so: their pipelines are good, and they name every
# stage, kind of port and key that there is.
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
for stage in $(weir stages --json | jq -r '.. | .type? | strings' | sort -u); do
	grep -q "^| \`$stage\` |" <<<"$reference" && ok "$stage is described" ||
		not_ok "$stage is described in docs/pipeline-file.md"
done
for key in $(weir schema | jq -r '.properties.runtime.properties | keys[]'); do
	grep -q "^| \`$key\` |" <<<"$reference" && ok "$key is described" ||
		not_ok "runtime.$key is described in docs/pipeline-file.md"
done

cd "$root" || exit 2
broken=$(grep -noE '\]\([^)#]+\)' README.md CONTRIBUTING.md docs/*.md |
	while IFS=: read -r file line link; do
		link=${link#](} link=${link%)}
		[[ $link == http* ]] && continue
		[ -e "$(dirname "$file")/$link" ] || echo "$file:$line: $link"
	done)
is "no link leads nowhere" "$broken" ""
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	talk.pcap ──▶ rx ──▶ split ──▶ seen[0,1] ──▶ web[0,1] ──▶ join ──▶ tx
#
# What the README shows is what happens. (quickstart.sh itself only builds
# before it runs this; a clean checkout runs it in whole.)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export IN=$talk OUT=$tmp/web.pcap

works "the quickstart's pipeline is good" \
	weir check --quiet "$root/apps/quickstart.yaml"
weir run "$root/apps/quickstart.yaml" >report.txt 2>&1
is "it runs: exit code" $? 0
has "nothing is unaccounted" "$(cat report.txt)" "0 unaccounted"
expression=$(sed -n 's/^ *expr: "\(.*\)"/\1/p' "$root/apps/quickstart.yaml")
is "its output is the web's share" "$(packets "$OUT")" \
	"$(tcpdump -r "$talk" "$expression" 2>/dev/null | wc -l)"
cd "$root" || exit 2
works "its tests pass" weir test apps/quickstart.yaml
works "each package is named once" \
	bash -c '! grep -v "^#" apps/packages.txt | sort | uniq -d | grep .'
user="setpriv --reuid=65534 --regid=65534 --clear-groups"
if [ "$(id -u)" = 0 ] && $user test -x "$weir_program"; then
	mkdir -p "$tmp/apps" && cp apps/packages.sh "$tmp/apps/"
	echo "no-such-package build" >"$tmp/apps/packages.txt"
	chmod -R a+rX "$tmp"
	chmod a+rx "$tmp"
	$user "$tmp/apps/packages.sh" build >"$tmp/told.txt" 2>&1
	is "a user whom packages fail is told: exit code" $? 2
	has "and how to install them, in a line" "$(cat "$tmp/told.txt")" \
		"^sudo apt-get install -y no-such-package$"
	$user "$weir_program" run -e "file:$talk ! file:/dev/null" \
		>"$tmp/user.txt" 2>&1
	is "weir runs for a user without rights: exit code" $? 0
else
	skip "a user is told" "needs root, and a tree that others may read"
fi
finish

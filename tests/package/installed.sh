#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	meson install ──▶ pkg-config, headers, libraries, manual, completion,
#	                  documents, an example
#
# What a user finds after `meson install`: each where it is looked for. Each
# header compiles alone as C++17, the first example builds against the shared
# and against the static library, the pipeline runs with what lies beside it.
# All of it is known to `ninja uninstall`.
#
#	installed.sh HELLO.c
. "$(dirname "${BASH_SOURCE[0]}")/../smoke/lib.sh"
. "$root/tests/package/tree.sh"
hello=$1 there=$tmp/root
tags=devel,runtime,doc
[ ! -e "$build/package/man/weir.1" ] || tags=$tags,man
install_weir "$there" "$tags" || exit 2
prefix=$there$(meson introspect --buildoptions "$build" |
	jq -r '.[] | select(.name == "prefix").value')
share=$prefix/share
export LD_LIBRARY_PATH=$weir_lib

# ---- for programs ----

works "pkg-config finds libweir" pkg-config --exists --print-errors libweir
is "and its version is the program's" "$(pkg-config --modversion libweir)" \
	"$("$prefix/bin/weir" --version | sed -n '1s/^weir \([^ ,]*\).*/\1/p')"
cflags=$(pkg-config --cflags libweir)
for header in $(cd "$prefix/include/weir" && find . -name '*.h' | sort); do
	echo "#include <weir/${header#./}>" >one.cpp
	works "weir/${header#./} is C++17, and alone" \
		g++ $weir_flags -Wextra -std=c++17 $cflags -fsyntax-only one.cpp
done
tree=$(sed -n '/^public_headers/,/^)/p' "$root/package/meson.build" |
	grep -o "lib/[a-z_/]*\.h\|drivers/[a-z_/]*\.h" | sed 's|^lib/||' | sort)
is "the headers are those of package/meson.build" \
	"$(cd "$prefix/include/weir" && find . -name '*.h' | sed 's|^\./||' |
	sort)" "$tree"

works "a program builds with the shared library" \
	$CC $weir_flags $cflags "$hello" -o shared $(pkg-config --libs libweir)
has "it names the library's soname" "$(readelf -d shared)" \
	'NEEDED.*libweir\.so\.'
is "and runs" "$(./shared)" Hello
works "a program may have a listen, an accept and a connect of its own" \
	$CC $weir_flags $cflags "$root/tests/package/names.c" -o names \
	$(pkg-config --libs libweir)
is "and listens" "$(./names)" listen

# ---- for users ----

for page in share/bash-completion/completions/weir:bash \
	share/zsh/site-functions/_weir:zsh \
	share/fish/vendor_completions.d/weir.fish:fish; do
	shell=${page#*:}
	same "$shell's completion lies where $shell looks" \
		"$prefix/${page%:*}" "$root/apps/completion/weir.$shell"
done
if [[ $tags == *man ]]; then
	for page in man1/weir.1 man5/weir-pipeline.5 man7/weir-stages.7 \
		$("$prefix/bin/weir" help | sed -n \
		's|^  \([a-z]*\)  *[a-z].*|man1/weir-\1.1|p' | sort -u); do
		works "man finds ${page#*/}" man -M "$share/man" -w \
			"${page:3:1}" "$(basename "${page%.*}")"
	done
else
	skip "the manual" "this build folder makes none"
fi
for page in README.md CHANGELOG.md LICENSE docs/pipeline-file.md \
	docs/tutorials/stage.md docs/decisions; do
	works "$page is there" test -r "$share/doc/weir/$page"
done
broken=$(cd "$share/doc/weir" && grep -rnoE --include='*.md' '\]\([^)#]+' |
	while IFS=: read -r file line link; do
		link=${link#](}
		[[ $link == http* || -e $(dirname "$file")/$link ]] ||
			echo "$file:$line: $link"
	done)
is "no link in them leads nowhere" "$broken" ""

cp -r "$share/doc/weir/examples" . && cd examples || exit 2
works "the example's pipeline runs" \
	timeout 60 "$prefix/bin/weir" run quickstart.yaml --quiet
is "and has written the web's share" "$(packets web.pcap)" 1069
works "and passes its tests" timeout 60 "$prefix/bin/weir" test quickstart.yaml
cd ..

# What no target names, `ninja uninstall` would leave behind.
meson introspect --installed "$build" | jq -r '.[]' >known
left=$(find "$there" ! -type d | sed "s|^$there||" | grep -vFxf known |
	grep -v -e "^${share#"$there"}/doc/weir/docs/" -e /gdb/auto-load/ |
	grep -v '/libweir\.so[.0-9]*$')
is "ninja uninstall knows each file" "$left" ""

# ---- without the shared library ----

# Debian's dbus-1.pc, which libpcap's asks for, names libsystemd without
# depending on its -dev package; nothing here calls it.
libs=$(pkg-config --static --libs libweir)
pkg-config --exists libsystemd ||
	libs=$(echo "$libs" | sed 's/-lsystemd//g')
rm "$weir_lib"/libweir.so*
works "a program builds with the static library" \
	$CC $weir_flags $cflags "$hello" -o static $libs
is "and runs alone" "$(./static)" Hello
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	meson.build, headers, libweir.so, pkg-config, weir, the documents
#
# say the same numbers.
. "$(dirname "${BASH_SOURCE[0]}")/../smoke/lib.sh"
. "$root/tests/package/tree.sh"
install_weir "$tmp/root" || exit 2
cc=${CC:-cc}

# What is true of the ABI's number is in abi-NUMBER.txt. To take what is so now
# as right, before anybody has built against that number:
# WEIR_GOLDEN=take tests/package/versions.sh
version=$(sed -n "s/^\tversion: '\([0-9.]*\)',$/\1/p" "$root/meson.build")
has "meson.build has a version" "$version" '^[0-9]+\.[0-9]+\.[0-9]+$'
is "weir --version" "$(weir --version | head -1)" "weir $version"
is "pkg-config" "$(pkg-config --modversion libweir)" "$version"
cat >which.c <<'END'
#include <stdio.h>
#include <weir/weir.h>

int main(void)
{
	printf("%d.%d.%d %s %d\n", WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR,
		WEIR_VERSION_PATCH, weir_version(), WEIR_STAGE_ABI_NUMBER);
}
END
$cc $weir_flags which.c -o which $(pkg-config --cflags --libs libweir)
read -r headers library abi <<<"$(LD_LIBRARY_PATH=$weir_lib ./which)"
is "the headers" "$headers" "$version"
is "the library" "$library" "$version"

# Before 1.0 a minor version may change what programs were built against.
soname=libweir.so.${version%.*}
case $version in 0.*) ;; *) soname=libweir.so.${version%%.*} ;; esac
is "the soname" "$(readelf -d "$weir_lib/libweir.so" |
	sed -n 's/.*soname: \[\(.*\)\]/\1/p')" "$soname"
is "the program's soname, for stages that name libweir" \
	"$(readelf -d "$weir_program" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')" \
	"$soname"
[ -e "$weir_lib/libweir.so.$version" ] && ok "the library's file" ||
	not_ok "the library's file" "$(ls "$weir_lib")"

said=$(cat "$root/docs/versions.md")
has "docs/versions.md: this version" "$said" "^\| the program and .*\`$version\`"
has "docs/versions.md: the soname" "$said" "\`$soname\`"
has "docs/versions.md: the stage ABI" "$said" "^\| a stage's interface .*\`$abi\`"
echo 'version: 9' >nine.yaml
has "docs/versions.md: the file" "$said" "^\| the pipeline file .*\`$(weir check \
	nine.yaml 2>&1 | sed 's/.*reads version \([0-9]*\) .*/\1/')\`"
has "docs/versions.md: the counters" "$said" "^\| the counters .*\`$(sed -n \
	's/^#define WEIR_COUNT_LAYOUT //p' "$root/lib/count/layout.h")\`"
has "docs/versions.md: the map of tasks" "$said" "^\| the map of tasks .*\`$(sed -n \
	's/^#define WEIR_MAP_VERSION //p' "$root/lib/task/map.h")\`"
is "gdb's script: the same" "$(sed -n 's/^VERSION = //p' \
	"$root/package/gdb/weir-gdb.py")" "$(sed -n \
	's/^#define WEIR_MAP_VERSION //p' "$root/lib/task/map.h")"
has "the changelog knows it" "$(cat "$root/CHANGELOG.md")" "^## $version"
weir run --quiet --report report.json -e "file:$talk ! drop" 2>run.err ||
	not_ok "a run" "$(cat run.err)"
is "the report" "$(answer report.json .weir)" "$version"

$cc $weir_flags "$root/tests/package/layout.c" -o layout \
	$(pkg-config --cflags --libs libweir)
LD_LIBRARY_PATH=$weir_lib ./layout >layout.txt
golden=$root/tests/package/abi-$abi.txt
[ "${WEIR_GOLDEN-}" = take ] && cp layout.txt "$golden"
is "what stages of ABI $abi rely on has not moved: raise the number if it must" \
	"$(grep -vxFf layout.txt "$golden" 2>&1)" ""
finish

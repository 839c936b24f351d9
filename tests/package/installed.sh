#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a user does after `meson install`: finds weir through pkg-config,
# compiles each header alone as C++17, and builds the first example
# against the shared and against the static library.
#
#	CC=gcc installed.sh BUILD HELLO.c
set -eu
build=$1 hello=$2
# A library that was built with sanitizers wants them in the program too.
flags="-Wall -Werror $(meson introspect --buildoptions "$build" |
	sed 's/.*"name": "b_sanitize", "value": "\([a-z,]*\)".*/\1/' |
	sed '/^none$/d;s/^/-fsanitize=/')"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

DESTDIR=$root meson install -C "$build" --no-rebuild --quiet \
	--tags devel,runtime >/dev/null
pc=$(dirname "$(find "$root" -name libweir.pc)")
lib=$(dirname "$pc")
# Only for this test it lies elsewhere than where it was configured for.
sed -i "s|^prefix=/|prefix=$root/|" "$pc/libweir.pc"
export PKG_CONFIG_PATH="$pc"
cflags=$(pkg-config --cflags libweir)

cd "$root"
include=$(dirname "$(find "$root" -path '*/weir/weir.h')")
for header in $(cd "$include" && find . -name '*.h' | sed 's|^\./||'); do
	echo "#include <weir/$header>" >one.cpp
	g++ $flags -Wextra -std=c++17 $cflags -fsyntax-only one.cpp ||
		{ echo "not C++17, or not alone: weir/$header"; exit 1; }
done

$CC $flags $cflags "$hello" -o shared $(pkg-config --libs libweir)
readelf -d shared | grep -q 'NEEDED.*libweir\.so\.0' ||
	{ echo "the program does not name the library's soname"; exit 1; }
test "$(LD_LIBRARY_PATH=$lib ./shared)" = Hello ||
	{ echo "shared: no Hello"; exit 1; }

# Debian's dbus-1.pc, which libpcap's asks for, names libsystemd without
# depending on its -dev package; nothing here calls it.
libs=$(pkg-config --static --libs libweir)
pkg-config --exists libsystemd ||
	libs=$(echo "$libs" | sed 's/-lsystemd//g')
rm "$lib"/libweir.so*
$CC $flags $cflags "$hello" -o static $libs
test "$(./static)" = Hello || { echo "static: no Hello"; exit 1; }

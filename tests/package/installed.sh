#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a user does after `meson install`: finds weir through pkg-config,
# compiles each header alone as C++17, and builds the first example
# against the shared and against the static library.
#
#	CC=gcc installed.sh BUILD HELLO.c
set -eu
build=$1 hello=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
. "$(dirname "$0")/tree.sh"
install_weir "$root"
flags=$weir_flags lib=$weir_lib
cflags=$(pkg-config --cflags libweir)

cd "$root"
include=$(dirname "$(find "$root" -path '*/weir/weir.h')")
for header in $(cd "$include" && find . -name '*.h' | sed 's|^\./||'); do
	echo "#include <weir/$header>" >one.cpp
	g++ $flags -Wextra -std=c++17 $cflags -fsyntax-only one.cpp ||
		{ echo "not C++17, or not alone: weir/$header"; exit 1; }
done

$CC $flags $cflags "$hello" -o shared $(pkg-config --libs libweir)
readelf -d shared | grep -q 'NEEDED.*libweir\.so\.' ||
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

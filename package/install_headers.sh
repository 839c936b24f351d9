#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Installs public headers under a folder of the prefix, each in the folder of
# its library. In the tree an include begins with the library ("chan/chan.h");
# installed, it begins with "weir/", so that no program's include path gets
# folders with names as common as ours.
set -eu
to=$MESON_INSTALL_DESTDIR_PREFIX/$1
shift
for header in "$@"; do
	case $header in
	*/weir.h) folder=$to ;;
	*) folder=$to/$(basename "$(dirname "$header")") ;;
	esac
	mkdir -p "$folder"
	sed 's|^#include "\([a-z_]*/\)|#include "weir/\1|' "$header" \
		>"$folder/$(basename "$header")"
	chmod 644 "$folder/$(basename "$header")"
done

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# What the tests of this folder share: weir, installed in a folder of the
# test's own, as somebody has it who did not build it. Sourced, with $build
# set.
#
#	install_weir FOLDER [TAGS]
#	                     installs (else what programs need), and lets
#	                     pkg-config find it
#	$weir_lib            where the libraries lie then
#	$weir_flags          what a compiler needs beside pkg-config's flags: a
#	                     library that was built with sanitizers wants them
#	                     in the program too
install_weir() {
	DESTDIR=$1 meson install -C "$build" --no-rebuild --quiet \
		--tags "${2:-devel,runtime}" >/dev/null || return 1
	PKG_CONFIG_PATH=$(dirname "$(find "$1" -name libweir.pc)")
	export PKG_CONFIG_PATH
	weir_lib=$(dirname "$PKG_CONFIG_PATH")
	# Only here it lies elsewhere than where it was configured for.
	sed -i "s|^prefix=/|prefix=$1/|" "$PKG_CONFIG_PATH/libweir.pc"
	weir_flags="-Wall -Werror $(meson introspect --buildoptions "$build" |
		sed 's/.*"name": "b_sanitize", "value": "\([a-z,]*\)".*/\1/' |
		sed '/^none$/d;s/^/-fsanitize=/')"
}

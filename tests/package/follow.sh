#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	PAGE.md ──▶ files, commands, what they print
#
# Follows a page of the documents outside of the tree, with weir as it was
# installed: its code is built through pkg-config, its commands are run, and
# what they print is what the page shows. $WEIR is where weir's sources lie,
# as in the pages.
#
#	follow.sh PAGE.md
. "$(dirname "${BASH_SOURCE[0]}")/../smoke/lib.sh"
. "$root/tests/package/tree.sh"
install_weir "$tmp/root" || exit 2

# Of the compiler that weir was built with, and of weir that was built with it.
mkdir bin there
cat >bin/cc <<END
#!/bin/sh
PATH=$PATH exec ${CC:-cc} $weir_flags "\$@"
END
chmod +x bin/cc
export WEIR=$root CC=cc LD_LIBRARY_PATH=$weir_lib
PATH=$tmp/bin:$(dirname "$(find "$tmp/root" -path '*/bin/weir')"):$PATH
cd there || exit 2
timeout -k 5 280 python3 "$root/tests/package/follow.py" "$1"

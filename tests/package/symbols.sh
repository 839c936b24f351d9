#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# libweir.so exports names that begin with weir_, each declared in a public
# header, and no other.
#
#	symbols.sh LIBWEIR.so HEADERS…
set -eu
library=$1
shift
exported=$(nm -D --defined-only "$library" | awk '{print $3}')
test -n "$exported" || { echo "$library exports nothing"; exit 1; }
for name in $exported; do
	case $name in
	weir_*) ;;
	__odr_asan*) continue ;; # the address sanitizer's own
	*) echo "exported, and not weir's: $name"; exit 1 ;;
	esac
	grep -qw "$name" "$@" ||
		{ echo "exported, and in no public header: $name"; exit 1; }
done

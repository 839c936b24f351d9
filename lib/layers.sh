#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Refuses an include that points upward. Arguments: the layers, lowest first.
cd "$(dirname "$0")" || exit 2
allowed=""
bad=0
for layer in "$@"; do
	allowed="$allowed|$layer"
	for file in "$layer"/*.[ch]; do
		[ -e "$file" ] || continue
		wrong=$(grep -nE '^#include "' "$file" |
			grep -vE "#include \"(${allowed#|})/[a-z_0-9]+\.h\"")
		[ -z "$wrong" ] && continue
		echo "lib/$file: the layer '$layer' may not include what lies above it: $wrong"
		bad=1
	done
done
exit $bad

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Makes sure that the packages of packages.txt are there. As root it installs
# those that are missing; as a user it prints the one line that would, and
# exits 2. Costs nothing when all are there.
#
# Usage: packages.sh PURPOSE…      (build, test)
set -eu
list=$(dirname "$0")/packages.txt
missing=()
for purpose in "$@"; do
	while read -r package for; do
		[ "$for" = "$purpose" ] || continue
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
			2>/dev/null) || state=
		[ "$state" = installed ] || missing+=("$package")
	done < <(grep -v '^#' "$list")
done
[ ${#missing[@]} = 0 ] && exit 0

if [ "$(id -u)" != 0 ]; then
	echo "Some packages are missing. Install them with:" >&2
	echo "sudo apt-get install -y ${missing[*]}" >&2
	exit 2
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install=(apt-get install -y -q --no-install-recommends "${missing[@]}")
"${install[@]}" >/dev/null 2>&1 || {
	apt-get update -q >/dev/null
	"${install[@]}"
}

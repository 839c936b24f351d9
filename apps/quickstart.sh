#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds weir and runs a capture of real programs talking through a pipeline:
# apps/quickstart.yaml. Needs no hugepages, no NIC and no root, except to
# install packages that are missing; a user is told which. From any directory.
#
# Usage: apps/quickstart.sh [CAPTURE]
set -eu
[ $# = 0 ] || { IN=$(realpath -- "$1") && export IN; }
cd "$(dirname "$0")/.."
apps/packages.sh build || exit 2

build=build-release
mkdir -p out
echo "Building weir in $build/"
{
	[ -e $build/build.ninja ] ||
		meson setup $build --buildtype=release -Dtests=false
	ninja -C $build
} >out/quickstart-build.log 2>&1 || {
	tail -30 out/quickstart-build.log >&2
	echo "weir does not build; all of it: out/quickstart-build.log" >&2
	exit 1
}

export OUT=${OUT:-out/web.pcap}
echo "Running ${IN:-tests/captures/talk.pcap} through apps/quickstart.yaml"
echo
code=0
$build/apps/weir run apps/quickstart.yaml || code=$?
echo
there=$(realpath -- "$OUT")
echo "The output lies in $there; look at it with: tcpdump -nr $there"
echo "What ran, drawn: $PWD/$build/apps/weir check apps/quickstart.yaml"
exit $code

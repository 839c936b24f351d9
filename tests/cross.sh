#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds weir for aarch64 with Debian's cross compiler and runs what qemu-user
# can: the race tests, which switch stacks and meet on rings, and the
# quickstart's pipeline, whose output must be that of this machine. (Criterion's
# tests cannot: it starts processes in a way that qemu-user does not follow.)
#
# The libraries are Debian's for arm64, got by apt-get with a state of its own
# and unpacked under build-aarch64: nothing of this machine changes. TAP; all
# is skipped, with the reason, where something is missing.
#
# Usage: tests/cross.sh [BUILD]    (BUILD: this machine's, to compare with)
set -u
cd "$(dirname "$0")/.." || exit 2
native=${1-build}
folder=build-aarch64
root=$PWD/$folder.root
number=0 bad=0
say() { # ok|not ok, SENTENCE, [LOG]
	number=$((number + 1))
	echo "$1 $number - $2"
	[ "$1" = ok ] && return
	bad=1
	[ -z "${3-}" ] || tail -20 "$3" | sed 's/^/# /'
}
skip() {
	echo "ok 1 - aarch64 # SKIP $1"
	exit 0
}

# fetch: the libraries that apps/packages.txt names for building, for arm64.
fetch() {
	local apt=$folder.apt package packages
	mkdir -p $apt/state/lists/partial $apt/cache/archives/partial
	touch $apt/state/status
	cat >$apt/conf <<-END
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; };
		Dir::State "$PWD/$apt/state";
		Dir::State::status "$PWD/$apt/state/status";
		Dir::Cache "$PWD/$apt/cache";
	END
	packages=$(awk '$2 == "build" && /-dev / {print $1}' apps/packages.txt)
	APT_CONFIG=$apt/conf apt-get update -q &&
		APT_CONFIG=$apt/conf apt-get install -y -q --download-only \
			--no-install-recommends $packages libcriterion-dev ||
		return
	rm -rf "$root.new"
	mkdir -p "$root.new/usr/lib"
	ln -s usr/lib "$root.new/lib"
	for package in $apt/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root.new" \
			--keep-directory-symlink --exclude=./usr/share/doc ||
			return
	done
	mv "$root.new" "$root"
	rm -rf $apt
}

command -v aarch64-linux-gnu-gcc >/dev/null || skip "no cross compiler"
command -v qemu-aarch64 >/dev/null || skip "qemu-user is missing"
mkdir -p out/tests
log=out/tests/aarch64.log
[ -d "$root" ] || fetch >$log 2>&1 ||
	skip "Debian's arm64 packages cannot be had: see $log"

cat >"$root/cross.ini" <<END
[constants]
root = '$root'
[binaries]
c = 'aarch64-linux-gnu-gcc'
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = 'pkg-config'
exe_wrapper = ['qemu-aarch64', '-L', root]
[properties]
sys_root = root
pkg_config_libdir = [root / 'usr/lib/aarch64-linux-gnu/pkgconfig',
	root / 'usr/share/pkgconfig']
[built-in options]
c_args = ['--sysroot=' + root]
c_link_args = ['--sysroot=' + root]
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'armv8-a'
endian = 'little'
END
[ -e $folder/build.ninja ] || meson setup $folder --cross-file "$root/cross.ini" \
	-Dman=disabled >$log 2>&1 || {
	say "not ok" "aarch64 configures" $log
	exit 1
}
# A process that qemu-user runs cannot look into itself: the memory that the
# system knows is the emulator's.
races=$(ninja -C $folder -t targets all | grep -oE '^tests/[a-z_]+_race:' |
	tr -d : | grep -v watch_seen_race)
if ninja -C $folder apps/weir $races >$log 2>&1; then
	say ok "aarch64 builds"
else
	grep -A5 -E "error|ERROR" $log >$log.short
	say "not ok" "aarch64 builds" $log.short
	exit 1
fi

emulated() { timeout 100 qemu-aarch64 -L "$root" "$@"; }
for race in $races; do
	if emulated $folder/$race >$log 2>&1; then
		say ok "aarch64: $(basename $race)"
	else
		say "not ok" "aarch64: $(basename $race)" $log
	fi
done
quick="apps/quickstart.yaml --quiet --set"
if emulated $folder/apps/weir run $quick ports.out.file=$folder/arm.pcap \
	>$log 2>&1 && $native/apps/weir run $quick \
	ports.out.file=$folder/here.pcap >>$log 2>&1 &&
	[ -s $folder/arm.pcap ] && cmp $folder/arm.pcap $folder/here.pcap \
	>>$log 2>&1; then
	say ok "aarch64: the quickstart's output is that of this machine"
else
	say "not ok" "aarch64: the quickstart's output is that of this machine" \
		$log
fi
exit $bad

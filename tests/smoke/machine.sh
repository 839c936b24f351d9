#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	/sys, /proc, /dev ──▶ weir devices, weir doctor
#
# What weir says of the machine that this runs on, and of one made up of files,
# as root and as an ordinary user.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- this machine ----

weir doctor >doctor.txt 2>&1
is "weir doctor finds that the default run works: exit code" $? 0
has "it has tried one" "$(cat doctor.txt)" "^ok +a run: packets"
has "each line is ok or a warning, or what to type" \
	"$(grep -cvE '^(ok|warning) |^ +type: |^$|^weir works' doctor.txt)" '^0$'
works "weir doctor --json is JSON" bash -c \
	'"$0" doctor --json | jq -e "length > 5 and all(.health != \"fault\")"' \
	"$weir_program"
works "weir devices --json is JSON" bash -c \
	'"$0" devices --json | jq -e "(.pci | type) == \"array\" and
		any(.software[]; .kind == \"file\")"' "$weir_program"
if (ulimit -v 80000 && weir --version) >/dev/null 2>&1; then
	fault=$(ulimit -v 80000; weir doctor)
	is "where no run works, the doctor says so: exit code" $? 1
	has "and what failed" "$fault" "^fault +a run: .* exit code 2: .*EAL"
else
	skip "a machine where no run works" "sanitizers need address space"
fi
user="setpriv --reuid=65534 --regid=65534 --clear-groups"
if [ "$(id -u)" = 0 ] && $user test -x "$weir_program"; then
	$user timeout 60 "$weir_program" doctor >user.txt 2>&1
	is "a user's doctor finds that the default run works: exit code" $? 0
	has "and has tried one" "$(cat user.txt)" "^ok +a run: packets"
	is "a user is told to use sudo, or nothing" \
		"$(grep 'type:' user.txt | grep -vE 'type: (sudo|ulimit)')" ""
	is "a user sees the same devices" \
		"$($user "$weir_program" devices --json | jq '[.pci[].address]')" \
		"$(weir devices --json | jq '[.pci[].address]')"
	for port in tap:machine0:ADMIN af_packet:lo:RAW af_xdp:lo:ADMIN; do
		said=$($user timeout 60 "$weir_program" run -e \
			"${port%:*} ! sink" 2>&1)
		is "a user's ${port%%:*} is not started: exit code" $? 2
		has "and what it lacks is named" "$said" \
			"needs the capability CAP_NET_${port##*:}, .* as root"
	done
else
	skip "a user's doctor" "needs root, and a build folder that users reach"
fi

# ---- a machine made up ----

# card ADDRESS VENDOR DEVICE DRIVER INTERFACE GROUP
card() {
	local at=other/sys/bus/pci/devices/$1
	mkdir -p $at/net/$5 other/sys/kernel/iommu_groups/$6/devices
	echo 0x020000 >$at/class
	echo "$2" >$at/vendor
	echo "$3" >$at/device
	echo 0 >$at/numa_node
	echo up >$at/net/$5/operstate
	echo 25000 >$at/net/$5/speed
	ln -s ../../drivers/$4 $at/driver
	ln -s ../../../../kernel/iommu_groups/$6 $at/iommu_group
	ln -s x other/sys/kernel/iommu_groups/$6/devices/$1
}
mkdir -p other/sys/bus/pci/drivers/vfio-pci other/proc/net \
	other/sys/kernel/mm/hugepages/hugepages-2048kB
echo "Hugepagesize: 2048 kB" >other/proc/meminfo
echo 512 | tee other/sys/kernel/mm/hugepages/hugepages-2048kB/{nr,free}_hugepages \
	>/dev/null
card 0000:01:00.0 0x15b3 0x1017 mlx5_core eth0 1
card 0000:02:00.0 0x8086 0x10d3 e1000e eth1 2
card 0000:03:00.0 0x8086 0x10d3 e1000e eth2 3
echo "eth2 00000000 0102A8C0 0003 0 0 0 00000000 0 0 0" >other/proc/net/route
# DPDK's drivers as they are here.
pmds=$(dirname "$(find -L /usr/lib /usr/local/lib -path '*/dpdk/pmds-*' \
	-name 'librte_net_mlx5.so*' 2>/dev/null | head -1)")
if [ -e "$pmds" ]; then
	mkdir -p "other$(dirname "$pmds")"
	ln -s "$pmds" "other$pmds"
	weir devices --sysroot other >devices.txt
	line() { grep "^$1 " devices.txt; }
	if [ "$(id -u)" = 0 ]; then
		has "a bifurcated NIC is ready as it is" \
			"$(line 0000:01:00.0)" \
			"eth0 +mlx5_core +0 +up 25G +ready"
	else
		has "a bifurcated NIC is root's as it is" \
			"$(cat devices.txt)" \
			"0000:01:00.0 is not ready: only root may open it"
	fi
	is "and nothing is to be typed for it" \
		"$(grep -c 'type:.*0000:01:00.0' devices.txt)" 0
	has "one that Linux has is not ready" "$(line 0000:02:00.0)" \
		"eth1 +e1000e +0 +up 25G +not ready"
	has "what mends it is a line to type" "$(cat devices.txt)" \
		"type: .*vfio-pci.*0000:02:00.0"
	has "the way to the machine is not taken without a warning" \
		"$(cat devices.txt)" "take care: eth2 carries the default route"
	is "that is the only warning" "$(grep -c 'take care' devices.txt)" 1
	weir doctor --sysroot other >doctor.txt
	has "the doctor counts its pages" "$(cat doctor.txt)" \
		"^ok +hugepages: 512 of 512 free of 2 MiB"
	has "and sees its IOMMU" "$(cat doctor.txt)" "^ok +IOMMU: on"
else
	skip "a machine made up" "DPDK's driver of mlx5 is not installed"
fi
finish

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	weir, virtio_user ══ virtio rings ══ vhost, testpmd
#	weir, vhost       ══ virtio rings ══ virtio_user, testpmd
#
# Whoever is vhost makes the socket and begins; weir as vhost holds back what it
# should send until somebody is there.
. "$(dirname "${BASH_SOURCE[0]}")/testpmd.sh"

pair virtio_user "virtio_user: $tmp/s" \
	"net_vhost0,iface=$tmp/s" testpmd
pair vhost "vhost: $tmp/s" \
	"net_virtio_user0,path=$tmp/s" weir

# Root reserves hugepages where too few are free, and gives them back.
pages_of=/sys/kernel/mm/hugepages/hugepages-2048kB
reserved=$(cat $pages_of/nr_hugepages 2>/dev/null)
give_pages_back() {
	[ "$BASHPID" = $$ ] && [ -w $pages_of/nr_hugepages ] &&
		echo "$reserved" >$pages_of/nr_hugepages
	clean_up
}
trap give_pages_back EXIT
pages=$(cat $pages_of/free_hugepages 2>/dev/null)
if [ "${pages:-64}" -lt 64 ] && [ -w $pages_of/nr_hugepages ]; then
	echo $((reserved + 96)) >$pages_of/nr_hugepages
	pages=$(cat $pages_of/free_hugepages)
fi

# On both kinds of pages: the other side must be able to map what is sent.
for runtime in "hugepages: no" "hugepages: yes"; do
	if [ "$runtime" = "hugepages: yes" ] && [ "${pages:-0}" -lt 64 ]; then
		skip "virtio_user on hugepages" "64 of 2 MiB are not free"
		continue
	fi
	name="virtio_user, $runtime" line="virtio_user: $tmp/s"
	peer="net_vhost0,iface=$tmp/s" first=testpmd
	there_and_back
done
finish

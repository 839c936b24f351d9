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
finish

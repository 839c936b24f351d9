// SPDX-License-Identifier: BSD-3-Clause
//
// What rewrite is asked to do, as said in a file and as the kernel needs it:
// bits to keep and bits to set.
//
//	words of the file ── weir_edit_make ──▶ struct weir_edit ──▶ kernel
//
// Threads.  A made edit is constant: any number may read it.
#ifndef WEIR_BUILTIN_EDIT_H
#define WEIR_BUILTIN_EDIT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

// The options, as the file has them. Borrowed texts.
struct weir_edit_words {
	const char *source_mac, *destination_mac;
	uint32_t vlan; // enum weir_edit_vlan
	uint32_t vlan_id;
	const char *vlan_priority;
	uint32_t vlan_type;
	const char *ttl, *dscp;
	const char **source, **destination;
	uint32_t source_port, destination_port;
	uint32_t swap;	    // bits of enum weir_edit_swap
	uint32_t malformed; // 0: pass, 1: drop
};

enum weir_edit_vlan {
	WEIR_VLAN_KEEP,
	WEIR_VLAN_PUSH,
	WEIR_VLAN_POP,
	WEIR_VLAN_SET
};
enum weir_edit_swap {
	WEIR_SWAP_MACS = 1,
	WEIR_SWAP_ADDRESSES = 2,
	WEIR_SWAP_PORTS = 4,
};

// An address, in words as they lie in a packet; of IPv4 the first.
struct weir_edit_address {
	uint32_t keep[4], set[4];
};

struct weir_edit {
	bool macs, ip, transport; // what there is to do at all
	bool hop; // nothing but what a router does: Ethernet addresses, TTL
	bool drops_malformed;
	uint32_t swap;
	// The destination's 6 bytes, then the source's.
	uint64_t macs_keep, macs_set;
	uint32_t macs_keep_end, macs_set_end;
	// new = ((old & keep) | set) - down
	uint8_t ttl_keep, ttl_set, ttl_down;
	uint8_t dscp_keep, dscp_set; // of the traffic class: two bits are ECN
	uint32_t ports_keep, ports_set;
	enum weir_edit_vlan vlan;
	uint16_t tag_keep, tag_set, tag_type; // in the machine's order
	struct weir_edit_address source[2], destination[2]; // IPv4, IPv6
};

// weir_edit_make answers NULL and fills in edit, or answers the name of the
// option that is not good, with words in e that begin with the value.
const char *weir_edit_make(struct weir_edit *edit,
	const struct weir_edit_words *words, struct weir_error *e);

#endif

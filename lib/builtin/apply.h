// SPDX-License-Identifier: BSD-3-Clause
//
// The changes of an edit, done to the headers of one frame that lie in one
// piece. Everything inline: this is rewrite's hot path, and has no other user.
//
// What is refused has not been touched. What the edit asks for and the frame
// does not have is left out, and counted as missing.
//
// Threads.  Those of the frame's owner.
#ifndef WEIR_BUILTIN_APPLY_H
#define WEIR_BUILTIN_APPLY_H

#include "base/atomic.h"
#include "builtin/checksum.h"
#include "builtin/edit.h"
#include "builtin/layout.h"
#include "builtin/vlan.h"

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <string.h>

// What becomes of a packet: the reasons of drops, in their order, or none.
enum weir_edit_fate {
	WEIR_EDIT_EXPIRED,
	WEIR_EDIT_MALFORMED,
	WEIR_EDIT_NO_ROOM,
	WEIR_EDIT_DONE,
};

// How many packets lacked what was to be changed. One writer.
struct weir_edit_missing {
	uint64_t ip, ports, tag;
};

static inline bool weir_edit_is_tagged(const uint8_t *bytes)
{
	return weir_layout_is_tag(weir_layout_be16(bytes + WEIR_MACS_SIZE));
}

static inline uint16_t load16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static inline uint32_t load32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

// change32 stores value and answers what that adds to a checksum.
static inline uint64_t change32(uint8_t *bytes, uint32_t value)
{
	uint64_t change = weir_checksum_change(load32(bytes), value);

	memcpy(bytes, &value, sizeof(value));
	return change;
}

static inline void edit_macs(const struct weir_edit *edit, uint8_t *bytes)
{
	uint8_t macs[WEIR_MACS_SIZE];
	uint64_t begin;
	uint32_t end;

	if (unlikely(edit->swap & WEIR_SWAP_MACS)) {
		memcpy(macs, bytes + 6, 6);
		memcpy(macs + 6, bytes, 6);
		memcpy(bytes, macs, WEIR_MACS_SIZE);
	}
	memcpy(&begin, bytes, sizeof(begin));
	memcpy(&end, bytes + sizeof(begin), sizeof(end));
	begin = (begin & edit->macs_keep) | edit->macs_set;
	end = (end & edit->macs_keep_end) | edit->macs_set_end;
	memcpy(bytes, &begin, sizeof(begin));
	memcpy(bytes + sizeof(begin), &end, sizeof(end));
}

static inline uint8_t edit_ttl(const struct weir_edit *edit, uint8_t ttl)
{
	return (uint8_t)(((ttl & edit->ttl_keep) | edit->ttl_set) -
			 edit->ttl_down);
}

static inline uint8_t edit_class(const struct weir_edit *edit, uint8_t class)
{
	return (class & edit->dscp_keep) | edit->dscp_set;
}

static inline uint64_t edit_address(const struct weir_edit_address *address,
	uint8_t *at, const uint32_t *from, unsigned words)
{
	uint64_t change = 0;

	for (unsigned i = 0; i < words; i++)
		change += change32(at + 4 * i,
			(from[i] & address->keep[i]) | address->set[i]);
	return change;
}

// What changed in addresses, as two checksums see it.
struct change {
	uint64_t header, transport;
};

static inline struct change edit_addresses(const struct weir_edit *edit,
	const struct weir_layout *layout, uint8_t *bytes)
{
	bool six = layout->version == 6;
	unsigned words = six ? 4 : 1;
	uint8_t *source = bytes + layout->ip_at + (six ? 8 : 12);
	uint8_t *destination = source + 4 * words;
	uint32_t old[2][4];
	bool swap = edit->swap & WEIR_SWAP_ADDRESSES;
	struct change change;
	uint64_t last;

	memcpy(old[0], source, 4 * words);
	memcpy(old[1], destination, 4 * words);
	change.header =
		edit_address(&edit->source[six], source, old[swap], words);
	last = edit_address(
		&edit->destination[six], destination, old[!swap], words);
	change.transport = change.header + (layout->routed ? 0 : last);
	change.header += last;
	return change;
}

static inline uint64_t edit_ports(const struct weir_edit *edit, uint8_t *bytes)
{
	uint32_t ports = load32(bytes);

	if (edit->swap & WEIR_SWAP_PORTS)
		ports = ports << 16 | ports >> 16;
	return change32(bytes, (ports & edit->ports_keep) | edit->ports_set);
}

static inline void update_transport(
	const struct weir_layout *layout, uint8_t *bytes, uint64_t change)
{
	uint8_t *at = bytes + layout->checksum_at;
	bool udp = layout->protocol == 17 || layout->protocol == 136;
	uint16_t sum = udp ? weir_checksum_update_udp(load16(at), change)
			   : weir_checksum_update(load16(at), change);

	memcpy(at, &sum, sizeof(sum));
}

// edit_transport changes addresses and ports, and answers what that adds to the
// checksum of IPv4's header.
static inline uint64_t edit_transport(struct weir_edit_missing *missing,
	const struct weir_edit *edit, const struct weir_layout *layout,
	uint8_t *bytes)
{
	struct change change = edit_addresses(edit, layout, bytes);

	if (layout->ports)
		change.transport +=
			edit_ports(edit, bytes + layout->transport_at);
	else if (edit->ports_set || (edit->swap & WEIR_SWAP_PORTS))
		count_add(&missing->ports, 1);
	if (layout->checksum_at)
		update_transport(layout, bytes, change.transport);
	return change.header;
}

// pair makes the word whose first byte lies first in memory.
static inline uint16_t pair(uint8_t first, uint8_t second)
{
	return RTE_BE16((uint16_t)(first << 8 | second));
}

// Words are put together in registers: a load that spans a byte just stored
// would wait until that has reached the cache.
static inline void edit_ipv4(
	const struct weir_edit *edit, uint8_t *ip, uint64_t change)
{
	uint16_t class = load16(ip), ttl = load16(ip + 8), sum;
	uint16_t new_class = pair(ip[0], edit_class(edit, ip[1]));
	uint16_t new_ttl = pair(edit_ttl(edit, ip[8]), ip[9]);

	change += weir_checksum_change(class, new_class) +
		  weir_checksum_change(ttl, new_ttl);
	sum = weir_checksum_update(load16(ip + 10), change);
	memcpy(ip, &new_class, sizeof(new_class));
	memcpy(ip + 8, &new_ttl, sizeof(new_ttl));
	memcpy(ip + 10, &sum, sizeof(sum));
}

static inline void edit_ipv6(const struct weir_edit *edit, uint8_t *ip)
{
	uint8_t class = (uint8_t)(ip[0] << 4 | ip[1] >> 4);

	class = edit_class(edit, class);
	ip[0] = (uint8_t)(0x60 | class >> 4);
	ip[1] = (uint8_t)(class << 4 | (ip[1] & 0xf));
	ip[7] = edit_ttl(edit, ip[7]);
}

static inline bool is_expired(const struct weir_edit *edit,
	const struct weir_layout *layout, const uint8_t *bytes)
{
	unsigned ttl_at = layout->version == 4 ? 8 : 7;

	return bytes[layout->ip_at + ttl_at] <= 1 && edit->ttl_down;
}

struct deep {
	enum weir_edit_fate fate;
	uint64_t change; // of what IPv4's header sums up
};

// edit_deep changes what is behind the IP header, and addresses. Apart, and
// with a layout of its own, so that the others keep theirs in registers.
static __attribute__((noinline)) struct deep edit_deep(
	struct weir_edit_missing *missing, const struct weir_edit *edit,
	struct weir_layout layout, uint8_t *bytes, uint32_t size)
{
	if (!weir_layout_find_transport(&layout, bytes, size))
		return (struct deep){WEIR_EDIT_MALFORMED, 0};
	if (unlikely(is_expired(edit, &layout, bytes)))
		return (struct deep){WEIR_EDIT_EXPIRED, 0};
	return (struct deep){
		WEIR_EDIT_DONE, edit_transport(missing, edit, &layout, bytes)};
}

static inline __attribute__((always_inline)) enum weir_edit_fate edit_ip(
	struct weir_edit_missing *missing, const struct weir_edit *edit,
	uint8_t *bytes, uint32_t size)
{
	struct weir_layout layout;
	enum weir_layout_answer answer = weir_layout_find(&layout, bytes, size);
	uint8_t *ip = bytes + layout.ip_at;
	struct deep deep = {WEIR_EDIT_DONE, 0};

	if (unlikely(answer == WEIR_LAYOUT_OTHER)) {
		count_add(&missing->ip, 1);
		return WEIR_EDIT_DONE;
	}
	if (unlikely(answer == WEIR_LAYOUT_MALFORMED))
		return WEIR_EDIT_MALFORMED;
	if (edit->transport)
		deep = edit_deep(missing, edit, layout, bytes, size);
	else if (unlikely(is_expired(edit, &layout, bytes)))
		return WEIR_EDIT_EXPIRED;
	if (unlikely(deep.fate != WEIR_EDIT_DONE))
		return deep.fate;
	if (likely(layout.version == 4))
		edit_ipv4(edit, ip, deep.change);
	else
		edit_ipv6(edit, ip);
	return WEIR_EDIT_DONE;
}

static inline void set_tag(const struct weir_edit *edit, uint8_t *tci)
{
	unsigned tag = weir_layout_be16(tci);

	tag = (tag & edit->tag_keep) | edit->tag_set;
	tci[0] = (uint8_t)(tag >> 8);
	tci[1] = (uint8_t)tag;
}

// weir_edit_hop does what a router does, to a frame of the most usual kind: no
// tag, IPv4 without options, time left. False where it is another, or less than
// hop is asked for: nothing has happened.
static inline bool weir_edit_hop(
	const struct weir_edit *edit, uint8_t *bytes, uint32_t size)
{
	uint16_t ttl, new_ttl, sum;

	if (!edit->hop || size < 34 ||
		(load32(bytes + 12) & RTE_BE32(0xffffff00)) !=
			RTE_BE32(0x08004500) ||
		unlikely(bytes[22] <= 1))
		return false;
	ttl = load16(bytes + 22);
	new_ttl = pair(edit_ttl(edit, bytes[22]), bytes[23]);
	sum = weir_checksum_update(
		load16(bytes + 24), weir_checksum_change(ttl, new_ttl));
	memcpy(bytes + 22, &new_ttl, sizeof(new_ttl));
	memcpy(bytes + 24, &sum, sizeof(sum));
	edit_macs(edit, bytes);
	return true;
}

// weir_edit_bytes changes all that keeps its place: what pushes or pops a tag
// comes after. size is at most what was captured.
static inline enum weir_edit_fate weir_edit_bytes(
	struct weir_edit_missing *missing, const struct weir_edit *edit,
	uint8_t *bytes, uint32_t size)
{
	enum weir_edit_fate fate = WEIR_EDIT_DONE;

	if (unlikely(size < 14))
		return WEIR_EDIT_MALFORMED;
	if (edit->vlan >= WEIR_VLAN_POP && weir_edit_is_tagged(bytes) &&
		size < 14 + WEIR_TAG_SIZE)
		return WEIR_EDIT_MALFORMED;
	if (edit->ip)
		fate = edit_ip(missing, edit, bytes, size);
	if (unlikely(fate != WEIR_EDIT_DONE))
		return fate;
	if (edit->macs)
		edit_macs(edit, bytes);
	if (edit->vlan == WEIR_VLAN_SET && weir_edit_is_tagged(bytes))
		set_tag(edit, bytes + 14);
	return WEIR_EDIT_DONE;
}

#endif

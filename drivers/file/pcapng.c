// SPDX-License-Identifier: BSD-3-Clause
//
// Every length in a capture is another's word: nothing is read before it is
// known to lie inside its block, and no block before it is known to lie inside
// the input.
#include "file/pcapng.h"

#include "file/interface.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OLD = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET = 6,
};
enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define BLOCK_HEAD 8u	// type and length
#define BLOCK_FRAME 12u // and the length again
#define RESOLUTION_BINARY 0x80u
#define RESOLUTION_MICRO 6u

// What lies between head and tail of a block.
struct body {
	uint32_t type;
	const uint8_t *at;
	uint32_t size;
};

static uint32_t u32_at(const struct weir_pcapng *pcapng, const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return pcapng->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t u16_at(const struct weir_pcapng *pcapng, const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return pcapng->swapped ? __builtin_bswap16(v) : v;
}

static uint64_t u64_at(const struct weir_pcapng *pcapng, const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return pcapng->swapped ? __builtin_bswap64(v) : v;
}

void weir_pcapng_open(
	struct weir_pcapng *pcapng, struct weir_bytes *bytes, uint32_t source)
{
	*pcapng = (struct weir_pcapng){.bytes = bytes, .source = source};
}

void weir_pcapng_close(struct weir_pcapng *pcapng)
{
	free(pcapng->interfaces);
	*pcapng = (struct weir_pcapng){0};
}

static int cut_off(struct weir_pcapng *pcapng, struct weir_error *e)
{
	if (pcapng->bytes->error)
		return weir_error_set(e, pcapng->bytes->error, "%s",
			strerror(-pcapng->bytes->error));
	return weir_error_set(e, -EBADMSG, "the capture ends inside a block");
}

static int set_byte_order(
	struct weir_pcapng *pcapng, const uint8_t *magic, struct weir_error *e)
{
	uint32_t order;

	memcpy(&order, magic, sizeof(order));
	if (order != BYTE_ORDER_MAGIC &&
		order != __builtin_bswap32(BYTE_ORDER_MAGIC))
		return weir_error_set(e, -EBADMSG,
			"a section begins without the byte-order magic");
	pcapng->swapped = order != BYTE_ORDER_MAGIC;
	return 0;
}

static bool is_packet(uint32_t type)
{
	return type == BLOCK_PACKET || type == BLOCK_PACKET_OLD ||
	       type == BLOCK_PACKET_SIMPLE;
}

// skip_block passes over a block that is larger than the window.
static int skip_block(struct weir_pcapng *pcapng, uint32_t type, uint32_t size,
	struct weir_error *e)
{
	if (type == BLOCK_SECTION || type == BLOCK_INTERFACE)
		return weir_error_set(e, -EBADMSG, "a block of %u bytes", size);
	if (!weir_bytes_skip(pcapng->bytes, size))
		return cut_off(pcapng, e);
	pcapng->too_large += is_packet(type);
	return 0;
}

// read_block answers 1 and a whole block, which is then passed; 0 at the end
// of the input; 2 for a block that was passed over.
static int read_block(
	struct weir_pcapng *pcapng, struct body *body, struct weir_error *e)
{
	struct weir_bytes *bytes = pcapng->bytes;
	const uint8_t *head = weir_bytes_need(bytes, BLOCK_FRAME);
	uint32_t size;
	int err = 0;

	if (!head)
		return weir_bytes_left(bytes) || bytes->error
			       ? cut_off(pcapng, e)
			       : 0;
	body->type = u32_at(pcapng, head);
	if (body->type == BLOCK_SECTION)
		err = set_byte_order(pcapng, head + BLOCK_HEAD, e);
	if (err)
		return err;
	size = u32_at(pcapng, head + 4);
	if (size < BLOCK_FRAME || size % 4)
		return weir_error_set(e, -EBADMSG,
			"a block of %u bytes: that is no length of a block",
			size);
	if (size > WEIR_BYTES_WINDOW) {
		err = skip_block(pcapng, body->type, size, e);
		return err ? err : 2;
	}
	head = weir_bytes_need(bytes, size);
	if (!head)
		return cut_off(pcapng, e);
	if (u32_at(pcapng, head + size - 4) != size)
		return weir_error_set(e, -EBADMSG,
			"a block of %u bytes that ends with another length",
			size);
	body->at = head + BLOCK_HEAD;
	body->size = size - BLOCK_FRAME;
	// The window is not moved before the next need.
	weir_bytes_skip(bytes, size);
	return 1;
}

static int begin_section(struct weir_pcapng *pcapng, const struct body *body,
	struct weir_error *e)
{
	uint16_t major;

	if (body->size < 16)
		return weir_error_set(e, -EBADMSG,
			"a section header of %u bytes", body->size);
	major = u16_at(pcapng, body->at + 4);
	if (major != 1)
		return weir_error_set(e, -EBADMSG,
			"pcapng version %u, and only version 1 is known",
			major);
	pcapng->count = 0;
	return 0;
}

static int set_resolution(struct weir_pcapng_interface *interface,
	uint8_t resolution, struct weir_error *e)
{
	unsigned exponent = resolution & ~RESOLUTION_BINARY;

	if (exponent > (resolution & RESOLUTION_BINARY ? 63u : 19u))
		return weir_error_set(e, -EBADMSG,
			"an interface whose time resolution is %u to the "
			"power of -%u",
			resolution & RESOLUTION_BINARY ? 2 : 10, exponent);
	interface->resolution = resolution;
	return 0;
}

// An option that every writer can repeat as it is: a text or bytes, not a
// number, whose byte order it would have to know, and not the resolution,
// which a writer chooses.
static bool is_kept(uint16_t code)
{
	switch (code) {
	case 1:	 // comment
	case 2:	 // name
	case 3:	 // description
	case 4:	 // IPv4 address
	case 5:	 // IPv6 address
	case 6:	 // MAC address
	case 7:	 // EUI address
	case 11: // filter
	case 12: // operating system
	case 13: // length of the FCS
	case 15: // hardware
		return true;
	default:
		return false;
	}
}

// Options to keep, in our byte order.
struct kept {
	uint8_t *at;
	uint32_t size;
};

static void keep(
	struct kept *kept, uint16_t code, const uint8_t *value, uint16_t size)
{
	uint32_t padded = (size + 3u) & ~3u;
	uint8_t *to = kept->at + kept->size;

	memcpy(to, &code, 2);
	memcpy(to + 2, &size, 2);
	memset(to + 4, 0, padded);
	memcpy(to + 4, value, size);
	kept->size += 4 + padded;
}

static int read_options(struct weir_pcapng *pcapng, const uint8_t *at,
	uint32_t size, struct weir_pcapng_interface *interface,
	struct kept *kept, struct weir_error *e)
{
	int err = 0;

	while (!err && size >= 4) {
		uint16_t code = u16_at(pcapng, at);
		uint16_t length = u16_at(pcapng, at + 2);
		uint32_t step = 4 + ((length + 3u) & ~3u);

		if (code == OPTION_END)
			return 0;
		if (step > size)
			return weir_error_set(e, -EBADMSG,
				"an option that ends outside of its block");
		if (code == OPTION_TSRESOL && length == 1)
			err = set_resolution(interface, at[4], e);
		else if (code == OPTION_TSOFFSET && length == 8)
			interface->offset_s = (int64_t)u64_at(pcapng, at + 4);
		else if (is_kept(code))
			keep(kept, code, at + 4, length);
		at += step;
		size -= step;
	}
	return err;
}

static bool finer_than_micro(uint8_t resolution)
{
	return resolution & RESOLUTION_BINARY || resolution > RESOLUTION_MICRO;
}

static int enter(struct weir_pcapng *pcapng,
	struct weir_pcapng_interface *interface, const struct kept *kept,
	struct weir_error *e)
{
	struct weir_interface entry = {
		.link_field = interface->link_type,
		.snaplen = interface->snaplen,
		.source = pcapng->source,
		.nano = finer_than_micro(interface->resolution),
		.options_size = kept->size,
	};
	int index;

	if (pcapng->count == pcapng->size) {
		unsigned size = pcapng->size ? 2 * pcapng->size : 8;
		void *grown = realloc(
			pcapng->interfaces, size * sizeof(*pcapng->interfaces));

		if (!grown)
			return weir_error_set(e, -ENOMEM, "no memory");
		pcapng->interfaces = grown;
		pcapng->size = size;
	}
	index = weir_interfaces_add(&entry, kept->at);
	if (index == -ENOSPC)
		return weir_error_set(e, -EBADMSG, "more than %u interfaces",
			WEIR_INTERFACES_MAX);
	if (index < 0)
		return weir_error_set(e, index, "no memory");
	interface->index = (uint16_t)index;
	pcapng->interfaces[pcapng->count++] = *interface;
	return 0;
}

static int begin_interface(struct weir_pcapng *pcapng, const struct body *body,
	struct weir_error *e)
{
	struct weir_pcapng_interface interface = {
		.resolution = RESOLUTION_MICRO};
	struct kept kept = {0};
	int err;

	if (body->size < 8)
		return weir_error_set(e, -EBADMSG,
			"an interface block of %u bytes", body->size);
	interface.link_type = u16_at(pcapng, body->at);
	interface.snaplen = u32_at(pcapng, body->at + 4);
	// 0 means no limit; libpcap says the largest there is.
	if (!interface.snaplen || interface.snaplen > INT32_MAX)
		interface.snaplen = WEIR_RECORD_MAX;
	kept.at = malloc(body->size);
	if (!kept.at)
		return weir_error_set(e, -ENOMEM, "no memory");
	err = read_options(
		pcapng, body->at + 8, body->size - 8, &interface, &kept, e);
	if (!err)
		err = enter(pcapng, &interface, &kept, e);
	free(kept.at);
	return err;
}

// to_ns converts a time in units of the interface's resolution.
static uint64_t to_ns(
	const struct weir_pcapng_interface *interface, uint64_t units)
{
	unsigned exponent = interface->resolution & ~RESOLUTION_BINARY;
	uint64_t ns = units;

	if (interface->resolution & RESOLUTION_BINARY) {
		ns = (uint64_t)(((unsigned __int128)units * 1000000000u) >>
				exponent);
	} else {
		for (unsigned i = exponent; i < 9; i++)
			ns *= 10;
		for (unsigned i = 9; i < exponent; i++)
			ns /= 10;
	}
	return ns + (uint64_t)interface->offset_s * 1000000000u;
}

static const struct weir_pcapng_interface *interface_of(
	const struct weir_pcapng *pcapng, uint32_t id, struct weir_error *e)
{
	if (id < pcapng->count)
		return &pcapng->interfaces[id];
	weir_error_set(e, -EBADMSG,
		"a packet of interface %u, and there are %u before it", id,
		pcapng->count);
	return NULL;
}

// give fills in what all kinds of packet blocks say; at is where the bytes
// begin in body.
static int give(struct weir_pcapng *pcapng, const struct body *body,
	uint32_t at, const struct weir_pcapng_interface *interface,
	struct weir_record *record, struct weir_error *e)
{
	if (record->size > body->size - at)
		return weir_error_set(e, -EBADMSG,
			"a packet of %u bytes in a block with room for %u",
			record->size, body->size - at);
	if (record->size > WEIR_RECORD_MAX) {
		pcapng->too_large++;
		return 0;
	}
	record->bytes = body->at + at;
	record->interface = interface->index;
	record->link_type = interface->link_type;
	return 1;
}

static int short_block(const struct body *body, struct weir_error *e)
{
	return weir_error_set(
		e, -EBADMSG, "a packet block of %u bytes", body->size);
}

// read_packet reads an enhanced packet block, or the packet block that came
// before it: they differ in where the interface stands.
static int read_packet(struct weir_pcapng *pcapng, const struct body *body,
	struct weir_record *record, struct weir_error *e)
{
	const struct weir_pcapng_interface *interface;
	uint64_t units;

	if (body->size < 20)
		return short_block(body, e);
	interface = interface_of(pcapng,
		body->type == BLOCK_PACKET ? u32_at(pcapng, body->at)
					   : u16_at(pcapng, body->at),
		e);
	if (!interface)
		return -EBADMSG;
	units = (uint64_t)u32_at(pcapng, body->at + 4) << 32 |
		u32_at(pcapng, body->at + 8);
	record->time_ns = to_ns(interface, units);
	record->size = u32_at(pcapng, body->at + 12);
	record->original_size = u32_at(pcapng, body->at + 16);
	return give(pcapng, body, 20, interface, record, e);
}

// read_simple reads a simple packet block: of interface 0, without a time.
static int read_simple(struct weir_pcapng *pcapng, const struct body *body,
	struct weir_record *record, struct weir_error *e)
{
	const struct weir_pcapng_interface *interface =
		interface_of(pcapng, 0, e);

	if (!interface)
		return -EBADMSG;
	if (body->size < 4)
		return short_block(body, e);
	record->time_ns = 0;
	record->original_size = u32_at(pcapng, body->at);
	record->size = record->original_size < interface->snaplen
			       ? record->original_size
			       : interface->snaplen;
	return give(pcapng, body, 4, interface, record, e);
}

int weir_pcapng_next(struct weir_pcapng *pcapng, struct weir_record *record,
	struct weir_error *e)
{
	struct body body = {0};
	int rc;

	while ((rc = read_block(pcapng, &body, e)) > 0) {
		if (rc == 2)
			continue;
		rc = 0;
		if (body.type == BLOCK_PACKET || body.type == BLOCK_PACKET_OLD)
			rc = read_packet(pcapng, &body, record, e);
		else if (body.type == BLOCK_PACKET_SIMPLE)
			rc = read_simple(pcapng, &body, record, e);
		else if (body.type == BLOCK_INTERFACE)
			rc = begin_interface(pcapng, &body, e);
		else if (body.type == BLOCK_SECTION)
			rc = begin_section(pcapng, &body, e);
		if (rc)
			return rc;
	}
	return rc;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Captures for tests, built in memory a block at a time, in either byte order.
#ifndef TESTS_DRIVERS_CAPTURE_H
#define TESTS_DRIVERS_CAPTURE_H

#include "base/assert.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_MICRO 0xa1b2c3d4u
#define PCAP_NANO 0xa1b23c4du

struct bytes {
	uint8_t *at;
	size_t size, room;
	bool big; // byte order of numbers
};

static inline uint8_t *bytes_add(struct bytes *b, size_t size)
{
	if (b->size + size >= b->room) {
		b->room = 2 * (b->room + size);
		b->at = realloc(b->at, b->room);
		weir_assert(b->at);
	}
	memset(b->at + b->size, 0, size);
	b->size += size;
	return b->at + b->size - size;
}

static inline void bytes_put(struct bytes *b, const void *from, size_t size)
{
	uint8_t *to = bytes_add(b, size);

	if (size)
		memcpy(to, from, size);
}

static inline void put_u32(struct bytes *b, uint32_t v)
{
	v = b->big ? __builtin_bswap32(v) : v;
	bytes_put(b, &v, sizeof(v));
}

static inline void put_u16(struct bytes *b, uint16_t v)
{
	v = b->big ? __builtin_bswap16(v) : v;
	bytes_put(b, &v, sizeof(v));
}

static inline void bytes_free(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){0};
}

static inline void bytes_save(const struct bytes *b, const char *path)
{
	FILE *file = fopen(path, "w");

	weir_assert(file);
	weir_assert(fwrite(b->at, 1, b->size, file) == b->size);
	weir_assert(fclose(file) == 0);
}

static inline struct bytes bytes_load(const char *path)
{
	struct bytes b = {0};
	FILE *file = fopen(path, "r");
	uint8_t piece[4096];
	size_t n;

	weir_assert(file);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		bytes_put(&b, piece, n);
	fclose(file);
	return b;
}

static inline bool bytes_equal(const struct bytes *a, const struct bytes *b)
{
	return a->size == b->size && !memcmp(a->at, b->at, a->size);
}

// A byte of the i-th packet, at `at`.
static inline uint8_t packet_byte(unsigned i, unsigned at)
{
	return (uint8_t)(i * 31 + at * 7 + (at >> 8));
}

static inline void put_packet_bytes(struct bytes *b, unsigned i, unsigned size)
{
	uint8_t *to = bytes_add(b, size);

	for (unsigned at = 0; at < size; at++)
		to[at] = packet_byte(i, at);
}

static inline void pcap_header(
	struct bytes *b, uint32_t magic, uint32_t snaplen, uint32_t link_type)
{
	put_u32(b, magic);
	put_u16(b, 2);
	put_u16(b, 4);
	put_u32(b, 0);
	put_u32(b, 0);
	put_u32(b, snaplen);
	put_u32(b, link_type);
}

static inline void pcap_packet(struct bytes *b, uint32_t seconds, uint32_t part,
	unsigned i, unsigned size, unsigned original_size)
{
	put_u32(b, seconds);
	put_u32(b, part);
	put_u32(b, size);
	put_u32(b, original_size);
	put_packet_bytes(b, i, size);
}

static inline void pcapng_section(struct bytes *b)
{
	put_u32(b, 0x0a0d0d0a);
	put_u32(b, 28);
	put_u32(b, 0x1a2b3c4d);
	put_u16(b, 1);
	put_u16(b, 0);
	put_u32(b, UINT32_MAX);
	put_u32(b, UINT32_MAX);
	put_u32(b, 28);
}

static inline void pcapng_interface(struct bytes *b, const char *name,
	uint16_t link_type, uint32_t snaplen, uint8_t resolution)
{
	uint32_t length = (uint32_t)strlen(name);
	uint32_t padded = (length + 3) & ~3u;
	uint32_t size = 20 + 4 + padded + 8 + 4;

	put_u32(b, 1);
	put_u32(b, size);
	put_u16(b, link_type);
	put_u16(b, 0);
	put_u32(b, snaplen);
	put_u16(b, 2);
	put_u16(b, (uint16_t)length);
	memcpy(bytes_add(b, padded), name, length);
	put_u16(b, 9);
	put_u16(b, 1);
	bytes_add(b, 4)[0] = resolution;
	put_u32(b, 0);
	put_u32(b, size);
}

static inline void pcapng_packet(struct bytes *b, uint32_t interface,
	uint64_t units, unsigned i, unsigned size, unsigned original_size)
{
	uint32_t padding = -size & 3;
	uint32_t total = 32 + size + padding;

	put_u32(b, 6);
	put_u32(b, total);
	put_u32(b, interface);
	put_u32(b, (uint32_t)(units >> 32));
	put_u32(b, (uint32_t)units);
	put_u32(b, size);
	put_u32(b, original_size);
	put_packet_bytes(b, i, size);
	bytes_add(b, padding);
	put_u32(b, total);
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Packets for the tests of stages: EAL without hugepages, a pool, mbufs from
// bytes cut where one likes, and frames built a header at a time.
//
//	TestSuite(tee, .init = packets_init, .fini = packets_fini);
//
//	struct frame f = {0};
//	frame_ethernet(&f, 0x0800);
//	frame_ipv4(&f, 17, 1, 2);
//	frame_ports(&f, 5, 53);
//	m = packet(&f);
#ifndef TESTS_BUILTIN_PACKETS_H
#define TESTS_BUILTIN_PACKETS_H

#include "base/eal.h"
#include "mem/pool.h"
#include "seed.h"
#include "stage/kernel_test.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL_COUNT 2047
#define POOL_DATA 2048

static struct rte_mempool *pool;
static uint64_t ticks = 1000;		// of the clock of all tests
static struct weir_clock clock_virtual; // 1 tick is 1 ns

static inline void packets_init(void)
{
	struct weir_eal_options options = {
		.memory_size = 64u << 20, .no_huge = true};
	struct weir_error e = {0};

	clock_virtual = weir_clock_virtual(&ticks, 1000000000);
	cr_assert_eq(weir_eal_open(&options, &e), 0, "%s", e.text);
	cr_assert_eq(
		weir_pool_create(&pool, "test", POOL_COUNT, POOL_DATA, -1, &e),
		0, "%s", e.text);
}

// packets_fini finds every mbuf back in the pool.
static inline void packets_fini(void)
{
	cr_assert_eq(weir_pool_held(pool), 0);
	weir_pool_destroy(pool);
	weir_eal_close();
}

static inline struct rte_mbuf *segment(const uint8_t *bytes, unsigned size)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	cr_assert_not_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)size), bytes, size);
	return m;
}

// packet_cut makes a packet of which the first segments have the sizes given,
// 0-ended, and the others what a segment takes.
static inline struct rte_mbuf *packet_cut(
	const uint8_t *bytes, unsigned size, const unsigned *sizes)
{
	struct rte_mbuf *head = NULL;
	unsigned done = 0;

	while (!head || done < size) {
		unsigned left = size - done;
		unsigned next = sizes && *sizes ? *sizes++ : POOL_DATA;
		struct rte_mbuf *m;

		next = next < left ? next : left;
		m = segment(bytes + done, next);
		done += next;
		if (!head)
			head = m;
		else
			cr_assert_eq(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}

static inline struct rte_mbuf *packet_of(const uint8_t *bytes, unsigned size)
{
	return packet_cut(bytes, size, NULL);
}

// packet_meta says what a capture would say of a packet.
static inline struct rte_mbuf *packet_meta(
	struct rte_mbuf *m, uint16_t link_type, uint32_t original_size)
{
	*weir_packet_of(m) = (struct weir_packet){
		.time_ns = 1700000000000000001u,
		.original_size = original_size,
		.link_type = link_type,
	};
	m->ol_flags |= weir_packet_flag;
	return m;
}

struct frame {
	uint8_t bytes[2048];
	unsigned size;
};

static inline uint8_t *frame_add(struct frame *f, unsigned size)
{
	uint8_t *bytes = f->bytes + f->size;

	cr_assert_leq(f->size + size, sizeof(f->bytes));
	memset(bytes, 0, size);
	f->size += size;
	return bytes;
}

static inline void put16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static inline void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value >> 16);
	put16(bytes + 2, value & 0xffff);
}

static inline void frame_ethernet(struct frame *f, unsigned type)
{
	uint8_t *bytes = frame_add(f, 14);

	memcpy(bytes, "\x02\0\0\0\0\x0b\x02\0\0\0\0\x0a", 12);
	put16(bytes + 12, type);
}

static inline void frame_vlan(struct frame *f, unsigned tag, unsigned type)
{
	uint8_t *bytes = frame_add(f, 4);

	put16(bytes, tag);
	put16(bytes + 2, type);
}

static inline uint8_t *frame_ipv4(
	struct frame *f, unsigned protocol, uint32_t from, uint32_t to)
{
	uint8_t *bytes = frame_add(f, 20);

	bytes[0] = 0x45;
	put16(bytes + 2, 500);
	bytes[8] = 64;
	bytes[9] = (uint8_t)protocol;
	put32(bytes + 12, from);
	put32(bytes + 16, to);
	return bytes;
}

static inline uint8_t *frame_ipv6(
	struct frame *f, unsigned protocol, uint32_t from, uint32_t to)
{
	uint8_t *bytes = frame_add(f, 40);

	bytes[0] = 0x60;
	put16(bytes + 4, 460);
	bytes[6] = (uint8_t)protocol;
	bytes[7] = 64;
	put32(bytes + 8, 0xfd000000);
	put32(bytes + 20, from);
	put32(bytes + 24, 0xfd000000);
	put32(bytes + 36, to);
	return bytes;
}

static inline uint8_t *frame_ports(struct frame *f, unsigned from, unsigned to)
{
	uint8_t *bytes = frame_add(f, 8);

	put16(bytes, from);
	put16(bytes + 2, to);
	return bytes;
}

static inline struct rte_mbuf *packet(const struct frame *f)
{
	return packet_of(f->bytes, f->size);
}

static inline struct weir_kernel_test *kernel_open(
	const struct weir_stage *stage, const char *const *options,
	unsigned ways)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	cr_assert_eq(weir_kernel_test_open(&test, stage, options, ways, pool,
			     &clock_virtual, &e),
		0, "%s", e.text);
	return test;
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

#endif

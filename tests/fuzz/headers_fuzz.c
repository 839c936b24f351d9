// SPDX-License-Identifier: BSD-3-Clause
//
// headers on bytes from outside: never reads past what was captured (each
// segment is an allocation of its own, so that the address sanitizer sees the
// first byte too many), and says the same wherever segments begin.
//
// The first byte chooses the link type, the second the size of the first
// segment, the third that of the second; the rest is the packet.
#include "builtin/headers.h"
#include "mem/pool.h"

#include <assert.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// An mbuf outside any pool.
struct segment {
	struct rte_mbuf mbuf;
	struct weir_packet meta;
};

static const uint16_t link_types[] = {1, 0, 101, 108, 113, 228, 229, 276, 147};

static void fill(struct segment *segment, const uint8_t *bytes, size_t size)
{
	memset(segment, 0, sizeof(*segment));
	segment->mbuf.buf_addr = malloc(size);
	segment->mbuf.priv_size = sizeof(segment->meta);
	segment->mbuf.data_len = (uint16_t)size;
	segment->mbuf.pkt_len = (uint32_t)size;
	segment->mbuf.nb_segs = 1;
	if (size)
		memcpy(segment->mbuf.buf_addr, bytes, size);
}

static void chain(struct segment *segments, unsigned count)
{
	struct rte_mbuf *head = &segments[0].mbuf;

	for (unsigned i = 1; i < count; i++) {
		segments[i - 1].mbuf.next = &segments[i].mbuf;
		head->pkt_len += segments[i].mbuf.data_len;
	}
	head->nb_segs = (uint16_t)count;
}

static void describe(struct segment *head, uint8_t choice)
{
	unsigned count = sizeof(link_types) / sizeof(link_types[0]);

	head->mbuf.ol_flags = weir_packet_flag;
	head->meta.link_type = link_types[choice % count];
}

static void check(struct weir_headers *whole, struct rte_mbuf *one,
	struct rte_mbuf *cut, enum weir_headers_depth depth)
{
	struct weir_headers h;
	bool any = weir_headers_read(whole, one, depth);

	assert(weir_headers_read(&h, cut, depth) == any);
	assert(memcmp(&h, whole, sizeof(h)) == 0);
	assert(any || (!h.version && !h.macs && !h.ether_type));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment one, cut[3];
	struct weir_headers whole;
	size_t first, second;

	if (size < 3 || size > 60000)
		return 0;
	weir_packet_flag = 1;
	size -= 3;
	first = data[1] < size ? data[1] : size;
	second = data[2] < size - first ? data[2] : size - first;
	fill(&one, data + 3, size);
	fill(&cut[0], data + 3, first);
	fill(&cut[1], data + 3 + first, second);
	fill(&cut[2], data + 3 + first + second, size - first - second);
	chain(cut, 3);
	describe(&one, data[0]);
	describe(&cut[0], data[0]);
	check(&whole, &one.mbuf, &cut[0].mbuf, WEIR_HEADERS_OUTER);
	check(&whole, &one.mbuf, &cut[0].mbuf, WEIR_HEADERS_INNER);
	free(one.mbuf.buf_addr);
	for (unsigned i = 0; i < 3; i++)
		free(cut[i].mbuf.buf_addr);
	return 0;
}

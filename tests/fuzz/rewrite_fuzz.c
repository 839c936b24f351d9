// SPDX-License-Identifier: BSD-3-Clause
//
// rewrite on bytes from outside: never touches a byte that was not captured
// (each segment is an allocation of its own), does the same wherever segments
// begin, passes what it cannot read as it came, and leaves every checksum as
// right or wrong as it was.
//
// The first byte chooses what is to be done, the second the size of the first
// segment, the third that of the second; the rest is the frame.
#include "builtin/builtin.h"
#include "builtin/checksum.h"
#include "builtin/layout.h"
#include "mem/pool.h"
#include "option/option.h"

#include <assert.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 4 // before the bytes: one tag
#define HEADERS_SIZE 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// NULL-ended pairs.
static const char *const edits[][9] = {
	{"ttl", "decrement"},
	{"ttl", "7", "dscp", "ef", "source_mac", "02:00:00:00:00:01"},
	{"source", "203.0.113.7", "destination_port", "53"},
	{"destination", "2001:db8::/29", "source_port", "65535"},
	{"swap", "addresses", "malformed", "drop"},
	{"swap", "ports", "ttl", "decrement"},
	{"vlan", "push", "vlan_id", "5", "source", "192.0.2.0/24"},
	{"vlan", "pop", "source", "fd00::1"},
	{"vlan", "set", "vlan_id", "5", "destination", "10.0.0.1"},
};

#define EDITS (sizeof(edits) / sizeof(edits[0]))

struct segment {
	struct rte_mbuf mbuf;
	struct weir_packet meta;
};

static void fill(struct segment *segment, const uint8_t *bytes, size_t size)
{
	memset(segment, 0, sizeof(*segment));
	segment->mbuf.buf_addr = malloc(ROOM + size);
	segment->mbuf.buf_len = (uint16_t)(ROOM + size);
	segment->mbuf.data_off = ROOM;
	segment->mbuf.priv_size = sizeof(segment->meta);
	segment->mbuf.data_len = (uint16_t)size;
	segment->mbuf.pkt_len = (uint32_t)size;
	segment->mbuf.nb_segs = 1;
	if (size)
		memcpy((char *)segment->mbuf.buf_addr + ROOM, bytes, size);
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

// make_state answers an instance of rewrite that lives as long as the program.
static void *make_state(unsigned choice)
{
	static struct weir_option_block *blocks[EDITS];
	const struct weir_stage *stage = &weir_builtin_rewrite;
	struct weir_option_block **block = &blocks[choice];
	struct weir_stage_setup setup = {.name = "fuzz"};

	if (*block)
		return weir_option_block_data(*block);
	weir_option_block_create(block, stage->state_size, stage->options);
	for (const char *const *word = edits[choice]; *word; word += 2)
		if (weir_option_set(*block,
			    weir_option_find(stage->options, word[0]), word + 1,
			    1, NULL))
			abort();
	if (stage->init(weir_option_block_data(*block), &setup, NULL))
		abort();
	return weir_option_block_data(*block);
}

// rewrite_one tells whether the packet passed, and how often any did so as it
// came.
static bool rewrite_one(void *state, struct rte_mbuf *m, uint64_t *malformed)
{
	const struct weir_stage *stage = &weir_builtin_rewrite;
	struct rte_mbuf *out[1], *trash[1];
	uint64_t dropped[WEIR_STAGE_NAMES] = {0}, made = 0, consumed = 0;
	struct weir_lane lane = {out, 0, 1, 1};
	struct weir_out to = {
		.lanes = &lane,
		.trash = {trash, 0, 1, 1},
		.dropped = dropped,
		.made = &made,
		.consumed = &consumed,
	};

	for (unsigned i = 1; i <= WEIR_STAGE_NAMES; i++)
		to.first[i] = 1;
	stage->kernel(state, &m, 1, &to);
	assert(lane.count + to.trash.count == 1);
	memcpy(malformed, (char *)state + stage->counters[0].offset,
		sizeof(*malformed));
	return lane.count;
}

// sum_of adds up what a checksum covers: of IPv4's header, and of the transport
// with its addresses.
static uint16_t sum_of(const uint8_t *bytes, uint32_t from, uint32_t to)
{
	uint64_t sum = 0;

	for (uint32_t i = from; i < to; i++)
		sum += (i - from) & 1 ? (uint64_t)bytes[i] << 8 : bytes[i];
	return weir_checksum_fold(sum) % UINT16_MAX;
}

static void sums(uint16_t two[2], const uint8_t *bytes, uint32_t size)
{
	struct weir_layout layout;
	uint32_t addresses, end;

	two[0] = two[1] = 0;
	if (weir_layout_find(&layout, bytes,
		    size < HEADERS_SIZE ? size : HEADERS_SIZE) !=
		WEIR_LAYOUT_IP)
		return;
	addresses = layout.ip_at + (layout.version == 4 ? 12 : 8);
	if (layout.version == 4)
		two[0] = sum_of(bytes, layout.ip_at,
			layout.ip_at + 4 * (bytes[layout.ip_at] & 0xfu));
	if (!weir_layout_find_transport(&layout, bytes,
		    size < HEADERS_SIZE ? size : HEADERS_SIZE) ||
		!layout.checksum_at)
		return;
	if ((layout.protocol == 17 || layout.protocol == 136) &&
		!(bytes[layout.checksum_at] | bytes[layout.checksum_at + 1]))
		return; // there is none
	end = addresses + (layout.version == 4 ? 8 : 32);
	if (layout.routed) // by the last of the route, which stays
		end = addresses + (end - addresses) / 2;
	two[1] = weir_checksum_fold((uint64_t)sum_of(bytes, addresses, end) +
				    sum_of(bytes, layout.transport_at, size)) %
		 UINT16_MAX;
}

static uint8_t *bytes_of(struct rte_mbuf *m)
{
	uint8_t *bytes = malloc(m->pkt_len + 1);
	uint32_t done = 0;

	for (uint32_t left = m->pkt_len; m; m = m->next) {
		assert(m->data_len <= left);
		memcpy(bytes + done, rte_pktmbuf_mtod(m, uint8_t *),
			m->data_len);
		done += m->data_len;
		left -= m->data_len;
	}
	return bytes;
}

static void check(const uint8_t *before, uint32_t size, struct rte_mbuf *one,
	struct rte_mbuf *cut, bool as_it_came)
{
	uint8_t *bytes = bytes_of(one), *others = bytes_of(cut);
	uint16_t was[2], is[2];

	assert(one->pkt_len == cut->pkt_len);
	assert(memcmp(bytes, others, one->pkt_len) == 0);
	if (as_it_came)
		assert(one->pkt_len == size &&
			memcmp(bytes, before, size) == 0);
	sums(was, before, size);
	sums(is, bytes, one->pkt_len);
	assert(was[0] == is[0] && was[1] == is[1]);
	free(bytes);
	free(others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment one, cut[3];
	uint64_t before, after, last;
	size_t first, second;
	void *state;
	bool passed;

	// A first segment of less than a tag is malformed to pop.
	if (size < 3 + 5 || size > 60000)
		return 0;
	weir_packet_flag = 1;
	state = make_state(data[0] % EDITS);
	size -= 3;
	first = data[1] < 5 ? 5 : data[1] < size ? data[1] : size;
	second = data[2] < size - first ? data[2] : size - first;
	fill(&one, data + 3, size);
	fill(&cut[0], data + 3, first);
	fill(&cut[1], data + 3 + first, second);
	fill(&cut[2], data + 3 + first + second, size - first - second);
	chain(cut, 3);
	memcpy(&before, (char *)state + weir_builtin_rewrite.counters[0].offset,
		sizeof(before));
	passed = rewrite_one(state, &one.mbuf, &after);
	assert(rewrite_one(state, &cut[0].mbuf, &last) == passed);
	assert(last - after == after - before);
	if (passed)
		check(data + 3, (uint32_t)size, &one.mbuf, &cut[0].mbuf,
			after > before);
	free(one.mbuf.buf_addr);
	for (unsigned i = 0; i < 3; i++)
		free(cut[i].mbuf.buf_addr);
	return 0;
}

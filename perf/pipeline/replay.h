// SPDX-License-Identifier: BSD-3-Clause
//
// A port for benchmarks: the same UDP packets come in again and again, as fresh
// as at first, at the least cost there can be. What is sent waits to come in
// again; what is freed never does. rx and tx may be on two cores.
#ifndef WEIR_PERF_PIPELINE_REPLAY_H
#define WEIR_PERF_PIPELINE_REPLAY_H

#include "base/atomic.h"
#include "port/port.h"

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <string.h>

#define REPLAY_PACKETS 512 // a power of two
#define REPLAY_SIZE 60
#define REPLAY_TTL_AT 22 // TTL, protocol and checksum: what one hop changes

struct replay {
	struct rte_mbuf *packets[REPLAY_PACKETS];
	uint32_t first, last, fresh;
};

static struct replay *replay_last; // opened

static inline unsigned replay_rx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	struct replay *replay = state;
	unsigned waiting = load_acquire(&replay->last) - replay->first;

	(void)queue;
	count = count < waiting ? count : waiting;
	for (unsigned i = 0; i < count; i++) {
		packets[i] = replay->packets[replay->first++ % REPLAY_PACKETS];
		memcpy(rte_pktmbuf_mtod_offset(
			       packets[i], void *, REPLAY_TTL_AT),
			&replay->fresh, sizeof(replay->fresh));
	}
	return count;
}

static inline unsigned replay_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	struct replay *replay = state;

	(void)queue;
	for (unsigned i = 0; i < count; i++)
		replay->packets[(replay->last + i) % REPLAY_PACKETS] =
			packets[i];
	store_release(&replay->last, replay->last + count);
	return count;
}

// Ports differ, addresses do not: so that all have one checksum.
static inline void replay_write(struct replay *replay, uint8_t *bytes)
{
	struct rte_ipv4_hdr *ip = (void *)(bytes + 14);

	memset(bytes, 0, REPLAY_SIZE);
	bytes[12] = 0x08;
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(REPLAY_SIZE - 14);
	ip->time_to_live = 64;
	ip->next_proto_id = 17;
	ip->src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 1));
	ip->dst_addr = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 2));
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	bytes[34] = (uint8_t)replay->last;
	bytes[37] = 53;
	bytes[39] = REPLAY_SIZE - 34;
	memcpy(&replay->fresh, bytes + REPLAY_TTL_AT, sizeof(replay->fresh));
}

static inline int replay_open(void *state, const char *kind, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	struct replay *replay = replay_last = state;

	(void)kind, (void)value;
	if (rte_pktmbuf_alloc_bulk(
		    setup->pool, replay->packets, REPLAY_PACKETS))
		return weir_error_set(e, -ENOMEM, "too few packets");
	for (; replay->last < REPLAY_PACKETS; replay->last++)
		replay_write(replay,
			(uint8_t *)rte_pktmbuf_append(
				replay->packets[replay->last], REPLAY_SIZE));
	return 0;
}

static inline int replay_start(void *state, struct weir_error *e)
{
	(void)state, (void)e;
	return 0;
}

static inline int replay_stop(void *state, struct weir_error *e)
{
	(void)state, (void)e;
	return 0;
}

static inline void replay_stats(void *state, struct weir_port_stats *stats)
{
	(void)state;
	*stats = (struct weir_port_stats){0};
}

static inline void replay_close(void *state)
{
	struct replay *replay = state;

	for (; replay->first != replay->last; replay->first++)
		rte_pktmbuf_free(
			replay->packets[replay->first % REPLAY_PACKETS]);
}

static const struct weir_port_kind replay_kinds[] = {
	{.name = "replay",
		.help = "the same packets again and again",
		.traits = {.brief_calls = true}},
	{0},
};

static const struct weir_port_driver replay_driver = {
	.name = "replay",
	.help = "for benchmarks",
	.kinds = replay_kinds,
	.state_size = sizeof(struct replay),
	.open = replay_open,
	.start = replay_start,
	.rx = replay_rx,
	.tx = replay_tx,
	.stop = replay_stop,
	.stats = replay_stats,
	.close = replay_close,
};

#endif

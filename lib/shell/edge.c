// SPDX-License-Identifier: BSD-3-Clause
#include "shell/edge.h"
#include "mem/mem.h"
#include "stage/stage.h"

#include <errno.h>
#include <stdio.h>

#define SENT(field)                                            \
	{                                                      \
#field, "packets", WEIR_COUNT_TOTAL,           \
			offsetof(struct weir_edge_sent, field) \
	}
#define TAKEN(field)                                            \
	{                                                       \
#field, "packets", WEIR_COUNT_TOTAL,            \
			offsetof(struct weir_edge_taken, field) \
	}
#define GAUGE(field)                                             \
	{                                                        \
#field, "packets", WEIR_COUNT_GAUGE,             \
			offsetof(struct weir_edge_gauges, field) \
	}

static const struct weir_count_field sent_fields[] = {SENT(in), SENT(full)};
static const struct weir_count_field taken_fields[] = {
	TAKEN(out), TAKEN(overrun), TAKEN(ended)};
static const struct weir_count_field gauge_fields[] = {
	GAUGE(depth), GAUGE(capacity)};

// Room for the producer while a consumer that discards the oldest gets there.
#define SLACK (16 * WEIR_BURST)

static int open_books(struct weir_edge *edge,
	struct weir_count_segment *segment, struct weir_error *e)
{
	char prefix[WEIR_COUNT_PATH_SIZE];

	snprintf(prefix, sizeof(prefix), "edges.%s", edge->name);
	edge->sent = weir_count_add(
		segment, prefix, sizeof(*edge->sent), sent_fields, 2, e);
	edge->taken = weir_count_add(
		segment, prefix, sizeof(*edge->taken), taken_fields, 3, e);
	edge->gauges = weir_count_add(
		segment, prefix, sizeof(*edge->gauges), gauge_fields, 2, e);
	if (!edge->sent || !edge->taken || !edge->gauges)
		return e ? e->code : -ENOSPC;
	store_relaxed(&edge->gauges->capacity, edge->depth);
	return 0;
}

int weir_edge_open(struct weir_edge *edge, const char *name, uint32_t depth,
	enum weir_when_full when_full, int node,
	struct weir_count_segment *segment, struct weir_error *e)
{
	bool oldest = when_full == WEIR_WHEN_FULL_DROP_OLDEST;
	uint32_t capacity = depth + (oldest ? SLACK : 0);
	size_t size = weir_ring_memory_size(capacity, sizeof(void *));

	edge->name = name;
	edge->depth = depth;
	edge->when_full = when_full;
	if (!size)
		return weir_error_set(e, -EINVAL,
			"edge %s: depth %u is not in 1..%u", name, depth,
			WEIR_RING_CAPACITY_MAX - SLACK);
	edge->ring = weir_mem_create(size, node);
	if (!edge->ring)
		return weir_error_set(e, -ENOMEM,
			"edge %s: no memory for %u packets: give "
			"runtime.memory "
			"more, or the edge less depth",
			name, depth);
	weir_ring_init(edge->ring, name, capacity, false);
	weir_ring_tx_init(&edge->tx, edge->ring, sizeof(void *));
	weir_ring_rx_init(&edge->rx, edge->ring, sizeof(void *));
	return segment ? open_books(edge, segment, e) : 0;
}

void weir_edge_close(struct weir_edge *edge)
{
	weir_mem_destroy(edge->ring);
	edge->ring = NULL;
}

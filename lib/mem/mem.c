// SPDX-License-Identifier: BSD-3-Clause
//
// A cache line in front of each piece says how it was got, so that destroy
// needs no size and works for what is older than EAL.
#include "mem/mem.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/eal.h"

#include <numa.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum source { FROM_EAL = 1, FROM_NUMA, FROM_HEAP };

struct front {
	alignas(WEIR_CACHE_LINE) enum source source;
	size_t size; // all of it, this line included
};

_Static_assert(sizeof(struct front) == WEIR_CACHE_LINE,
	"what follows is aligned to a cache line");

static __thread bool forbidden;

static struct front *get_eal(size_t size, int node)
{
	return rte_zmalloc_socket(NULL, size, WEIR_CACHE_LINE,
		node == WEIR_NODE_ANY ? SOCKET_ID_ANY : node);
}

static struct front *get_numa(size_t size, int node)
{
	return node == WEIR_NODE_ANY ? numa_alloc_local(size)
				     : numa_alloc_onnode(size, node);
}

// Where there is one node all memory is near, and the ordinary heap is what
// the sanitizers watch.
static struct front *get_heap(size_t size)
{
	struct front *front = aligned_alloc(WEIR_CACHE_LINE, size);

	if (front)
		memset(front, 0, size);
	return front;
}

static bool many_nodes(void)
{
	return numa_available() >= 0 && numa_num_configured_nodes() > 1;
}

void *weir_mem_create(size_t size, int node)
{
	enum source source = weir_eal_is_open() ? FROM_EAL
			     : many_nodes()	? FROM_NUMA
						: FROM_HEAP;
	struct front *front;

	weir_debug_assert(!forbidden);
	if (size > SIZE_MAX - 2 * WEIR_CACHE_LINE)
		return NULL;
	size = (size + 2 * WEIR_CACHE_LINE - 1) & -(size_t)WEIR_CACHE_LINE;
	front = source == FROM_EAL    ? get_eal(size, node)
		: source == FROM_NUMA ? get_numa(size, node)
				      : get_heap(size);
	if (!front)
		return NULL;
	*front = (struct front){.source = source, .size = size};
	return front + 1;
}

void weir_mem_destroy(void *memory)
{
	struct front *front = memory;

	if (!front)
		return;
	front--;
	switch (front->source) {
	case FROM_EAL:
		rte_free(front);
		return;
	case FROM_NUMA:
		numa_free(front, front->size);
		return;
	case FROM_HEAP:
		free(front);
		return;
	}
	weir_assert(!"memory that weir_mem_create gave");
}

int weir_mem_node_of_cpu(unsigned cpu)
{
	int node = numa_available() < 0 ? 0 : numa_node_of_cpu((int)cpu);

	return node < 0 ? 0 : node;
}

void weir_mem_forbid(int forbid)
{
	forbidden = forbid;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "mem/pool.h"
#include "base/assert.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#define CACHE_MAX 256
#define MIB (1u << 20)
// What a pool takes beside its packets: headers, zones, the heap's own.
#define OVERHEAD_SIZE (256u << 10)
#define HUGE_PAGE_SIZE (2u << 20) // the heap grows by whole ones

_Static_assert(sizeof(struct weir_packet) % RTE_MBUF_PRIV_ALIGN == 0,
	"the private area keeps the data after it aligned");

uint64_t weir_packet_flag;
uint64_t weir_stamp_flag;
int weir_stamp_offset;

static int register_flag(const char *name, uint64_t *flag)
{
	struct rte_mbuf_dynflag request = {0};
	int bit;

	snprintf(request.name, sizeof(request.name), "%s", name);
	bit = rte_mbuf_dynflag_register(&request);
	if (bit < 0)
		return -rte_errno;
	*flag = RTE_BIT64(bit);
	return 0;
}

// Asking again for a name answers the same place.
static int register_dynamic(struct weir_error *e)
{
	const struct rte_mbuf_dynfield stamp = {
		.name = "weir_stamp",
		.size = sizeof(uint64_t),
		.align = __alignof__(uint64_t),
	};
	int offset = rte_mbuf_dynfield_register(&stamp);
	int err = offset < 0 ? -rte_errno : 0;

	if (!err)
		err = register_flag("weir_packet", &weir_packet_flag);
	if (!err)
		err = register_flag("weir_stamp", &weir_stamp_flag);
	if (err)
		return weir_error_set(e, err,
			"no room left in mbufs for weir's stamp and flags "
			"(%s): another library in this program took it",
			rte_strerror(-err));
	weir_stamp_offset = offset;
	return 0;
}

// A cache may hold half as much again as its size, so that all of them
// together must not be able to take a small pool.
static unsigned cache_size(unsigned count)
{
	return RTE_MIN(count / 8, (unsigned)CACHE_MAX);
}

static unsigned room_size(unsigned data_size)
{
	return RTE_PKTMBUF_HEADROOM + data_size;
}

static unsigned element_size(unsigned room)
{
	return sizeof(struct rte_mbuf) + sizeof(struct weir_packet) + room;
}

static int no_memory(const char *name, unsigned count, unsigned data_size,
	struct weir_error *e)
{
	uint64_t wanted = weir_pool_size_estimate(count, data_size);
	struct rte_malloc_socket_stats heap = {0};
	uint64_t given = 0, left = 0;

	for (unsigned i = 0; i < rte_socket_count(); i++) {
		rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &heap);
		given += heap.heap_totalsz_bytes;
		left += heap.heap_freesz_bytes;
	}
	return weir_error_set(e, -ENOMEM,
		"pool '%s': %u packets of %u bytes want %" PRIu64
		" MiB, but %" PRIu64 " of %" PRIu64
		" MiB are free: give more (runtime.memory: %" PRIu64
		"MiB) or ask for fewer packets (runtime.packets)",
		name, count, data_size, (wanted + MIB - 1) / MIB, left / MIB,
		given / MIB, (wanted + given - left + MIB - 1) / MIB);
}

// An mbuf that crosses a page is only a fault where devices see physical
// pages. Without hugepages none do, and the rule would leave one mbuf to each
// 4 KiB.
static unsigned pool_flags(void)
{
	return rte_eal_has_hugepages() ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG;
}

// Makes what rte_pktmbuf_pool_create_by_ops makes, with flags of our own.
// NULL with rte_errno.
static struct rte_mempool *make(
	const char *name, unsigned count, unsigned room, int node)
{
	struct rte_pktmbuf_pool_private about = {
		.mbuf_data_room_size = (uint16_t)room,
		.mbuf_priv_size = sizeof(struct weir_packet),
	};
	struct rte_mempool *p =
		rte_mempool_create_empty(name, count, element_size(room),
			cache_size(count), sizeof(about), node, pool_flags());
	int err;

	if (!p)
		return NULL;
	err = rte_mempool_set_ops_byname(p, "ring_mt_rts", NULL);
	if (err)
		goto undo;
	rte_pktmbuf_pool_init(p, &about);
	err = rte_mempool_populate_default(p);
	if (err < 0)
		goto undo;
	rte_mempool_obj_iter(p, rte_pktmbuf_init, NULL);
	return p;

undo:
	rte_mempool_free(p);
	rte_errno = -err;
	return NULL;
}

int weir_pool_create(struct rte_mempool **pool, const char *name,
	unsigned count, unsigned data_size, int node, struct weir_error *e)
{
	struct rte_mempool *p;
	int err;

	weir_assert(count > 0);
	if (room_size(data_size) > UINT16_MAX)
		return weir_error_set(e, -EINVAL,
			"pool '%s': packets of %u bytes are too large, an mbuf "
			"holds %u at most; what is longer spans several",
			name, data_size, UINT16_MAX - RTE_PKTMBUF_HEADROOM);
	err = register_dynamic(e);
	if (err)
		return err;
	p = make(name, count, room_size(data_size), node);
	if (p) {
		*pool = p;
		return 0;
	}
	if (rte_errno == ENOMEM || rte_errno == ENOBUFS)
		return no_memory(name, count, data_size, e);
	return weir_error_set(e, -rte_errno, "pool '%s': cannot be made: %s%s",
		name, rte_strerror(rte_errno),
		rte_errno == EEXIST ? "; another pool has this name" : "");
}

uint64_t weir_pool_size_estimate(unsigned count, unsigned data_size)
{
	unsigned element = element_size(room_size(data_size));
	uint64_t object = rte_mempool_calc_obj_size(element, 0, NULL);
	uint64_t ring = rte_ring_get_memsize(rte_align32pow2(count + 1));
	uint64_t caches = RTE_MAX_LCORE * sizeof(struct rte_mempool_cache);
	uint64_t size = count * object + ring + caches + OVERHEAD_SIZE;

	return RTE_ALIGN_CEIL(size + size / HUGE_PAGE_SIZE * object,
		(uint64_t)HUGE_PAGE_SIZE);
}

unsigned weir_pool_held(const struct rte_mempool *pool)
{
	return rte_mempool_in_use_count(pool);
}

unsigned weir_pool_available(struct rte_mempool *pool)
{
	const struct rte_mempool_cache *cache =
		rte_mempool_default_cache(pool, rte_lcore_id());

	return rte_ring_count(pool->pool_data) + (cache ? cache->len : 0);
}

void weir_pool_destroy(struct rte_mempool *pool)
{
	rte_mempool_free(pool);
}

void weir_packet_copy_meta(struct rte_mbuf *to, struct rte_mbuf *from)
{
	*weir_packet_of(to) = *weir_packet_of(from);
	to->ol_flags = (to->ol_flags & ~weir_packet_flag) |
		       (from->ol_flags & weir_packet_flag);
}

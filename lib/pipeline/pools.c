// SPDX-License-Identifier: BSD-3-Clause
//
// The lcores share a pool. A thread may be preempted anywhere, and must stall
// nobody: if it takes packets, then out of a pool of its own. It is the only one
// that takes there, and it never gives back: that lcores do, as with all that a
// thread is done with. So whoever waits for the thread in the middle of a take
// is nobody.
#include "mem/mem.h"
#include "pipeline/runner.h"

#include <errno.h>
#include <rte_mempool.h>
#include <stdio.h>

static int open_pool(struct weir_pipeline *pipeline, struct rte_mempool **pool,
	const char *name, int node, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	int err = weir_pool_create(pool, name, plan->packet_count,
		plan->config->runtime.packet_size, node, e);

	if (!err)
		store_relaxed(&pipeline->pool_gauges[0],
			pipeline->pool_gauges[0] + (*pool)->size);
	return err;
}

int weir_pools_open(struct weir_pipeline *pipeline, struct weir_error *e)
{
	const struct weir_plan *plan = pipeline->plan;
	int err = open_pool(pipeline, &pipeline->pool, "weir-packets",
		plan->executors[0].node, e);

	if (err)
		return err;
	pipeline->pools = weir_mem_create(
		plan->executor_count * sizeof(*pipeline->pools), WEIR_NODE_ANY);
	if (!pipeline->pools)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < plan->executor_count && !err; i++) {
		char name[RTE_MEMPOOL_NAMESIZE];

		snprintf(name, sizeof(name), "weir-thread-%u",
			plan->executors[i].id);
		if (plan->executors[i].own_pool)
			err = open_pool(pipeline, &pipeline->pools[i], name,
				plan->executors[i].node, e);
	}
	return err;
}

struct rte_mempool *weir_pools_of(
	const struct weir_pipeline *pipeline, unsigned executor)
{
	return pipeline->plan->executors[executor].kind == WEIR_PLAN_THREAD
		       ? pipeline->pools[executor]
		       : pipeline->pool;
}

uint64_t weir_pools_held(const struct weir_pipeline *pipeline)
{
	uint64_t held = weir_pool_held(pipeline->pool);

	for (unsigned i = 0; i < pipeline->plan->executor_count; i++)
		if (pipeline->pools[i])
			held += weir_pool_held(pipeline->pools[i]);
	return held;
}

void weir_pools_close(struct weir_pipeline *pipeline)
{
	unsigned count = pipeline->pools ? pipeline->plan->executor_count : 0;

	for (unsigned i = 0; i < count; i++)
		weir_pool_destroy(pipeline->pools[i]);
	weir_mem_destroy(pipeline->pools);
	weir_pool_destroy(pipeline->pool);
}

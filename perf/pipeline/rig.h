// SPDX-License-Identifier: BSD-3-Clause
//
// A pipeline from text whose executors the benchmark runs itself, on threads of
// its own, for as long as it wants.
#ifndef WEIR_PERF_PIPELINE_RIG_H
#define WEIR_PERF_PIPELINE_RIG_H

#include "bench.h"
#include "builtin/builtin.h"
#include "config/config.h"
#include "drivers.h"
#include "pipeline/runner.h"
#include "plan/plan.h"
#include "task/executor_inline.h"
#include "task/timer.h"

#include <rte_ethdev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rig {
	struct weir_config *config;
	struct weir_plan *plan;
	struct weir_pipeline *pipeline;
};

static inline void rig_must(int err, const struct weir_error *e)
{
	if (!err)
		return;
	fprintf(stderr, "%s\n", e->text);
	exit(1);
}

static inline void rig_register(void)
{
	struct weir_error e = {0};

	rig_must(weir_builtins_register(&e), &e);
	weir_drivers_register();
}

// rig_open makes all ready to be run.
static inline void rig_open(struct rig *rig, const char *text)
{
	static const struct weir_pipeline_options options;
	struct weir_error e = {0};

	rig_must(weir_config_parse(
			 &rig->config, "bench", text, strlen(text), NULL, &e),
		&e);
	rig_must(weir_plan_create(&rig->plan, rig->config, NULL, &e), &e);
	rig_must(weir_pipeline_open(&rig->pipeline, rig->plan, &options, &e),
		&e);
	rig_must(weir_ports_start(rig->pipeline, &e), &e);
	for (unsigned i = 0; i < rig->pipeline->shell_count; i++) {
		struct weir_shell *shell = &rig->pipeline->shells[i];
		unsigned executor = shell->root->plan->executor;

		rig_must(weir_shell_start(shell,
				 rig->pipeline->runners[executor].executor, &e),
			&e);
	}
	bench_pin(0); // EAL's start pins elsewhere
}

static inline void rig_close(struct rig *rig)
{
	weir_pipeline_close(rig->pipeline);
	weir_plan_destroy(rig->plan);
	weir_config_destroy(rig->config);
}

// rig_sent answers how many packets the last stage of the file has consumed.
static inline uint64_t rig_sent(const struct rig *rig)
{
	unsigned last = rig->plan->instance_count - 1;

	return load_relaxed(&rig->pipeline->instances[last].counts->consumed);
}

// rig_device answers which ethdev a port of the pipeline is, by its name.
static inline uint16_t rig_device(const char *port)
{
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id)
	{
		char device[RTE_ETH_NAME_MAX_LEN];

		if (rte_eth_dev_get_name_by_port(id, device) == 0 &&
			strstr(device, port))
			return id;
	}
	fprintf(stderr, "no device for port %s\n", port);
	exit(1);
}

static inline void rig_end(
	struct weir_executor *executor, struct weir_timer *timer)
{
	(void)timer;
	weir_executor_stop(executor);
}

// rig_run runs an executor on the calling thread for so many ticks.
static inline void rig_run(struct rig *rig, unsigned index, uint64_t ticks)
{
	struct weir_executor *executor = rig->pipeline->runners[index].executor;
	struct weir_timer end;

	weir_timer_init(&end, rig_end);
	weir_timer_set(executor, &end, weir_ticks() + ticks);
	weir_executor_run(executor);
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// The stages in an order in which producers come before consumers (Kahn 1962).
// What cannot be ordered lies on a cycle or behind one. Every edge of a
// pipeline is bounded, so a cycle would deadlock as soon as its edges are full.
#include "plan/draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ready(const struct weir_config_stage *stage, const bool *done)
{
	for (unsigned i = 0; i < stage->input_count; i++)
		if (!done[stage->inputs[i].stage])
			return false;
	return true;
}

// next_behind answers the input through which stage hangs on another that
// could not be ordered.
static const struct weir_config_input *next_behind(
	const struct weir_config_stage *stage, const bool *done)
{
	for (unsigned i = 0; i < stage->input_count; i++)
		if (!done[stage->inputs[i].stage])
			return &stage->inputs[i];
	return NULL;
}

// write_cycle walks from consumer to producer until it meets a stage again,
// then writes the cycle in the direction in which packets would go.
static void write_cycle(
	struct weir_plan_draft *draft, const bool *done, unsigned start)
{
	const struct weir_config *config = draft->config;
	unsigned *path = calloc(config->stage_count + 1, sizeof(*path));
	unsigned *seen_at = calloc(config->stage_count, sizeof(*seen_at));
	unsigned length = 0, stage = start;
	char text[512] = "";
	size_t used = 0;

	if (!path || !seen_at) {
		weir_error_set(draft->error, -ENOMEM, "out of memory");
		goto out;
	}
	while (!seen_at[stage]) {
		seen_at[stage] = ++length;
		path[length - 1] = stage;
		stage = next_behind(&config->stages[stage], done)->stage;
	}
	for (unsigned i = length; i >= seen_at[stage]; i--)
		used += (size_t)snprintf(text + used,
			used < sizeof(text) ? sizeof(text) - used : 0, "%s → ",
			config->stages[path[i - 1]].name);
	if (used >= sizeof(text) - 64)
		strcpy(text + sizeof(text) - 64, "… → ");
	weir_plan_fault(draft,
		next_behind(&config->stages[path[length - 1]], done)->at,
		"the stages form a cycle: %s%s; bounded channels in a cycle "
		"can deadlock, so take one input out of it",
		text, config->stages[path[length - 1]].name);
out:
	free(seen_at);
	free(path);
}

void weir_plan_order(struct weir_plan_draft *draft)
{
	const struct weir_config *config = draft->config;
	bool *done = calloc(config->stage_count + 1, sizeof(*done));
	unsigned count = 0, before;

	if (!done) {
		weir_error_set(draft->error, -ENOMEM, "out of memory");
		return;
	}
	do {
		before = count;
		for (unsigned s = 0; s < config->stage_count; s++) {
			if (done[s] || !ready(&config->stages[s], done))
				continue;
			done[s] = true;
			draft->order[count++] = s;
		}
	} while (count > before);
	for (unsigned s = 0;
		count < config->stage_count && s < config->stage_count; s++) {
		if (done[s])
			continue;
		write_cycle(draft, done, s);
		break;
	}
	free(done);
}

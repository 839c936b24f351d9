// SPDX-License-Identifier: BSD-3-Clause
//
// How long it is waited for executors that shall stop: not by the clock on the
// wall, since a thread that is not given a CPU is not to blame, but by what each
// has done of its own since: the time that it ran, and the time that it slept.
#include "pipeline/runner.h"
#include "task/executor_inline.h"
#include "watch/thread.h"

#define PATIENCE_NS 30000000000u // for those that were given no CPU
#define LOOK_NS 10000000u	 // of sleep that one look may tell of

static bool is_awaited(const struct weir_runner *runner)
{
	return runner->running && !load_acquire(&runner->returned);
}

// look adds what an executor has done since it was last looked at, passed_ns ago.
static void look(struct weir_runner *runner, uint64_t passed_ns)
{
	int thread = load_acquire(&runner->executor->thread);
	uint64_t ran_ns = 0;
	bool asleep;
	long call;

	// It has not begun, or has ended.
	if (!thread || !weir_thread_cpu(thread, &ran_ns))
		return;
	asleep = weir_thread_is_asleep(0, thread, &call);
	// What slept at both looks slept in between; that the looks were far apart
	// is the doing of whoever kept this thread.
	if (runner->looked && asleep && runner->asleep)
		runner->own_ns += passed_ns < LOOK_NS ? passed_ns : LOOK_NS;
	else if (runner->looked)
		runner->own_ns += ran_ns - runner->ran_ns;
	runner->asleep = asleep;
	runner->ran_ns = ran_ns;
	runner->looked = true;
}

void weir_patience_begin(struct weir_pipeline *pipeline)
{
	pipeline->patient_tick = pipeline->look_tick =
		weir_clock_now(pipeline->clock);
	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		pipeline->runners[i].looked = false;
		pipeline->runners[i].own_ns = 0;
		look(&pipeline->runners[i], 0);
	}
}

bool weir_patience_ends(struct weir_pipeline *pipeline, uint64_t limit_ns)
{
	uint64_t now = weir_clock_now(pipeline->clock);
	uint64_t passed_ns =
		weir_clock_ns(pipeline->clock, now - pipeline->look_tick);
	bool ends = true, any = false;

	for (unsigned i = 0; i < pipeline->plan->executor_count; i++) {
		struct weir_runner *runner = &pipeline->runners[i];

		if (!is_awaited(runner))
			continue;
		any = true;
		look(runner, passed_ns);
		ends = ends && runner->own_ns > limit_ns;
	}
	pipeline->look_tick = now;
	return (any && ends) ||
	       weir_clock_ns(pipeline->clock, now - pipeline->patient_tick) >
		       PATIENCE_NS;
}

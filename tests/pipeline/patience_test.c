// SPDX-License-Identifier: BSD-3-Clause
//
// How long it is waited for an executor: by what its thread has had.
#include "pipeline/runner.h"
#include "task/executor_inline.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define LIMIT_NS (200 * MS)

// A pipeline of one executor, whose thread is any that does as it shall.
struct rig {
	struct weir_pipeline pipeline;
	struct weir_plan plan;
	struct weir_executor executor;
	struct weir_runner runner;
	uint64_t begun;
	bool over;
};

static void rig_open(struct rig *rig, int thread)
{
	*rig = (struct rig){0};
	rig->plan.executor_count = 1;
	rig->executor.thread = thread;
	rig->runner.executor = &rig->executor;
	rig->runner.running = true;
	rig->pipeline.plan = &rig->plan;
	rig->pipeline.runners = &rig->runner;
	rig->pipeline.clock = weir_clock_real();
	rig->begun = weir_clock_now(rig->pipeline.clock);
	weir_patience_begin(&rig->pipeline);
}

static uint64_t passed_ns(const struct rig *rig)
{
	return weir_clock_ns(rig->pipeline.clock,
		weir_clock_now(rig->pipeline.clock) - rig->begun);
}

// patience_ends looks for a time, each millisecond.
static bool patience_ends(struct rig *rig, uint64_t within_ns)
{
	while (passed_ns(rig) < within_ns) {
		usleep(1000);
		if (weir_patience_ends(&rig->pipeline, LIMIT_NS))
			return true;
	}
	return false;
}

// ---- threads ----

struct thread {
	pthread_t thread;
	int tid, nice;
	int pipe[2]; // that a sleeper reads from
	bool over, pinned;
};

static void *spin(void *arg)
{
	struct thread *t = arg;
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (t->pinned)
		sched_setaffinity(0, sizeof(first), &first);
	setpriority(PRIO_PROCESS, (id_t)gettid(), t->nice);
	store_release(&t->tid, gettid());
	while (!load_relaxed(&t->over))
		;
	return NULL;
}

static void *sleep_on(void *arg)
{
	struct thread *t = arg;
	char byte;

	store_release(&t->tid, gettid());
	return read(t->pipe[0], &byte, 1) == 1 ? t : NULL;
}

static void start(struct thread *t, void *(*run)(void *))
{
	cr_assert(pipe(t->pipe) == 0);
	cr_assert(pthread_create(&t->thread, NULL, run, t) == 0);
	while (!load_acquire(&t->tid))
		usleep(1000);
}

static void end(struct thread *t)
{
	store_relaxed(&t->over, true);
	cr_assert(write(t->pipe[1], "", 1) == 1);
	pthread_join(t->thread, NULL);
	close(t->pipe[0]);
	close(t->pipe[1]);
}

// ---- tests ----

Test(patience, ends_with_a_thread_that_runs)
{
	struct thread t = {0};
	struct rig rig;

	start(&t, spin);
	rig_open(&rig, t.tid);
	cr_assert(patience_ends(&rig, 60000 * MS));
	cr_assert(rig.runner.own_ns > LIMIT_NS);
	end(&t);
}

Test(patience, ends_with_a_thread_that_sleeps)
{
	struct thread t = {0};
	struct rig rig;

	start(&t, sleep_on);
	rig_open(&rig, t.tid);
	cr_assert(patience_ends(&rig, 20000 * MS));
	cr_assert(passed_ns(&rig) >= LIMIT_NS);
	end(&t);
}

// It may have returned since it was last asked whether it has: that is no end of
// patience with it.
Test(patience, is_not_of_one_that_has_returned)
{
	struct rig rig;

	rig_open(&rig, 0);
	rig.runner.returned = true;
	cr_assert_not(weir_patience_ends(&rig.pipeline, LIMIT_NS));
}

// That who waits was late itself is no sleep of the other's.
Test(patience, takes_a_long_time_between_two_looks_for_little)
{
	struct thread t = {0};
	struct rig rig;

	start(&t, sleep_on);
	rig_open(&rig, t.tid);
	usleep(20000);
	weir_patience_ends(&rig.pipeline, LIMIT_NS);
	rig.pipeline.look_tick -=
		weir_clock_ticks(rig.pipeline.clock, 20000 * MS);
	cr_assert_not(weir_patience_ends(&rig.pipeline, LIMIT_NS));
	end(&t);
}

Test(patience, waits_for_a_thread_that_has_not_begun)
{
	struct rig rig;

	rig_open(&rig, 0);
	cr_assert(not(patience_ends(&rig, 3 * LIMIT_NS)));
}

// Another thread takes the CPU: by the kernel's weights, some 5,999 of 6,000
// parts of it.
Test(patience, waits_for_a_thread_that_is_given_no_cpu)
{
	struct thread thief = {.nice = -20, .pinned = true};
	struct thread victim = {.nice = 19, .pinned = true};
	cpu_set_t cpus;
	struct rig rig;

	cr_assert(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
	if (geteuid() != 0 || CPU_COUNT(&cpus) < 2 || !CPU_ISSET(0, &cpus))
		cr_skip("takes root, and two CPUs");
	CPU_CLR(0, &cpus);
	cr_assert(sched_setaffinity(0, sizeof(cpus), &cpus) == 0);
	start(&victim, spin);
	start(&thief, spin);
	rig_open(&rig, victim.tid);
	cr_assert(not(patience_ends(&rig, 3 * LIMIT_NS)));
	end(&thief);
	end(&victim);
}

// It does not wait for ever, whatever happens to the thread.
Test(patience, ends_with_one_that_never_begins)
{
	struct rig rig;

	rig_open(&rig, 0);
	rig.pipeline.patient_tick -=
		weir_clock_ticks(rig.pipeline.clock, 29000 * MS);
	cr_assert(patience_ends(&rig, 20000 * MS));
}

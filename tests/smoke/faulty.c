// SPDX-License-Identifier: BSD-3-Clause
//
// Stages for contract.sh, built as a shared object: what a stage must not do on
// an lcore.
#include "stage/stage.h"
#include "task/task.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum how { SPIN, SLEEP, LOCK, WRITE, HANG };

static const char *const hows[] = {
	"spin", "sleep", "lock", "write", "hang", NULL};

struct faulty {
	uint64_t at, for_ns; // options
	uint32_t how;
	uint64_t seen, ticks;
};

// ---- the faults ----

__attribute__((noinline)) static void spin_too_long(struct faulty *faulty)
{
	uint64_t end = weir_ticks() + faulty->ticks;

	while (weir_ticks() < end)
		cpu_relax();
}

__attribute__((noinline)) static void sleep_in_a_step(struct faulty *faulty)
{
	uint64_t end = weir_ticks() + faulty->ticks;

	usleep((useconds_t)(faulty->for_ns / 1000));
	weir_assert(weir_ticks() >= end); // nothing cuts the sleep short
}

// Another thread holds a lock for a while when asked to.
static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;
static bool wanted, held;

static void *hold(void *arg)
{
	const struct faulty *faulty = arg;

	while (!load_acquire(&wanted))
		usleep(200);
	pthread_mutex_lock(&contended);
	store_release(&held, true);
	usleep((useconds_t)(faulty->for_ns / 1000));
	pthread_mutex_unlock(&contended);
	return NULL;
}

__attribute__((noinline)) static void take_a_lock(struct faulty *faulty)
{
	store_release(&wanted, true);
	while (!load_acquire(&held))
		cpu_relax();
	pthread_mutex_lock(&contended);
	pthread_mutex_unlock(&contended);
}

__attribute__((noinline)) static void write_nothing(struct faulty *faulty)
{
	// What the call answers is what it answers outside.
	weir_assert(write(-1, "", 0) == -1 && errno == EBADF);
}

__attribute__((noinline)) static void wait_for_nobody(struct faulty *faulty)
{
	int ends[2];
	char byte;

	weir_assert(pipe(ends) == 0);
	weir_assert(read(ends[0], &byte, 1) == 1);
}

static void fail(struct faulty *faulty)
{
	static void (*const ways[])(struct faulty *) = {spin_too_long,
		sleep_in_a_step, take_a_lock, write_nothing, wait_for_nobody};

	ways[faulty->how](faulty);
}

// ---- the stage ----

static int faulty_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct faulty *faulty = state;

	pthread_t thread;

	if (faulty->how == LOCK) {
		if (pthread_create(&thread, NULL, hold, faulty))
			return weir_error_set(e, -EAGAIN, "no thread");
		pthread_detach(thread);
	}
	faulty->ticks = weir_clock_ticks(setup->clock, faulty->for_ns);
	return 0;
}

static void faulty_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct faulty *faulty = state;

	for (unsigned i = 0; i < n; i++) {
		if (++faulty->seen == faulty->at)
			fail(faulty);
		weir_out_put(out, 0, in[i]);
	}
}

static const struct weir_stage faulty_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "faulty",
	.help = "does on one packet what no stage must",
	.state_size = sizeof(struct faulty),
	.options = {WEIR_OPTION_U64(struct faulty, at, "at", 1,
			    "which packet, counted from 1"),
		WEIR_OPTION_DURATION(
			struct faulty, for_ns, "for", "5ms", "how long"),
		WEIR_OPTION_CHOICE(
			struct faulty, how, "how", "spin", hows, "what")},
	.outputs = {"forward"},
	.init = faulty_init,
	.kernel = faulty_burst,
};

// ---- a task that never yields ----

static void stubborn_task(void *state, struct weir_stage_io *io)
{
	while (!load_relaxed((bool *)state))
		cpu_relax();
}

static const struct weir_stage stubborn_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "stubborn",
	.help = "a task that never yields",
	.state_size = sizeof(bool),
	.task = stubborn_task,
};

WEIR_STAGES_EXPORT(&faulty_stage, &stubborn_stage);

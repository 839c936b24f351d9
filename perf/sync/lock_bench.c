// SPDX-License-Identifier: BSD-3-Clause
//
// What locks cost, each operation with its opposite, waits and wakes included
// where there are any, everything timed as always.
//
//	pair       taken and given back by one task, nobody else there, beside a
//	           pthread mutex and a spin lock; and a plain call, for scale
//	contended  N tasks, each takes it, yields once inside, gives it back: per
//	           pair, beside as many yields without a lock
//	rwlock     64 tasks, one time in so many a writer, each yields inside
//	semaphore  64 tasks over P permits, each yields inside
//	event      one signal that wakes N; per waiter
//	barrier    N tasks, round after round; per task and round
//	owner      N tasks ask the task that owns a counter, on one executor and
//	           across two; per question
#include "bench.h"

#include "base/assert.h"
#include "base/spin.h"
#include "sync/sync.h"
#include "task/executor.h"
#include "task/task.h"

#include <pthread.h>
#include <stdio.h>

#define PAIRS 20000 // in a run
#define TASKS_MAX 64

static struct weir_executor *executor, *other;
static struct weir_mutex mutex;
static struct weir_rwlock rwlock;
static struct weir_semaphore semaphore;
static struct weir_event event;
static struct weir_barrier barrier;
static struct weir_once once;
static struct weir_gate gate;
static struct weir_spin spin;
static pthread_mutex_t of_threads = PTHREAD_MUTEX_INITIALIZER;

static unsigned tasks, per_task, live;
static double per_thing; // ns, of a run in one task

static double ns_of(uint64_t ticks, uint64_t count)
{
	return (double)weir_clock_ns(weir_clock_real(), ticks * 1000) / 1000 /
	       (double)count;
}

static void start(struct weir_executor *on, void (*fn)(void *arg), void *arg)
{
	weir_assert(!weir_start(on, fn, arg, NULL, NULL));
}

static void run_all(void)
{
	while (weir_executor_counts(executor)->tasks > 0)
		weir_executor_turn(executor);
}

// ---- pairs, uncontended ----

static __attribute__((noinline)) int nothing(void *arg)
{
	__asm__ volatile("" ::: "memory");
	return 0;
}

// A function for each, so that each loop is as a program would have it.
#define PAIR(name, ...)                                         \
	static void name##_pairs(void *arg)                     \
	{                                                       \
		uint64_t begin = weir_ticks();                  \
                                                                \
		for (unsigned i = 0; i < PAIRS; i++) {          \
			__VA_ARGS__                             \
		}                                               \
		per_thing = ns_of(weir_ticks() - begin, PAIRS); \
	}

#define MUST(x)                            \
	if (__builtin_expect((x) != 0, 0)) \
		weir_assert(!"uncontended");

static struct weir_rwlock_hold hold;

PAIR(call, nothing(arg); nothing(arg);)
PAIR(mutex, MUST(weir_mutex_lock(&mutex)) weir_mutex_unlock(&mutex);)
PAIR(mutex_try, MUST(weir_mutex_try_lock(&mutex)) weir_mutex_unlock(&mutex);)
PAIR(pthread, pthread_mutex_lock(&of_threads);
	pthread_mutex_unlock(&of_threads);)
PAIR(spin, weir_spin_lock(&spin); weir_spin_unlock(&spin);)
PAIR(read, MUST(weir_rwlock_read(&rwlock, &hold)) weir_rwlock_release(&hold);)
PAIR(write, MUST(weir_rwlock_write(&rwlock, &hold)) weir_rwlock_release(&hold);)
PAIR(semaphore, MUST(weir_semaphore_acquire(&semaphore, 1))
			weir_semaphore_release(&semaphore, 1);)
PAIR(gate, MUST(weir_gate_enter(&gate)) weir_gate_leave(&gate);)
PAIR(once, MUST(weir_once_run(&once, nothing, NULL)))
PAIR(signal, weir_event_signal(&event);)

static double run_pairs(void *arg)
{
	start(executor, *(void (**)(void *))arg, NULL);
	run_all();
	return per_thing;
}

static void bench_pairs(void)
{
	static void (*fns[])(void *) = {pthread_pairs, mutex_pairs,
		mutex_try_pairs, spin_pairs, call_pairs};
	static void (*rest[])(void *) = {mutex_pairs, read_pairs, write_pairs,
		semaphore_pairs, gate_pairs, once_pairs, signal_pairs};
	const struct bench_variant variants[] = {
		{"pthread_mutex", run_pairs, &fns[0]},
		{"mutex", run_pairs, &fns[1]},
		{"mutex_try", run_pairs, &fns[2]},
		{"spin", run_pairs, &fns[3]},
		{"two_calls", run_pairs, &fns[4]},
	};
	const struct bench_variant others[] = {
		{"mutex", run_pairs, &rest[0]},
		{"rwlock_read", run_pairs, &rest[1]},
		{"rwlock_write", run_pairs, &rest[2]},
		{"semaphore", run_pairs, &rest[3]},
		{"gate", run_pairs, &rest[4]},
		{"once_done", run_pairs, &rest[5]},
		{"event_signal", run_pairs, &rest[6]},
	};

	bench_compare("pair", "", "ns", variants, 5, false);
	bench_compare("pair", "others", "ns", others, 7, false);
}

// ---- contended ----

static void yield_only(void *arg)
{
	for (unsigned i = 0; i < per_task; i++)
		weir_yield();
}

static void lock_and_yield(void *arg)
{
	for (unsigned i = 0; i < per_task; i++) {
		weir_assert(!weir_mutex_lock(&mutex));
		weir_yield();
		weir_mutex_unlock(&mutex);
	}
}

static unsigned writer_each; // so many: one writes; 0: none

static void share_and_yield(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	struct weir_rwlock_hold mine;

	for (unsigned i = 0; i < per_task; i++) {
		bool writes = writer_each && (i + me) % writer_each == 0;

		weir_assert(!(writes ? weir_rwlock_write(&rwlock, &mine)
				     : weir_rwlock_read(&rwlock, &mine)));
		weir_yield();
		weir_rwlock_release(&mine);
	}
}

static void acquire_and_yield(void *arg)
{
	for (unsigned i = 0; i < per_task; i++) {
		weir_assert(!weir_semaphore_acquire(&semaphore, 1));
		weir_yield();
		weir_semaphore_release(&semaphore, 1);
	}
}

static void meet(void *arg)
{
	for (unsigned i = 0; i < per_task; i++)
		weir_assert(!weir_barrier_wait(&barrier));
}

static void wait_for_signals(void *arg)
{
	uint64_t seen = weir_event_state(&event);

	for (unsigned i = 0; i < per_task; i++)
		weir_assert(!weir_event_wait(&event, &seen));
	live--;
}

static void signal_all(void *arg)
{
	while (live > 0) {
		weir_event_signal(&event);
		weir_yield();
	}
}

static double run_tasks(void *arg)
{
	uint64_t begin;

	per_task = PAIRS / tasks;
	live = tasks;
	for (uintptr_t i = 0; i < tasks; i++)
		start(executor, *(void (**)(void *))arg, (void *)i);
	if (*(void (**)(void *))arg == wait_for_signals)
		start(executor, signal_all, NULL);
	begin = weir_ticks();
	run_all();
	return ns_of(weir_ticks() - begin, (uint64_t)per_task * tasks);
}

static void bench_contended(unsigned count)
{
	static void (*fns[])(void *) = {yield_only, lock_and_yield};
	const struct bench_variant variants[] = {
		{"yield", run_tasks, &fns[0]},
		{"mutex", run_tasks, &fns[1]},
	};
	char text[64];

	tasks = count;
	snprintf(text, sizeof(text), "tasks=%u", count);
	bench_compare("contended", text, "ns", variants, 2, false);
}

static void bench_one(
	const char *name, const char *parameters, void (*fn)(void *arg))
{
	bench_measure(name, parameters, "ns", run_tasks, &fn);
}

static void bench_rwlock(void)
{
	static const unsigned each[] = {0, 100, 10, 2};
	char text[64];

	tasks = 64;
	for (unsigned i = 0; i < 4; i++) {
		writer_each = each[i];
		snprintf(text, sizeof(text), "tasks=64,writes=%u%%",
			each[i] ? 100 / each[i] : 0);
		bench_one("rwlock", text, share_and_yield);
	}
}

static void bench_semaphore(void)
{
	static const uint32_t permits[] = {64, 8, 1};
	char text[64];

	tasks = 64;
	for (unsigned i = 0; i < 3; i++) {
		weir_semaphore_init(&semaphore, executor, permits[i]);
		snprintf(text, sizeof(text), "tasks=64,permits=%u", permits[i]);
		bench_one("semaphore", text, acquire_and_yield);
	}
}

static void bench_groups(void)
{
	static const unsigned counts[] = {2, 64};
	char text[64];

	for (unsigned i = 0; i < 2; i++) {
		tasks = counts[i];
		snprintf(text, sizeof(text), "tasks=%u", tasks);
		bench_one("event", text, wait_for_signals);
		weir_barrier_init(&barrier, executor, tasks);
		bench_one("barrier", text, meet);
	}
}

// ---- the owner ----

WEIR_ASK_TYPES(add, uint64_t, uint64_t);

#define QUESTIONS 5000

static struct weir_asker askers[TASKS_MAX];
static struct weir_owner owner;
static struct weir_executor *owner_on;

static void own(void *arg)
{
	const uint64_t *amount;
	struct weir_asker *asked;
	uint64_t *sum, total = 0;

	while (add_take(&owner, &asked, &amount, &sum) == 0) {
		*sum = total += *amount;
		weir_owner_answer(asked);
	}
	weir_owner_close(&owner);
	if (owner_on == other)
		weir_executor_stop(other);
}

static void ask(void *arg)
{
	struct weir_asker *asker = arg;
	uint64_t sum;

	for (uint64_t i = 0; i < per_task; i++)
		weir_assert(!add_ask(asker, &i, &sum, WEIR_NEVER));
	weir_asker_close(asker);
	live--;
}

static void *run_other(void *arg)
{
	bench_pin(1);
	weir_executor_run(other);
	return NULL;
}

static double run_owner(void *arg)
{
	pthread_t thread;
	uint64_t begin;

	per_task = QUESTIONS / tasks;
	live = tasks;
	weir_assert(!add_open(TASKS_MAX, &askers[0], &owner));
	for (unsigned i = 1; i < tasks; i++)
		weir_assert(!weir_asker_clone(&askers[0], &askers[i]));
	for (unsigned i = 0; i < tasks; i++)
		start(executor, ask, &askers[i]);
	start(owner_on, own, NULL);
	if (owner_on == other)
		pthread_create(&thread, NULL, run_other, NULL);
	begin = weir_ticks();
	while (live > 0)
		weir_executor_turn(executor);
	begin = weir_ticks() - begin;
	if (owner_on == other)
		pthread_join(thread, NULL);
	run_all();
	weir_executor_turn(owner_on);
	return ns_of(begin, (uint64_t)per_task * tasks);
}

static void bench_owner(struct weir_executor *on)
{
	static const unsigned counts[] = {1, 64};
	char text[64];

	owner_on = on;
	for (unsigned i = 0; i < 2; i++) {
		tasks = counts[i];
		snprintf(text, sizeof(text), "executors=%u,askers=%u",
			on == other ? 2 : 1, tasks);
		bench_measure("owner", text, "ns", run_owner, NULL);
	}
}

int main(int argc, char **argv)
{
	const struct weir_executor_options options = {
		.stack_count = TASKS_MAX + 2,
		.stack_size = 16 << 10,
		.node = -1};

	bench_begin(argc, argv);
	weir_assert(!weir_executor_create(&executor, &options, NULL));
	weir_assert(!weir_executor_create(&other, &options, NULL));
	weir_mutex_init(&mutex, executor);
	weir_rwlock_init(&rwlock, executor);
	weir_semaphore_init(&semaphore, executor, 64);
	weir_event_init(&event, executor);
	weir_once_init(&once, executor);
	weir_gate_init(&gate, executor);
	bench_pairs();
	bench_contended(2);
	bench_contended(64);
	bench_rwlock();
	bench_semaphore();
	bench_groups();
	bench_owner(executor);
	if (bench_cpus() > 1)
		bench_owner(other);
	weir_executor_destroy(other);
	weir_executor_destroy(executor);
	return bench_end();
}

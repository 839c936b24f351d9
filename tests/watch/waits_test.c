// SPDX-License-Identifier: BSD-3-Clause
//
// What each task says that it waits for.
#include "watch/looking.h"

#include "chan/broadcast.h"
#include "chan/case.h"
#include "chan/chan.h"
#include "chan/latest.h"
#include "chan/oneshot.h"
#include "sync/sync.h"
#include "task/join.h"
#include "task/set.h"

TestSuite(waits, .init = open_many);

static struct weir_tx tx;
static struct weir_rx rx;
static struct weir_mutex mutex;
static struct weir_rwlock rwlock;
static struct weir_semaphore semaphore;
static struct weir_event event;
static struct weir_barrier barrier;
static struct weir_gate gate;
static struct weir_oneshot_rx oneshot;
static struct weir_latest_rx latest;
static struct weir_broadcast_rx broadcast;

static void receives(void *arg)
{
	void *message;

	cr_assert_eq(weir_recv(&rx, &message), 0);
}

static void sends(void *arg)
{
	struct weir_channel_options options = {.name = "full"};
	struct weir_tx to;
	struct weir_rx from;
	void *message = &from;

	cr_assert_eq(weir_channel_open_with(1, &options, &to, &from), 0);
	cr_assert_eq(weir_send(&to, &message), WEIR_SENT);
	cr_assert_eq(weir_send(&to, &message), WEIR_SENT);
}

static void locks(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	cr_assert_eq(weir_sleep(weir_in_ns(1000)), 0);
}

static void reads(void *arg)
{
	struct weir_rwlock_hold hold;

	cr_assert_eq(weir_rwlock_read(&rwlock, &hold), 0);
}

static void writes(void *arg)
{
	struct weir_rwlock_hold hold;

	cr_assert_eq(weir_rwlock_write(&rwlock, &hold), 0);
	cr_assert_eq(weir_gate_enter(&gate), 0);
	weir_gate_close(&gate);
	cr_assert_eq(weir_gate_wait(&gate), 0);
}

static void acquires(void *arg)
{
	cr_assert_eq(weir_semaphore_acquire(&semaphore, 1), 0);
	cr_assert_eq(weir_semaphore_acquire(&semaphore, 2), 0);
}

static void waits_for_event(void *arg)
{
	uint64_t state = weir_event_state(&event);

	cr_assert_eq(weir_event_wait(&event, &state), 0);
}

static void meets(void *arg)
{
	cr_assert_eq(weir_barrier_wait(&barrier), 0);
}

static void takes_one(void *arg)
{
	void *message;

	cr_assert_eq(weir_oneshot_recv(&oneshot, &message, WEIR_NEVER), 0);
}

static void watches(void *arg)
{
	cr_assert_eq(weir_latest_changed(&latest, 1, WEIR_NEVER), 0);
}

static void listens(void *arg)
{
	uint64_t value, missed;

	cr_assert_eq(
		weir_broadcast_recv(&broadcast, &value, &missed, WEIR_NEVER),
		0);
}

static void selects(void *arg)
{
	void *message;
	struct weir_case cases[] = {weir_case_recv(&rx, &message),
		weir_case_after(weir_in_ns(5000)), weir_case_mutex(&mutex)};

	cases[1].disabled = true;
	cr_assert_eq(weir_select(cases, 3), 0);
}

static void sleeps(void *arg)
{
	cr_assert_eq(weir_sleep(weir_in_ns(3000)), 0);
}

static void child(void *arg)
{
	cr_assert_eq(weir_sleep(WEIR_NEVER), 0);
}

static void joins(void *arg)
{
	struct weir_join join;
	struct weir_spawn_options options = {.name = "child", .join = &join};
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(&scope, NULL, child, NULL, &options), 0);
	cr_assert_eq(weir_join(&join, WEIR_NEVER), 0);
}

static void closes(void *arg)
{
	struct weir_spawn_options options = {.name = "other child"};
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(&scope, NULL, child, NULL, &options), 0);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

static void uses_a_set(void *arg)
{
	struct weir_member member, *served;
	struct weir_set set;
	void *message;

	weir_set_open(&set);
	weir_set_add(&set, &member, weir_case_recv(&rx, &message));
	cr_assert_eq(weir_set_wait(&set, &served, WEIR_NEVER), 0);
}

static void waits_in_my_queue(void *arg)
{
	static const struct weir_wait_what what = {
		.kind = "the moon", .name = "full"};
	struct weir_wait_queue queue;

	weir_wait_queue_says(&queue, &what);
	cr_assert_eq(weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
}

static void waits_unsaid(void *arg)
{
	struct weir_wait_queue queue;

	weir_wait_queue_init(&queue);
	cr_assert_eq(weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK), 0);
}

static void open_all(void)
{
	struct weir_channel_options options = {.name = "food"};
	static struct weir_oneshot_tx oneshot_tx;
	static struct weir_latest_tx latest_tx;
	static struct weir_broadcast_tx broadcast_tx;
	uint64_t value = 0;

	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
	weir_mutex_init(&mutex, executor);
	weir_rwlock_init(&rwlock, executor);
	weir_semaphore_init(&semaphore, executor, 2);
	weir_event_init(&event, executor);
	weir_barrier_init(&barrier, executor, 2);
	weir_gate_init(&gate, executor);
	cr_assert_eq(weir_oneshot_open(0, &oneshot_tx, &oneshot), 0);
	cr_assert_eq(weir_latest_open(8, &value, &latest_tx, &latest), 0);
	cr_assert_eq(weir_broadcast_open(4, 8, &broadcast_tx), 0);
	cr_assert_eq(
		weir_broadcast_subscribe(&broadcast_tx, WEIR_LOSSY, &broadcast),
		0);
}

static const struct waiter {
	const char *name;
	void (*fn)(void *arg);
	const char *waits_for;
} waiters[] = {
	{"receiver", receives, "a message from channel 'food'"},
	{"sender", sends, "room in channel 'full'"},
	{"holder", locks, "a point in time"},
	{"locker", locks, "a mutex"},
	{"writer", writes, "who is inside a gate"},
	{"reader", reads, "an rwlock, to read"},
	{"second writer", writes, "an rwlock, to write"},
	{"acquirer", acquires, "permits of a semaphore"},
	{"eventer", waits_for_event, "an event"},
	{"meeter", meets, "the others at a barrier"},
	{"one", takes_one, "a one-shot"},
	{"watcher", watches, "a newer value"},
	{"listener", listens, "a value of a broadcast"},
	{"selector", selects, "a message from channel 'food' or a mutex"},
	{"sleeper", sleeps, "a point in time"},
	{"joiner", joins, "a child to end"},
	{"closer", closes, "the tasks of its scope"},
	{"set", uses_a_set, "a set"},
	{"mine", waits_in_my_queue, "the moon 'full'"},
	{"unsaid", waits_unsaid, "a wakeup"},
};

#define WAITERS (sizeof(waiters) / sizeof(*waiters))

Test(waits, a_waiting_task_says_what_for)
{
	open_all();
	for (unsigned i = 0; i < WAITERS; i++)
		begin(waiters[i].name, waiters[i].fn, NULL);
	settle();
	look();
	cr_assert_eq(seen->executors[0].count, WAITERS + 2);
	for (unsigned i = 0; i < WAITERS; i++) {
		const struct weir_seen_task *t = task_of(waiters[i].name);

		cr_assert_eq(t->state, WEIR_SEEN_WAITING, "%s", t->name);
		cr_assert_str_eq(
			t->waits_for, waiters[i].waits_for, "%s", t->name);
	}
	cr_assert_eq(task_of("holder")->locks_held, 1);
	cr_assert_eq(task_of("locker")->locks_held, 0);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Who waits for an end of a channel that was forgotten is found beside tasks that
// have enough to do; and nobody is who may yet be woken.
#include "watch/looking.h"

#include "chan/chan.h"
#include "chan/weak.h"
#include "sync/sync.h"

TestSuite(lost, .init = open_many);

#define LOST "and nobody is left who could bring it"

// What the tasks of a test are told.
struct table {
	struct weir_tx tx;
	struct weir_rx rx;
};

static void sleeps_on(void *arg)
{
	while (weir_sleep(weir_in_ms(100)) == 0)
		;
}

static void receives(void *arg)
{
	struct table *table = arg;
	void *message;

	cr_assert_eq(weir_recv(&table->rx, &message), WEIR_CLOSED);
}

static void fills(void *arg)
{
	struct table *table = arg;
	void *message = &seen;

	while (weir_send(&table->tx, &message) == WEIR_SENT)
		message = &seen;
}

// tells sends where the table lies.
static void tells(void *arg)
{
	struct table *table = arg;
	void *message = table;

	while (weir_send(&table->tx, &message) == WEIR_SENT)
		message = table;
}

static void forgets(void *arg)
{
	// It would have been the one to close.
}

static void spawn(struct weir_scope *scope, const char *name,
	void (*fn)(void *), void *arg)
{
	const struct weir_spawn_options options = {.name = name};

	cr_assert_eq(weir_spawn_with(scope, NULL, fn, arg, &options), 0);
}

static void lay(struct table *table)
{
	const struct weir_channel_options options = {.name = "food"};

	cr_assert_eq(
		weir_channel_open_with(4, &options, &table->tx, &table->rx), 0);
}

// host has the table on its stack, and waits for who sits there.
static void host(void (*other)(void *), void (*eater)(void *))
{
	struct table table;
	struct weir_scope scope;

	lay(&table);
	weir_scope_open(&scope);
	spawn(&scope, "eater", eater, &table);
	spawn(&scope, "other", other, &table);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

static void host_of_forgetful(void *arg)
{
	host(forgets, receives);
}

static void host_of_busy(void *arg)
{
	host(sleeps_on, receives);
}

static void host_of_letters(void *arg)
{
	host(forgets, tells);
}

static void host_of_full(void *arg)
{
	host(forgets, fills);
}

// watch lets the time go in which nobody comes, beside one who is busy.
static unsigned watch(const char *name, void (*fn)(void *), void *arg)
{
	begin("busy", sleeps_on, NULL);
	begin(name, fn, arg);
	for (int i = 0; i < 15; i++) {
		settle();
		ticks += HZ / 10;
	}
	look();
	return remark();
}

Test(lost, a_sender_that_was_forgotten_is_found_beside_busy_tasks)
{
	cr_assert_eq(watch("host", host_of_forgetful, NULL), 1, "%s", remarks);
	cr_assert(remarked("task 'eater' of executor 'executor' waits for a "
			   "message from channel 'food', for 1500 ms so "
			   "far, " LOST),
		"%s", remarks);
}

Test(lost, so_is_a_receiver)
{
	cr_assert_eq(watch("host", host_of_full, NULL), 1, "%s", remarks);
	cr_assert(remarked("task 'eater' of executor 'executor' waits for room "
			   "in channel 'food', for 1500 ms so far, " LOST),
		"%s", remarks);
}

Test(lost, a_sender_that_a_task_of_the_scope_may_use_is_not)
{
	cr_assert_eq(watch("host", host_of_busy, NULL), 0, "%s", remarks);
}

Test(lost, nor_is_a_receiver_that_a_message_may_lead_to)
{
	cr_assert_eq(watch("host", host_of_letters, NULL), 0, "%s", remarks);
}

// ---- where a handle may lie ----

static void *kept;

// lender lends its table by a pointer that lies in memory, and waits for its eater.
static void lender(void *arg)
{
	struct table table;
	struct weir_scope scope;

	lay(&table);
	*(void **)arg = &table;
	weir_scope_open(&scope);
	spawn(&scope, "eater", receives, &table);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

Test(lost, a_sender_that_is_lent_by_a_pointer_is_not)
{
	cr_assert_eq(watch("lender", lender, &kept), 0, "%s", remarks);
	kept = NULL; // and so it is not lent any more
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
	cr_assert(remarked("task 'eater'"), "%s", remarks);
}

// mover moves its sender to where arg points, and receives.
static void mover(void *arg)
{
	struct table table;

	lay(&table);
	memcpy(arg, &table.tx, sizeof(table.tx));
	memset(&table.tx, 0, sizeof(table.tx));
	receives(&table);
}

Test(lost, a_sender_in_allocated_memory_is_not)
{
	void *heap = malloc(sizeof(struct weir_tx));

	cr_assert_eq(watch("mover", mover, heap), 0, "%s", remarks);
	memset(heap, 0, sizeof(struct weir_tx));
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
	cr_assert(remarked("task 'mover'"), "%s", remarks);
	free(heap);
}

static struct weir_tx static_tx;

Test(lost, nor_is_one_in_the_programs_own)
{
	cr_assert_eq(watch("mover", mover, &static_tx), 0, "%s", remarks);
	memset(&static_tx, 0, sizeof(static_tx));
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
}

static void borrows(void *arg)
{
	struct weir_tx tx;

	memcpy(&tx, arg, sizeof(tx));
	memset(arg, 0, sizeof(tx));
	sleeps_on(NULL);
	weir_tx_close(&tx);
}

Test(lost, nor_is_one_that_another_task_has)
{
	cr_assert_eq(watch("mover", mover, &static_tx), 0, "%s", remarks);
	begin("other", borrows, &static_tx);
	settle();
	look();
	cr_assert_eq(remark(), 0, "%s", remarks);
}

static struct weir_weak_tx weak;

// knows receives, and knows its sender, which is forgotten, weakly.
static void knows(void *arg)
{
	struct table table;

	lay(&table);
	cr_assert_eq(weir_tx_weak(&table.tx, &weak, NULL), 0);
	memset(&table.tx, 0, sizeof(table.tx));
	receives(&table);
}

Test(lost, who_is_known_weakly_may_yet_be_sent_to)
{
	cr_assert_eq(watch("knows", knows, NULL), 0, "%s", remarks);
	weir_weak_tx_drop(&weak);
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
}

// ---- waits behind waits ----

static struct weir_mutex mutex;

// locker has a lock while it waits for a sender that it moved away.
static void locker(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	mover(arg);
	weir_mutex_unlock(&mutex);
}

// waits_behind has a sender, which it would close behind the lock.
static void waits_behind(void *arg)
{
	struct weir_tx tx;

	memcpy(&tx, arg, sizeof(tx));
	memset(arg, 0, sizeof(tx));
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	weir_tx_close(&tx);
}

Test(lost, a_sender_of_one_who_waits_for_the_receiver_is_found)
{
	weir_mutex_init(&mutex, executor);
	begin("locker", locker, &static_tx);
	settle();
	cr_assert(watch("behind", waits_behind, &static_tx) > 0);
	cr_assert(remarked("task 'locker' of executor 'executor' waits for a "
			   "message from channel 'food', for "),
		"%s", remarks);
	cr_assert(remarked(LOST), "%s", remarks);
}

// until receives with a deadline.
static void until(void *arg)
{
	struct table table;
	void *message;

	lay(&table);
	memset(&table.tx, 0, sizeof(table.tx));
	cr_assert_eq(
		weir_recv_until(&table.rx, &message, weir_in_ms(3600000)), 0);
}

Test(lost, a_deadline_is_an_end)
{
	cr_assert_eq(watch("until", until, NULL), 0, "%s", remarks);
}

static struct weir_scope static_scope;

static void host_with_static_scope(void *arg)
{
	struct table table;

	lay(&table);
	weir_scope_open(&static_scope);
	spawn(&static_scope, "eater", receives, &table);
	spawn(&static_scope, "other", arg ? sleeps_on : forgets, NULL);
	cr_assert_eq(weir_scope_close(&static_scope, WEIR_NEVER), 0);
}

Test(lost, who_closes_a_scope_goes_on_with_its_tasks)
{
	cr_assert_eq(
		watch("host", host_with_static_scope, &seen), 0, "%s", remarks);
}

Test(lost, and_does_not_when_none_does)
{
	cr_assert_eq(
		watch("host", host_with_static_scope, NULL), 1, "%s", remarks);
}

// ---- what a stack has behind its end ----

// goes_deep leaves a copy of a sender far down its stack.
static __attribute__((noinline)) void goes_deep(const struct weir_tx *tx)
{
	struct weir_tx copies[256];

	copies[0] = *tx; // the lowest
	__asm__ volatile("" : : "r"(copies) : "memory");
}

static void was_deep(void *arg)
{
	goes_deep(arg);
	sleeps_on(NULL);
}

Test(lost, a_copy_that_a_call_left_behind_is_none)
{
	cr_assert_eq(watch("mover", mover, &static_tx), 0, "%s", remarks);
	begin("other", was_deep, &static_tx);
	settle();
	memset(&static_tx, 0, sizeof(static_tx));
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
}

// ---- other executors ----

static struct weir_executor *other_executor;

static void host_of_abroad(void *arg)
{
	struct table table;
	const struct weir_spawn_options options = {.name = "abroad"};

	lay(&table);
	weir_scope_open(&static_scope);
	spawn(&static_scope, "eater", receives, &table);
	cr_assert_eq(weir_spawn_with(&static_scope, other_executor, sleeps_on,
			     NULL, &options),
		0);
	cr_assert_eq(weir_scope_close(&static_scope, WEIR_NEVER), 0);
}

static void look_at_both(void)
{
	struct weir_error e = {0};

	weir_seen_free(seen);
	cr_assert_eq(weir_seen_take(&seen, getpid(), &e), 0, "%s", e.text);
	cr_assert_eq(seen->count, 2);
}

Test(lost, children_on_other_executors_count)
{
	other_executor = hand_executor(4);
	begin("host", host_of_abroad, NULL);
	for (int i = 0; i < 15; i++) {
		for (int k = 0; k < 4; k++) {
			turn();
			weir_executor_turn(other_executor);
		}
		ticks += HZ / 10;
	}
	look_at_both();
	cr_assert_eq(remark(), 0, "%s", remarks);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// What waits is for tasks, what blocks for threads, and an end that was closed for
// nobody: who calls it all the same is told, in words, in every place.
#include "chan/case.h"
#include "chan/permit.h"
#include "misplaced.h"

#include <pthread.h>

static struct weir_tx tx;
static struct weir_rx rx;
static struct weir_oneshot_tx one_tx;
static struct weir_oneshot_rx one_rx;
static struct weir_latest_tx latest_tx;
static struct weir_latest_rx latest_rx;
static struct weir_broadcast_tx cast_tx;
static struct weir_broadcast_rx cast_rx;
static struct weir_permits permits;
static uint64_t word;

// Nothing is there, and there is no room.
static void open_all(void *arg)
{
	const struct weir_channel_options options = {.class_ = WEIR_SPSC,
		.message_size = 8,
		.permits = true,
		.name = "orders"};

	if (weir_channel_open_with(1, &options, &tx, &rx) ||
		weir_oneshot_open(8, &one_tx, &one_rx) ||
		weir_latest_open(8, NULL, &latest_tx, &latest_rx) ||
		weir_broadcast_open(1, 8, &cast_tx) ||
		weir_broadcast_subscribe(&cast_tx, WEIR_LOSSLESS, &cast_rx))
		_exit(1);
}

static void open_full(void *arg)
{
	open_all(NULL);
	if (weir_try_send(&tx, &word) != WEIR_SENT ||
		weir_broadcast_try_send(&cast_tx, &word) != WEIR_SENT)
		_exit(1);
}

#define WAITS(WAIT, ALONE)                                              \
	WAIT(weir_send, open_full, weir_send(&tx, &word))               \
	WAIT(weir_recv, open_all, weir_recv(&rx, &word))                \
	WAIT(weir_oneshot_recv, open_all,                               \
		weir_oneshot_recv(&one_rx, &word, WEIR_NEVER))          \
	WAIT(weir_latest_changed, open_all,                             \
		weir_latest_changed(&latest_rx, 0, WEIR_NEVER))         \
	WAIT(weir_broadcast_send, open_full,                            \
		weir_broadcast_send(&cast_tx, &word, WEIR_NEVER))       \
	WAIT(weir_broadcast_recv, open_all,                             \
		weir_broadcast_recv(&cast_rx, &word, NULL, WEIR_NEVER)) \
	ALONE(weir_tx_wait_closed, open_all,                            \
		weir_tx_wait_closed(&tx, WEIR_NEVER))                   \
	ALONE(weir_reserve, open_full,                                  \
		weir_reserve(&tx, 1, 1, &permits, WEIR_NEVER))          \
	ALONE(weir_oneshot_wait_closed, open_all,                       \
		weir_oneshot_wait_closed(&one_tx, WEIR_NEVER))          \
	ALONE(weir_select, open_all,                                    \
		weir_select(                                            \
			(struct weir_case[]){weir_case_recv(&rx, &word)}, 1))

#define BLOCKS(BLOCK)                                                      \
	BLOCK(weir_oneshot_recv,                                           \
		weir_oneshot_recv_blocking(&one_rx, &word, WEIR_NEVER))    \
	BLOCK(weir_latest_changed,                                         \
		weir_latest_changed_blocking(&latest_rx, 0, WEIR_NEVER))   \
	BLOCK(weir_broadcast_send,                                         \
		weir_broadcast_send_blocking(&cast_tx, &word, WEIR_NEVER)) \
	BLOCK(weir_broadcast_recv, weir_broadcast_recv_blocking(           \
					   &cast_rx, &word, NULL, WEIR_NEVER))

#define FUNCTION(name, prepare, call)      \
	static void call_##name(void *arg) \
	{                                  \
		(void)!(call);             \
	}
#define BLOCKING(name, call)                \
	static void block_##name(void *arg) \
	{                                   \
		(void)!(call);              \
	}
WAITS(FUNCTION, FUNCTION)
BLOCKS(BLOCKING)

#define THREAD "a thread that runs no executor calls "
#define STEP "executor 'home', outside of a task, calls "
#define LATE "task 'late' of executor 'home' calls "
#define ONLY ": only a task can wait: "

#define IN_A_STEP(name, prepare_, made) \
	{.where = IN_STEP,              \
		.prepare = prepare_,    \
		.call = call_##name,    \
		.words = STEP #name ONLY "call it in one."},
#define ON_A_THREAD(name, prepare_, made) \
	{.where = ON_THREAD,              \
		.prepare = prepare_,      \
		.call = call_##name,      \
		.words = THREAD #name ONLY "use " #name "_blocking here."},
#define ON_A_THREAD_ALONE(name, prepare_, made) \
	{.where = ON_THREAD,                    \
		.prepare = prepare_,            \
		.call = call_##name,            \
		.words = THREAD #name ONLY "call it in one."},

Test(misuse, what_waits_is_for_tasks)
{
	static const struct misuse rows[] = {WAITS(IN_A_STEP, IN_A_STEP)
			WAITS(ON_A_THREAD, ON_A_THREAD_ALONE)};

	misuses_say(rows, sizeof(rows) / sizeof(*rows));
}

#define STANDS \
	"_blocking, which blocks: all of the executor would stand still: use "
#define IN_A_TASK(name, made)                          \
	{.where = IN_TASK,                             \
		.prepare = open_full,                  \
		.call = block_##name,                  \
		.words = LATE #name STANDS #name "."}, \
		{.where = IN_STEP,                     \
			.prepare = open_full,          \
			.call = block_##name,          \
			.words = STEP #name STANDS #name " in a task."},

static void block_sending(void *arg)
{
	(void)!weir_send_blocking(&tx, &word, WEIR_NEVER);
}

static void block_receiving(void *arg)
{
	(void)!weir_recv_blocking(&rx, &word, WEIR_NEVER);
}

Test(misuse, what_blocks_is_for_threads)
{
	static const char sends[] =
		"task 'late' cannot block while it sends on channel 'orders' "
		"(SPSC): it runs on an executor, all of which would stand "
		"still: wait "
		"in the task";
	static const char receives[] =
		"task 'late' cannot block while it receives from channel "
		"'orders' (SPSC): it runs on an executor, all of which would "
		"stand "
		"still: wait in the task";
	static const struct misuse rows[] = {
		BLOCKS(IN_A_TASK){
			IN_TASK, open_full, block_sending, sends, false},
		{IN_TASK, open_all, block_receiving, receives, false},
		// Also where they need not block.
		{IN_TASK, open_all, block_sending, sends, true},
		{IN_TASK, open_full, block_receiving, receives, true},
	};

	misuses_say(rows, sizeof(rows) / sizeof(*rows));
}

// ---- ends that were closed ----

static void close_all(void *arg)
{
	open_all(NULL);
	weir_latest_tx_close(&latest_tx);
	weir_latest_rx_close(&latest_rx);
	weir_broadcast_tx_close(&cast_tx);
	weir_broadcast_rx_close(&cast_rx);
}

static void select_one(struct weir_case c)
{
	(void)!weir_select_until(&c, 1, 0);
}

#define CLOSED(CALL)                                                           \
	CALL(latest, 0, weir_latest_write(&latest_tx, &word))                  \
	CALL(latest, 1, weir_latest_read(&latest_rx, &word))                   \
	CALL(latest, 2, weir_latest_version(&latest_rx))                       \
	CALL(latest, 3, (void)!weir_latest_changed(&latest_rx, 0, 0))          \
	CALL(latest, 4, weir_latest_unread(&latest_tx))                        \
	CALL(latest, 5,                                                        \
		weir_latest_clone(&latest_rx, &(struct weir_latest_rx){NULL})) \
	CALL(latest, 6, select_one(weir_case_latest(&latest_rx, &word)))       \
	CALL(cast, 0, (void)!weir_broadcast_try_send(&cast_tx, &word))         \
	CALL(cast, 1, (void)!weir_broadcast_send(&cast_tx, &word, 0))          \
	CALL(cast, 2, (void)!weir_broadcast_try_recv(&cast_rx, &word, NULL))   \
	CALL(cast, 3, (void)!weir_broadcast_recv(&cast_rx, &word, NULL, 0))    \
	CALL(cast, 4,                                                          \
		(void)!weir_broadcast_subscribe(&cast_tx, WEIR_LOSSY,          \
			&(struct weir_broadcast_rx){NULL}))                    \
	CALL(cast, 5,                                                          \
		(void)!weir_broadcast_clone(&cast_rx, WEIR_LOSSY,              \
			&(struct weir_broadcast_rx){NULL}))                    \
	CALL(cast, 6, weir_broadcast_missed(&cast_rx))                         \
	CALL(cast, 7, select_one(weir_case_broadcast(&cast_rx, &word)))        \
	CALL(cast, 8, select_one(weir_case_broadcast_send(&cast_tx, &word)))

#define CLOSED_FUNCTION(kind, number, call)          \
	static void closed_##kind##number(void *arg) \
	{                                            \
		call;                                \
	}
CLOSED(CLOSED_FUNCTION)

#define words_latest "a latest value"
#define words_cast "a broadcast"
#define CLOSED_ROW(kind, number, made)                              \
	{.where = IN_TASK,                                          \
		.prepare = close_all,                               \
		.call = closed_##kind##number,                      \
		.words = "task 'late' uses an end of " words_##kind \
		" that was closed, or never opened",                \
		.checked = true},

Test(misuse, each_call_on_an_end_that_was_closed_is_named)
{
	static const struct misuse rows[] = {CLOSED(CLOSED_ROW)};

	misuses_say(rows, sizeof(rows) / sizeof(*rows));
}

// A one-shot's end is used up when it was closed: that is no fault.
Test(misuse, a_one_shot_that_is_used_up_is_closed)
{
	open_all(NULL);
	weir_oneshot_tx_close(&one_tx);
	cr_assert_eq(weir_oneshot_send(&one_tx, &word), WEIR_CLOSED);
	cr_assert(weir_oneshot_closed(&one_tx));
	cr_assert_eq(weir_oneshot_rx_close(&one_rx, &word), WEIR_CLOSED);
	cr_assert_eq(weir_oneshot_try_recv(&one_rx, &word), WEIR_CLOSED);
	cr_assert_eq(weir_oneshot_recv_blocking(&one_rx, &word, WEIR_NEVER),
		WEIR_CLOSED);
}

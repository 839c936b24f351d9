// SPDX-License-Identifier: BSD-3-Clause
//
// Every wait of this folder through the matrix of chan/matrix.h. A feed is what
// lets one go on: a wakeup, a child that ends, the time that comes.
#include "chan/matrix.h"
#include "task/interval.h"
#include "task/join.h"

// ---- a queue: plainly, in a select, in a set ----

static struct weir_wait_queue queue;

static void queue_open(bool near_wrap)
{
	weir_wait_queue_init(&queue);
}

static void queue_feed(void)
{
	weir_wake(&queue);
}

static void queue_close(void)
{
	cr_assert(weir_wait_queue_empty(&queue), "somebody waits still");
}

static int queue_do(struct one *one)
{
	return weir_wait(&queue, one->deadline, WEIR_WAIT_BACK);
}

static struct weir_case queue_case(struct one *one)
{
	return weir_case_queue(&queue);
}

// ---- a child that ends ----

static struct weir_scope scope;
static struct weir_join join;

static void child(void *arg)
{
	if (weir_wait(&queue, WEIR_NEVER, WEIR_WAIT_BACK))
		return;
}

// parent keeps the scope of the child that others join.
static void parent(void *arg)
{
	const struct weir_spawn_options joined = {.join = &join};

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(&scope, NULL, child, NULL, &joined), 0);
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
}

static void join_open(bool near_wrap)
{
	queue_open(false);
	cr_assert_eq(weir_start(executor, parent, NULL, NULL, NULL), 0);
	turns(2);
}

static int join_do(struct one *one)
{
	return weir_join(&join, one->deadline);
}

static struct weir_case join_case(struct one *one)
{
	return weir_case_join(&join);
}

static int scope_do(struct one *one)
{
	struct weir_scope own;

	weir_scope_open(&own);
	cr_assert_eq(weir_spawn(&own, NULL, child, NULL), 0);
	return weir_scope_close(&own, one->deadline);
}

// ---- the time that comes ----

static uint64_t due;
static bool wraps; // then it is the waiters' deadline, behind the wrap
static struct weir_interval beats[WAITERS_MAX];

static void time_open(bool near_wrap)
{
	wraps = near_wrap;
	due = ticks + 2000;
}

// Whoever comes later waits for a later time.
static void time_feed(void)
{
	ticks = due;
}

static void time_close(void)
{
}

// In front of the deadline where both come before it runs, else behind it.
static uint64_t due_of(const struct one *one)
{
	if (wraps)
		due = one->deadline;
	else if (one->deadline != WEIR_NEVER && cell.moment == AFTER)
		due = one->deadline - 500;
	else if ((int64_t)(ticks - due) >= 0)
		due = ticks + 2000;
	return due;
}

static int sleep_do(struct one *one)
{
	return weir_sleep(due_of(one));
}

static int interval_do(struct one *one)
{
	struct weir_interval *beat = &beats[number_of(one)];
	int count;

	weir_interval_init(beat, due_of(one), 1000000, WEIR_MISSED_SKIP);
	count = weir_interval_wait(beat);
	return count == 1 ? 0 : count;
}

static struct weir_case after_case(struct one *one)
{
	return weir_case_after(due_of(one));
}

static struct weir_case tick_case(struct one *one)
{
	struct weir_interval *beat = &beats[number_of(one)];

	weir_interval_init(beat, due_of(one), 1000000, WEIR_MISSED_SKIP);
	return weir_case_tick(beat);
}

#define NO_END "a queue has no end of its own"
#define NO_PEER "who wakes is of the same executor"
#define CHILD "the child is the peer, and its end what is waited for"
#define TIME "time neither closes nor goes"
#define NO_DEADLINE "the time that comes is the deadline"
#define TIMED                                                        \
	.open = time_open, .feed = time_feed, .close = time_close,   \
	.reach = ALL, .late = true, .timed = true, .no_close = TIME, \
	.no_peer = TIME
#define QUEUED                                                        \
	.open = queue_open, .feed = queue_feed, .close = queue_close, \
	.no_close = NO_END, .no_peer = NO_PEER
#define JOINED                                                       \
	.open = join_open, .feed = queue_feed, .close = queue_close, \
	.reach = ALL, .once = true, .late = true, .no_close = CHILD, \
	.no_peer = CHILD

static const struct kind kinds[] = {
	{.name = "queue", .do_ = queue_do, QUEUED},
	IN_ALL("queue", .case_ = queue_case, QUEUED),
	{.name = "join", .do_ = join_do, JOINED},
	IN_ALL("join", .case_ = join_case, JOINED),
	{.name = "scope",
		.do_ = scope_do,
		.open = queue_open,
		.feed = queue_feed,
		.close = queue_close,
		.late = true,
		.no_close = CHILD,
		.no_peer = CHILD},
	{.name = "sleep", .do_ = sleep_do, TIMED, .no_deadline = NO_DEADLINE},
	{.name = "interval",
		.do_ = interval_do,
		TIMED,
		.no_deadline = "it has none: put it in a select"},
	IN_ALL("after", .case_ = after_case, TIMED),
	IN_ALL("tick", .case_ = tick_case, TIMED),
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

Test(matrix, every_cell_holds_or_says_why_it_has_no_meaning)
{
	// None closes, none has a peer elsewhere, two have no deadline.
	matrix_run(kinds, KINDS, (KINDS * 2 + 2) * MOMENTS * COUNTS);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Every wait of this folder through the matrix of chan/matrix.h. A feed is what
// the holder of a lock does when it lets go, and the answer to a question. Who
// takes a question receives from a channel, and who asks while the line is full
// sends to one: they are in chan/matrix_test.c.
#include "kinds.h"

// ---- locks ----

static void lock_close(void)
{
	lock->fini();
}

// The holder lives where they wait, and goes: before they come; after it let go;
// in the step in which it lets go.
static void holder_exit(void)
{
	holder.leaves = true;
	switch (cell.moment) {
	case BEFORE:
		holder_order();
		settle();
		cr_assert(holder.ended);
		hire_all(WEIR_NEVER, false);
		settle();
		break;
	case DURING:
		holder.lingers = true;
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
		holder_order();
		settle();
		cr_assert_not(holder.ended);
		holder_order();
		settle();
		break;
	default:
		hire_all(WEIR_NEVER, false);
		holder_order();
		settle();
	}
	all_wanted(lock->left);
	cr_assert(holder.ended);
}

static int tried;

static void try_once(void)
{
	tried = lock->try_();
}

// lock_usable sees that the lock is in order after what it was put through.
static void lock_usable(void)
{
	bool barrier = lock == &locks[BARRIER];

	if (!holder.ended && lock->mend)
		on_executor(lock->mend);
	if (!holder.ended && barrier) {
		// The others of a whole group arrive, then the holder.
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
	}
	while (!holder.ended) {
		holder_order();
		settle();
	}
	if (barrier)
		return;
	on_executor(try_once);
	cr_assert_eq(tried, 0, "%s, %s %s parking, %u waiters: try: %d",
		cell.kind->name, cause_names[cell.cause],
		moment_names[cell.moment], cell.count, tried);
}

#define OPEN(noun, which)                            \
	static void open_##noun(bool near_wrap)      \
	{                                            \
		lock_open(&locks[which], near_wrap); \
	}

OPEN(mutex, MUTEX)
OPEN(read, READ)
OPEN(write, WRITE)
OPEN(semaphore, SEMAPHORE)
OPEN(one_permit, ONE_PERMIT)
OPEN(event, EVENT)
OPEN(barrier, BARRIER)
OPEN(once, ONCE)
OPEN(gate, GATE)

// ---- questions ----
//
// Those that stand in line, and those that the owner has taken: who gives up such
// a one does not know the outcome.

static struct weir_asker askers[WAITERS_MAX];
static struct weir_owner owner;
static struct weir_asker *asked[2 * WAITERS_MAX];
static unsigned taken_count, answered_count;

static void questions_open(bool near_wrap)
{
	taken_count = answered_count = 0;
	cr_assert_eq(weir_ask_open(WAITERS_MAX, sizeof(uint64_t),
			     sizeof(uint64_t), &askers[0], &owner),
		0);
	for (unsigned i = 1; i < WAITERS_MAX; i++)
		cr_assert_eq(weir_asker_clone(&askers[0], &askers[i]), 0);
}

static bool take_one(void)
{
	unsigned i;

	if (weir_owner_try_take(&owner, &asked[taken_count]))
		return false;
	i = (unsigned)(asked[taken_count++] - askers);
	claim(waiters[i].answer == NOT_YET, "taken, though it was given up");
	return true;
}

static void take_all(void)
{
	while (take_one())
		;
}

static void answer_one(void)
{
	struct weir_asker *first;

	if (answered_count == taken_count && !take_one())
		return;
	first = asked[answered_count++];
	memcpy(first->reply, first->request, sizeof(uint64_t));
	weir_owner_answer(first);
}

static void owner_goes(void)
{
	weir_owner_close(&owner);
}

static int ask_do(struct one *one)
{
	uint64_t question = number_of(one) + 1, answer = 0;
	int err = weir_ask(
		&askers[number_of(one)], &question, &answer, one->deadline);

	claim(err || answer == question, "another one's answer");
	return err;
}

// A question that was given up is still on its way: its asker waits for it first.
static void ask_usable(void)
{
	if (cell.cause != CANCEL && cell.cause != DEADLINE)
		return;
	cell.count = 1;
	hire_all(WEIR_NEVER, false);
	for (unsigned i = 0; i < 2 * WAITERS_MAX; i++) {
		on_executor(answer_one);
		settle();
	}
	all_wanted(0);
}

static void close_askers(void)
{
	for (unsigned i = 0; i < WAITERS_MAX; i++)
		weir_asker_close(&askers[i]);
}

static void questions_close(void)
{
	weir_owner_close(&owner);
	settle();
	on_executor(close_askers);
	settle();
	cr_assert_eq(weir_executor_counts(executor)->tasks, 0);
}

// ---- the table ----

#define NEVER_CLOSED "it has no end but fini, which asserts that nobody waits"
#define LOCK(noun, ...)                                                 \
	.open = open_##noun, .feed = holder_order, .close = lock_close, \
	.once = true, .late = true, .peer_exit = holder_exit,           \
	.usable = lock_usable, __VA_ARGS__

#define TAKEN "what was taken is answered all the same (ask_test.c)"
#define QUESTION                                                              \
	.open = questions_open, .feed = answer_one, .close = questions_close, \
	.usable = ask_usable

static const struct kind kinds[] = {
	{.name = "mutex",
		.do_ = mutex_do,
		.undo = mutex_undo,
		LOCK(mutex, .reach = IN_TURN, .no_close = NEVER_CLOSED)},
	IN_SELECT("mutex", .case_ = mutex_case, .undo = mutex_undo,
		.looks_again = true,
		LOCK(mutex, .reach = IN_TURN, .no_close = NEVER_CLOSED)),
	IN_SET("mutex", .case_ = mutex_case, .undo = mutex_undo,
		.looks_again = true,
		LOCK(mutex, .reach = IN_TURN, .no_close = NEVER_CLOSED)),
	BY_STEPPER("mutex", .never = "a mutex is a task's",
		LOCK(mutex, .no_close = NEVER_CLOSED)),
	{.name = "rwlock, read",
		.do_ = rwlock_do_read,
		.undo = rwlock_undo,
		LOCK(read, .reach = ALL, .no_close = NEVER_CLOSED)},
	{.name = "rwlock, write",
		.do_ = rwlock_do_write,
		.undo = rwlock_undo,
		LOCK(write, .reach = IN_TURN, .no_close = NEVER_CLOSED)},
	{.name = "semaphore",
		.do_ = semaphore_do,
		.undo = semaphore_undo,
		LOCK(semaphore, .reach = IN_TURN, .no_close = NEVER_CLOSED)},
	IN_SELECT("semaphore", .case_ = semaphore_case, .undo = semaphore_undo,
		.looks_again = true,
		LOCK(one_permit, .reach = IN_TURN, .no_close = NEVER_CLOSED)),
	IN_SET("semaphore", .case_ = semaphore_case, .undo = semaphore_undo,
		.looks_again = true,
		LOCK(one_permit, .reach = IN_TURN, .no_close = NEVER_CLOSED)),
	BY_STEPPER("semaphore", .case_ = semaphore_case, .undo = semaphore_undo,
		LOCK(one_permit, .reach = IN_TURN, .no_close = NEVER_CLOSED)),
	{.name = "event",
		.do_ = event_do,
		LOCK(event, .reach = ALL, .no_close = NEVER_CLOSED)},
	IN_ALL("event", .case_ = event_case,
		LOCK(event, .reach = ALL, .no_close = NEVER_CLOSED)),
	{.name = "barrier",
		.do_ = barrier_do,
		LOCK(barrier, .reach = ALL, .shut = barrier_break)},
	{.name = "once",
		.do_ = once_do,
		LOCK(once, .reach = IN_TURN, .no_close = NEVER_CLOSED)},
	{.name = "gate",
		.do_ = gate_do,
		LOCK(gate, .reach = ALL, .shut = gate_close,
			.fed_past_end = true)},
	{.name = "question",
		.do_ = ask_do,
		QUESTION,
		.shut = owner_goes,
		.shut_answer = -ESHUTDOWN},
	{.name = "question, taken",
		.do_ = ask_do,
		QUESTION,
		.parked = take_all,
		.gave_up = -EINPROGRESS,
		.no_close = TAKEN,
		.no_peer = TAKEN},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

Test(matrix, every_cell_holds_or_says_why_it_has_no_meaning)
{
	const unsigned cells = CAUSES * MOMENTS * COUNTS;

	// One never waits; of the others all but three close never, and one
	// has no peer.
	matrix_run(kinds, KINDS, cells + (KINDS - 4 + 1) * MOMENTS * COUNTS);
}

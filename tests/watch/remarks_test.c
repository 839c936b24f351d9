// SPDX-License-Identifier: BSD-3-Clause
//
// What looks wrong, and is said.
#include "watch/looking.h"

#include "chan/permit.h"
#include "sync/sync.h"

TestSuite(remarks, .init = open_many);

static void spins(void *arg)
{
	ticks += UINT64_C(150000000);
	look();
	cr_assert_eq(remark(), 1);
	ticks += 1;
}

Test(remarks, a_task_that_never_yields_is_named)
{
	begin("spinner", spins, NULL);
	turn();
	cr_assert(remarked("task 'spinner' of executor 'executor' has run for "
			   "150 ms"),
		"%s", remarks);
}

// deep goes down its stack to left bytes from the end.
static __attribute__((noinline)) void deep(void *arg)
{
	const size_t *left = arg;
	const struct weir_stack *stack = weir_task_current()->stack;
	char here;
	size_t size = (size_t)(&here - stack->base) - *left;

	stack->base[*left] = 1; // what the deepest call would write
	cr_assert_lt(size, stack->size);
	cr_assert_eq(weir_sleep(WEIR_NEVER), 0);
}

Test(remarks, a_stack_within_512_bytes_of_its_end_is_named)
{
	static const size_t near = 511, far = 512;

	begin("glutton", deep, (void *)&near);
	begin("modest", deep, (void *)&far);
	settle();
	look();
	cr_assert_eq(task_of("glutton")->stack_left, 511);
	cr_assert_eq(task_of("modest")->stack_left, 512);
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("task 'glutton' of executor 'executor' has a stack "
			   "of 6"),
		"%s", remarks);
	cr_assert(remarked("full but for 511 bytes"), "%s", remarks);
}

static bool stop_yielding;

static void yields(void *arg)
{
	while (!stop_yielding)
		weir_yield();
}

Test(remarks, a_task_that_only_yields_is_named)
{
	begin("asker", yields, NULL);
	for (int i = 0; i < 99999; i++)
		turn();
	look();
	cr_assert_eq(remark(), 0, "%s", remarks);
	turn();
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("task 'asker' of executor 'executor' yielded in "
			   "100000 of its 100000 steps"),
		"%s", remarks);
	stop_yielding = true;
	settle();
}

static struct weir_mutex mutex;

static void holds_long(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	cr_assert_eq(weir_sleep(weir_in_ms(5000)), 0);
	weir_mutex_unlock(&mutex);
}

Test(remarks, a_lock_held_over_a_long_wait_is_named)
{
	weir_mutex_init(&mutex, executor);
	begin("holder", holds_long, NULL);
	turn();
	ticks += UINT64_C(999999999);
	look();
	cr_assert_eq(remark(), 0, "%s", remarks);
	ticks += 1;
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("'holder' of executor 'executor' holds 1 lock and "
			   "has waited for a point in time for 1000 ms"),
		"%s", remarks);
}

static struct weir_wait_queue crowd;

static void in_vain(void *arg)
{
	enum weir_wait_place place = WEIR_WAIT_BACK;

	for (;;) {
		cr_assert_eq(weir_wait(&crowd, WEIR_NEVER, place), 0);
		place = WEIR_WAIT_AGAIN;
	}
}

Test(remarks, wakes_that_find_nothing_are_named)
{
	weir_wait_queue_init(&crowd);
	begin("hopeful", in_vain, NULL);
	turn();
	for (int i = 0; i < 1000; i++) {
		weir_wake(&crowd);
		turn();
	}
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("'hopeful' of executor 'executor' was woken for "
			   "nothing 1000 times in 1001 waits"),
		"%s", remarks);
}

static struct weir_tx tx;
static struct weir_rx rx;

static void receives(void *arg)
{
	void *message;

	cr_assert_eq(weir_recv(&rx, &message), 0);
}

static void sends_nothing(void *arg)
{
	// It forgets its end, and ends.
}

Test(remarks, waiting_for_a_dropped_sender_is_named)
{
	struct weir_channel_options options = {.name = "food"};

	cr_assert_eq(weir_channel_open_with(4, &options, &tx, &rx), 0);
	weir_mutex_init(&mutex, executor);
	begin("eater", receives, NULL);
	begin("cook", sends_nothing, NULL);
	settle();
	ticks += HZ;
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("task 'eater' of executor 'executor' waits for a "
			   "message from channel 'food', and no task is left"),
		"%s", remarks);
	// The test's own thread is one, too.
	cr_assert(remarked("; only a thread outside of the executors could"),
		"%s", remarks);
	begin("alarm", holds_long, NULL);
	turn();
	ticks += HZ / 2;
	look();
	cr_assert_eq(remark(), 0, "%s", remarks); // that one may send
}

// ---- held by others ----

static struct weir_semaphore semaphore;

static void keeps_permits(void *arg)
{
	cr_assert_eq(weir_semaphore_acquire(&semaphore, 2), 0);
	if (arg)
		cr_assert_eq(weir_sleep(weir_in_ms(5000)), 0);
}

static void wants_permit(void *arg)
{
	cr_assert_eq(
		weir_semaphore_acquire_until(&semaphore, 2, weir_in_ms(9000)),
		0);
}

Test(remarks, permits_held_while_another_waits_long_are_named)
{
	weir_semaphore_init(&semaphore, executor, 3);
	begin("miser", keeps_permits, &semaphore);
	begin("beggar", wants_permit, NULL);
	turn();
	ticks += UINT64_C(999999999);
	look();
	cr_assert_eq(remark(), 0, "%s", remarks);
	ticks += 1;
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
	cr_assert(
		remarked("task 'beggar' of executor 'executor' has waited for "
			 "permits of a semaphore for 1000 ms, while permits "
			 "are held too long: 2 are out, the latest by task "
			 "'miser', taken 1000 ms ago"),
		"%s", remarks);
	cr_assert(!remarked("has ended"), "%s", remarks);
}

Test(remarks, who_took_permits_and_ended_is_named_so)
{
	weir_semaphore_init(&semaphore, executor, 3);
	begin("goner", keeps_permits, NULL);
	begin("beggar", wants_permit, NULL);
	turn();
	ticks += HZ;
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
	cr_assert(remarked("by task 'goner', taken 1000 ms ago; that task has "
			   "ended since"),
		"%s", remarks);
	// Another in its place is not taken for it.
	begin("later", wants_permit, NULL);
	turn();
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("by a task, taken 1000 ms ago; that task has ended "
			   "since"),
		"%s", remarks);
}

Test(remarks, permits_given_back_are_not)
{
	weir_semaphore_init(&semaphore, executor, 3);
	begin("goner", keeps_permits, NULL);
	settle();
	cr_assert_eq(semaphore.hold.count, 2);
	begin("beggar", wants_permit, NULL);
	turn();
	semaphore.hold.count = 0; // as if they were, and nobody was woken
	ticks += HZ;
	look();
	cr_assert_eq(remark(), 0, "%s", remarks);
}

static void reserves(void *arg)
{
	struct weir_tx *to = arg;
	struct weir_permits permits = {0};

	cr_assert_eq(
		weir_reserve(to, 1, 2, &permits, WEIR_NEVER), WEIR_RESERVED);
	cr_assert_eq(weir_sleep(weir_in_ms(5000)), 0);
}

static void sends_into_it(void *arg)
{
	void *message = arg;

	cr_assert_eq(weir_send_until(&tx, &message, weir_in_ms(9000)), 0);
}

Test(remarks, reserved_room_that_others_wait_for_is_named)
{
	struct weir_channel_options options = {
		.name = "shelf", .permits = true};

	cr_assert_eq(weir_channel_open_with(2, &options, &tx, &rx), 0);
	begin("hoarder", reserves, &tx);
	begin("carrier", sends_into_it, &tx);
	turn();
	ticks += HZ;
	look();
	cr_assert_eq(remark(), 1, "%s", remarks);
	cr_assert(
		remarked("task 'carrier' of executor 'executor' has waited for "
			 "room in channel 'shelf' for 1000 ms, while permits "
			 "are held too long: 2 are out, the latest by task "
			 "'hoarder'"),
		"%s", remarks);
}

// ---- waiting for one another ----

static struct weir_mutex left, right;

static void left_right(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&left), 0);
	weir_yield();
	cr_assert_eq(weir_mutex_lock(&right), 0);
}

static void right_left(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&right), 0);
	weir_yield();
	cr_assert_eq(weir_mutex_lock_until(
			     &left, arg ? weir_in_ms(9000) : WEIR_NEVER),
		0);
}

static void sleeps_on(void *arg)
{
	while (weir_sleep(weir_in_ms(100)) == 0)
		;
}

static void lock_crosswise(void *deadline)
{
	weir_mutex_init(&left, executor);
	weir_mutex_init(&right, executor);
	begin("alice", left_right, NULL);
	begin("bob", right_left, deadline);
	begin("busy", sleeps_on, NULL); // what others do does not matter
	for (int i = 0; i < 11; i++) {
		turn();
		ticks += HZ / 10;
	}
	look();
}

Test(remarks, tasks_that_wait_for_one_another_are_named_whatever_others_do)
{
	lock_crosswise(NULL);
	cr_assert_eq(remark(), 5, "%s", remarks);
	cr_assert(
		remarked(
			"task 'alice' of executor 'executor' waits for a mutex "
			"that task 'bob' has, which waits for a mutex that "
			"task 'alice' has: none of them goes on"),
		"%s", remarks);
	cr_assert(
		remarked("task 'bob' of executor 'executor' has waited for a "
			 "mutex for 1000 ms, which task 'alice' has had for "),
		"%s", remarks);
	cr_assert(!remarked("no task is left"), "%s", remarks);
}

Test(remarks, a_circle_with_a_deadline_in_it_is_none)
{
	lock_crosswise(&left);
	cr_assert(!remarked("none of them"), "%s", remarks);
	cr_assert_gt(remark(), 0);
	cr_assert(!remarked("none of them"), "%s", remarks);
}

// ---- tasks that have ended ----

static void add_own(void *arg, const char *sentence)
{
	add_remark(arg, sentence);
}

static unsigned own_remark(void)
{
	remarks[0] = '\0';
	return weir_own_remarks(NULL, 0, add_own, NULL);
}

static void yields_and_ends(void *arg)
{
	for (int i = 0; i < 100000; i++)
		weir_yield();
}

static void goes_deep(void *arg)
{
	weir_task_current()->stack->base[100] = 1;
}

Test(remarks, what_ended_tasks_did_is_said_while_and_after_their_executor_lives)
{
	begin("asker", yields_and_ends, NULL);
	begin("modest", sends_nothing, NULL);
	while (live() > 0)
		turn();
	begin("glutton", goes_deep, NULL);
	settle();
	look();
	cr_assert_eq(seen->executors[0].count, 0);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(i ? own_remark() : remark(), 2, "%s", remarks);
		cr_assert(
			remarked("task 'asker' of executor 'executor' yielded "
				 "in 100000 of its 100001 steps"),
			"%s", remarks);
		cr_assert(
			remarked("task 'glutton' of executor 'executor' has a "
				 "stack of "),
			"%s", remarks);
		cr_assert(remarked("full but for 100 bytes"), "%s", remarks);
		if (i == 0)
			weir_executor_destroy(executor);
	}
}

Test(remarks, what_a_report_has_told_of_is_not_kept)
{
	begin("glutton", goes_deep, NULL);
	settle();
	executor->told = true;
	weir_executor_destroy(executor);
	cr_assert_eq(own_remark(), 0, "%s", remarks);
}

Test(remarks, only_those_of_the_executors_asked_for_are_made)
{
	const struct weir_executor *ours[] = {executor};
	struct weir_executor *other = hand_executor(1);

	begin("glutton", goes_deep, NULL);
	settle();
	remarks[0] = '\0';
	cr_assert_eq(weir_own_remarks(ours, 1, add_own, NULL), 1);
	ours[0] = other;
	cr_assert_eq(weir_own_remarks(ours, 1, add_own, NULL), 0);
}

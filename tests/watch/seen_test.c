// SPDX-License-Identifier: BSD-3-Clause
//
// What is seen of tasks of this process, which stand still meanwhile (so that all
// is exact), and of others.
// Before hand.h, whose names its functions use for their own.
#include "task/task_inline.h"

#include "watch/seen.h"
#include "chan/broadcast.h"
#include "chan/case.h"
#include "chan/chan.h"
#include "chan/latest.h"
#include "chan/oneshot.h"
#include "sync/sync.h"
#include "task/hand.h"
#include "task/join.h"
#include "task/set.h"
#include "task/stepper.h"
#include "watch/process.h"
#include "watch/symbols.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY_STACKS 32

static struct weir_seen *seen;
static char remarks[4096];

static void open_many(void)
{
	executor = hand_executor(MANY_STACKS);
}

// Tasks that wait for ever stay with their executor: the process ends here.
TestSuite(seen, .init = open_many);

static void look(void)
{
	struct weir_error e = {0};

	weir_seen_free(seen);
	seen = NULL;
	cr_assert_eq(weir_seen_take(&seen, getpid(), &e), 0, "%s", e.text);
	cr_assert_eq(seen->count, 1);
}

static const struct weir_seen_task *task_of(const char *name)
{
	const struct weir_seen_executor *x = &seen->executors[0];

	for (unsigned i = 0; i < x->count; i++)
		if (strcmp(x->tasks[i].name, name) == 0)
			return &x->tasks[i];
	cr_assert_fail("no task '%s'", name);
	return NULL;
}

static void begin(const char *name, void (*fn)(void *arg), void *arg)
{
	const struct weir_spawn_options options = {.name = name};

	cr_assert_eq(weir_start(executor, fn, arg, &options, NULL), 0);
}

static void add_remark(void *arg, const char *sentence)
{
	strncat(remarks, sentence, sizeof(remarks) - strlen(remarks) - 2);
	strcat(remarks, "\n");
}

static unsigned remark(void)
{
	remarks[0] = '\0';
	return weir_seen_remarks(seen, add_remark, NULL);
}

static bool remarked(const char *words)
{
	return strstr(remarks, words);
}

// ---- what each waits for ----

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
	static const struct weir_wait_what what = {"the moon", "full"};
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

Test(seen, a_waiting_task_says_what_for)
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

// ---- since when ----

static void works_and_sleeps(void *arg)
{
	ticks += 70;
	weir_yield();
	ticks += 30;
	cr_assert_eq(weir_sleep(weir_in_ns(3000)), 0);
}

Test(seen, durations_are_exact)
{
	const struct weir_seen_task *t;

	begin("one", works_and_sleeps, NULL);
	begin("two", works_and_sleeps, NULL);
	turn(); // 70 each
	ticks += 5;
	look();
	t = task_of("one");
	cr_assert_eq(t->state, WEIR_SEEN_READY);
	cr_assert_eq(t->for_ns, 145); // since it began, which is the last read
	cr_assert_eq(t->steps, 1);
	cr_assert_eq(t->step_ns_max, 70);
	cr_assert_str_eq(t->waits_for, "");
	turn();
	ticks += 1000;
	look();
	t = task_of("two");
	cr_assert_eq(t->state, WEIR_SEEN_WAITING);
	cr_assert_eq(t->steps, 2);
	cr_assert_eq(t->for_ns, 1030);
	cr_assert_eq(t->left_ns, 2000);
	cr_assert_eq(t->waits, 1);
	cr_assert_eq(t->step_ns_max, 70);
	// From when one began to yield up to its second step.
	cr_assert_eq(task_of("one")->ready_ns_max, 145);
	cr_assert_eq(seen->executors[0].ready_ns_max, 145);
	cr_assert_leq(seen->executors[0].ready_ns_max,
		2 * seen->executors[0].turn_ns_max + 5);
}

Test(seen, what_was_started_early_was_not_ready_before_the_first_turn)
{
	begin("early", works_and_sleeps, NULL);
	ticks += 1000000;
	turn();
	look();
	cr_assert_eq(task_of("early")->ready_ns_max, 0);
}

// ---- stacks ----

static __attribute__((noinline)) void inner(void)
{
	cr_assert_eq(weir_sleep(WEIR_NEVER), 0);
}

static __attribute__((noinline)) void outer(void *arg)
{
	inner();
	ticks++; // no tail call
}

static bool has_frame(const struct weir_seen_task *t, const char *function)
{
	struct weir_symbols *symbols;
	bool found = false;
	char text[256];

	cr_assert_eq(weir_symbols_open(&symbols, 0, NULL), 0);
	for (unsigned i = 0; i < t->frames.count; i++) {
		weir_symbols_name(
			symbols, t->frames.at[i] - (i > 0), text, sizeof(text));
		found = found || strncmp(text, function, strlen(function)) == 0;
	}
	weir_symbols_close(symbols);
	return found;
}

Test(seen, a_parked_stack_has_its_callers)
{
	begin("nested", outer, NULL);
	settle();
	look();
	cr_assert(has_frame(task_of("nested"), "inner"));
	cr_assert(has_frame(task_of("nested"), "outer"));
	cr_assert(has_frame(task_of("nested"), "task_entry"));
}

static void looks_itself(void *arg)
{
	ticks += 400;
	look();
	ticks = 0;
}

Test(seen, a_task_that_runs_has_no_stack)
{
	begin("me", looks_itself, NULL);
	turn();
	cr_assert_eq(task_of("me")->state, WEIR_SEEN_RUNNING);
	cr_assert_eq(task_of("me")->for_ns, 400);
	cr_assert_eq(task_of("me")->frames.count, 0);
	cr_assert(seen->executors[0].runs);
	look();
	cr_assert_eq(seen->executors[0].count, 0); // it has ended
	cr_assert_not(seen->executors[0].runs);
}

static enum weir_stepper_next sits(struct weir_stepper *s)
{
	return weir_stepper_wait(s, weir_case_after(WEIR_NEVER), WEIR_NEVER);
}

Test(seen, steppers_are_counted)
{
	static const struct weir_stepper_class class_ = {"s", sits, NULL, NULL};
	static struct weir_stepper s[3];

	for (int i = 0; i < 3; i++)
		weir_stepper_start(executor, &s[i], &class_);
	begin("nested", outer, NULL);
	settle();
	look();
	cr_assert_eq(seen->executors[0].stepper_count, 3);
	cr_assert_eq(seen->executors[0].count, 1);
}

// ---- remarks ----

static void spins(void *arg)
{
	ticks += UINT64_C(150000000);
	look();
	cr_assert_eq(remark(), 1);
	ticks += 1;
}

Test(seen, a_task_that_never_yields_is_named)
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

Test(seen, a_stack_within_512_bytes_of_its_end_is_named)
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

Test(seen, a_task_that_only_yields_is_named)
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

static void holds_long(void *arg)
{
	cr_assert_eq(weir_mutex_lock(&mutex), 0);
	cr_assert_eq(weir_sleep(weir_in_ms(5000)), 0);
	weir_mutex_unlock(&mutex);
}

Test(seen, a_lock_held_over_a_long_wait_is_named)
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

Test(seen, wakes_that_find_nothing_are_named)
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

static void sends_nothing(void *arg)
{
	// It forgets its end, and ends.
}

Test(seen, waiting_for_a_dropped_sender_is_named)
{
	open_all();
	begin("eater", receives, NULL);
	begin("cook", sends_nothing, NULL);
	settle();
	ticks += HZ;
	look();
	cr_assert_eq(remark(), 1);
	cr_assert(remarked("task 'eater' of executor 'executor' waits for a "
			   "message from channel 'food', and no task is left"),
		"%s", remarks);
	begin("alarm", holds_long, NULL);
	turn();
	ticks += HZ / 2;
	look();
	cr_assert_eq(remark(), 0, "%s", remarks); // that one may send
}

// ---- other processes ----

static int other; // a process

static void begin_other(void (*fn)(void))
{
	int pipes[2];
	char byte;

	cr_assert_eq(pipe(pipes), 0);
	other = fork();
	if (other == 0) {
		fn();
		cr_assert_eq(write(pipes[1], "", 1), 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(pipes[0], &byte, 1), 1);
}

static void end_other(void)
{
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void in_other(void)
{
	begin("theirs", outer, NULL);
	settle();
}

Test(seen, another_process_is_looked_into)
{
	struct weir_error e = {0};

	begin_other(in_other);
	cr_assert_eq(weir_seen_take(&seen, other, &e), 0, "%s", e.text);
	cr_assert(has_frame(task_of("theirs"), "inner"));
	end_other();
	cr_assert_eq(weir_seen_take(&seen, other, &e), -ESRCH);
	cr_assert(strstr(e.text, "there is no process "), "%s", e.text);
}

static void other_program(void)
{
	close(1);
	execl("/bin/sleep", "sleep", "100", NULL);
}

Test(seen, a_process_without_weir_is_a_sentence)
{
	struct weir_error e = {0};

	other = fork();
	if (other == 0)
		other_program();
	do { // until it has become the other program
		weir_error_clear(&e);
		usleep(1000);
	} while (weir_seen_take(&seen, other, &e) != -ENOENT);
	cr_assert(strstr(e.text, "has no weir in it"), "%s", e.text);
	end_other();
}

Test(seen, a_process_of_another_user_is_a_sentence)
{
	struct weir_error e = {0};
	int status, parent = getpid();

	if (geteuid() != 0)
		cr_skip_test("needs root to become another");
	other = fork();
	if (other == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(9);
		status = weir_seen_take(&seen, parent, &e);
		_exit(status == -EPERM && strstr(e.text, "another user") ? 0
									 : 1);
	}
	cr_assert_eq(waitpid(other, &status, 0), other);
	cr_assert_eq(status, 0);
}

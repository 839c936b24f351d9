// SPDX-License-Identifier: BSD-3-Clause
//
// Event, barrier, once and gate, used at random by many tasks with deadlines and
// cancels, each beside the plainest thing that it is:
//
//	event    a number; who waits for another than n has it when it changes
//	barrier  a count of those who have arrived, and whether it is broken
//	once     a flag, who runs, and a line of those who wait
//	gate     a count of those inside, and whether it is closed
//
// Each answer is known beforehand.
#include "crew.h"
#include "seed.h"

#define RUNS 2000
#define USERS 9
#define OPS 30
#define TURNS_MAX 60000

struct user {
	unsigned id, ops;
	struct weir_task *task;
	bool canceled;
	uint64_t deadline;
};

static struct weir_random r;
static struct user users[USERS];
static unsigned user_count, live;
static const struct game *game;

// What each user's present wait must answer; NOT_YET while it waits. waiting is
// the line, in the order in which they came.
static int must_answer[USERS];
static unsigned waiting[USERS], waiting_count;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&r, bound);
}

static void model_wait(struct user *user)
{
	waiting[waiting_count++] = user->id;
	must_answer[user->id] = NOT_YET;
}

static void model_leave(unsigned at)
{
	waiting_count--;
	memmove(&waiting[at], &waiting[at + 1],
		(waiting_count - at) * sizeof(waiting[0]));
}

static void model_answer_first(int answer)
{
	must_answer[waiting[0]] = answer;
	model_leave(0);
}

static void model_answer_all(int answer)
{
	while (waiting_count > 0)
		model_answer_first(answer);
}

static bool model_end(unsigned user, int answer)
{
	for (unsigned i = 0; i < waiting_count; i++) {
		if (waiting[i] != user)
			continue;
		must_answer[user] = answer;
		model_leave(i);
		return true;
	}
	return false;
}

// A kind of play: what a user does in one operation, and what the end needs.
struct game {
	void (*open)(void);
	void (*play)(struct user *user);
	void (*finish)(void); // frees who still waits, when it is called for
	void (*close)(void);
};

static void check(struct user *user, int err)
{
	int wanted = must_answer[user->id];

	must_answer[user->id] = 0;
	cr_assert_eq(err, wanted, "user %u: %d, the model says %d", user->id,
		err, wanted);
}

static uint64_t random_deadline(void)
{
	switch (below(4)) {
	case 0:
		return ticks + below(100);
	case 1:
		return ticks - 1;
	default:
		return WEIR_NEVER;
	}
}

// ---- event ----

static struct weir_event event;
static uint64_t event_state;

static void event_open(void)
{
	weir_event_init(&event, executor);
	event.state = event_state = UINT64_MAX - below(20);
}

static void event_signal(void)
{
	cr_assert_eq(weir_event_signal(&event), 0);
	event_state++;
	model_answer_all(0);
}

static void event_play(struct user *user)
{
	uint64_t seen = event_state - below(2);
	bool waits = seen == event_state;
	int err;

	if (below(4) == 0) {
		event_signal();
		return;
	}
	if (waits && !user->canceled)
		model_wait(user);
	else
		must_answer[user->id] = user->canceled ? -ECANCELED : 0;
	err = weir_event_wait_until(&event, &seen, user->deadline);
	check(user, err);
	if (err == 0)
		cr_assert_eq(seen, event_state);
}

static void event_close(void)
{
	weir_event_fini(&event);
}

// ---- barrier ----

static struct weir_barrier barrier;
static unsigned parties;
static bool broken;
static bool gave_up[USERS]; // its wait has ended, it has not run

static void barrier_open(void)
{
	parties = 1 + below(user_count);
	broken = false;
	memset(gave_up, 0, sizeof(gave_up));
	weir_barrier_init(&barrier, executor, parties);
}

// Who gave up and has not run yet still counts as arrived.
static unsigned arrived(void)
{
	unsigned count = waiting_count;

	for (unsigned i = 0; i < user_count; i++)
		count += gave_up[i];
	return count;
}

// The generation is over: for those who gave up too, whose answer is 0 if all
// had arrived, else what ended their wait.
static void barrier_model_over(int answer)
{
	for (unsigned i = 0; i < user_count; i++) {
		if (gave_up[i] && answer == 0)
			must_answer[i] = 0;
		gave_up[i] = false;
	}
	model_answer_all(answer);
}

static void barrier_reset(void)
{
	cr_assert_eq(weir_barrier_reset(&barrier), 0);
	barrier_model_over(-EPIPE);
	broken = false;
}

static void barrier_play(struct user *user)
{
	int err;

	if (below(8) == 0) {
		barrier_reset();
		return;
	}
	if (user->canceled) {
		must_answer[user->id] = -ECANCELED;
		if (!broken)
			barrier_model_over(-EPIPE);
		broken = true;
	} else if (broken) {
		must_answer[user->id] = -EPIPE;
	} else if (arrived() + 1 == parties) {
		must_answer[user->id] = 0;
		barrier_model_over(0);
	} else {
		model_wait(user);
	}
	err = weir_barrier_wait_until(&barrier, user->deadline);
	if (gave_up[user->id]) { // it is the first of them to run
		gave_up[user->id] = false;
		barrier_model_over(-EPIPE);
		broken = true;
	}
	check(user, err);
}

static void barrier_close(void)
{
	weir_barrier_fini(&barrier);
}

// ---- once ----

static struct weir_once once;
static bool done;
static int runner; // -1: nobody

static void once_open(void)
{
	done = false;
	runner = -1;
	weir_once_init(&once, executor);
}

static int once_run(void *arg)
{
	struct user *user = arg;
	int err;

	cr_assert(!done);
	cr_assert(runner == -1 || runner == (int)user->id);
	runner = (int)user->id;
	for (unsigned k = below(4); k > 0; k--)
		weir_yield();
	err = below(6) ? -EIO : 0;
	must_answer[user->id] = err;
	runner = -1;
	if (err == 0) {
		done = true;
		model_answer_all(0);
	} else if (waiting_count > 0) {
		runner = (int)waiting[0];
		model_answer_first(0); // the turn; the answer comes later
	}
	return err;
}

static void once_play(struct user *user)
{
	if (user->canceled)
		must_answer[user->id] = -ECANCELED;
	else if (done)
		must_answer[user->id] = 0;
	else if (runner >= 0)
		model_wait(user);
	check(user, weir_once_run_until(&once, once_run, user, user->deadline));
}

static void once_close(void)
{
	weir_once_fini(&once);
}

// ---- gate ----

static struct weir_gate gate;
static unsigned inside;
static bool closed;

static void gate_open(void)
{
	inside = 0;
	closed = false;
	weir_gate_init(&gate, executor);
}

static void gate_model_over(void)
{
	if (closed && inside == 0)
		model_answer_all(0);
}

static void gate_finish(void)
{
	cr_assert_eq(weir_gate_close(&gate), 0);
	closed = true;
	gate_model_over();
}

static void gate_visit(void)
{
	int err = weir_gate_enter(&gate);

	cr_assert_eq(err, closed ? -ESHUTDOWN : 0);
	if (err)
		return;
	inside++;
	for (unsigned k = below(6); k > 0; k--)
		weir_yield();
	cr_assert_eq(weir_gate_leave(&gate), 0);
	inside--;
	gate_model_over();
}

static void gate_play(struct user *user)
{
	if (below(3)) {
		gate_visit();
		return;
	}
	if (below(20) == 0) {
		gate_finish();
		return;
	}
	if (user->canceled)
		must_answer[user->id] = -ECANCELED;
	else if (closed && inside == 0)
		must_answer[user->id] = 0;
	else
		model_wait(user);
	check(user, weir_gate_wait_until(&gate, user->deadline));
}

static void gate_close(void)
{
	weir_gate_fini(&gate);
}

static const struct game games[] = {
	{event_open, event_play, event_signal, event_close},
	{barrier_open, barrier_play, barrier_reset, barrier_close},
	{once_open, once_play, NULL, once_close},
	{gate_open, gate_play, gate_finish, gate_close},
};

// ---- a run ----

static void live_on(void *arg)
{
	struct user *user = arg;

	user->task = weir_task_self();
	while (user->ops-- > 0) {
		user->deadline = random_deadline();
		must_answer[user->id] = 0;
		game->play(user);
		if (below(3) == 0)
			weir_yield();
	}
	user->task = NULL;
	live--;
}

static void give_up(unsigned user, int answer)
{
	if (must_answer[user] == NOT_YET && model_end(user, answer))
		gave_up[user] = game->play == barrier_play;
}

static void expire(void)
{
	for (unsigned i = 0; i < user_count; i++)
		if (users[i].deadline != WEIR_NEVER &&
			(int64_t)(ticks - users[i].deadline) >= 0)
			give_up(i, -ETIMEDOUT);
}

static void disturb(void)
{
	struct user *user = &users[below(user_count)];

	if (!user->task || below(60))
		return;
	user->canceled = true;
	weir_task_cancel(user->task);
	give_up(user->id, -ECANCELED);
}

static void run(void)
{
	unsigned count = 0;

	game = &games[below(4)];
	waiting_count = 0;
	memset(must_answer, 0, sizeof(must_answer));
	live = user_count = 1 + below(USERS);
	game->open();
	for (unsigned i = 0; i < user_count; i++) {
		users[i] = (struct user){
			.id = i, .ops = 1 + below(OPS), .deadline = WEIR_NEVER};
		cr_assert_eq(
			weir_start(executor, live_on, &users[i], NULL, NULL),
			0);
	}
	while (live > 0) {
		ticks += below(15);
		expire();
		weir_executor_turn(executor);
		disturb();
		expire();
		if (game->finish && waiting_count == live && live > 0)
			on_executor(game->finish);
		cr_assert_lt(count++, TURNS_MAX, "somebody waits for ever");
	}
	turns(1);
	cr_assert_eq(waiting_count, 0);
	cr_assert_eq(weir_executor_counts(executor)->tasks, 0);
	game->close();
}

Test(rest_model, each_is_as_plain_as_it_says)
{
	r = random_of_test();
	open_crew_at(UINT64_MAX - 3000); // the clock wraps on the way
	for (unsigned i = 0; i < RUNS; i++)
		run();
	close_crew();
}

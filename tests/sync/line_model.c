// SPDX-License-Identifier: BSD-3-Clause
//
// Mutex, rwlock and semaphore, used at random by many tasks with deadlines and
// cancels, beside the plainest thing that all three are: a line of requests
// before a number of permits, the first served first.
//
//	mutex      1 permit, each request wants 1
//	semaphore  P permits, a request wants 1..P
//	rwlock     as many permits as tasks: a reader wants 1, a writer all
//
// As one thing happens at a time, each answer is known beforehand: the model is
// asked where the lock is, and what it says is what the lock must answer.
#include "crew.h"
#include "seed.h"

#define RUNS 2000
#define USERS 12
#define OPS 40 // of each user
#define TURNS_MAX 60000
#define PERMITS_MAX 5

enum what { MUTEX, SEMAPHORE, RWLOCK, WHATS };

struct user {
	unsigned id, ops;
	struct weir_task *task;
	struct weir_rwlock_hold hold;
	bool canceled;
	uint64_t deadline; // of the present wait
};

static struct weir_random r;
static enum what what;
static struct user users[USERS];
static unsigned user_count, live;
static struct weir_mutex mutex;
static struct weir_rwlock lock;
static struct weir_semaphore semaphore;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&r, bound);
}

// ---- the model ----

// A request as the model sees it. ended: by its deadline or a cancel, and its
// task has not run yet.
struct request {
	unsigned user, wants;
	bool ended;
};

static struct request line[USERS];
static unsigned line_length, permits, available;
static unsigned held[USERS];   // permits of each user
static int must_answer[USERS]; // NOT_YET while it waits
static unsigned grant_order[USERS], grants;

static void leave_line(unsigned at)
{
	line_length--;
	memmove(&line[at], &line[at + 1], (line_length - at) * sizeof(line[0]));
}

static void model_grant(unsigned user, unsigned wants)
{
	cr_assert_leq(wants, available);
	available -= wants;
	held[user] = wants;
	must_answer[user] = 0;
	grant_order[user] = ++grants;
}

static void model_serve(void)
{
	while (line_length > 0) {
		if (line[0].wants > available)
			return;
		if (!line[0].ended)
			model_grant(line[0].user, line[0].wants);
		leave_line(0);
	}
}

// model_ask answers whether the caller must wait.
static bool model_ask(unsigned user, unsigned wants)
{
	if (line_length == 0 && wants <= available) {
		model_grant(user, wants);
		return false;
	}
	line[line_length++] = (struct request){user, wants, false};
	must_answer[user] = NOT_YET;
	return true;
}

static void model_release(unsigned user)
{
	available += held[user];
	held[user] = 0;
	model_serve();
}

// model_end ends a wait otherwise than by a grant.
static void model_end(unsigned user, int answer)
{
	for (unsigned i = 0; i < line_length; i++) {
		if (line[i].user != user || line[i].ended)
			continue;
		line[i].ended = true;
		must_answer[user] = answer;
		// A mutex's waiter is out of its queue at once.
		if (what == MUTEX)
			leave_line(i);
		return;
	}
}

// model_gone is where the task of an ended request runs.
static void model_gone(unsigned user)
{
	for (unsigned i = 0; i < line_length; i++) {
		if (line[i].user != user)
			continue;
		leave_line(i);
		break;
	}
	model_serve();
}

static void model_expire(void)
{
	for (unsigned i = 0; i < user_count; i++)
		if (must_answer[i] == NOT_YET &&
			users[i].deadline != WEIR_NEVER &&
			(int64_t)(ticks - users[i].deadline) >= 0)
			model_end(i, -ETIMEDOUT);
}

// ---- the locks, under the model's face ----

static int lock_try(struct user *user, unsigned wants)
{
	switch (what) {
	case MUTEX:
		return weir_mutex_try_lock(&mutex);
	case SEMAPHORE:
		return weir_semaphore_try_acquire(&semaphore, wants);
	default:
		return wants > 1 ? weir_rwlock_try_write(&lock, &user->hold)
				 : weir_rwlock_try_read(&lock, &user->hold);
	}
}

static int lock_ask(struct user *user, unsigned wants)
{
	switch (what) {
	case MUTEX:
		return weir_mutex_lock_until(&mutex, user->deadline);
	case SEMAPHORE:
		return weir_semaphore_acquire_until(
			&semaphore, wants, user->deadline);
	default:
		return wants > 1 ? weir_rwlock_write_until(
					   &lock, &user->hold, user->deadline)
				 : weir_rwlock_read_until(
					   &lock, &user->hold, user->deadline);
	}
}

static int lock_release(struct user *user)
{
	switch (what) {
	case MUTEX:
		return weir_mutex_unlock(&mutex);
	case SEMAPHORE:
		return weir_semaphore_release(&semaphore, held[user->id]);
	default:
		return weir_rwlock_release(&user->hold);
	}
}

// ---- users ----

static unsigned random_wants(void)
{
	switch (what) {
	case MUTEX:
		return 1;
	case SEMAPHORE:
		return 1 + below(permits);
	default:
		return below(4) ? 1 : permits;
	}
}

static uint64_t random_deadline(void)
{
	switch (below(4)) {
	case 0:
		return ticks + below(100);
	case 1:
		return ticks - 1 - below(5);
	default:
		return WEIR_NEVER;
	}
}

static unsigned last_order; // of grants, as they came to run

static void use(struct user *user)
{
	unsigned order = grant_order[user->id];

	cr_assert_leq(available, permits);
	if (what == MUTEX) { // who was handed it runs before the next
		cr_assert_gt(order, last_order);
		last_order = order;
	}
	for (unsigned k = below(4); k > 0; k--)
		weir_yield();
	cr_assert_gt(held[user->id], 0);
	int err = lock_release(user);

	cr_assert_eq(err, 0);
	model_release(user->id);
}

static void try_it(struct user *user)
{
	unsigned wants = random_wants();
	bool free_now = line_length == 0 && wants <= available;
	int err = lock_try(user, wants);

	cr_assert_eq(err, free_now ? 0 : -EBUSY);
	if (err)
		return;
	model_grant(user->id, wants);
	use(user);
}

static void ask_for_it(struct user *user)
{
	unsigned wants = random_wants();
	bool waits;
	int err;

	user->deadline = random_deadline();
	if (user->canceled) {
		err = lock_ask(user, wants);
		cr_assert_eq(err, -ECANCELED);
		return;
	}
	waits = model_ask(user->id, wants);
	err = lock_ask(user, wants);
	cr_assert_eq(err, must_answer[user->id],
		"user %u, %s: %d, the model says %d", user->id,
		waits ? "waited" : "did not wait", err, must_answer[user->id]);
	if (err)
		model_gone(user->id);
	else
		use(user);
}

static void live_on(void *arg)
{
	struct user *user = arg;

	user->task = weir_task_self();
	while (user->ops-- > 0) {
		if (below(4))
			ask_for_it(user);
		else
			try_it(user);
		if (below(3) == 0)
			weir_yield();
		must_answer[user->id] = 0; // waits for nothing
	}
	user->task = NULL;
	live--;
}

// ---- a run ----

static void open_run(void)
{
	what = below(WHATS);
	permits = what == MUTEX	      ? 1
		  : what == SEMAPHORE ? 1 + below(PERMITS_MAX)
				      : USERS;
	available = permits;
	line_length = grants = last_order = 0;
	memset(held, 0, sizeof(held));
	memset(must_answer, 0, sizeof(must_answer));
	weir_mutex_init(&mutex, executor);
	weir_rwlock_init(&lock, executor);
	weir_semaphore_init(&semaphore, executor, permits);
	live = user_count = 1 + below(USERS);
	for (unsigned i = 0; i < user_count; i++) {
		users[i] = (struct user){.id = i, .ops = 1 + below(OPS)};
		cr_assert_eq(
			weir_start(executor, live_on, &users[i], NULL, NULL),
			0);
	}
}

static void disturb(void)
{
	struct user *user = &users[below(user_count)];

	if (!user->task || below(60))
		return;
	user->canceled = true;
	weir_task_cancel(user->task);
	if (must_answer[user->id] == NOT_YET)
		model_end(user->id, -ECANCELED);
}

static void run(void)
{
	unsigned count = 0;

	open_run();
	while (live > 0) {
		ticks += below(15);
		model_expire();
		weir_executor_turn(executor);
		disturb();
		cr_assert_lt(count++, TURNS_MAX, "somebody waits for ever");
	}
	turns(1);
	cr_assert_eq(available, permits);
	cr_assert_eq(line_length, 0);
	cr_assert_eq(weir_executor_counts(executor)->tasks, 0);
	weir_mutex_fini(&mutex);
	weir_rwlock_fini(&lock);
	weir_semaphore_fini(&semaphore);
}

Test(line_model, each_is_a_line_before_permits)
{
	r = random_of_test();
	open_crew_at(UINT64_MAX - 3000); // the clock wraps on the way
	for (unsigned i = 0; i < RUNS; i++)
		run();
	close_crew();
}

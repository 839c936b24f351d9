// SPDX-License-Identifier: BSD-3-Clause
//
// One channel of few slots, used at random by tasks on three executors and by
// the test's own thread, all stepped in one thread. Beside it the plainest
// queue: how many each sender has sent, how many were received. As only one
// thing happens at a time, each answer is known beforehand.
#include "chan/chan.h"
#include "chan/ring.h"
#include "chan/segments.h"
#include "mem/mem.h"
#include "seed.h"
#include "task/executor.h"
#include "task/task_inline.h"

#include <criterion/criterion.h>

#define RUNS 1000
#define EXECUTORS 3
#define USERS 3 // on each side
#define OPS 60	// of each user
#define BURST_MAX 5
#define TURNS_MAX 20000

struct user {
	bool sends;
	unsigned id;
	struct weir_tx tx;
	struct weir_rx rx;
	struct weir_executor *executor; // NULL: the test's thread
	struct weir_task *task;
	unsigned ops; // left
	bool canceled, closed;
	uint32_t sent; // by operations that have answered
	unsigned done; // by the one under way
};

static struct weir_random r;
static uint64_t now_ticks;
static struct weir_executor *executors[EXECUTORS];
static struct user users[2 * USERS];
static unsigned user_count, capacity;
static uint32_t next_number[USERS]; // of each sender, to be received next
static unsigned senders_open, receivers_open;
static bool chained; // it grows in segments, and no send waits
static struct weir_segments *pool;
static bool patient; // no deadline or cancel gets anyone out of a wait

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&r, bound);
}

static unsigned held(void)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < user_count; i++)
		sum += users[i].sends ? users[i].sent + users[i].done : 0;
	for (unsigned i = 0; i < USERS; i++)
		sum -= next_number[i];
	return sum;
}

// Messages carry who sent them and the how-many-eth it is.
static uint64_t message_of(unsigned id, uint32_t number)
{
	return (uint64_t)id << 32 | number;
}

static void see(uint64_t message)
{
	unsigned id = message >> 32;

	cr_assert_lt(id, USERS);
	cr_assert_eq((uint32_t)message, next_number[id]++);
}

static void release(void *arg, void *message)
{
	cr_assert_eq(receivers_open, 0);
	see(*(uint64_t *)message);
}

static void check_len(const struct user *user)
{
	unsigned len =
		user->sends ? weir_tx_len(&user->tx) : weir_rx_len(&user->rx);

	cr_assert_leq(len, capacity);
	cr_assert_eq(len, held());
}

static uint64_t random_deadline(void)
{
	switch (patient ? 2 : below(4)) {
	case 0:
		return now_ticks + below(300);
	case 1:
		return now_ticks - 1;
	default:
		return WEIR_NEVER;
	}
}

// ---- operations, and what they must answer ----

static void try_send(struct user *user, uint64_t *burst, unsigned count)
{
	unsigned room = capacity - held(), done = 0;
	enum weir_result result;

	if (count == 1 && below(2)) {
		result = weir_try_send(&user->tx, burst);
		done = result == WEIR_SENT;
	} else {
		result = weir_try_send_burst(&user->tx, burst, count, &done);
	}
	user->sent += done;
	if (receivers_open == 0) {
		cr_assert_eq(result, WEIR_CLOSED);
		cr_assert_eq(done, 0);
	} else {
		cr_assert_eq(done, room < count ? room : count);
		cr_assert_eq(result, done == count ? WEIR_SENT
				     : chained	   ? WEIR_AT_CAP
						   : WEIR_FULL);
	}
}

static void try_recv(struct user *user, unsigned count)
{
	unsigned ready = held(), done = 0;
	uint64_t burst[BURST_MAX];
	enum weir_result result;

	if (count == 1 && below(2)) {
		result = weir_try_recv(&user->rx, burst);
		done = result == WEIR_RECEIVED;
	} else {
		result = weir_try_recv_burst(&user->rx, burst, count, &done);
	}
	cr_assert_eq(done, ready < count ? ready : count);
	for (unsigned i = 0; i < done; i++)
		see(burst[i]);
	if (done)
		cr_assert_eq(result, WEIR_RECEIVED);
	else
		cr_assert_eq(
			result, senders_open == 0 ? WEIR_CLOSED : WEIR_EMPTY);
}

static void check_given_up(
	const struct user *user, enum weir_result result, uint64_t deadline)
{
	if (result == WEIR_TIMED_OUT)
		cr_assert_leq(deadline, now_ticks);
	else
		cr_assert(result == WEIR_CANCELED && user->canceled);
}

static void wait_send(struct user *user, uint64_t *burst, unsigned count)
{
	uint64_t deadline = random_deadline();
	enum weir_result result =
		weir_send_burst(&user->tx, burst, count, &user->done, deadline);
	unsigned done = user->done;

	user->sent += done;
	user->done = 0;
	if (result == WEIR_SENT)
		cr_assert_eq(done, count);
	else if (result == WEIR_CLOSED)
		cr_assert_eq(receivers_open, 0);
	else
		check_given_up(user, result, deadline);
}

static void wait_recv(struct user *user, unsigned count)
{
	uint64_t deadline = random_deadline(), burst[BURST_MAX];
	unsigned done;
	enum weir_result result =
		weir_recv_burst(&user->rx, burst, count, &done, deadline);

	for (unsigned i = 0; i < done; i++)
		see(burst[i]);
	if (result == WEIR_RECEIVED)
		cr_assert(done > 0 && done <= count);
	else if (result == WEIR_CLOSED)
		cr_assert(senders_open == 0 && held() == 0);
	else
		check_given_up(user, result, deadline);
}

static void operate(struct user *user)
{
	unsigned count = 1 + below(BURST_MAX);
	bool may_wait = user->executor && below(4) && !(chained && user->sends);
	uint64_t burst[BURST_MAX];

	for (unsigned i = 0; i < count; i++)
		burst[i] = message_of(user->id, user->sent + i);
	if (user->sends && may_wait)
		wait_send(user, burst, count);
	else if (user->sends)
		try_send(user, burst, count);
	else if (may_wait)
		wait_recv(user, count);
	else
		try_recv(user, count);
	check_len(user);
}

static void close_end(struct user *user)
{
	user->closed = true;
	if (user->sends) {
		senders_open--;
		weir_tx_close(&user->tx);
		return;
	}
	receivers_open--;
	weir_rx_close(&user->rx);
	if (receivers_open == 0 && senders_open > 0)
		cr_assert_eq(held(), 0, "released at once");
}

static void use(void *arg)
{
	struct user *user = arg;

	user->task = weir_task_self();
	while (user->ops-- > 0 && !user->canceled) {
		operate(user);
		if (below(3) == 0)
			weir_yield();
	}
	close_end(user);
}

// ---- a run ----

// As after nearly 2^32 messages.
static void near_wrap(struct weir_tx *tx, struct weir_rx *rx)
{
	struct rte_ring *ring = tx->end.ring;

	if (chained)
		return;
	ring->prod.head = ring->prod.tail = UINT32_MAX - below(100);
	ring->cons.head = ring->cons.tail = ring->prod.tail;
	weir_ring_tx_init(&tx->end, ring, 8);
	weir_ring_rx_init(&rx->end, ring, 8);
}

// The first two are those of open; then come the other senders.
static bool sends(unsigned user)
{
	return user == 0 || (user > 1 && user <= senders_open);
}

static void open_users(void)
{
	static const enum weir_channel_class classes[] = {
		WEIR_SPSC, WEIR_SPMC, WEIR_MPSC, WEIR_MPMC};
	unsigned class_ = below(4);
	unsigned spread = below(EXECUTORS + 2), kind = below(3);
	const struct weir_channel_options options = {.class_ = classes[class_],
		.place = spread == 0 ? WEIR_LOCAL : WEIR_ANYWHERE,
		.message_size = 8,
		.permits = kind == 1,
		.segments = kind == 2 ? pool : NULL,
		.release = release};

	chained = kind == 2;
	capacity = 1 + below(4);
	patient = below(2);
	senders_open = class_ & 2 ? 1 + below(USERS) : 1;
	receivers_open = class_ & 1 ? 1 + below(USERS) : 1;
	user_count = senders_open + receivers_open;
	memset(next_number, 0, sizeof(next_number));
	for (unsigned i = 0; i < user_count; i++) {
		unsigned where = below(spread ? spread : 1);

		users[i] = (struct user){.sends = sends(i),
			.id = i < 2	 ? 0
			      : sends(i) ? i - 1
					 : i - senders_open,
			.ops = 1 + below(OPS),
			.executor =
				where < EXECUTORS ? executors[where] : NULL};
	}
	cr_assert_eq(weir_channel_open_with(
			     capacity, &options, &users[0].tx, &users[1].rx),
		0);
	near_wrap(&users[0].tx, &users[1].rx);
	for (unsigned i = 2; i < user_count; i++) {
		if (users[i].sends)
			cr_assert(!weir_tx_clone(&users[0].tx, &users[i].tx));
		else
			cr_assert(!weir_rx_clone(&users[1].rx, &users[i].rx));
	}
	for (unsigned i = 0; i < user_count; i++)
		if (users[i].executor)
			cr_assert(!weir_start(
				users[i].executor, use, &users[i], NULL, NULL));
}

static void disturb(struct user *user)
{
	if (!user->executor && user->ops > 0) {
		user->ops--;
		operate(user);
	} else if (!user->executor) {
		close_end(user);
	} else if (user->task && !patient && below(400) == 0) {
		user->canceled = true;
		weir_task_cancel(user->task);
	}
}

static bool all_closed(void)
{
	return senders_open + receivers_open == 0;
}

static void run(void)
{
	unsigned turns = 0;

	open_users();
	while (!all_closed()) {
		struct user *user = &users[below(user_count)];

		weir_executor_turn(executors[below(EXECUTORS)]);
		if (!user->closed)
			disturb(user);
		now_ticks += below(20);
		cr_assert_lt(turns++, TURNS_MAX, "somebody waits for ever");
	}
	cr_assert_eq(held(), 0);
	cr_assert_eq(weir_segments_free_count(pool), 4);
	for (unsigned i = 0; i < EXECUTORS; i++)
		weir_executor_turn(executors[i]);
}

Test(channel_model, behaves_as_a_queue)
{
	struct weir_clock clock = weir_clock_virtual(&now_ticks, 1000000000);
	const struct weir_executor_options options = {
		.clock = &clock, .node = WEIR_NODE_ANY, .stack_count = 8};

	r = random_of_test();
	cr_assert_eq(weir_segments_open(&pool, 4, 2, 8), 0);
	now_ticks = UINT64_MAX / 2;
	for (unsigned i = 0; i < EXECUTORS; i++)
		cr_assert(!weir_executor_create(&executors[i], &options, NULL));
	for (unsigned i = 0; i < RUNS; i++)
		run();
	for (unsigned i = 0; i < EXECUTORS; i++)
		weir_executor_destroy(executors[i]);
	cr_assert_eq(weir_segments_close(pool), 0);
}

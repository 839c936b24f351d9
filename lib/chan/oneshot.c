// SPDX-License-Identifier: BSD-3-Clause
//
// The whole of it is one word:
//
//	EMPTY ◀──▶ WAITING ──▶ SENT, TX_GONE      by the sender's one exchange
//	  └──▶ RX_GONE                            by the receiver
//
// Who finds that the other has gone was the last, and gives the line back. A
// sender that finds WAITING tells the waiter, which lies in the receiver's end and
// stays there until it was told: a receiver whose deadline has come first takes
// WAITING back, and if it cannot, it is about to be told.
#include "chan/oneshot.h"
#include "base/assert.h"
#include "chan/case.h"
#include "task/bell.h"
#include "task/task_inline.h"
#include "task/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct weir_wait_what what = {.kind = "a one-shot"};

_Static_assert(sizeof(struct weir_oneshot) == WEIR_CACHE_LINE,
	"a one-shot is one cache line");

enum { EMPTY, WAITING, SENT, TX_GONE, RX_GONE };

static void done(struct weir_oneshot *oneshot)
{
	free(oneshot);
}

int weir_oneshot_open_in(struct weir_oneshot *oneshot, unsigned message_size,
	void (*on_done)(struct weir_oneshot *oneshot),
	struct weir_oneshot_tx *tx, struct weir_oneshot_rx *rx)
{
	if (message_size > WEIR_ONESHOT_SIZE_MAX || message_size % 4)
		return -EINVAL;
	*oneshot = (struct weir_oneshot){
		.state = EMPTY,
		.message_size = (uint16_t)(message_size ? message_size
							: sizeof(void *)),
		.pointers = message_size == 0,
		.done = on_done,
	};
	tx->oneshot = oneshot;
	rx->oneshot = oneshot;
	return 0;
}

int weir_oneshot_open(unsigned message_size, struct weir_oneshot_tx *tx,
	struct weir_oneshot_rx *rx)
{
	struct weir_oneshot *oneshot =
		aligned_alloc(WEIR_CACHE_LINE, sizeof(*oneshot));
	int err;

	if (!oneshot)
		return -ENOMEM;
	err = weir_oneshot_open_in(oneshot, message_size, done, tx, rx);
	if (err)
		free(oneshot);
	return err;
}

// ---- the sender ----

static void wake(struct weir_executor *executor, struct weir_post *post)
{
	struct weir_oneshot_waiter *waiter =
		weir_container(post, struct weir_oneshot_waiter, post);

	waiter->told = true;
	weir_wake(&waiter->queue);
}

// tell is the last that the sender does: the waiter may be gone right after.
static void tell(struct weir_oneshot_waiter *waiter)
{
	struct weir_bell *bell = waiter->bell;

	if (!waiter->executor) {
		store_release(&waiter->told, true);
		fence_full(); // "the bell": told is written, the bell read
		if (bell)
			weir_bell_ring(bell);
	} else if (waiter->executor == weir_executor_current()) {
		wake(waiter->executor, &waiter->post);
	} else {
		waiter->post.fn = wake;
		weir_executor_post(waiter->executor, &waiter->post);
	}
}

// leave ends the sender's part; false when the receiver had gone.
static bool leave(struct weir_oneshot_tx *tx, uint32_t state)
{
	struct weir_oneshot *oneshot = tx->oneshot;

	tx->oneshot = NULL;
	switch (exchange_acq_rel(&oneshot->state, state)) {
	case WAITING:
		tell(oneshot->waiter);
		return true;
	case RX_GONE:
		oneshot->done(oneshot);
		return false;
	default:
		return true;
	}
}

enum weir_result weir_oneshot_send(struct weir_oneshot_tx *tx, void *message)
{
	struct weir_oneshot *oneshot = tx->oneshot;
	bool pointers;

	if (!oneshot)
		return WEIR_CLOSED;
	pointers = oneshot->pointers;
	memcpy(oneshot->message, message, oneshot->message_size);
	WEIR_TRACE(chan_sent, oneshot, 1, 1);
	if (!leave(tx, SENT))
		return WEIR_CLOSED;
	if (pointers)
		*(void **)message = NULL;
	return WEIR_SENT;
}

void weir_oneshot_tx_close(struct weir_oneshot_tx *tx)
{
	if (tx->oneshot)
		leave(tx, TX_GONE);
}

bool weir_oneshot_closed(const struct weir_oneshot_tx *tx)
{
	return !tx->oneshot || load_acquire(&tx->oneshot->state) == RX_GONE;
}

// ---- the receiver ----

enum weir_result weir_oneshot_try_recv(
	struct weir_oneshot_rx *rx, void *message)
{
	struct weir_oneshot *oneshot = rx->oneshot;
	uint32_t state = oneshot ? load_acquire(&oneshot->state) : RX_GONE;

	if (!oneshot)
		return WEIR_CLOSED;
	if (state != SENT && state != TX_GONE)
		return WEIR_EMPTY;
	if (state == SENT)
		memcpy(message, oneshot->message, oneshot->message_size);
	if (state == SENT)
		WEIR_TRACE(chan_received, oneshot, 1, 0);
	rx->oneshot = NULL;
	oneshot->done(oneshot);
	return state == SENT ? WEIR_RECEIVED : WEIR_CLOSED;
}

// begin makes the waiter known; false when there is nothing to wait for.
static bool begin(
	struct weir_oneshot *oneshot, struct weir_oneshot_waiter *waiter)
{
	uint32_t state = EMPTY;

	store_relaxed(&oneshot->waiter, waiter);
	return cas_acq_rel(&oneshot->state, &state, WAITING);
}

// give_up takes the wait back; false when the waiter is told or about to be.
static bool give_up(struct weir_oneshot *oneshot)
{
	uint32_t state = WAITING;

	return cas_acq_rel(&oneshot->state, &state, EMPTY);
}

static bool begin_on(struct weir_oneshot_rx *rx, struct weir_executor *executor)
{
	weir_assert(executor); // only a task can wait
	rx->waiter = (struct weir_oneshot_waiter){.executor = executor};
	weir_wait_queue_says(&rx->waiter.queue, &what);
	return begin(rx->oneshot, &rx->waiter);
}

enum weir_result weir_oneshot_recv(
	struct weir_oneshot_rx *rx, void *message, uint64_t deadline)
{
	struct weir_oneshot_waiter *waiter = &rx->waiter;
	enum weir_result result;
	int err;

	(void)weir_task_begin(); // what has come is the cancelled task's too
	result = weir_oneshot_try_recv(rx, message);
	if (result != WEIR_EMPTY)
		return result;
	if (!begin_on(rx, weir_executor_current()))
		return weir_oneshot_try_recv(rx, message);
	err = weir_wait(&waiter->queue, deadline, WEIR_WAIT_BACK);
	if (err && give_up(rx->oneshot))
		return err == -ETIMEDOUT ? WEIR_TIMED_OUT : WEIR_CANCELED;
	while (!waiter->told) // its post is on the way
		weir_yield();
	return weir_oneshot_try_recv(rx, message);
}

static void block(struct weir_oneshot_waiter *waiter, uint64_t deadline)
{
	if (!waiter->bell) { // there are no more: a nap
		nanosleep(&(struct timespec){.tv_nsec = WEIR_BELL_PERIOD_NS},
			NULL);
		return;
	}
	weir_bell_arm(waiter->bell);
	if (!load_acquire(&waiter->told))
		weir_bell_sleep(waiter->bell, deadline);
	weir_bell_disarm(waiter->bell);
}

static bool is_past(uint64_t deadline)
{
	return deadline != WEIR_NEVER &&
	       (int64_t)(weir_ticks() - deadline) >= 0;
}

enum weir_result weir_oneshot_recv_blocking(
	struct weir_oneshot_rx *rx, void *message, uint64_t deadline)
{
	enum weir_result result = weir_oneshot_try_recv(rx, message);
	struct weir_oneshot_waiter *waiter = &rx->waiter;

	weir_assert(!weir_executor_current()); // a task must not block
	if (result != WEIR_EMPTY)
		return result;
	*waiter = (struct weir_oneshot_waiter){.bell = weir_bell_of_thread()};
	if (!begin(rx->oneshot, waiter))
		return weir_oneshot_try_recv(rx, message);
	while (!load_acquire(&waiter->told)) {
		if (is_past(deadline) && give_up(rx->oneshot))
			return WEIR_TIMED_OUT;
		block(waiter, deadline);
	}
	return weir_oneshot_try_recv(rx, message);
}

enum weir_result weir_oneshot_rx_close(
	struct weir_oneshot_rx *rx, void *message)
{
	uint32_t state = EMPTY;

	if (!rx->oneshot)
		return WEIR_CLOSED;
	if (!cas_acq_rel(&rx->oneshot->state, &state, RX_GONE))
		return weir_oneshot_try_recv(rx, message);
	rx->oneshot = NULL;
	return WEIR_CLOSED;
}

// ---- receiving as a case ----

static bool recv_attempt(struct weir_case *c)
{
	enum weir_result result = weir_oneshot_try_recv(c->object, c->argument);

	if (result == WEIR_EMPTY)
		return false;
	c->result = result;
	c->disabled = true;
	return true;
}

static bool recv_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	struct weir_oneshot_rx *rx = c->object;

	if (!begin_on(rx, executor)) {
		rx->waiter.told = true; // by the state: nobody else will
		return false;
	}
	weir_case_enlist(c, executor, &rx->waiter.queue, place);
	return true;
}

static bool recv_delist(struct weir_case *c)
{
	const struct weir_oneshot_rx *rx = c->object;

	return rx->waiter.told || give_up(rx->oneshot);
}

static const struct weir_case_ops recv_ops = {
	.kind = "a one-shot",
	.attempt = recv_attempt,
	.enlist = recv_enlist,
	.delist = recv_delist,
};

struct weir_case weir_case_oneshot(struct weir_oneshot_rx *rx, void *message)
{
	return (struct weir_case){
		.ops = &recv_ops, .object = rx, .argument = message};
}

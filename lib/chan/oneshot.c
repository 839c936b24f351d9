// SPDX-License-Identifier: BSD-3-Clause
//
// The whole of it is one word:
//
//	EMPTY ◀──▶ WAITING ──▶ SENT, TX_GONE      by the sender's one exchange
//	  └──▶ RX_GONE                            by the receiver
//
//	EMPTY, WAITING | HEEDED                   while the sender waits for RX_GONE
//
// Who finds that the other has gone was the last, and gives the line back. A
// sender that finds WAITING tells the waiter, which lies in the receiver's end and
// stays there until it was told: a receiver whose deadline has come first takes
// WAITING back, and if it cannot, it is about to be told. HEEDED is the same the
// other way round. Its waiter is named in the line, in place of the message, which
// comes only when the sender does not wait.
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
static const struct weir_wait_what what_goes = {
	.kind = "the receiver of a one-shot to leave"};

_Static_assert(sizeof(struct weir_oneshot) == WEIR_CACHE_LINE,
	"a one-shot is one cache line");

enum { EMPTY, WAITING, SENT, TX_GONE, RX_GONE, HEEDED = 8 };

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

// Only the sender sets HEEDED, and only the receiver WAITING: a look is enough.
static void must_be_unheeded(
	const struct weir_oneshot *oneshot, const char *call)
{
	if (unlikely(load_relaxed(&oneshot->state) & HEEDED))
		weir_misuse_end(call,
			"somebody waits on this end of the one-shot for its "
			"receiver to leave: end that wait first, remove its "
			"case from the set");
}

static void must_not_wait(const struct weir_oneshot *oneshot, const char *call)
{
	if (unlikely((load_relaxed(&oneshot->state) & ~HEEDED) == WAITING))
		weir_misuse_end(call,
			"somebody waits on this end of the one-shot: it has "
			"one user; end that wait first, remove its case from "
			"the set");
}

enum weir_result weir_oneshot_send(struct weir_oneshot_tx *tx, void *message)
{
	struct weir_oneshot *oneshot = tx->oneshot;
	bool pointers;

	if (!oneshot)
		return WEIR_CLOSED;
	must_be_unheeded(oneshot, "weir_oneshot_send");
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
	if (!tx->oneshot)
		return;
	must_be_unheeded(tx->oneshot, "weir_oneshot_tx_close");
	leave(tx, TX_GONE);
}

bool weir_oneshot_closed(const struct weir_oneshot_tx *tx)
{
	return !tx->oneshot || load_acquire(&tx->oneshot->state) == RX_GONE;
}

// heed makes known that a task of executor waits for the receiver to go; false
// when it has.
static bool heed(struct weir_oneshot *oneshot,
	struct weir_oneshot_waiter *waiter, struct weir_executor *executor)
{
	uint32_t state = EMPTY;

	must_be_unheeded(oneshot, "weir_oneshot_wait_closed");
	*waiter = (struct weir_oneshot_waiter){.executor = executor};
	weir_wait_queue_says(&waiter->queue, &what_goes);
	store_relaxed(&oneshot->heeder, waiter);
	while (!cas_acq_rel(&oneshot->state, &state, state | HEEDED))
		if (state == RX_GONE)
			return false;
	return true;
}

// unheed takes that back; false when the waiter is told or about to be.
static bool unheed(struct weir_oneshot *oneshot)
{
	uint32_t state = HEEDED;

	while (!cas_acq_rel(&oneshot->state, &state, state & ~HEEDED))
		if (state == RX_GONE)
			return false;
	return true;
}

enum weir_result weir_oneshot_wait_closed(
	struct weir_oneshot_tx *tx, uint64_t deadline)
{
	struct weir_oneshot_waiter waiter;
	int err;

	weir_task_only("weir_oneshot_wait_closed", NULL);
	if (!weir_task_begin())
		return WEIR_CANCELED;
	if (!tx->oneshot ||
		!heed(tx->oneshot, &waiter, weir_executor_current()))
		return WEIR_CLOSED;
	err = weir_wait(&waiter.queue, deadline, WEIR_WAIT_BACK);
	if (err && unheed(tx->oneshot))
		return err == -ETIMEDOUT ? WEIR_TIMED_OUT : WEIR_CANCELED;
	while (!waiter.told) // its post is on the way
		weir_yield();
	return WEIR_CLOSED;
}

// ---- the receiver ----

// shift is a step of the receiver's: false when the word was not from. What the
// sender has said there stays.
static bool shift(struct weir_oneshot *oneshot, uint32_t from, uint32_t to)
{
	uint32_t state = from;

	while (!cas_acq_rel(&oneshot->state, &state, to | (state & HEEDED)))
		if ((state & ~HEEDED) != from)
			return false;
	return true;
}

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
	store_relaxed(&oneshot->waiter, waiter);
	return shift(oneshot, EMPTY, WAITING);
}

// give_up takes the wait back; false when the waiter is told or about to be.
static bool give_up(struct weir_oneshot *oneshot)
{
	return shift(oneshot, WAITING, EMPTY);
}

static bool begin_on(struct weir_oneshot_rx *rx, struct weir_executor *executor)
{
	must_not_wait(rx->oneshot, "weir_oneshot_recv");
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

	weir_task_only("weir_oneshot_recv", "weir_oneshot_recv_blocking");
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
	struct weir_oneshot_waiter *waiter = &rx->waiter;
	enum weir_result result;

	weir_thread_only("weir_oneshot_recv_blocking", "weir_oneshot_recv");
	result = weir_oneshot_try_recv(rx, message);
	if (result != WEIR_EMPTY)
		return result;
	must_not_wait(rx->oneshot, "weir_oneshot_recv_blocking");
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
	struct weir_oneshot *oneshot = rx->oneshot;
	uint32_t state = EMPTY;

	if (!oneshot)
		return WEIR_CLOSED;
	must_not_wait(oneshot, "weir_oneshot_rx_close");
	while (!cas_acq_rel(&oneshot->state, &state, RX_GONE))
		if ((state & ~HEEDED) != EMPTY)
			return weir_oneshot_try_recv(rx, message);
	rx->oneshot = NULL;
	if (state & HEEDED) // it stays until it was told, and the line too
		tell(load_relaxed(&oneshot->heeder));
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

// ---- the receiver's end as a case: argument is where its user waits ----

static bool goes_attempt(struct weir_case *c)
{
	if (!weir_oneshot_closed(c->object))
		return false;
	c->result = WEIR_CLOSED;
	c->disabled = true;
	return true;
}

static bool goes_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	const struct weir_oneshot_tx *tx = c->object;
	struct weir_oneshot_waiter *waiter = c->argument;

	if (!heed(tx->oneshot, waiter, executor))
		return false; // it has gone: attempt sees it
	weir_case_enlist(c, executor, &waiter->queue, place);
	return true;
}

static bool goes_delist(struct weir_case *c)
{
	const struct weir_oneshot_tx *tx = c->object;
	const struct weir_oneshot_waiter *waiter = c->argument;

	return waiter->told || unheed(tx->oneshot);
}

static const struct weir_case_ops goes_ops = {
	.kind = "the receiver of a one-shot to leave",
	.attempt = goes_attempt,
	.enlist = goes_enlist,
	.delist = goes_delist,
};

struct weir_case weir_case_oneshot_closed(
	struct weir_oneshot_tx *tx, struct weir_oneshot_waiter *waiter)
{
	return (struct weir_case){
		.ops = &goes_ops, .object = tx, .argument = waiter};
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The channel carries pointers to askers; request and reply lie in the asker.
//
//	         ask              take             answer
//	AT_HOME ─────▶ SENT ───────────▶ TAKEN ───────────▶ AT_HOME
//	                 └─▶ WITHDRAWN ── take: comes home ───▲
//	                 └── owner closed: comes home ────────┘
//
// Whoever of asker and owner moves it out of SENT decides whether it happens: a
// compare and swap. It comes home by a post to the asker's executor, or at once
// where that is the owner's, so AT_HOME is written by the asker's executor only,
// and a wakeup of its one waiter means home.
#include "sync/ask.h"
#include "sync/caller.h"

#include <string.h>

static const struct weir_wait_what what = {.kind = "an answer"};

enum { AT_HOME, SENT, TAKEN, WITHDRAWN };

static void at_home(struct weir_asker *asker)
{
	store_release(&asker->state, AT_HOME);
	weir_wake(&asker->waiter);
}

static void on_home(struct weir_executor *executor, struct weir_post *post)
{
	at_home(weir_container(post, struct weir_asker, home));
}

// come_home is the last that the owner's side does with asker.
static void come_home(struct weir_asker *asker, int outcome)
{
	asker->outcome = outcome;
	if (weir_executor_current() == asker->executor)
		at_home(asker);
	else
		weir_executor_post(asker->executor, &asker->home);
}

// What stood in line when the owner closed.
static void release(void *arg, void *message)
{
	come_home(*(struct weir_asker **)message, -ESHUTDOWN);
}

static void init(
	struct weir_asker *asker, unsigned request_size, unsigned reply_size)
{
	asker->executor = NULL;
	weir_wait_queue_says(&asker->waiter, &what);
	asker->home = (struct weir_post){.fn = on_home};
	asker->request_size = request_size;
	asker->reply_size = reply_size;
	asker->outcome = 0;
	asker->state = AT_HOME;
}

int weir_ask_open(unsigned capacity, unsigned request_size, unsigned reply_size,
	struct weir_asker *asker, struct weir_owner *owner)
{
	const struct weir_channel_options options = {
		.message_size = sizeof(struct weir_asker *),
		.name = "ask",
		.release = release,
	};

	if (request_size > WEIR_ASK_SIZE_MAX || reply_size > WEIR_ASK_SIZE_MAX)
		return -EINVAL;
	init(asker, request_size, reply_size);
	return weir_channel_open_with(
		capacity, &options, &asker->tx, &owner->rx);
}

int weir_asker_clone(const struct weir_asker *asker, struct weir_asker *clone)
{
	init(clone, asker->request_size, asker->reply_size);
	return weir_tx_clone(&asker->tx, &clone->tx);
}

static bool is_home(const struct weir_asker *asker)
{
	return load_acquire(&asker->state) == AT_HOME;
}

void weir_asker_close(struct weir_asker *asker)
{
	while (!is_home(asker))
		(void)weir_task_wait(
			&asker->waiter, WEIR_NEVER, WEIR_WAIT_BACK, false);
	weir_tx_close(&asker->tx);
}

void weir_owner_close(struct weir_owner *owner)
{
	weir_rx_close(&owner->rx);
}

// ---- asking ----

static int error_of(enum weir_result result)
{
	switch (result) {
	case WEIR_SENT:
	case WEIR_RECEIVED:
		return 0;
	case WEIR_CLOSED:
		return -ESHUTDOWN;
	case WEIR_TIMED_OUT:
		return -ETIMEDOUT;
	case WEIR_CANCELED:
		return -ECANCELED;
	default:
		return -EAGAIN;
	}
}

static int send(struct weir_asker *asker, uint64_t deadline)
{
	struct weir_asker *message = asker;
	int err;

	store_release(&asker->state, SENT);
	err = error_of(weir_send_until(&asker->tx, &message, deadline));
	if (err)
		store_relaxed(&asker->state, AT_HOME); // nobody saw it
	return err;
}

static int withdraw(struct weir_asker *asker, int err)
{
	uint32_t sent = SENT;

	if (cas_acq_rel(&asker->state, &sent, WITHDRAWN))
		return err;
	return is_home(asker) ? 0 : -EINPROGRESS;
}

int weir_ask(struct weir_asker *asker, const void *request, void *reply,
	uint64_t deadline)
{
	int err = 0;

	weir_task_only("weir_ask", NULL);
	if (!is_home(asker)) // a question that was given up
		err = weir_wait(&asker->waiter, deadline, WEIR_WAIT_BACK);
	if (err)
		return err;
	asker->executor = weir_executor_current();
	memcpy(asker->request, request, asker->request_size);
	err = send(asker, deadline);
	if (err)
		return err;
	if (!is_home(asker)) { // the owner may have closed meanwhile
		err = weir_wait(&asker->waiter, deadline, WEIR_WAIT_BACK);
		if (err)
			err = withdraw(asker, err);
	}
	if (err == 0)
		err = asker->outcome;
	if (err == 0)
		memcpy(reply, asker->reply, asker->reply_size);
	return err;
}

// ---- answering ----

// take answers whether who asked still wants to know.
static bool take(struct weir_asker *asked)
{
	uint32_t sent = SENT;

	if (cas_acq_rel(&asked->state, &sent, TAKEN))
		return true;
	come_home(asked, 0);
	return false;
}

int weir_owner_take(
	struct weir_owner *owner, struct weir_asker **asked, uint64_t deadline)
{
	int err;

	do {
		err = error_of(weir_recv_until(&owner->rx, asked, deadline));
	} while (err == 0 && !take(*asked));
	return err;
}

int weir_owner_try_take(struct weir_owner *owner, struct weir_asker **asked)
{
	int err;

	do {
		err = error_of(weir_try_recv(&owner->rx, asked));
	} while (err == 0 && !take(*asked));
	return err;
}

void weir_owner_answer(struct weir_asker *asked)
{
	come_home(asked, 0);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// A one-shot carries one message from one sender to one receiver: an answer, a
// result, the end of something.
//
//	weir_oneshot_tx ──▶ | one cache line | ──▶ weir_oneshot_rx
//
// What it promises.  The message is delivered or still its owner's, exactly one
// of the two. A sender that goes without sending is learnt of (CLOSED); so is a
// receiver that has gone: what was to be sent is still the sender's. What had
// been sent to a receiver that goes is handed to it as it goes.
//
// Waiting.  The receiver waits for the message; the sender, if it likes, for the
// receiver to go: to stop work that nobody wants any more. A deadline or a cancel
// leaves everything as it was, and either may wait again. A send never waits. Who
// acts wakes the other itself on its own executor, posts to another, rings for a
// thread: one that waits costs nothing until then, whatever their number.
//
// While somebody waits on an end, in a case of a set too, it is not used
// otherwise: that ends the program in a sentence.
//
// Threads.  Each end has one user at a time: a task, or a thread. recv and
// wait_closed are for tasks, recv_blocking for threads without an executor, the
// rest for both.
//
//	        send, wait_closed  recv  close
//	tx              X            -     X     X not at the same time, on one end
//	rx              -            X     X     - free to run together
//
// Memory.  open allocates; who goes last frees. open_in takes a line of the
// caller's, which gets it back from who goes last: for paths that must not
// allocate.
//
// Ordering.  Each side's exchange of state releases what it wrote before and
// acquires what the other did. Who has exchanged touches the line again only if
// it was the last.
#ifndef WEIR_CHAN_ONESHOT_H
#define WEIR_CHAN_ONESHOT_H

#include "base/atomic.h"
#include "chan/chan.h"
#include "task/post.h"
#include "task/wait.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_ONESHOT_SIZE_MAX 40

// Touch it only through the functions.
struct weir_oneshot {
	uint32_t state;
	uint16_t message_size;
	uint16_t pointers;		    // the sender's variable is cleared
	struct weir_oneshot_waiter *waiter; // while the receiver waits
	void (*done)(struct weir_oneshot *oneshot);
	union {
		uint64_t message[WEIR_ONESHOT_SIZE_MAX / 8];
		struct weir_oneshot_waiter *heeder; // while the sender waits
	};
} __attribute__((aligned(WEIR_CACHE_LINE)));

struct weir_oneshot_tx {
	struct weir_oneshot *oneshot;
};
// Who waits: a task or stepper of executor, or the thread that bell wakes. Touch
// it only through the functions.
struct weir_oneshot_waiter {
	struct weir_executor *executor;
	struct weir_wait_queue queue;
	struct weir_post post;
	struct weir_bell *bell;
	uint32_t told;
};
struct weir_oneshot_rx {
	struct weir_oneshot *oneshot;
	struct weir_oneshot_waiter waiter; // the end stays while it waits
};

// weir_oneshot_open opens one for a message of message_size bytes, a multiple of
// 4 up to WEIR_ONESHOT_SIZE_MAX; 0: a pointer. Answers 0, -EINVAL or -ENOMEM.
int weir_oneshot_open(unsigned message_size, struct weir_oneshot_tx *tx,
	struct weir_oneshot_rx *rx);

// weir_oneshot_open_in opens it in a line that the caller lends until done is
// called with it, by who goes last and on its thread. Answers 0 or -EINVAL.
int weir_oneshot_open_in(struct weir_oneshot *oneshot, unsigned message_size,
	void (*done)(struct weir_oneshot *oneshot), struct weir_oneshot_tx *tx,
	struct weir_oneshot_rx *rx);

// weir_oneshot_send sends: SENT, or CLOSED when the receiver has gone or the end
// is used up, and the message is still the caller's. Either uses the end up.
// Never waits.
WEIR_CHECKED enum weir_result weir_oneshot_send(
	struct weir_oneshot_tx *tx, void *message);

// weir_oneshot_try_recv receives into *message: RECEIVED, EMPTY, or CLOSED when
// there will be none. RECEIVED and CLOSED use the end up.
WEIR_CHECKED enum weir_result weir_oneshot_try_recv(
	struct weir_oneshot_rx *rx, void *message);

// weir_oneshot_recv waits for it: RECEIVED, CLOSED, TIMED_OUT or CANCELED. What
// has come is received even if the task is cancelled or it is late. Tasks only.
WEIR_CHECKED enum weir_result weir_oneshot_recv(
	struct weir_oneshot_rx *rx, void *message, uint64_t deadline);

// weir_oneshot_recv_blocking is the same on a thread without an executor, which
// sleeps: RECEIVED, CLOSED or TIMED_OUT. The deadline is one of the real clock.
WEIR_CHECKED enum weir_result weir_oneshot_recv_blocking(
	struct weir_oneshot_rx *rx, void *message, uint64_t deadline);

// weir_oneshot_closed tells whether the receiver has gone: the work need not be
// done any more. Any time before the end is used up.
bool weir_oneshot_closed(const struct weir_oneshot_tx *tx);

// weir_oneshot_wait_closed waits until the receiver has gone: CLOSED (at once on an
// end that is used up), TIMED_OUT or CANCELED. It does not use the end up: what was
// to be sent is still the caller's, and it closes the end. Tasks only. As a case:
// chan/case.h.
WEIR_CHECKED enum weir_result weir_oneshot_wait_closed(
	struct weir_oneshot_tx *tx, uint64_t deadline);

// weir_oneshot_tx_close gives up the end without sending; harmless on one that
// is used up.
void weir_oneshot_tx_close(struct weir_oneshot_tx *tx);

// weir_oneshot_rx_close gives up the end. RECEIVED: something had been sent, and
// is the caller's now, in *message; else CLOSED.
WEIR_CHECKED enum weir_result weir_oneshot_rx_close(
	struct weir_oneshot_rx *rx, void *message);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

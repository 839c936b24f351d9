// SPDX-License-Identifier: BSD-3-Clause
//
// A broadcast carries copied values from one sender to any number of receivers,
// each of which sees every one.
//
//	                    ┌──▶ weir_broadcast_rx   lossless: holds the sender
//	weir_broadcast_tx ──┤                        back
//	                    └──▶ weir_broadcast_rx   lossy: is told how many it
//	                                             missed
//
// What it promises.  A receiver gets, in order, every value that was sent after
// it subscribed and before it closed. A lossless one that is capacity behind
// makes the sender wait; a lossy one never does: what it missed is counted, to
// the value. No receiver sees a value torn. Closing: receivers get what was sent,
// then CLOSED. With no receiver at all a send answers CLOSED; another may
// subscribe and the sender go on.
//
// For packets, and what else has an owner, use a channel for each receiver (the
// stage tee does that).
//
// Waiting.  A cancelled task gets WEIR_CANCELED from what may wait, a deadline
// TIMED_OUT; either leaves everything as it was.
//
// Threads.  Each handle has one user at a time. try_ works on any thread; send
// and recv are for tasks, the _blocking forms for threads without an executor.
//
//	           send  recv, on one rx  subscribe, on one tx
//	send         X          -                  X     X exclude each other
//	recv                    X                  -     - free to run together
//
// Memory.  open allocates; the last close frees.
#ifndef WEIR_CHAN_BROADCAST_H
#define WEIR_CHAN_BROADCAST_H

#include "chan/chan.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_BROADCAST_SIZE_MAX 256
#define WEIR_BROADCAST_RECEIVERS 64

enum weir_broadcast_kind { WEIR_LOSSLESS, WEIR_LOSSY };

struct weir_broadcast;

struct weir_broadcast_tx {
	struct weir_broadcast *broadcast;
	uint64_t limit; // of the sender: up to which there is room
};
struct weir_broadcast_rx {
	struct weir_broadcast *broadcast;
	uint64_t next; // to be received
	uint32_t index;
	enum weir_broadcast_kind kind;
	uint64_t missed; // and not yet told
};

// weir_broadcast_open opens one that keeps the capacity (1..2^20) last values of
// 1..WEIR_BROADCAST_SIZE_MAX bytes. Answers 0, -EINVAL or -ENOMEM.
int weir_broadcast_open(
	unsigned capacity, unsigned value_size, struct weir_broadcast_tx *tx);

// weir_broadcast_subscribe adds a receiver, which gets what is sent from now on.
// Answers 0, or -EAGAIN when there are WEIR_BROADCAST_RECEIVERS. By the sender's
// user; weir_broadcast_clone does the same from a receiver.
int weir_broadcast_subscribe(struct weir_broadcast_tx *tx,
	enum weir_broadcast_kind kind, struct weir_broadcast_rx *rx);
int weir_broadcast_clone(const struct weir_broadcast_rx *of,
	enum weir_broadcast_kind kind, struct weir_broadcast_rx *rx);

// weir_broadcast_try_send sends a copy of *value: SENT, FULL (a lossless receiver
// is capacity behind) or CLOSED (there is no receiver). weir_broadcast_send
// waits for the slowest lossless receiver.
WEIR_CHECKED enum weir_result weir_broadcast_try_send(
	struct weir_broadcast_tx *tx, const void *value);
WEIR_CHECKED enum weir_result weir_broadcast_send(
	struct weir_broadcast_tx *tx, const void *value, uint64_t deadline);
WEIR_CHECKED enum weir_result weir_broadcast_send_blocking(
	struct weir_broadcast_tx *tx, const void *value, uint64_t deadline);

// weir_broadcast_try_recv copies the next value to *value: RECEIVED, EMPTY or
// CLOSED. *missed (may be NULL) is how many values before this one were lost to
// the receiver; always 0 on a lossless one. With CLOSED it is how many were lost
// at the end. weir_broadcast_recv waits.
WEIR_CHECKED enum weir_result weir_broadcast_try_recv(
	struct weir_broadcast_rx *rx, void *value, uint64_t *missed);
WEIR_CHECKED enum weir_result weir_broadcast_recv(struct weir_broadcast_rx *rx,
	void *value, uint64_t *missed, uint64_t deadline);
WEIR_CHECKED enum weir_result weir_broadcast_recv_blocking(
	struct weir_broadcast_rx *rx, void *value, uint64_t *missed,
	uint64_t deadline);

// weir_broadcast_missed answers how many values were lost to the receiver that it
// was not told of, and forgets them: after a receive as a case (chan/case.h).
uint64_t weir_broadcast_missed(struct weir_broadcast_rx *rx);

// weir_broadcast_tx_close, weir_broadcast_rx_close give up an end; twice is
// harmless.
void weir_broadcast_tx_close(struct weir_broadcast_tx *tx);
void weir_broadcast_rx_close(struct weir_broadcast_rx *rx);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

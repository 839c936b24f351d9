// SPDX-License-Identifier: BSD-3-Clause
//
// A channel is a bounded ring with two ends that moves the ownership of
// messages from senders to receivers.
//
//	weir_tx ──▶ | capacity messages | ──▶ weir_rx
//
// What it promises.  Order for each sender; capacity exact; what was sent is
// received or, once no receiver is left, handed to release at once: nothing is
// lost, and a send at the very moment of the last receiver's close is either.
// What was not sent still belongs to the sender. Closing drains: receivers get
// what was sent, then WEIR_CLOSED.
//
// Messages are values of a fixed size; by default pointers. A send of a pointer
// clears the sender's variable when it was sent.
//
// Waiting.  Those who wait on one executor are served in the order in which
// they came, and those who come later wait behind them; try_ passes them by. A
// burst is one wait: who comes later waits until it is done. Between
// executors there is no order. A cancelled task gets WEIR_CANCELED from what may
// wait, even if it need not; to drain a channel it can use try_. What may wait
// yields now and then even if it need not wait (WEIR_STEP_BUDGET). To wait for
// several things at once: chan/case.h.
//
// Threads.  A handle (weir_tx, weir_rx) has one user at a time, a task or a
// thread. More users: clone it, where the class allows several. try_ and close
// work on any thread; what may wait is for tasks.
//
//	                  send  recv  len, closed
//	send, on one tx     X     -        -       X callers exclude each other
//	recv, on one rx           X        -       - free to run together
//
// While all users are on one executor, each wakes the next itself. From the
// first use elsewhere on, each executor that has waiters watches the ring, and
// who sends or receives does nothing for them but ring for those that sleep
// (task/executor.h, sleeps), if there are any. Tasks of WEIR_CHANNEL_PLACES (16)
// executors can wait so on one channel, counted over its life; those of a further
// one look again each turn, which the others do not notice. Classes and places that do not go
// together are in docs/channels.md.
//
// Memory.  open allocates; the last close frees. Handles lie where the caller
// puts them and may be moved (copied, the old one forgotten) while unused. Their
// users write to them: the two ends of a channel between cores belong on cache
// lines of their own. An executor may go while channels live that were used on
// it.
#ifndef WEIR_CHAN_CHAN_H
#define WEIR_CHAN_CHAN_H

#include "base/clock.h"
#include "chan/end.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// What happened. Every operation answers one of these, and the compiler
// insists that it is read.
enum weir_result {
	WEIR_SENT,     // all of it: it is the receiver's
	WEIR_RECEIVED, // at least one
	WEIR_FULL,     // try: no room
	WEIR_EMPTY,    // try: nothing there
	WEIR_RESERVED, // chan/permit.h: the permits are the caller's
	// The last ones are negative, so that they can stand beside the
	// indices that weir_select answers.
	WEIR_CLOSED =
		-EPIPE, // the other side is gone, all it sent was received
	WEIR_TIMED_OUT =
		-ETIMEDOUT,	    // the deadline came first; nothing happened
	WEIR_CANCELED = -ECANCELED, // the task is cancelled; nothing happened
	// In segments, where no send waits (chan/segments.h).
	WEIR_AT_CAP = -ENOBUFS,	   // the channel holds its capacity
	WEIR_NO_SEGMENT = -ENOMEM, // others hold all of the pool
};

#define WEIR_CHECKED __attribute__((warn_unused_result))

// How many senders and receivers there may be at once. An end that has one user
// only is the cheaper one: it remembers how far the other side was.
enum weir_channel_class { WEIR_MPMC, WEIR_SPSC, WEIR_MPSC, WEIR_SPMC };

// Where its users may be. What is local is used by one executor only, and costs
// no atomic operation; the program ends with a sentence when somebody else uses
// it. Closing is for others too, once that executor stands still.
enum weir_channel_place { WEIR_ANYWHERE, WEIR_LOCAL };

struct weir_channel; // shared by the ends
struct weir_error;
struct weir_segments;

// The ends. Touch them only through the functions.
struct weir_tx {
	struct weir_channel *channel;
	struct weir_ring_tx end;
};
struct weir_rx {
	struct weir_channel *channel;
	struct weir_ring_rx end;
};

#define WEIR_MESSAGE_SIZE_MAX 1024

struct weir_channel_options {
	enum weir_channel_class class_; // default MPMC
	enum weir_channel_place place;	// default anywhere
	unsigned message_size;		// bytes, a multiple of 4; 0: pointers
	int node;			// NUMA node + 1; 0: any
	const char *name;		// for reports; cut; NULL: "channel"
	// release takes each message that no receiver was left for: the
	// pointer that was sent, or a pointer to the value. It is called by
	// who closes, or by a sender that learns of it, and does not use the
	// channel. NULL when nothing must be freed.
	void (*release)(void *arg, void *message);
	void *release_arg;
	bool permits; // room can be reserved: chan/permit.h
	// segments: there is no ring, the channel grows in segments of that
	// pool (chan/segments.h), and capacity is the cap. No send waits: the
	// answer is AT_CAP or, below it when the pool is empty, NO_SEGMENT at
	// once, and never FULL.
	// on_high_water is called by the sender that makes it hold high_water
	// messages, and then not until it held less than half of that.
	struct weir_segments *segments;
	unsigned high_water; // 0: nobody is told; for segments only
	void (*on_high_water)(void *arg, unsigned len);
	void *high_water_arg;
	// owned_size: each pointer is of so many bytes that have one owner.
	// Builds with checks then see to it that nobody sends what is still in
	// a channel, touches it there, or leaves it behind.
	unsigned owned_size;
	struct weir_error *error; // says why open refused; may be NULL
};

// weir_channel_open opens an MPMC channel of pointers that holds exactly
// capacity messages, 1..2^30-1. Answers 0, -EINVAL, or -ENOMEM, also when the
// pool has no segment for it.
int weir_channel_open(
	unsigned capacity, struct weir_tx *tx, struct weir_rx *rx);
int weir_channel_open_with(unsigned capacity,
	const struct weir_channel_options *options, struct weir_tx *tx,
	struct weir_rx *rx);

// weir_tx_clone, weir_rx_clone make a further end for a further user. -EINVAL
// when the class allows one user only; the _with forms then say in e (may be
// NULL) whose the end is and who asked for another. A build with checks also
// ends the program, naming both, when two use such an end at the same time.
int weir_tx_clone(const struct weir_tx *tx, struct weir_tx *clone);
int weir_tx_clone_with(
	const struct weir_tx *tx, struct weir_tx *clone, struct weir_error *e);
int weir_rx_clone(const struct weir_rx *rx, struct weir_rx *clone);
int weir_rx_clone_with(
	const struct weir_rx *rx, struct weir_rx *clone, struct weir_error *e);

// weir_tx_close, weir_rx_close give up an end; it is all zero then, and closing
// it again is harmless, all other use a fault, which builds with checks name.
// Waiters on the other side learn of the last one. The last receiver's close makes
// a system call (membarrier) where a sender is left that another executor or a
// thread may use: an lcore that makes none closes after its senders.
void weir_tx_close(struct weir_tx *tx);
void weir_rx_close(struct weir_rx *rx);

// weir_try_send sends one message, never waits: SENT, FULL or CLOSED. message
// points at the message; a pointer is cleared when it was sent.
WEIR_CHECKED enum weir_result weir_try_send(struct weir_tx *tx, void *message);

// weir_send waits for room: SENT, CLOSED or CANCELED. weir_send_until also
// answers TIMED_OUT.
WEIR_CHECKED enum weir_result weir_send(struct weir_tx *tx, void *message);
WEIR_CHECKED enum weir_result weir_send_until(
	struct weir_tx *tx, void *message, uint64_t deadline);

// weir_try_recv receives one message into *message, never waits: RECEIVED,
// EMPTY or CLOSED.
WEIR_CHECKED enum weir_result weir_try_recv(struct weir_rx *rx, void *message);
WEIR_CHECKED enum weir_result weir_recv(struct weir_rx *rx, void *message);
WEIR_CHECKED enum weir_result weir_recv_until(
	struct weir_rx *rx, void *message, uint64_t deadline);

// The same for count messages in an array. *done is how many were moved, the
// first ones of the array; the rest is as before. A burst send that answers
// other than SENT has moved *done of them. A burst receive answers RECEIVED as
// soon as there is at least one. A burst of none succeeds. The array of a burst
// send is not cleared.
WEIR_CHECKED enum weir_result weir_try_send_burst(struct weir_tx *tx,
	const void *messages, unsigned count, unsigned *done);
WEIR_CHECKED enum weir_result weir_send_burst(struct weir_tx *tx,
	const void *messages, unsigned count, unsigned *done,
	uint64_t deadline);
WEIR_CHECKED enum weir_result weir_try_recv_burst(
	struct weir_rx *rx, void *messages, unsigned count, unsigned *done);
WEIR_CHECKED enum weir_result weir_recv_burst(struct weir_rx *rx,
	void *messages, unsigned count, unsigned *done, uint64_t deadline);

// weir_send_blocking and weir_recv_blocking are for threads without an executor:
// the thread sleeps until there is room, or a message. They also answer CLOSED
// and TIMED_OUT; the deadline is one of the real clock. A thread that sleeps may
// also be preempted, so the end must be one with a single user, and the channel
// bounded and not local: weir_tx_may_block and weir_rx_may_block answer 0, or
// -EINVAL with the reason in e (may be NULL), with which the program ends if
// it blocks in spite of it.
WEIR_CHECKED enum weir_result weir_send_blocking(
	struct weir_tx *tx, void *message, uint64_t deadline);
WEIR_CHECKED enum weir_result weir_recv_blocking(
	struct weir_rx *rx, void *message, uint64_t deadline);
int weir_tx_may_block(const struct weir_tx *tx, struct weir_error *e);
int weir_rx_may_block(const struct weir_rx *rx, struct weir_error *e);

// weir_tx_wait_closed waits until no receiver is left: CLOSED, TIMED_OUT or
// CANCELED. Tasks only; others may use the end meanwhile.
WEIR_CHECKED enum weir_result weir_tx_wait_closed(
	struct weir_tx *tx, uint64_t deadline);

// weir_tx_room answers for how many messages the ring has room now: a
// reservation on SPSC (only this end can use it up), a hint on MPMC. It looks
// at what the other side has taken, a cache miss when that is elsewhere.
unsigned weir_tx_room(struct weir_tx *tx);

// weir_tx_credit answers the same, but at most wanted: on SPSC the other side is
// looked at only when the end does not know of as much.
unsigned weir_tx_credit(struct weir_tx *tx, unsigned wanted);

// weir_rx_len, weir_tx_len answer how many messages are held: exact when quiet,
// never outside 0..capacity.
unsigned weir_tx_len(const struct weir_tx *tx);
unsigned weir_rx_len(const struct weir_rx *rx);
unsigned weir_tx_capacity(const struct weir_tx *tx);
unsigned weir_rx_capacity(const struct weir_rx *rx);

// weir_rx_closed tells whether no sender is left and all was received.
bool weir_rx_closed(struct weir_rx *rx);

// weir_tx_closed tells whether no receiver is left.
bool weir_tx_closed(struct weir_tx *tx);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

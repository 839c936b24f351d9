// SPDX-License-Identifier: BSD-3-Clause
//
// What this folder's ends can be waited for, as cases of weir_select, of sets and
// of steppers (task/select.h).
//
// Who waits in a case of a channel stands in line with all others that wait on
// the end's executor, and is passed by none of them. The other cases have no
// line: each has a user of its own, or all are served.
//
// Threads.  As for the end: one user at a time, a task or a stepper.
// Memory.  The case borrows the end and the message's place as long as it is
// used.
#ifndef WEIR_CHAN_CASE_H
#define WEIR_CHAN_CASE_H

#include "chan/broadcast.h"
#include "chan/chan.h"
#include "chan/latest.h"
#include "chan/oneshot.h"
#include "chan/permit.h"
#include "task/select.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// weir_case_recv receives one message into *message: its result is
// WEIR_RECEIVED, or, once and for the last time, WEIR_CLOSED.
struct weir_case weir_case_recv(struct weir_rx *rx, void *message);

// weir_case_send sends *message, which is read when it is served; a pointer is
// cleared then. Its result is WEIR_SENT, or, once and for the last time,
// WEIR_CLOSED. While there is nothing to send, set disabled. In segments its result
// may also be WEIR_AT_CAP or WEIR_NO_SEGMENT: it does not wait for room there.
struct weir_case weir_case_send(struct weir_tx *tx, void *message);

// weir_case_closed is served once, when no receiver is left: its result is
// WEIR_CLOSED. Others may use the end meanwhile.
struct weir_case weir_case_closed(struct weir_tx *tx);

// weir_case_oneshot receives the one message into *message: served once, its
// result is WEIR_RECEIVED or WEIR_CLOSED, and the end is used up. Until then the
// end stays where it is.
struct weir_case weir_case_oneshot(struct weir_oneshot_rx *rx, void *message);

// weir_case_oneshot_closed is served once, when the receiver has gone: its result is
// WEIR_CLOSED. The end is not used up by it, and not used otherwise while somebody
// waits in the case: take it out of a set before you send. It borrows waiter,
// the caller's, which need not be initialised, one for each case.
struct weir_case weir_case_oneshot_closed(
	struct weir_oneshot_tx *tx, struct weir_oneshot_waiter *waiter);

// weir_case_reserve reserves 1..max permits, as many as there are, into *permits,
// which hold none: its result is WEIR_RESERVED, or, once and for the last time,
// WEIR_CLOSED. A branch that is not served has reserved nothing. When it is served
// again, what it reserved before must have been sent on or dropped; while you hold
// on to it, set disabled.
//
// There is no case for more than one at least: it would have to stay first in line
// here, and hold up all behind it, while its user is served elsewhere. Who needs
// several at once calls weir_reserve, in a child if it waits for other things too
// (weir_case_join).
struct weir_case weir_case_reserve(
	struct weir_tx *tx, unsigned max, struct weir_permits *permits);

// weir_case_latest is ready when there is another version than *seen: its result
// is WEIR_RECEIVED; or, once and for the last time, WEIR_CLOSED. It reads nothing
// and leaves *seen: set it to what weir_latest_read answers, and not while it
// waits.
struct weir_case weir_case_latest(
	struct weir_latest_rx *rx, const uint64_t *seen);

// weir_case_broadcast receives the next value into *value: its result is
// WEIR_RECEIVED, or, once and for the last time, WEIR_CLOSED. How many were lost
// before it, weir_broadcast_missed tells.
struct weir_case weir_case_broadcast(struct weir_broadcast_rx *rx, void *value);

// weir_case_broadcast_send sends a copy of *value, which is read when it is served:
// when no lossless receiver is capacity behind. Its result is WEIR_SENT, or, once,
// WEIR_CLOSED: there is no receiver. The case is disabled then, as it would be
// ready for ever; enable it again when somebody has subscribed.
struct weir_case weir_case_broadcast_send(
	struct weir_broadcast_tx *tx, const void *value);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

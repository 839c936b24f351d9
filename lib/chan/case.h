// SPDX-License-Identifier: BSD-3-Clause
//
// Receiving and sending as cases of weir_select (task/select.h).
//
// Who waits in a case stands in line with all others that wait on the end's
// executor, and is passed by none of them.
//
// Threads.  As for the end: one user at a time, a task.
// Memory.  The case borrows the end and the message's place as long as it is
// used.
#ifndef WEIR_CHAN_CASE_H
#define WEIR_CHAN_CASE_H

#include "chan/chan.h"
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
// WEIR_CLOSED. While there is nothing to send, set disabled. On a channel in
// segments, where room may come back by way of another channel, who waits looks
// again each turn.
struct weir_case weir_case_send(struct weir_tx *tx, void *message);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

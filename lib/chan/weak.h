// SPDX-License-Identifier: BSD-3-Clause
//
// A weak handle knows a channel without keeping it open: for who may want to
// send or receive later, and does not count as one who does.
//
//	weir_tx, weir_tx      keep it open for receivers
//	weir_weak_tx          becomes a weir_tx, or learns that it is closed
//
// What it promises.  When the last strong end of a side closes, that side is
// closed for good, whatever weak handles there are; an upgrade never opens it
// again.
//
// Threads.  A handle has one user at a time; upgrades of several run together.
// Memory.  The channel's memory stays until the last handle, weak or strong, is
// gone; messages do not.
#ifndef WEIR_CHAN_WEAK_H
#define WEIR_CHAN_WEAK_H

#include "chan/chan.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct weir_weak_tx {
	struct weir_channel *channel;
};
struct weir_weak_rx {
	struct weir_channel *channel;
};

// weir_tx_weak, weir_rx_weak make a weak handle of an end. Answers 0, or -EINVAL
// where the class allows one user only: it is either there or closed. e (may be
// NULL) says so.
int weir_tx_weak(const struct weir_tx *tx, struct weir_weak_tx *weak,
	struct weir_error *e);
int weir_rx_weak(const struct weir_rx *rx, struct weir_weak_rx *weak,
	struct weir_error *e);

// weir_weak_tx_upgrade, weir_weak_rx_upgrade make a strong end; false when that
// side is closed. The weak handle stays. Never wait.
__attribute__((warn_unused_result)) bool weir_weak_tx_upgrade(
	const struct weir_weak_tx *weak, struct weir_tx *tx);
__attribute__((warn_unused_result)) bool weir_weak_rx_upgrade(
	const struct weir_weak_rx *weak, struct weir_rx *rx);

// weir_weak_tx_drop, weir_weak_rx_drop give the handle up; twice is harmless.
void weir_weak_tx_drop(struct weir_weak_tx *weak);
void weir_weak_rx_drop(struct weir_weak_rx *weak);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

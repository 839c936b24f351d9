// SPDX-License-Identifier: BSD-3-Clause
//
// A latest value: one writes, any number read what was written last, whole, and
// may wait until there is something newer. Settings, prices, the state of a link.
//
//	weir_latest_tx ──▶ | value, version | ──▶ weir_latest_rx, …
//
// What it promises.  A read is one value as it was written, never parts of two.
// Versions are 1, 2, 3, …; 0 is before the first. A reader misses what is
// overwritten before it looks. Reading never waits, nor holds the writer up, and
// a writer that is preempted holds up no reader: it writes beside what is read.
// Closing: readers keep what was written last.
//
// Waiting.  changed waits for a version other than the one that its caller has
// seen. A deadline or a cancel leaves everything as it was.
//
// Threads.  One writes. Each rx handle has one user at a time; read is for any
// thread. changed is for tasks, changed_blocking for threads without an executor.
//
//	         write  read  changed
//	write      X     -       -     X callers exclude each other
//	read             -       -     - free to run together
//
// Memory.  open allocates; the last close frees.
#ifndef WEIR_CHAN_LATEST_H
#define WEIR_CHAN_LATEST_H

#include "chan/chan.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_LATEST_SIZE_MAX 256

struct weir_latest;

struct weir_latest_tx {
	struct weir_latest *latest;
};
struct weir_latest_rx {
	struct weir_latest *latest;
};

// weir_latest_open opens one for values of 1..WEIR_LATEST_SIZE_MAX bytes.
// initial is copied as version 1; NULL: there is none yet. Answers 0, -EINVAL or
// -ENOMEM.
int weir_latest_open(unsigned value_size, const void *initial,
	struct weir_latest_tx *tx, struct weir_latest_rx *rx);

// weir_latest_clone makes a further end for a further reader.
void weir_latest_clone(
	const struct weir_latest_rx *rx, struct weir_latest_rx *clone);

// weir_latest_write makes a copy of *value the latest and answers its version.
// Never waits.
uint64_t weir_latest_write(struct weir_latest_tx *tx, const void *value);

// weir_latest_read copies the latest value to *value and answers its version; 0:
// nothing was written yet. Never waits.
uint64_t weir_latest_read(const struct weir_latest_rx *rx, void *value);

// weir_latest_version answers the version alone.
uint64_t weir_latest_version(const struct weir_latest_rx *rx);

// weir_latest_changed waits until the version is not seen: RECEIVED; or CLOSED:
// it is seen and the writer has gone; or TIMED_OUT, CANCELED. A cancelled task
// is told so first. Tasks only.
WEIR_CHECKED enum weir_result weir_latest_changed(
	struct weir_latest_rx *rx, uint64_t seen, uint64_t deadline);

// weir_latest_changed_blocking is the same on a thread without an executor.
WEIR_CHECKED enum weir_result weir_latest_changed_blocking(
	struct weir_latest_rx *rx, uint64_t seen, uint64_t deadline);

// weir_latest_unread tells the writer whether no reader is left.
bool weir_latest_unread(const struct weir_latest_tx *tx);

// weir_latest_tx_close, weir_latest_rx_close give up an end; twice is harmless.
void weir_latest_tx_close(struct weir_latest_tx *tx);
void weir_latest_rx_close(struct weir_latest_rx *rx);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// A capture's packets on their way to an lcore. A thread of the reader's own
// reads them into mbufs; only the lcore touches the pool.
//
//	pool ──▶ lcore ── empties ──▶ thread: capture into mbufs
//	                 ◀── filled ──
//
// What has been read ahead has not come in yet: a packet comes in when the
// lcore takes it. After quit the rest is given up and told as ahead.
//
// Threads.  open, start, stop, close: the main thread. take and ended: one
// lcore. quit, stats: anyone.
#ifndef WEIR_DRIVERS_FILE_READER_H
#define WEIR_DRIVERS_FILE_READER_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;
struct weir_port_stats;
struct weir_reader;

// The most mbufs that a reader has from the pool at any time.
#define WEIR_READER_MBUFS 4096u

struct weir_reader_options {
	const char *port; // borrowed until close
	const char *path; // borrowed until close; "-": standard input
	struct rte_mempool *pool;
	int node;
	const struct weir_clock *clock;
	double factor; // of the capture's own pace; 0: as fast as it goes
};

int weir_reader_open(struct weir_reader **reader,
	const struct weir_reader_options *options, struct weir_error *e);
int weir_reader_start(struct weir_reader *reader, struct weir_error *e);

// weir_reader_take gives out up to count packets that are due.
unsigned weir_reader_take(
	struct weir_reader *reader, struct rte_mbuf **packets, unsigned count);

// weir_reader_ended tells whether take has given out its last.
bool weir_reader_ended(struct weir_reader *reader);

// weir_reader_fd answers the descriptor that it reads.
int weir_reader_fd(const struct weir_reader *reader);

void weir_reader_quit(struct weir_reader *reader);

// weir_reader_stop ends the thread and gives back its mbufs. Answers what went
// wrong while it read.
int weir_reader_stop(struct weir_reader *reader, struct weir_error *e);

void weir_reader_stats(
	const struct weir_reader *reader, struct weir_port_stats *stats);

// weir_reader_close frees; NULL is harmless.
void weir_reader_close(struct weir_reader *reader);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Packets on their way from an lcore into a capture. A thread of the writer's
// own writes them; only the lcore touches the pool.
//
//	lcore ── pending ──▶ thread: packets into capture
//	 │    ◀── written ──
//	 ▼
//	pool
//
// Threads.  open, start, stop, close: the main thread. take, finish and
// finished: one lcore. held and stats: anyone.
#ifndef WEIR_DRIVERS_FILE_WRITER_H
#define WEIR_DRIVERS_FILE_WRITER_H

#include "base/error.h"
#include "file/output.h"

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct weir_port_stats;
struct weir_writer;

// The most packets that a writer has at any time.
#define WEIR_WRITER_PACKETS 4096u

struct weir_writer_options {
	const char *port; // borrowed until close
	const char *path; // borrowed until close; "-": standard output
	enum weir_output_format format;
	uint32_t snaplen; // 0: whole packets
	int node;
};

int weir_writer_open(struct weir_writer **writer,
	const struct weir_writer_options *options, struct weir_error *e);
int weir_writer_start(struct weir_writer *writer, struct weir_error *e);

// weir_writer_fd answers the descriptor that it writes.
int weir_writer_fd(const struct weir_writer *writer);

// weir_writer_take frees what has been written, and takes the first of count
// packets: as many as it answers.
unsigned weir_writer_take(
	struct weir_writer *writer, struct rte_mbuf **packets, unsigned count);

// weir_writer_finish says that no more will come.
void weir_writer_finish(struct weir_writer *writer);

// weir_writer_finished frees what has been written, and tells whether that was
// all and the capture is closed.
bool weir_writer_finished(struct weir_writer *writer);

// weir_writer_stop ends the thread at once: what it has not begun to write
// stays held. Answers what went wrong while it wrote.
int weir_writer_stop(struct weir_writer *writer, struct weir_error *e);

// weir_writer_held counts the packets that are neither written nor dropped.
uint64_t weir_writer_held(const struct weir_writer *writer);

void weir_writer_stats(
	const struct weir_writer *writer, struct weir_port_stats *stats);

// weir_writer_close frees; NULL is harmless.
void weir_writer_close(struct weir_writer *writer);

#endif

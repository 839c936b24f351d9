// SPDX-License-Identifier: BSD-3-Clause
//
// Counters in one segment of shared memory, named by the instance. Writers
// write plain words; readers in this or another process find each by its path.
// The data path does not know who reads.
//
//	writer ──▶ | head | directory: path, unit, kind, where | blocks … | ◀── readers
//
// What one writer writes lies in a block of its own cache lines. The segment
// describes itself: a reader needs no knowledge of what wrote it, and refuses
// another layout version in words. Each entry takes 128 bytes of it, each block
// its size in whole cache lines, the head 128 bytes.
//
// Paths are dotted: "stages.web[0].in", "ports.in.packets",
// "lcores.1.time.waiting".
//
// Threads.  create, add and publish: one thread, before or while others run.
// A block has one writer. open, each, find: anyone.
//
// Ordering.  A segment gets its name when its head is filled in. The entries of
// one add appear together, by the release of the number of entries, which
// pairs with the reader's acquire of it; they never change or go. Values are
// ordered by nothing: each is old or new.
//
// Memory.  The segment is created whole (its size is fixed) in shared memory
// under "/weir.UID.INSTANCE", or, without a name, in private memory. It is removed
// when destroyed; one that a dead process left behind is recognised and reused.
#ifndef WEIR_COUNT_COUNT_H
#define WEIR_COUNT_COUNT_H

#include "base/clock.h"
#include "base/error.h"
#include "count/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_COUNT_PATH_SIZE 96
#define WEIR_COUNT_INSTANCE_SIZE 64

enum weir_count_kind {
	WEIR_COUNT_TOTAL,     // a uint64_t that only grows
	WEIR_COUNT_GAUGE,     // a uint64_t that goes up and down
	WEIR_COUNT_HISTOGRAM, // a struct weir_histogram of ticks
	WEIR_COUNT_TEXT,      // a char[WEIR_COUNT_PATH_SIZE], written once
};

// A field says what lies where in a block. unit is a word: "packets",
// "bytes", "ticks", "messages", "steps".
struct weir_count_field {
	const char *name;
	const char *unit;
	enum weir_count_kind kind;
	size_t offset; // in the block
};

struct weir_count_segment; // the writer's side
struct weir_count_reader;  // a reader's side

// weir_count_create makes a segment of size bytes for instance (letters,
// digits, '-', '_', '.'; NULL: private memory). clock tells readers how long a
// tick is. -EEXIST names the pid of a living process with that instance; what
// a dead one left is replaced. All pages are there when it returns.
int weir_count_create(struct weir_count_segment **segment, const char *instance,
	size_t size, const struct weir_clock *clock, struct weir_error *e);

// weir_count_add allots a zeroed block of size bytes (rounded up to whole
// cache lines) and enters each of its fields in the directory as
// "PREFIX.NAME" (prefix NULL or "": "NAME"). Answers the block, which lives as
// long as the segment and which one thread writes; NULL with e set when the
// segment is full or has that path already.
void *weir_count_add(struct weir_count_segment *segment, const char *prefix,
	size_t size, const struct weir_count_field *fields, unsigned count,
	struct weir_error *e);

// weir_count_unname takes the segment's name away: for who ends and cannot destroy
// it, as it is still written. It looks ended to those that have it open.
void weir_count_unname(struct weir_count_segment *segment);

// weir_count_destroy removes the segment; readers that have it open keep what
// they see.
void weir_count_destroy(struct weir_count_segment *segment);

// weir_count_local answers a reader of the process's own segment. It borrows
// the segment.
struct weir_count_reader *weir_count_local(struct weir_count_segment *segment);

// weir_count_open opens the segment of a living or just ended instance of this
// user for reading. -ENOENT lists the instances that there are.
int weir_count_open(struct weir_count_reader **reader, const char *instance,
	struct weir_error *e);
void weir_count_close(struct weir_count_reader *reader);

// weir_count_info describes the instance.
struct weir_count_info {
	char instance[WEIR_COUNT_INSTANCE_SIZE];
	int pid;
	bool alive;		 // the process still runs
	uint64_t started_ns;	 // CLOCK_REALTIME
	struct weir_clock clock; // hz of the ticks
};
void weir_count_info(
	const struct weir_count_reader *reader, struct weir_count_info *info);

// weir_count_list calls each for every instance of this user, living or dead.
// Answers how many.
unsigned weir_count_list(
	void (*each)(void *arg, const struct weir_count_info *info), void *arg);

struct weir_count_entry {
	const char *path; // borrowed from the segment
	const char *unit;
	enum weir_count_kind kind;
	const void *value; // in the segment: read it with load_relaxed
};

// weir_count_at fills entry with the index-th of the directory, in the order
// of adding; false past the last.
bool weir_count_at(const struct weir_count_reader *reader, unsigned index,
	struct weir_count_entry *entry);

// weir_count_find fills entry with what has this path. It walks the directory:
// keep the entry where it is asked for often.
bool weir_count_find(const struct weir_count_reader *reader, const char *path,
	struct weir_count_entry *entry);

// weir_count_value answers the number under path (of a histogram: how many
// values it counted), 0 when there is none.
uint64_t weir_count_value(
	const struct weir_count_reader *reader, const char *path);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

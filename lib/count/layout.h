// SPDX-License-Identifier: BSD-3-Clause
//
// How a counter segment lies in memory; for this folder only.
//
//	| head | record 0 | record 1 | … free … | block 1 | block 0 |
//
// Records grow up, blocks grow down; the segment is full when they meet.
// Offsets count from the head; there are no pointers.
//
// Ordering.  The writer's release of entry_count pairs with a reader's acquire
// of it: the records below it are there and never change again.
#ifndef WEIR_COUNT_LAYOUT_H
#define WEIR_COUNT_LAYOUT_H

#include "base/atomic.h"
#include "count/count.h"

#include <stdalign.h>
#include <sys/types.h>

#define WEIR_COUNT_MAGIC "weircnt"
#define WEIR_COUNT_LAYOUT 2
#define WEIR_COUNT_FOLDER "/dev/shm"

struct weir_count_head {
	// The first two lines lie so in every layout, for readers of others.
	char magic[8];
	uint32_t layout;
	int32_t pid;
	uint64_t process_start; // clock ticks after boot, from /proc/PID/stat
	uint64_t size;		// of the segment
	uint64_t hz;
	uint64_t started_ns; // CLOCK_REALTIME
	uint32_t histogram_size;
	uint32_t record_size;
	uint32_t entry_count; // see Ordering
	uint32_t ended;	      // the writer destroyed it
	char instance[WEIR_COUNT_INSTANCE_SIZE];
};

struct weir_count_record {
	char path[WEIR_COUNT_PATH_SIZE];
	char unit[20];
	uint32_t kind;
	uint64_t offset; // of the value
};

_Static_assert(sizeof(struct weir_count_head) == 128 &&
		       sizeof(struct weir_count_record) == 128,
	"whole cache lines");

// The file of an instance in shared memory. path has room for PATH_MAX.
void weir_count_file(char *path, size_t size, const char *instance);

// When the process began, in clock ticks after boot; 0 when it has ended.
uint64_t weir_count_process_start(pid_t pid);

// Bytes that a value of this kind takes; 0 for an unknown kind.
size_t weir_count_kind_size(uint32_t kind);

struct weir_count_reader {
	const struct weir_count_head *head;
	size_t size;
	bool borrowed; // from a segment
};

#endif

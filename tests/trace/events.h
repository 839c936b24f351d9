// SPDX-License-Identifier: BSD-3-Clause
//
// A saved trace as a test reads it back: by the numbers that its metadata gives
// the points, byte by byte.
#ifndef WEIR_TESTS_TRACE_EVENTS_H
#define WEIR_TESTS_TRACE_EVENTS_H

#include "base/assert.h"
#include "base/clock.h"
#include "base/eal.h"
#include "trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOST_SIZE 24 // trace.lost
#define HEAD_SIZE 56 // magic, UUID, lcore, name of the thread

struct saved {
	char folder[64];
	int fd;
	struct weir_trace_sum sum;
	char *metadata;
};

static inline void events_open(void)
{
	const struct weir_eal_options options = {.no_huge = true};
	struct weir_error e = {0};

	if (weir_eal_open(&options, &e))
		fprintf(stderr, "%s\n", e.text);
	weir_assert(weir_eal_is_open());
}

static inline void start_tracing(uint64_t memory_size, unsigned threads)
{
	const struct weir_trace_options options = {
		.memory_size = memory_size, .threads = threads};
	struct weir_error e = {0};

	if (weir_trace_start(&options, &e))
		fprintf(stderr, "%s\n", e.text);
	weir_assert(weir_trace_is_on());
}

// read_file answers the bytes of a file of the folder, to be freed; NULL: there
// is none.
static inline char *read_file(
	const struct saved *saved, const char *name, size_t *size)
{
	int fd = openat(saved->fd, name, O_RDONLY | O_CLOEXEC);
	struct stat s;
	char *bytes;

	if (fd < 0)
		return NULL;
	weir_assert(fstat(fd, &s) == 0);
	bytes = calloc(1, (size_t)s.st_size + 1);
	weir_assert(read(fd, bytes, (size_t)s.st_size) == s.st_size);
	close(fd);
	*size = (size_t)s.st_size;
	return bytes;
}

static inline void save(struct saved *saved)
{
	struct weir_error e = {0};
	size_t size;

	strcpy(saved->folder, "/tmp/weir-trace-test-XXXXXX");
	weir_assert(mkdtemp(saved->folder));
	saved->fd = open(saved->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (weir_trace_save(saved->fd, &saved->sum, &e))
		fprintf(stderr, "%s\n", e.text);
	saved->metadata = read_file(saved, "metadata", &size);
	weir_assert(saved->metadata);
}

static inline void forget(struct saved *saved)
{
	char command[96];

	free(saved->metadata);
	close(saved->fd);
	snprintf(command, sizeof(command), "rm -rf %s", saved->folder);
	weir_assert(system(command) == 0);
}

// number_of answers the number that the metadata gives a point.
static inline unsigned number_of(const struct saved *saved, const char *name)
{
	char line[96], *at, *id = NULL, *next;

	snprintf(line, sizeof(line), "name = \"weir.%s\"", name);
	at = strstr(saved->metadata, line);
	weir_assert(at);
	for (next = strstr(saved->metadata, "id = "); next && next < at;
		next = strstr(next + 1, "id = "))
		id = next;
	weir_assert(id);
	return (unsigned)strtoul(id + 5, NULL, 10);
}

// begin_of answers where the event begins that follows one which ended at offset:
// at a word, counted from the beginning of the file.
static inline size_t begin_of(size_t offset)
{
	return (offset + 7) & ~(size_t)7;
}

// An event in the bytes of a file.
struct event {
	unsigned number;
	uint64_t tick;
	const char *fields;
};

static inline struct event event_at(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return (struct event){(unsigned)(word >> 48),
		word & ((UINT64_C(1) << 48) - 1), bytes + sizeof(word)};
}

static inline uint64_t field_u64(const struct event *event, size_t offset)
{
	uint64_t value;

	memcpy(&value, event->fields + offset, sizeof(value));
	return value;
}

static inline uint32_t field_u32(const struct event *event, size_t offset)
{
	uint32_t value;

	memcpy(&value, event->fields + offset, sizeof(value));
	return value;
}

#endif

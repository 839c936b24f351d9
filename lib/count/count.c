// SPDX-License-Identifier: BSD-3-Clause
//
// A segment appears under its name whole: it is made as a file without a name
// and linked when it is filled in, so that no reader ever sees half of one.
//
// What a dead process left is removed under a lock on that very file: who gets
// the lock looks again whether the name still means the file, so that two who
// find the same remains cannot remove each other's new segment.
#include "count/count.h"
#include "base/assert.h"
#include "count/layout.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 16 // others come and go under the same name

struct weir_count_segment {
	struct weir_count_head *head;
	size_t low;	// where the lowest block begins
	char file[128]; // "" for private memory
	struct weir_count_reader reader;
};

void weir_count_file(char *path, size_t size, const char *instance)
{
	snprintf(path, size, WEIR_COUNT_FOLDER "/weir.%u.%s",
		(unsigned)getuid(), instance);
}

uint64_t weir_count_process_start(pid_t pid)
{
	char name[64], text[1024], state;
	unsigned long long start;
	const char *after;
	FILE *file;
	size_t n;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	file = fopen(name, "re");
	if (!file)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	after = strrchr(text, ')'); // the command may hold anything
	if (!after || sscanf(after + 1,
			      " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			      " %*s %*s %*s %*s %*s %*s %*s %llu",
			      &state, &start) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : start;
}

size_t weir_count_kind_size(uint32_t kind)
{
	switch (kind) {
	case WEIR_COUNT_TOTAL:
	case WEIR_COUNT_GAUGE:
		return sizeof(uint64_t);
	case WEIR_COUNT_HISTOGRAM:
		return sizeof(struct weir_histogram);
	case WEIR_COUNT_TEXT:
		return WEIR_COUNT_PATH_SIZE;
	}
	return 0;
}

static int check_instance(const char *instance, struct weir_error *e)
{
	size_t length = strlen(instance);
	bool good = length > 0 && length < WEIR_COUNT_INSTANCE_SIZE;

	for (const char *c = instance; *c; c++)
		good = good &&
		       (isalnum((unsigned char)*c) || strchr("-_.", *c));
	if (good)
		return 0;
	return weir_error_set(e, -EINVAL,
		"'%s' cannot name an instance: use up to %d letters, digits, "
		"'-', '_' and '.'",
		instance, WEIR_COUNT_INSTANCE_SIZE - 1);
}

static uint64_t realtime_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fill_head(struct weir_count_head *head, const char *instance,
	size_t size, const struct weir_clock *clock)
{
	*head = (struct weir_count_head){
		.magic = WEIR_COUNT_MAGIC,
		.layout = WEIR_COUNT_LAYOUT,
		.pid = getpid(),
		.process_start = weir_count_process_start(getpid()),
		.size = size,
		.hz = clock->hz,
		.started_ns = realtime_ns(),
		.histogram_size = sizeof(struct weir_histogram),
		.record_size = sizeof(struct weir_count_record),
	};
	snprintf(head->instance, sizeof(head->instance), "%s",
		instance ? instance : "");
}

static int map(struct weir_count_head **head, int fd, size_t size,
	struct weir_error *e)
{
	int flags = MAP_POPULATE |
		    (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED)
		return weir_error_set(e, -errno,
			"cannot map %zu KiB for counters: %s", size >> 10,
			strerror(errno));
	*head = memory;
	return 0;
}

// Whether the file behind fd is what the name means now.
static bool still_named(int fd, const char *file)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && stat(file, &named) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

// With the lock on fd: 0 when the name is free now, -EEXIST when it is taken.
static int remove_dead(
	int fd, const char *file, const char *instance, struct weir_error *e)
{
	struct weir_count_head head = {0};

	if (!still_named(fd, file))
		return 0;
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
		memcmp(head.magic, WEIR_COUNT_MAGIC, sizeof(head.magic)))
		return weir_error_set(e, -EEXIST,
			"%s is in the way and holds no counters of weir: "
			"remove it, or choose another instance name than '%s'",
			file, instance);
	if (head.process_start &&
		weir_count_process_start(head.pid) == head.process_start)
		return weir_error_set(e, -EEXIST,
			"instance '%s' is running as process %d: choose "
			"another name (--name), or end that one",
			instance, (int)head.pid);
	unlink(file);
	return 0;
}

static int make_way(
	const char *file, const char *instance, struct weir_error *e)
{
	int fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int err;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return weir_error_set(e, -errno, "%s is in the way: %s", file,
			strerror(errno));
	flock(fd, LOCK_EX);
	err = remove_dead(fd, file, instance, e);
	close(fd);
	return err;
}

static int give_name(
	int fd, const char *file, const char *instance, struct weir_error *e)
{
	char unnamed[64];

	snprintf(unnamed, sizeof(unnamed), "/proc/self/fd/%d", fd);
	for (int i = 0; i < TRIES; i++) {
		int err;

		if (linkat(AT_FDCWD, unnamed, AT_FDCWD, file,
			    AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST)
			return weir_error_set(e, -errno,
				"cannot name counters %s: %s", file,
				strerror(errno));
		err = make_way(file, instance, e);
		if (err)
			return err;
	}
	return weir_error_set(e, -EEXIST,
		"instance '%s' is being started by others at the same time: "
		"choose another name (--name)",
		instance);
}

static int create_shared(struct weir_count_segment *s, const char *instance,
	size_t size, const struct weir_clock *clock, struct weir_error *e)
{
	int fd = open(WEIR_COUNT_FOLDER, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return weir_error_set(e, -errno,
			"cannot make counters in " WEIR_COUNT_FOLDER ": %s",
			strerror(errno));
	// Taken now: a page that is not there later would be a bus error.
	err = -posix_fallocate(fd, 0, (off_t)size);
	if (err) {
		weir_error_set(e, err,
			"no room for %zu KiB of counters in " WEIR_COUNT_FOLDER
			": %s",
			size >> 10, strerror(-err));
		goto close_file;
	}
	err = map(&s->head, fd, size, e);
	if (err)
		goto close_file;
	fill_head(s->head, instance, size, clock);
	err = give_name(fd, s->file, instance, e);
	if (err)
		munmap(s->head, size);
close_file:
	close(fd);
	return err;
}

int weir_count_create(struct weir_count_segment **segment, const char *instance,
	size_t size, const struct weir_clock *clock, struct weir_error *e)
{
	struct weir_count_segment *s;
	int err = instance ? check_instance(instance, e) : 0;

	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s)
		return weir_error_set(e, -ENOMEM, "no memory for counters");
	size = (size + sizeof(struct weir_count_head) + 4095) & ~(size_t)4095;
	if (instance) {
		weir_count_file(s->file, sizeof(s->file), instance);
		err = create_shared(s, instance, size, clock, e);
	} else {
		err = map(&s->head, -1, size, e);
		if (!err)
			fill_head(s->head, NULL, size, clock);
	}
	if (err) {
		free(s);
		return err;
	}
	s->low = size;
	s->reader = (struct weir_count_reader){s->head, size, true};
	*segment = s;
	return 0;
}

static struct weir_count_record *records_of(struct weir_count_segment *segment)
{
	return (struct weir_count_record *)(segment->head + 1);
}

static bool has_room(
	const struct weir_count_segment *segment, size_t size, unsigned count)
{
	size_t records = (segment->head->entry_count + (size_t)count) *
			 sizeof(struct weir_count_record);
	size_t used = sizeof(struct weir_count_head) + records;

	return segment->low >= used && segment->low - used >= size;
}

static int fill_record(struct weir_count_segment *segment,
	struct weir_count_record *record, const char *prefix,
	const struct weir_count_field *field, struct weir_error *e)
{
	struct weir_count_entry entry;
	int length = snprintf(record->path, sizeof(record->path), "%s%s%s",
		prefix ? prefix : "", prefix && *prefix ? "." : "",
		field->name);

	if ((size_t)length >= sizeof(record->path))
		return weir_error_set(e, -ENAMETOOLONG,
			"the counter '%s.%s' has too long a name: %d "
			"characters are the most",
			prefix ? prefix : "", field->name,
			WEIR_COUNT_PATH_SIZE - 1);
	if (weir_count_find(&segment->reader, record->path, &entry))
		return weir_error_set(e, -EEXIST,
			"there are two counters '%s': give one another name",
			record->path);
	weir_assert(strlen(field->unit) < sizeof(record->unit));
	snprintf(record->unit, sizeof(record->unit), "%s", field->unit);
	record->kind = field->kind;
	record->offset = segment->low + field->offset;
	return 0;
}

void *weir_count_add(struct weir_count_segment *segment, const char *prefix,
	size_t size, const struct weir_count_field *fields, unsigned count,
	struct weir_error *e)
{
	struct weir_count_head *head = segment->head;
	struct weir_count_record *record =
		records_of(segment) + head->entry_count;

	size = (size + WEIR_CACHE_LINE - 1) & ~(size_t)(WEIR_CACHE_LINE - 1);
	if (!has_room(segment, size, count)) {
		weir_error_set(e, -ENOSPC,
			"the counter segment of %zu KiB is full at '%s': "
			"create it larger",
			(size_t)head->size >> 10, prefix ? prefix : "");
		return NULL;
	}
	segment->low -= size;
	for (unsigned i = 0; i < count; i++) {
		weir_assert(fields[i].offset +
				    weir_count_kind_size(fields[i].kind) <=
			    size);
		if (fill_record(segment, &record[i], prefix, &fields[i], e)) {
			segment->low += size;
			return NULL;
		}
	}
	// All of a block's fields at once: Ordering in layout.h.
	store_release(&head->entry_count, head->entry_count + count);
	return (char *)head + segment->low;
}

void weir_count_unname(struct weir_count_segment *segment)
{
	store_release(&segment->head->ended, 1);
	if (segment->file[0] && segment->head->pid == getpid())
		unlink(segment->file);
	segment->file[0] = '\0'; // another's may have the name by now
}

void weir_count_destroy(struct weir_count_segment *segment)
{
	if (!segment)
		return;
	weir_count_unname(segment);
	munmap(segment->head, segment->head->size);
	free(segment);
}

struct weir_count_reader *weir_count_local(struct weir_count_segment *segment)
{
	return &segment->reader;
}

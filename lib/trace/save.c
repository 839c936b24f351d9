// SPDX-License-Identifier: BSD-3-Clause
//
// A folder of CTF: a file for each thread, one packet long, whose events follow
// each other in time; one for the names; and rte_trace's own description of all
// points.
#define ALLOW_EXPERIMENTAL_API
#include "trace/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <rte_trace.h>
#include <rte_trace_point.h>
#include <rte_uuid.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC 0xC1FC1FC1 // of CTF
#define METADATA "metadata"
#define METADATA_PART ".metadata" // readers skip such files

// ---- names ----

static char *names;
static size_t names_size, names_room;

void weir_trace_names_drop(void)
{
	free(names);
	names = NULL;
	names_size = names_room = 0;
}

void weir_trace_name(const void *object, const char *kind, const char *name)
{
	weir_trace_name_since(0, object, kind, name);
}

void weir_trace_name_since(
	uint64_t tick, const void *object, const char *kind, const char *name)
{
	unsigned unheard;
	uint64_t begin;

	if (names_room - names_size < WEIR_TRACE_EVENT_MAX) {
		size_t room = names_room ? 2 * names_room : 4096;
		char *more = realloc(names, room);

		if (!more)
			return; // an address then stays one
		names = more;
		names_room = room;
	}
	weir_trace_stopped(&begin, &unheard);
	if (!tick || (int64_t)(tick - begin) < 0)
		tick = begin;
	names_size += weir_trace_write_named(
		names + names_size, tick, object, kind, name);
}

// ---- files ----

static int cannot_write(const char *name, struct weir_error *e)
{
	return weir_error_set(e, -errno, "cannot write '%s' of the trace: %s",
		name, strerror(errno));
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int create(int folder, const char *name)
{
	return openat(folder, name,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

// A piece of memory that goes into a file.
struct piece {
	const char *bytes;
	size_t size;
};

static int write_pieces(int folder, const char *name,
	const struct piece *pieces, unsigned count, struct weir_error *e)
{
	int fd = create(folder, name);
	int err = fd < 0;

	for (unsigned i = 0; i < count && !err; i++)
		err = write_all(fd, pieces[i].bytes, pieces[i].size);
	if (err)
		err = cannot_write(name, e);
	if (fd >= 0 && close(fd) && !err)
		err = cannot_write(name, e);
	return err;
}

static struct __rte_trace_stream_header head_of(
	const rte_uuid_t uuid, uint32_t lcore, const char *name)
{
	struct __rte_trace_stream_header head = {
		.magic = MAGIC, .lcore_id = lcore};

	rte_uuid_copy(head.uuid, uuid);
	strncpy(head.thread_name, name, sizeof(head.thread_name) - 1);
	return head;
}

// ---- the threads ----

static uint64_t first_tick(const struct piece *events)
{
	uint64_t word;

	memcpy(&word, events->bytes, sizeof(word));
	return word & ((UINT64_C(1) << 48) - 1);
}

static int save_writer(int folder, unsigned index, const rte_uuid_t uuid,
	struct weir_trace_writer *writer, struct weir_error *e)
{
	struct __rte_trace_stream_header head =
		head_of(uuid, writer->lcore, writer->name);
	unsigned oldest = weir_trace_oldest(writer);
	uint32_t from = writer->chunks[oldest].at;
	struct piece before = {writer->memory + from, writer->end - from};
	struct piece latest = {writer->memory, writer->offset};
	struct piece lost = {0};
	char event[WEIR_TRACE_EVENT_MAX], name[32];

	if (oldest == 0)
		before.size = 0;
	if (writer->overwritten || writer->nested) {
		lost.bytes = event;
		lost.size = weir_trace_write_lost(event,
			first_tick(before.size ? &before : &latest),
			writer->overwritten, writer->nested);
	}
	snprintf(name, sizeof(name), "channel0_%u", index);
	return write_pieces(folder, name,
		(const struct piece[]){
			{(char *)&head, sizeof(head)}, lost, before, latest},
		4, e);
}

static void add_up(
	const struct weir_trace_writer *writer, struct weir_trace_sum *sum)
{
	for (unsigned i = 0; i < WEIR_TRACE_CHUNKS; i++)
		sum->events += writer->chunks[i].events;
	sum->overwritten += writer->overwritten;
	sum->nested += writer->nested;
	sum->threads++;
}

static int by_time(const void *a, const void *b)
{
	const struct piece *one = a, *other = b;
	uint64_t tick = first_tick(one), than = first_tick(other);

	if (tick != than)
		return tick < than ? -1 : 1;
	return one->bytes < other->bytes ? -1 : one->bytes > other->bytes;
}

// save_names writes them in the order of time: those of one time, as they came.
static int save_names(int folder, const rte_uuid_t uuid, struct weir_error *e)
{
	struct __rte_trace_stream_header head = head_of(uuid, 0, "names");
	size_t count = names_size / WEIR_TRACE_NAMED;
	struct piece *pieces = calloc(count + 1, sizeof(*pieces));
	int err;

	if (!pieces)
		return weir_error_set(
			e, -ENOMEM, "no memory for the trace's names");
	pieces[0] = (struct piece){(char *)&head, sizeof(head)};
	for (size_t i = 0; i < count; i++)
		pieces[i + 1] = (struct piece){
			names + i * WEIR_TRACE_NAMED, WEIR_TRACE_NAMED};
	qsort(pieces + 1, count, sizeof(*pieces), by_time);
	err = write_pieces(folder, "names", pieces, (unsigned)count + 1, e);
	free(pieces);
	return err;
}

// ---- the whole ----

// describe answers rte_trace's metadata, to be freed, with its UUID.
static char *describe(rte_uuid_t uuid, struct weir_error *e)
{
	char *text = NULL, *at, word[37];
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	if (memory) {
		rte_trace_metadata_dump(memory);
		fclose(memory);
	}
	at = text ? strstr(text, "uuid = \"") : NULL;
	if (at) {
		snprintf(word, sizeof(word), "%.36s", at + 8);
		if (rte_uuid_parse(word, uuid) == 0)
			return text;
	}
	free(text);
	weir_error_set(e, -ENOTSUP,
		"DPDK does not describe its trace points: was EAL started?");
	return NULL;
}

int weir_trace_save(
	int folder, struct weir_trace_sum *sum, struct weir_error *e)
{
	unsigned count = weir_trace_writer_count();
	struct piece description;
	uint64_t begin;
	uint32_t session;
	rte_uuid_t uuid = {0};
	char *text = describe(uuid, e);
	int err;

	*sum = (struct weir_trace_sum){0};
	if (!text)
		return -ENOTSUP;
	session = weir_trace_stopped(&begin, &sum->unheard);
	err = save_names(folder, uuid, e);
	for (unsigned i = 0; i < count && !err; i++) {
		struct weir_trace_writer *writer = &weir_trace_writers[i];

		if (writer->session != session || !writer->memory)
			continue;
		err = save_writer(folder, i, uuid, writer, e);
		add_up(writer, sum);
	}
	description = (struct piece){text, strlen(text)};
	if (!err)
		err = write_pieces(folder, METADATA_PART, &description, 1, e);
	if (!err && renameat(folder, METADATA_PART, folder, METADATA))
		err = cannot_write(METADATA, e);
	free(text);
	return err;
}

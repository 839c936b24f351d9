// SPDX-License-Identifier: BSD-3-Clause
//
// What a segment says comes from outside: it is checked before it is used.
#include "base/assert.h"
#include "count/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static int check_head(const struct weir_count_head *head, size_t size,
	const char *instance, struct weir_error *e)
{
	if (memcmp(head->magic, WEIR_COUNT_MAGIC, sizeof(head->magic)))
		return weir_error_set(e, -EPROTO,
			"the segment of '%s' holds no counters of weir",
			instance);
	if (head->layout != WEIR_COUNT_LAYOUT ||
		head->histogram_size != sizeof(struct weir_histogram) ||
		head->record_size != sizeof(struct weir_count_record))
		return weir_error_set(e, -EPROTO,
			"instance '%s' counts in layout %u and this weir reads "
			"%u: use the weir that runs it",
			instance, head->layout, WEIR_COUNT_LAYOUT);
	if (head->size != size || head->hz == 0 ||
		!terminated(head->instance, sizeof(head->instance)))
		return weir_error_set(
			e, -EPROTO, "the segment of '%s' is damaged", instance);
	return 0;
}

// Maps the file for reading and checks its head.
static int reader_init(struct weir_count_reader *reader, const char *file,
	const char *instance, struct weir_error *e)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat about;
	void *memory;
	int err;

	if (fd < 0 || fstat(fd, &about)) {
		err = -errno;
		goto close_file;
	}
	err = -EPROTO;
	if (about.st_uid != getuid() ||
		(size_t)about.st_size < sizeof(struct weir_count_head))
		goto close_file;
	memory =
		mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, fd, 0);
	err = memory == MAP_FAILED ? -errno : 0;
	if (err)
		goto close_file;
	err = check_head(memory, (size_t)about.st_size, instance, e);
	if (err)
		munmap(memory, (size_t)about.st_size);
	else
		*reader = (struct weir_count_reader){
			memory, (size_t)about.st_size, false};
close_file:
	if (fd >= 0)
		close(fd);
	return err;
}

struct text {
	char *at;
	size_t size;
	const char *comma;
};

static void append_instance(void *arg, const struct weir_count_info *info)
{
	struct text *text = arg;
	int n;

	if (info->alive)
		n = snprintf(text->at, text->size, "%s %s (process %d)",
			text->comma, info->instance, info->pid);
	else
		n = snprintf(text->at, text->size, "%s %s (ended)", text->comma,
			info->instance);
	text->comma = ",";
	if (n > 0 && (size_t)n < text->size) {
		text->at += n;
		text->size -= (size_t)n;
	}
}

static int unknown(const char *instance, struct weir_error *e)
{
	char names[WEIR_ERROR_SIZE / 2] = "";
	struct text text = {names, sizeof(names), ""};

	if (weir_count_list(append_instance, &text) == 0)
		return weir_error_set(e, -ENOENT,
			"there is no instance '%s': none runs now", instance);
	return weir_error_set(e, -ENOENT,
		"there is no instance '%s'; there are:%s", instance, names);
}

int weir_count_open(struct weir_count_reader **reader, const char *instance,
	struct weir_error *e)
{
	struct weir_count_reader *r;
	char file[128];
	int err;

	if (strchr(instance, '/') ||
		strlen(instance) >= WEIR_COUNT_INSTANCE_SIZE)
		return unknown(instance, e);
	r = calloc(1, sizeof(*r));
	if (!r)
		return weir_error_set(e, -ENOMEM, "no memory for a reader");
	weir_count_file(file, sizeof(file), instance);
	err = reader_init(r, file, instance, e);
	if (!err) {
		*reader = r;
		return 0;
	}
	free(r);
	if (err == -ENOENT)
		return unknown(instance, e);
	if (e && !e->code)
		weir_error_set(
			e, err, "cannot read %s: %s", file, strerror(-err));
	return err;
}

void weir_count_close(struct weir_count_reader *reader)
{
	if (!reader || reader->borrowed)
		return;
	munmap((void *)reader->head, reader->size);
	free(reader);
}

void weir_count_info(
	const struct weir_count_reader *reader, struct weir_count_info *info)
{
	const struct weir_count_head *head = reader->head;

	weir_assert(head);
	*info = (struct weir_count_info){
		.pid = head->pid,
		.started_ns = head->started_ns,
		.clock.hz = head->hz,
	};
	info->alive =
		!load_acquire(&head->ended) && head->process_start &&
		weir_count_process_start(head->pid) == head->process_start;
	memcpy(info->instance, head->instance, sizeof(info->instance));
}

unsigned weir_count_list(
	void (*each)(void *arg, const struct weir_count_info *info), void *arg)
{
	struct dirent **names;
	char prefix[32], file[sizeof(WEIR_COUNT_FOLDER) + 257];
	unsigned count = 0;
	int n = scandir(WEIR_COUNT_FOLDER, &names, NULL, alphasort);

	snprintf(prefix, sizeof(prefix), "weir.%u.", (unsigned)getuid());
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		struct weir_count_reader reader = {0};
		struct weir_count_info info;

		snprintf(file, sizeof(file), WEIR_COUNT_FOLDER "/%s", name);
		if (strncmp(name, prefix, strlen(prefix)) == 0 &&
			reader_init(&reader, file, name, NULL) == 0) {
			weir_count_info(&reader, &info);
			munmap((void *)reader.head, reader.size);
			each(arg, &info);
			count++;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return count;
}

// Whether the record is whole and its value lies within the segment.
static bool record_is_valid(
	const struct weir_count_record *record, size_t segment_size)
{
	size_t size = weir_count_kind_size(record->kind);

	return size > 0 && record->offset < segment_size &&
	       segment_size - record->offset >= size &&
	       (record->kind == WEIR_COUNT_TEXT ||
		       record->offset % sizeof(uint64_t) == 0) &&
	       terminated(record->path, sizeof(record->path)) &&
	       terminated(record->unit, sizeof(record->unit));
}

bool weir_count_at(const struct weir_count_reader *reader, unsigned index,
	struct weir_count_entry *entry)
{
	const struct weir_count_head *head = reader->head;
	const struct weir_count_record *record =
		(const struct weir_count_record *)(head + 1) + index;
	size_t most = (reader->size - sizeof(*head)) / sizeof(*record);

	if (index >= load_acquire(&head->entry_count) || index >= most ||
		!record_is_valid(record, reader->size))
		return false;
	*entry = (struct weir_count_entry){
		.path = record->path,
		.unit = record->unit,
		.kind = (enum weir_count_kind)record->kind,
		.value = (const char *)head + record->offset,
	};
	return true;
}

bool weir_count_find(const struct weir_count_reader *reader, const char *path,
	struct weir_count_entry *entry)
{
	for (unsigned i = 0; weir_count_at(reader, i, entry); i++)
		if (strcmp(entry->path, path) == 0)
			return true;
	return false;
}

uint64_t weir_count_value(
	const struct weir_count_reader *reader, const char *path)
{
	struct weir_count_entry entry;

	if (!weir_count_find(reader, path, &entry))
		return 0;
	switch (entry.kind) {
	case WEIR_COUNT_TOTAL:
	case WEIR_COUNT_GAUGE:
		return load_relaxed((const uint64_t *)entry.value);
	case WEIR_COUNT_HISTOGRAM:
		return weir_histogram_count(entry.value);
	case WEIR_COUNT_TEXT:
		break;
	}
	return 0;
}

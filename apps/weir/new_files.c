// SPDX-License-Identifier: BSD-3-Clause
#include "new.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKETS 8
#define PATH_SIZE 4096

// A file and what it begins as. In both, @NAME@ stands for the name.
struct skeleton {
	const char *path;
	const char *text; // NULL: the packets
};

static const struct skeleton kernel_files[] = {
	{
		"@NAME@.c",
#include "kernel.c.inc"
	},
	{
		"@NAME@_test.c",
#include "kernel_test.c.inc"
	},
	{
		"Makefile",
#include "kernel.mk.inc"
	},
	{
		"pipeline.yaml",
#include "kernel.yaml.inc"
	},
	{
		"README.md",
#include "kernel.md.inc"
	},
	{"packets.pcap", NULL},
	{NULL, NULL},
};

static const struct skeleton task_files[] = {
	{
		"@NAME@.c",
#include "task.c.inc"
	},
	{
		"Makefile",
#include "task.mk.inc"
	},
	{
		"pipeline.yaml",
#include "task.yaml.inc"
	},
	{
		"README.md",
#include "task.md.inc"
	},
	{"packets.pcap", NULL},
	{NULL, NULL},
};

static void put_named(const char *text, const char *name, FILE *to)
{
	static const char mark[] = "@NAME@";
	const char *next;

	while ((next = strstr(text, mark))) {
		fwrite(text, 1, (size_t)(next - text), to);
		fputs(name, to);
		text = next + strlen(mark);
	}
	fputs(text, to);
}

static uint16_t checksum(const uint8_t *header, unsigned size)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < size; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

// A UDP packet between the addresses that are kept for documents.
static unsigned fill_frame(uint8_t *frame, unsigned number)
{
	unsigned size = 60 + number * 100;
	const uint8_t head[42] = {
		[0] = 2,
		[5] = 2,
		[6] = 2,
		[11] = 1,
		[12] = 8, // Ethernet
		[14] = 0x45,
		[22] = 64,
		[23] = 17, // IPv4
		[26] = 192,
		[27] = 0,
		[28] = 2,
		[29] = 1, // from
		[30] = 198,
		[31] = 51,
		[32] = 100,
		[33] = 1, // to
		[35] = 9,
		[37] = 9, // UDP
	};
	uint16_t length = htons((uint16_t)(size - 14)), sum;

	memset(frame, (int)number, size);
	memcpy(frame, head, sizeof(head));
	memcpy(frame + 16, &length, 2);
	sum = checksum(frame + 14, 20);
	memcpy(frame + 24, &sum, 2);
	length = htons((uint16_t)(size - 34));
	memcpy(frame + 38, &length, 2);
	return size;
}

static void put_packets(FILE *to)
{
	const uint32_t head[6] = {0xa1b23c4d, 4u << 16 | 2, 0, 0, 65535, 1};
	uint8_t frame[60 + PACKETS * 100];

	fwrite(head, 1, sizeof(head), to);
	for (unsigned i = 0; i < PACKETS; i++) {
		unsigned size = fill_frame(frame, i);
		const uint32_t record[4] = {1700000000, i * 1000, size, size};

		fwrite(record, 1, sizeof(record), to);
		fwrite(frame, 1, size, to);
	}
}

static void fill_path(char *path, const char *folder,
	const struct skeleton *file, const char *name)
{
	const char *rest = strstr(file->path, "@NAME@");

	snprintf(path, PATH_SIZE, "%s/%s%s", folder, rest ? name : "",
		rest ? rest + strlen("@NAME@") : file->path);
}

static int put_file(const char *path, const struct skeleton *file,
	const char *name, struct weir_error *e)
{
	int descriptor =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *to = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	bool bad;

	if (!to && errno == EEXIST)
		return weir_error_set(e, -EEXIST,
			"%s is there already, and is not written over: take it "
			"away, or give another name or --dir",
			path);
	if (!to)
		return weir_error_set(e, -errno, "%s: cannot be written: %s",
			path, strerror(errno));
	if (file->text)
		put_named(file->text, name, to);
	else
		put_packets(to);
	bad = ferror(to);
	if (fclose(to) == 0 && !bad)
		return 0;
	weir_error_set(
		e, -EIO, "%s: cannot be written: %s", path, strerror(errno));
	unlink(path);
	return -EIO;
}

int weir_new_stage(
	const char *folder, const char *name, bool task, struct weir_error *e)
{
	const struct skeleton *files = task ? task_files : kernel_files;
	bool made = mkdir(folder, 0777) == 0;
	char path[PATH_SIZE];
	unsigned done = 0;
	int err = 0;

	if (!made && errno != EEXIST)
		return weir_error_set(e, -errno, "%s: cannot be made: %s",
			folder, strerror(errno));
	for (; files[done].path && !err; done++) {
		fill_path(path, folder, &files[done], name);
		err = put_file(path, &files[done], name, e);
	}
	if (!err)
		return 0;
	for (done--; done > 0; done--) {
		fill_path(path, folder, &files[done - 1], name);
		unlink(path);
	}
	if (made)
		rmdir(folder);
	return err;
}

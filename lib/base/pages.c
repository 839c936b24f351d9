// SPDX-License-Identifier: BSD-3-Clause
#include "base/pages.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#define FOLDER "/sys/kernel/mm/hugepages"
#define MIB (1u << 20)
#define LOCK_TRIES 200 // of 10 ms: another's start takes some 150 ms
#define LOCK_US 10000

static uint64_t read_number(const char *folder, const char *name)
{
	char path[512];
	uint64_t number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/free_hugepages", folder, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%" SCNu64, &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

uint64_t weir_pages_free(const char *folder)
{
	DIR *sizes = opendir(folder);
	const struct dirent *entry;
	uint64_t kib, size = 0;

	while (sizes && (entry = readdir(sizes)))
		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kib) == 1)
			size += kib * 1024 * read_number(folder, entry->d_name);
	if (sizes)
		closedir(sizes);
	return size;
}

// Anybody may lock a folder that can be read. Who cannot have it goes on.
static int take_lock(void)
{
	int fd = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		usleep(LOCK_US);
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

void weir_pages_settled(struct weir_pages *pages)
{
	if (pages->lock >= 0)
		close(pages->lock);
	pages->lock = -1;
}

// A limit of a container shows only when one is asked for.
static bool can_have(void)
{
	size_t size = 2 * MIB;
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (page == MAP_FAILED)
		return false;
	munmap(page, size);
	return true;
}

static bool names(const char *const *args, const char *argument)
{
	size_t length = strlen(argument);

	for (; args && *args; args++)
		if (!strncmp(*args, argument, length) &&
			((*args)[length] == '\0' || (*args)[length] == '='))
			return true;
	return false;
}

static void set(struct weir_pages *pages, bool huge, const char *why)
{
	pages->huge = huge;
	snprintf(pages->why, sizeof(pages->why), "%s", why);
}

static void look(struct weir_pages *pages, uint64_t size)
{
	uint64_t free_size;

	pages->lock = take_lock();
	free_size = weir_pages_free(FOLDER);
	if (!free_size)
		set(pages, false, "no hugepages are free");
	else if (free_size < size)
		snprintf(pages->why, sizeof(pages->why),
			"hugepages for %" PRIu64 " MiB are free, and %" PRIu64
			" MiB are needed",
			free_size / MIB, (size + MIB - 1) / MIB);
	else if (!can_have())
		set(pages, false, "hugepages are not for this user");
	else
		set(pages, true, "enough of them are free");
	if (!pages->huge)
		weir_pages_settled(pages);
}

void weir_pages_choose(struct weir_pages *pages, enum weir_pages_wish wish,
	uint64_t size, const char *const *args)
{
	*pages = (struct weir_pages){.lock = -1};
	if (names(args, "--no-huge"))
		set(pages, false, "EAL's arguments say so");
	else if (names(args, "--huge-dir") || names(args, "--in-memory") ||
		 names(args, "--legacy-mem") || names(args, "--socket-mem"))
		set(pages, true, "EAL's arguments say so");
	else if (wish == WEIR_PAGES_HUGE)
		set(pages, true, "the pipeline needs them");
	else if (wish == WEIR_PAGES_ORDINARY)
		set(pages, false, "runtime.hugepages says so");
	else
		look(pages, size);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Pages that are not there hold nothing: the system tells which (pagemap), so that
// gigabytes that were only promised cost nothing and stay so.
#include "watch/memory.h"
#include "base/text.h"
#include "watch/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RED_ZONE 128 // bytes in use below a stack pointer
#define PIECE (64u << 10)
#define BEHIND 2		      // words
#define PAGES 512		      // that are asked for at once
#define PRESENT (UINT64_C(3) << 62)   // in memory, or swapped
#define READ_MAX (UINT64_C(16) << 30) // bytes that are worth looking at
#define SPAN_MAX (UINT64_C(1) << 40)  // a sanitizer's: nothing is moved there

struct span {
	uint64_t low, high;
};

struct weir_memory {
	int pid;
	int pages;	 // pagemap, or -1
	uint64_t page;	 // size of one
	uint64_t *words; // PIECE and BEHIND
	uint64_t read;	 // bytes so far
	bool enough;
	struct span *holes;
	unsigned hole_count;
	uint64_t *ends;
	unsigned end_count;
};

static size_t room(void)
{
	return PIECE + BEHIND * sizeof(uint64_t);
}

struct weir_memory *weir_memory_open(int pid)
{
	struct weir_memory *memory = calloc(1, sizeof(*memory));
	char path[32];

	if (!memory)
		return NULL;
	memory->words = mmap(NULL, room(), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->words == MAP_FAILED) {
		free(memory);
		return NULL;
	}
	memory->pid = pid;
	memory->page = (uint64_t)sysconf(_SC_PAGESIZE);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	memory->pages = open(path, O_RDONLY | O_CLOEXEC);
	if (pid == getpid() &&
		!weir_memory_leave_out(memory, (uintptr_t)memory->words,
			(uintptr_t)memory->words + room())) {
		weir_memory_close(memory);
		return NULL;
	}
	return memory;
}

void weir_memory_close(struct weir_memory *memory)
{
	if (!memory)
		return;
	munmap(memory->words, room());
	if (memory->pages >= 0)
		close(memory->pages);
	free(memory->holes);
	free(memory->ends);
	free(memory);
}

bool weir_memory_leave_out(
	struct weir_memory *memory, uint64_t low, uint64_t high)
{
	struct span *holes = realloc(
		memory->holes, (memory->hole_count + 1) * sizeof(*holes));

	if (!holes)
		return false;
	memory->holes = holes;
	holes[memory->hole_count++] = (struct span){low, high};
	return true;
}

bool weir_memory_end(struct weir_memory *memory, uint64_t sp)
{
	uint64_t *ends =
		realloc(memory->ends, (memory->end_count + 1) * sizeof(*ends));

	if (!ends)
		return false;
	memory->ends = ends;
	ends[memory->end_count++] = sp;
	return true;
}

// sp_of answers the stack pointer of a thread that sleeps, 0 of one that runs.
static uint64_t sp_of(int pid, const char *tid)
{
	char path[64], line[256] = "";
	unsigned long sp = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/syscall", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	// "CALL SIX ARGUMENTS SP PC", or "-1 SP PC"
	if (!fgets(line, sizeof(line), file) ||
		(sscanf(line, "%*d %*x %*x %*x %*x %*x %*x %lx %*x", &sp) !=
				1 &&
			sscanf(line, "-1 %lx %*x", &sp) != 1))
		sp = 0;
	fclose(file);
	return sp;
}

bool weir_memory_ends(struct weir_memory *memory)
{
	const struct dirent *task;
	char path[32];
	bool done = true;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", memory->pid);
	tasks = opendir(path);
	if (!tasks)
		return false;
	while (done && (task = readdir(tasks))) {
		uint64_t sp = atoi(task->d_name) > 0
				      ? sp_of(memory->pid, task->d_name)
				      : 0;

		done = !sp || weir_memory_end(memory, sp);
	}
	closedir(tasks);
	return done;
}

// ---- reading ----

// read_piece reads what lies at low..high, of one piece and of pages that are there.
static bool read_piece(struct weir_memory *memory, uint64_t low, uint64_t high,
	weir_memory_look *look, void *arg)
{
	size_t size = high - low;
	ptrdiff_t got;

	memory->read += size;
	if (memory->read > READ_MAX)
		return false;
	memset(memory->words + size / sizeof(uint64_t), 0,
		BEHIND * sizeof(uint64_t));
	// Nothing comes of what is a device's, or has gone.
	got = weir_process_read(memory->pid, low, memory->words,
		size + BEHIND * sizeof(uint64_t));
	if (got > (ptrdiff_t)size)
		got = (ptrdiff_t)size;
	if (got > 0 &&
		!look(arg, memory->words, (size_t)got / sizeof(uint64_t)))
		memory->enough = true;
	return true;
}

bool weir_memory_part(struct weir_memory *memory, uint64_t low, uint64_t high,
	weir_memory_look *look, void *arg)
{
	bool read = true;

	low &= ~UINT64_C(7);
	for (; low < high && !memory->enough && read; low += PIECE)
		read = read_piece(memory, low,
			high - low < PIECE ? high : low + PIECE, look, arg);
	return read;
}

// look_at_pages looks at the pages of low..high that are there.
static bool look_at_pages(struct weir_memory *memory, uint64_t low,
	uint64_t high, weir_memory_look *look, void *arg)
{
	uint64_t at[PAGES], page = memory->page, first = low / page;
	uint64_t begin = 0;
	bool read = true;
	ssize_t got;

	got = memory->pages < 0 ? -1
				: pread(memory->pages, at, sizeof(at),
					  (off_t)(first * sizeof(*at)));
	if (got <= 0)
		return weir_memory_part(memory, low, high, look, arg);
	for (uint64_t i = 0; i <= PAGES && read; i++) {
		uint64_t here = (first + i) * page;
		bool there = i < (uint64_t)got / sizeof(*at) && here < high &&
			     (at[i] & PRESENT);

		if (there && !begin)
			begin = here > low ? here : low;
		if (there || !begin)
			continue;
		read = weir_memory_part(
			memory, begin, here < high ? here : high, look, arg);
		begin = 0;
	}
	return read;
}

static bool look_at_span(struct weir_memory *memory, uint64_t low,
	uint64_t high, weir_memory_look *look, void *arg)
{
	uint64_t next;
	bool read = true;

	for (; low < high && read && !memory->enough; low = next) {
		next = (low / memory->page + PAGES) * memory->page;
		read = look_at_pages(
			memory, low, next < high ? next : high, look, arg);
	}
	return read;
}

// look_around looks at low..high but for what is left out.
static bool look_around(struct weir_memory *memory, uint64_t low, uint64_t high,
	weir_memory_look *look, void *arg)
{
	bool read = true;

	while (low < high && read) {
		uint64_t until = high, next = high;

		for (unsigned i = 0; i < memory->hole_count; i++) {
			const struct span *hole = &memory->holes[i];

			if (hole->high <= low || hole->low >= until)
				continue;
			until = hole->low > low ? hole->low : low;
			next = hole->high;
		}
		if (until > low)
			read = look_at_span(memory, low, until, look, arg);
		low = next;
	}
	return read;
}

// used answers where what is used of low..high begins, if a stack is there.
static uint64_t used(
	const struct weir_memory *memory, uint64_t low, uint64_t high)
{
	uint64_t from = low;

	for (unsigned i = 0; i < memory->end_count; i++) {
		uint64_t end = memory->ends[i];

		if (end > from && end < high && end - low > RED_ZONE)
			from = end - RED_ZONE;
	}
	return from;
}

bool weir_memory_all(
	struct weir_memory *memory, weir_memory_look *look, void *arg)
{
	char path[32], line[4096 + 128];
	unsigned long low, high;
	bool read = true;
	char mode[5];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", memory->pid);
	maps = fopen(path, "re");
	if (!maps)
		return false;
	while (read && !memory->enough && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &low, &high, mode) != 3 ||
			mode[0] != 'r' || mode[1] != 'w' ||
			high - low > SPAN_MAX)
			continue;
		read = look_around(
			memory, used(memory, low, high), high, look, arg);
	}
	fclose(maps);
	return read;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The map is found as a loader would find a note: each file that is mapped from
// its beginning has its program headers there, and those say where its notes
// are. All of it is bytes from outside: sizes are bounded, and a file that makes
// no sense is passed over.
#include "watch/process.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEADERS_MAX 64
#define NOTES_SIZE_MAX 16384
#define SCOPE "/proc/sys/kernel/yama/ptrace_scope"
#define SCOPE_NOBODY 3 // and cannot be changed back

ptrdiff_t weir_process_read(int pid, uint64_t address, void *to, size_t size)
{
	struct iovec here = {to, size};
	struct iovec there = {(void *)(uintptr_t)address, size};
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return got < 0 ? -errno : got;
}

static bool read_all(int pid, uint64_t address, void *to, size_t size)
{
	return weir_process_read(pid, address, to, size) == (ptrdiff_t)size;
}

// ---- refusals ----

// scope answers what the system's rule for looking into processes is, 0 if it has
// none.
static int scope(void)
{
	FILE *file = fopen(SCOPE, "re");
	int value = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

// is_ours: the owner of its folder is root where it may not be looked into.
static bool is_ours(int pid)
{
	unsigned user = 0, effective = 0;
	char path[32], line[128];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "Uid: %u %u", &user, &effective) == 2;
	if (file)
		fclose(file);
	return found && user == geteuid() && effective == user;
}

static int not_permitted(int pid, int err, struct weir_error *e)
{
	if (scope() >= SCOPE_NOBODY)
		return weir_error_set(e, err,
			"process %d may not be looked into: " SCOPE
			" is %d, which allows it to nobody until the next "
			"start of the machine",
			pid, scope());
	if (geteuid() == 0)
		return weir_error_set(e, err,
			"process %d may not be looked into (%s): root needs "
			"the capability CAP_SYS_PTRACE for it, which "
			"containers get by --cap-add SYS_PTRACE",
			pid, strerror(-err));
	if (!is_ours(pid))
		return weir_error_set(e, err,
			"process %d belongs to another user: run this as that "
			"user, or as root",
			pid);
	if (scope() > 0)
		return weir_error_set(e, err,
			"process %d may not be looked into: " SCOPE
			" is %d, which allows it to root only; or, until the "
			"next start of the machine: "
			"sysctl -w kernel.yama.ptrace_scope=0",
			pid, scope());
	return weir_error_set(e, err,
		"process %d may not be looked into (%s), though it is yours: "
		"it forbids that, or the system does; run this as root",
		pid, strerror(-err));
}

int weir_process_refuse(int pid, int err, struct weir_error *e)
{
	if (err == -ESRCH || err == -ENOENT)
		return weir_error_set(
			e, -ESRCH, "there is no process %d (any more)", pid);
	if (err == -EPERM || err == -EACCES)
		return not_permitted(pid, -EPERM, e);
	return weir_error_set(
		e, err, "process %d cannot be read: %s", pid, strerror(-err));
}

// ---- the note ----

static size_t up(size_t size, size_t to)
{
	return (size + to - 1) & ~(to - 1);
}

// What is looked for, and where its contents are put.
struct wanted {
	const char *name;
	uint32_t type;
	char *contents;
	size_t size, size_max;
	uint64_t address; // of the contents there; 0: not found
};

// note_in looks for a note in size bytes that lie at address there.
static void note_in(const char *notes, size_t size, uint64_t address,
	size_t align, struct wanted *wanted)
{
	size_t name_size = strlen(wanted->name) + 1;
	Elf64_Nhdr note;

	for (size_t at = 0; at + sizeof(note) <= size;) {
		size_t contents;

		memcpy(&note, notes + at, sizeof(note));
		if (note.n_namesz > size || note.n_descsz > size)
			return;
		contents = at + up(sizeof(note) + note.n_namesz, align);
		if (contents + note.n_descsz > size)
			return;
		if (note.n_type == wanted->type && note.n_namesz == name_size &&
			note.n_descsz <= wanted->size_max &&
			memcmp(notes + at + sizeof(note), wanted->name,
				name_size) == 0) {
			wanted->size = note.n_descsz;
			wanted->address = address + contents;
			memcpy(wanted->contents, notes + contents,
				note.n_descsz);
			return;
		}
		at = up(contents + note.n_descsz, align);
	}
}

static void note_in_header(
	int pid, uint64_t base, const Elf64_Phdr *header, struct wanted *wanted)
{
	char notes[NOTES_SIZE_MAX];
	size_t size = header->p_memsz < sizeof(notes) ? header->p_memsz
						      : sizeof(notes);
	uint64_t address = base + header->p_vaddr;

	if (read_all(pid, address, notes, size))
		note_in(notes, size, address, header->p_align == 8 ? 8 : 4,
			wanted);
}

// find_note looks through the notes of the file that is mapped at start.
static bool find_note(int pid, uint64_t start, struct wanted *wanted)
{
	Elf64_Phdr headers[HEADERS_MAX];
	Elf64_Ehdr elf;
	uint64_t base;

	if (!read_all(pid, start, &elf, sizeof(elf)) ||
		memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
		elf.e_ident[EI_CLASS] != ELFCLASS64 ||
		elf.e_phentsize != sizeof(*headers) ||
		elf.e_phnum > HEADERS_MAX ||
		!read_all(pid, start + elf.e_phoff, headers,
			elf.e_phnum * sizeof(*headers)))
		return false;
	base = elf.e_type == ET_EXEC ? 0 : start;
	for (unsigned i = 0; i < elf.e_phnum && !wanted->address; i++)
		if (headers[i].p_type == PT_NOTE)
			note_in_header(pid, base, &headers[i], wanted);
	return wanted->address != 0;
}

size_t weir_process_build_id(int pid, uint64_t start, void *id, size_t size)
{
	struct wanted wanted = {.name = "GNU",
		.type = NT_GNU_BUILD_ID,
		.contents = id,
		.size_max = size};

	return find_note(pid, start, &wanted) ? wanted.size : 0;
}

// map_in_file answers where the map of the file lies that is mapped at start, 0
// if it has none.
static uint64_t map_in_file(int pid, uint64_t start)
{
	int64_t distance = 0;
	struct wanted wanted = {.name = WEIR_MAP_NOTE,
		.type = WEIR_MAP_NOTE_TYPE,
		.contents = (char *)&distance,
		.size_max = sizeof(distance)};

	return find_note(pid, start, &wanted) && wanted.size == sizeof(distance)
		       ? wanted.address + (uint64_t)distance
		       : 0;
}

// ---- the map ----

enum found { NOTHING, STRANGE, EMPTY, IN_USE };

// What is read in a copy, of a task or of a stepper, and how wide it is.
struct field {
	size_t at; // in the map
	uint32_t width;
};

#define IN(member, width)                                \
	{                                                \
		offsetof(struct weir_map, member), width \
	}

static const struct field in_task[] = {
	IN(task_queued, 1),
	IN(task_context, 24),
	IN(task_ended, 1),
	IN(task_parked, 1),
	IN(task_live, 1),
	IN(task_canceled, 1),
	IN(task_switches, 8),
	IN(task_first_switch, 8),
	IN(task_since, 8),
	IN(task_ready_max, 8),
	IN(task_step_max, 8),
	IN(task_parks, 8),
	IN(task_vain_wakes, 8),
	IN(task_idle_yields, 8),
	IN(task_waits_in, 8),
	IN(task_select, 8),
	IN(task_stack, 8),
	IN(task_scope, 8),
	IN(task_locks_held, 4),
};

static const struct field in_stepper[] = {
	IN(stepper_executor, 8),
	IN(stepper_class, 8),
	IN(stepper_phase, 1),
};

static bool fits(uint64_t at, uint64_t width, uint64_t size)
{
	return at + width <= size;
}

static bool timer_fits(uint64_t at, uint64_t size, const struct weir_map *map)
{
	return fits(at + map->timer_next, 8, size) &&
	       fits(at + map->timer_tick, 8, size);
}

static bool all_fit(const struct field *fields, size_t count, uint64_t size,
	const struct weir_map *map)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t at;

		memcpy(&at, (const char *)map + fields[i].at, sizeof(at));
		if (!fits(at, fields[i].width, size))
			return false;
	}
	return true;
}

#define COUNT(fields) (sizeof(fields) / sizeof(*(fields)))

// is_sound tells whether nothing that the map leads to in a task, or in a stepper,
// lies beyond it.
static bool is_sound(const struct weir_map *map)
{
	return map->task_size <= WEIR_TASK_SIZE_MAX &&
	       map->stepper_size <= WEIR_STEPPER_SIZE_MAX &&
	       map->name_size > 0 &&
	       fits(map->task_name, map->name_size, map->task_size) &&
	       timer_fits(map->task_deadline, map->task_size, map) &&
	       timer_fits(map->stepper_deadline, map->stepper_size, map) &&
	       all_fit(in_task, COUNT(in_task), map->task_size, map) &&
	       all_fit(in_stepper, COUNT(in_stepper), map->stepper_size, map);
}

static enum found read_map(int pid, uint64_t address, struct weir_map *map)
{
	uint64_t first;

	if (!address || !read_all(pid, address, map, sizeof(*map)) ||
		map->magic != WEIR_MAP_MAGIC)
		return NOTHING;
	if (map->version != WEIR_MAP_VERSION || map->size != sizeof(*map) ||
		!is_sound(map))
		return STRANGE;
	if (!read_all(pid, (uintptr_t)map->roster + map->list_next, &first,
		    sizeof(first)))
		return NOTHING;
	return first == (uintptr_t)map->roster ? EMPTY : IN_USE;
}

// find looks through all files that are mapped: the one in use counts.
static enum found find(int pid, FILE *maps, struct weir_map *map)
{
	enum found best = NOTHING;
	char line[4096 + 128];

	while (best != IN_USE && fgets(line, sizeof(line), maps)) {
		unsigned long start, offset;
		struct weir_map one;
		enum found found;
		char mode[5];

		if (sscanf(line, "%lx-%*x %4s %lx", &start, mode, &offset) !=
				3 ||
			mode[0] != 'r' || offset != 0 || !strchr(line, '/'))
			continue;
		found = read_map(pid, map_in_file(pid, start), &one);
		if (found > best) {
			best = found;
			*map = one;
		}
	}
	return best;
}

int weir_process_map(int pid, struct weir_map *map, struct weir_error *e)
{
	char path[32], byte;
	enum found found;
	FILE *maps;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return weir_process_refuse(pid, -errno, e);
	found = find(pid, maps, map);
	fclose(maps);
	if (found >= EMPTY)
		return 0;
	if (found == STRANGE)
		return weir_error_set(e, -EPROTO,
			"process %d runs another version of weir, whose tasks "
			"this one cannot read: use the 'weir' that belongs to "
			"it",
			pid);
	err = (int)weir_process_read(pid, 0, &byte, 1);
	if (err != -EFAULT)
		return weir_process_refuse(pid, err, e);
	return weir_error_set(e, -ENOENT,
		"process %d has no weir in it: neither the program nor a "
		"library that it loaded",
		pid);
}

// ---- threads ----

static bool is_service(int pid, const char *tid)
{
	static const char *const names[] = {
		"weir-", "dpdk-", "eal-intr", "rte_mp", "telemetry-v2"};
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/comm", pid, tid);
	file = fopen(path, "r");
	if (!file)
		return true; // it has ended
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	for (size_t i = 0; i < COUNT(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

unsigned weir_process_strangers(int pid, const int *known, unsigned count)
{
	const struct dirent *task;
	unsigned strangers = 0;
	char path[32];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return 0;
	while ((task = readdir(tasks))) {
		int tid = atoi(task->d_name);
		bool is_known = tid <= 0;

		for (unsigned i = 0; i < count; i++)
			is_known |= known[i] == tid;
		strangers += !is_known && !is_service(pid, task->d_name);
	}
	closedir(tasks);
	return strangers;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// All of it is libdwfl's. Two of its habits are not ours: the standard callbacks
// may ask a server for debug information, so ours look on this machine only; and
// it maps each file that it is asked about, so it is asked about few: those in
// which an address lies.
#include "watch/symbols.h"
#include "base/text.h"
#include "watch/process.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// How often an address in no known file makes us look at what is mapped anew.
#define REFRESHES_MAX 16

struct weir_symbols {
	Dwfl *dwfl;
	int pid;
	unsigned refreshes;
};

// same_build tells whether a file is the one that lies at base in the process: by
// build IDs, where both have one.
static bool same_build(int fd, int pid, Dwarf_Addr base)
{
	unsigned char there[64];
	size_t there_size =
		weir_process_build_id(pid, base, there, sizeof(there));
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	const void *here = NULL;
	ssize_t size = elf ? dwelf_elf_gnu_build_id(elf, &here) : -1;
	bool same = size <= 0 || !there_size ||
		    ((size_t)size == there_size &&
			    memcmp(here, there, there_size) == 0);

	elf_end(elf);
	return same;
}

// find_elf opens what the process calls path, as it sees it: here there may be
// another file of that name.
static int find_elf(Dwfl_Module *module, void **user, const char *path,
	Dwarf_Addr base, char **file, Elf **elf)
{
	int pid = *user ? *(int *)*user : 0, fd;
	char there[4096];
	struct stat s;

	if (path[0] != '/' || !pid)
		return dwfl_linux_proc_find_elf(
			module, user, path, base, file, elf);
	snprintf(there, sizeof(there), "/proc/%d/root%s", pid, path);
	fd = open(there, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode) &&
		same_build(fd, pid, base) && (*file = strdup(there)))
		return fd;
	close(fd);
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = dwfl_build_id_find_debuginfo,
};

// own_module gives each module's callbacks the process.
static int own_module(Dwfl_Module *module, void **user, const char *name,
	Dwarf_Addr start, void *arg)
{
	*user = arg;
	return DWARF_CB_OK;
}

// report tells libdwfl what is mapped now. Answers 0 or -errno.
static int report(struct weir_symbols *symbols)
{
	int err;

	dwfl_report_begin(symbols->dwfl);
	err = dwfl_linux_proc_report(symbols->dwfl, symbols->pid);
	dwfl_report_end(symbols->dwfl, NULL, NULL);
	dwfl_getmodules(symbols->dwfl, own_module, &symbols->pid, 0);
	return err < 0 ? -EIO : -err;
}

static int refused(int pid, int err, struct weir_error *e)
{
	if (err == -ENOENT || err == -ESRCH)
		return weir_error_set(e, -ESRCH, "there is no process %d", pid);
	return weir_error_set(e, err,
		"what process %d has mapped cannot be read (%s): run this as "
		"its user",
		pid, strerror(-err));
}

int weir_symbols_open(
	struct weir_symbols **symbols, int pid, struct weir_error *e)
{
	struct weir_symbols *s = calloc(1, sizeof(*s));
	int id = pid ? pid : getpid(), err;

	if (!s || !(s->dwfl = dwfl_begin(&callbacks))) {
		free(s);
		return weir_error_set(e, -ENOMEM, "no memory for symbols");
	}
	s->pid = id;
	err = report(s);
	if (err) {
		weir_symbols_close(s);
		return refused(id, err, e);
	}
	*symbols = s;
	return 0;
}

// holding answers the file in which address lies; NULL: none. Asked for what lies
// beyond all, libdwfl answers the last.
static Dwfl_Module *holding(struct weir_symbols *symbols, uintptr_t address)
{
	Dwfl_Module *module = dwfl_addrmodule(symbols->dwfl, address);
	Dwarf_Addr start, end;

	if (!module)
		return NULL;
	dwfl_module_info(module, NULL, &start, &end, NULL, NULL, NULL, NULL);
	return address >= start && address < end ? module : NULL;
}

static Dwfl_Module *module_of(struct weir_symbols *symbols, uintptr_t address)
{
	Dwfl_Module *module = holding(symbols, address);

	if (module || symbols->refreshes == REFRESHES_MAX)
		return module;
	symbols->refreshes++;
	return report(symbols) ? NULL : holding(symbols, address);
}

static const char *base_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

// line_of answers the source's name and *line, or NULL.
static const char *line_of(Dwfl_Module *module, uintptr_t address, int *line)
{
	Dwfl_Line *found = dwfl_module_getsrc(module, address);

	return found ? base_of(dwfl_lineinfo(
			       found, NULL, line, NULL, NULL, NULL))
		     : NULL;
}

// offset_of answers where address lies in the file, as addr2line counts.
static uintptr_t offset_of(Dwfl_Module *module, uintptr_t address)
{
	Dwarf_Addr bias, start;

	if (dwfl_module_getelf(module, &bias))
		return address - bias;
	dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
	return address - start;
}

void weir_symbols_name(struct weir_symbols *symbols, uintptr_t address,
	char *text, size_t size)
{
	Dwfl_Module *module = module_of(symbols, address);
	const char *name, *file, *source;
	char plain[24];
	int line = 0;

	snprintf(plain, sizeof(plain), "%#jx", (uintmax_t)address);
	if (!module) {
		weir_text_copy(text, size, plain);
		return;
	}
	name = dwfl_module_addrname(module, address);
	file = base_of(dwfl_module_info(
		module, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
	source = name ? line_of(module, address, &line) : NULL;
	if (source)
		snprintf(text, size, "%s at %s:%d", name, source, line);
	else
		snprintf(text, size, "%s (%s+%#jx)", name ? name : plain, file,
			(uintmax_t)offset_of(module, address));
	weir_text_clean(text, size);
}

void weir_symbols_close(struct weir_symbols *symbols)
{
	if (!symbols)
		return;
	dwfl_end(symbols->dwfl);
	free(symbols);
}

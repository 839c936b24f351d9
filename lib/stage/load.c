// SPDX-License-Identifier: BSD-3-Clause
//
// One copy.  The linker gives an object the libraries that it names unless one
// of the same soname is there already, and looks for symbols in the program
// first. Programs carry libweir's soname or link it, so an object that names
// libweir too gets what is running. What slips through (another soname, another
// DPDK) is found by counting before and after.
#include "stage/load.h"
#include "stage/object.h"
#include "stage/stage.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL "weir_stage_exported"

// Libraries of which a process must not get one more.
static const char *const only[] = {"libweir.so.", "librte_eal.so."};

#define ONLY_COUNT (sizeof(only) / sizeof(only[0]))

struct copies {
	unsigned count[ONLY_COUNT];
	char last[ONLY_COUNT][256]; // path of the one that came last
};

static int count_one(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct copies *copies = arg;
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash ? slash + 1 : info->dlpi_name;

	for (unsigned i = 0; i < ONLY_COUNT; i++) {
		if (strncmp(name, only[i], strlen(only[i])))
			continue;
		copies->count[i]++;
		snprintf(copies->last[i], sizeof(copies->last[i]), "%s",
			info->dlpi_name);
	}
	return 0;
}

static struct copies count_copies(void)
{
	struct copies copies = {0};

	dl_iterate_phdr(count_one, &copies);
	return copies;
}

static int check_copies(
	const char *path, const struct copies *before, struct weir_error *e)
{
	struct copies now = count_copies();

	for (unsigned i = 0; i < ONLY_COUNT; i++) {
		if (now.count[i] > before->count[i])
			return weir_error_set(e, -EINVAL,
				"%s: it brings %s with it, which is not what "
				"this program runs with: build it again with "
				"`pkg-config --cflags --libs libweir`",
				path, now.last[i]);
	}
	return 0;
}

// What the linker says begins with a path, its own or that of a library that
// was not found.
static int wont_load(const char *path, const char *why, struct weir_error *e)
{
	static const char missing[] = ": cannot open shared object file";
	static const char undefined[] = "undefined symbol: ";
	const char *end = strstr(why, missing);
	const char *symbol = strstr(why, undefined);

	if (end)
		return weir_error_set(e, -EINVAL,
			"%s: it needs %.*s, which is not found: install it, or "
			"say in LD_LIBRARY_PATH where it lies",
			path, (int)(end - why), why);
	if (symbol)
		symbol += strlen(undefined);
	if (symbol && !strncmp(symbol, "weir_", 5))
		return weir_error_set(e, -EINVAL,
			"%s: it calls %s, which this program does not have: "
			"build it again with this weir's headers; a program "
			"that embeds libweir.a must be linked with -rdynamic",
			path, symbol);
	if (symbol)
		return weir_error_set(e, -EINVAL,
			"%s: it calls %s, which is not found: name the library "
			"that has it when you link",
			path, symbol);
	return weir_error_set(
		e, -EINVAL, "%s: cannot be loaded: %s", path, why);
}

static void *base_of(const void *address)
{
	Dl_info info;

	return dladdr(address, &info) ? info.dli_fbase : NULL;
}

// has_room tells whether a symbol is data that holds a stage and the end.
static bool has_room(const void *symbol)
{
	const ElfW(Sym) *entry = NULL;
	Dl_info info;

	return dladdr1(symbol, &info, (void **)&entry, RTLD_DL_SYMENT) &&
	       entry && ELF64_ST_TYPE(entry->st_info) == STT_OBJECT &&
	       entry->st_size >= 2 * sizeof(struct weir_stage *);
}

// The symbol must be the object's own, not one of a library that it links.
static const struct weir_stage *const *exported(void *handle)
{
	struct link_map *map;
	const void *symbol = dlsym(handle, SYMBOL);

	if (!symbol || dlinfo(handle, RTLD_DI_LINKMAP, &map) ||
		base_of(symbol) != base_of(map->l_ld) || !has_room(symbol))
		return NULL;
	return symbol;
}

static int add_stages(const char *path, const struct weir_stage *const *stages,
	struct weir_error *e)
{
	struct weir_error why = {0};
	int err;

	for (; *stages; stages++) {
		err = weir_stage_register(*stages, &why);
		if (err)
			return weir_error_set(e, err, "%s: %s", path, why.text);
	}
	return 0;
}

static int load(const char *path, const char *place, struct weir_error *e)
{
	const struct weir_stage *const *stages;
	struct copies before = count_copies();
	void *handle = dlopen(place, RTLD_NOW | RTLD_LOCAL);
	int err;

	if (!handle)
		return wont_load(path, dlerror(), e);
	err = check_copies(path, &before, e);
	if (err)
		return err;
	stages = exported(handle);
	if (!stages)
		return weir_error_set(e, -EINVAL,
			"%s: it exports no stage: end its source with "
			"WEIR_STAGE_EXPORT(your_stage);",
			path);
	return add_stages(path, stages, e);
}

int weir_stage_load(const char *path, struct weir_error *e)
{
	int err = weir_object_check(path, e);
	char *place;

	if (err)
		return err;
	// The linker looks in folders of its own for what has no slash.
	place = realpath(path, NULL);
	if (!place)
		return weir_error_set(
			e, -errno, "%s: %s", path, strerror(errno));
	err = load(path, place, e);
	free(place);
	return err;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The text is JSON behind a mark, ended by a zero byte, one for each driver in
// the file: PMD_INFO_STRING= {"name": …, "kmod": …, "pci_ids": [[v,d,s,s],…]}.
#include "host/pmd.h"

#include "host/sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <rte_build_config.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANY 0xffff
// In two parts, so that this file itself has no mark.
static const char mark_head[] = "PMD_INFO_";
static const char mark_tail[] = "STRING= ";

struct weir_pmds {
	json_t *drivers; // an array of those objects
};

// take adds the driver that text describes, if it is one of a network device.
static void take(struct weir_pmds *pmds, const char *text, size_t size)
{
	size_t length = strnlen(text, size);
	json_t *driver =
		length < size ? json_loadb(text, length, 0, NULL) : NULL;

	if (json_is_string(json_object_get(driver, "name")))
		json_array_append(pmds->drivers, driver);
	json_decref(driver);
}

static void scan(struct weir_pmds *pmds, const char *bytes, size_t size)
{
	const char *end = bytes + size, *at = bytes;

	while ((at = memmem(at, (size_t)(end - at), mark_head,
			strlen(mark_head)))) {
		at += strlen(mark_head);
		if ((size_t)(end - at) <= strlen(mark_tail) ||
			memcmp(at, mark_tail, strlen(mark_tail)))
			continue;
		at += strlen(mark_tail);
		take(pmds, at, (size_t)(end - at));
	}
}

static void scan_file(struct weir_pmds *pmds, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat = {0};
	void *bytes;

	if (file < 0)
		return;
	if (!fstat(file, &stat) && stat.st_size > 0) {
		bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE,
			file, 0);
		if (bytes != MAP_FAILED) {
			scan(pmds, bytes, (size_t)stat.st_size);
			munmap(bytes, (size_t)stat.st_size);
		}
	}
	close(file);
}

// Links are other names of files that are read anyway.
static int is_net_driver(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "librte_net_", 11) &&
	       entry->d_type != DT_LNK;
}

static void scan_folder(struct weir_pmds *pmds, const char *root)
{
	char path[WEIR_SYS_PATH_SIZE];
	struct dirent **entries;
	int count;

	if (!weir_sys_path(path, root, "%s", RTE_EAL_PMD_PATH))
		return;
	count = scandir(path, &entries, is_net_driver, alphasort);
	for (int i = 0; i < count; i++) {
		if (weir_sys_path(path, root, "%s/%s", RTE_EAL_PMD_PATH,
			    entries[i]->d_name))
			scan_file(pmds, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

struct weir_pmds *weir_pmds_read(const char *root)
{
	struct weir_pmds *pmds = calloc(1, sizeof(*pmds));

	if (!pmds)
		return NULL;
	pmds->drivers = json_array();
	scan_folder(pmds, root);
	if (!*root)
		scan_file(pmds, "/proc/self/exe"); // DPDK linked statically
	return pmds;
}

unsigned weir_pmds_count(const struct weir_pmds *pmds)
{
	return (unsigned)json_array_size(pmds->drivers);
}

static bool fits(const json_t *ids, size_t index, uint16_t value)
{
	json_int_t id = json_integer_value(json_array_get(ids, index));

	return id == value || id == ANY;
}

static bool drives(const json_t *driver, const struct weir_pmd_id *id)
{
	const json_t *ids = json_object_get(driver, "pci_ids");

	for (size_t i = 0; i < json_array_size(ids); i++) {
		const json_t *one = json_array_get(ids, i);

		if (fits(one, 0, id->vendor) && fits(one, 1, id->device) &&
			fits(one, 2, id->subsystem_vendor) &&
			fits(one, 3, id->subsystem_device))
			return true;
	}
	return false;
}

static const char *text_of(const json_t *driver, const char *key)
{
	const char *text = json_string_value(json_object_get(driver, key));

	return text ? text : "";
}

struct weir_pmd weir_pmds_find(
	const struct weir_pmds *pmds, const struct weir_pmd_id *id)
{
	for (size_t i = 0; i < json_array_size(pmds->drivers); i++) {
		const json_t *driver = json_array_get(pmds->drivers, i);

		if (drives(driver, id))
			return (struct weir_pmd){text_of(driver, "name"),
				text_of(driver, "kmod")};
	}
	return (struct weir_pmd){NULL, NULL};
}

bool weir_pmd_is_bifurcated(const struct weir_pmd *pmd)
{
	return pmd->name && *pmd->modules && !strstr(pmd->modules, "vfio") &&
	       !strstr(pmd->modules, "uio");
}

void weir_pmds_free(struct weir_pmds *pmds)
{
	if (!pmds)
		return;
	json_decref(pmds->drivers);
	free(pmds);
}

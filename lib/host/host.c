// SPDX-License-Identifier: BSD-3-Clause
#include "host/host.h"

#include "host/sys.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define KIB 1024u

static int by_size(const void *a, const void *b)
{
	const struct weir_host_pages *x = a, *y = b;

	return (x->size > y->size) - (x->size < y->size);
}

static uint64_t default_page_size(const char *root)
{
	char path[WEIR_SYS_PATH_SIZE], line[128];
	uint64_t size = 0;
	FILE *file = NULL;

	if (weir_sys_path(path, root, "/proc/meminfo"))
		file = fopen(path, "re");
	while (file && !size && fgets(line, sizeof(line), file))
		if (sscanf(line, "Hugepagesize: %" SCNu64 " kB", &size) != 1)
			size = 0;
	if (file)
		fclose(file);
	return size * KIB;
}

static void read_pages(struct weir_host *host, const char *root)
{
	static const char folder[] = "/sys/kernel/mm/hugepages";
	char path[WEIR_SYS_PATH_SIZE];
	struct dirent *entry;
	DIR *dir = NULL;

	if (weir_sys_path(path, root, "%s", folder))
		dir = opendir(path);
	while (dir && (entry = readdir(dir)) &&
		host->page_sizes < WEIR_HOST_PAGES_MAX) {
		const char *name = entry->d_name;
		uint64_t size;

		if (sscanf(name, "hugepages-%" SCNu64 "kB", &size) != 1)
			continue;
		host->pages[host->page_sizes++] = (struct weir_host_pages){
			.size = size * KIB,
			.total = (uint64_t)weir_sys_number(
				0, root, "%s/%s/nr_hugepages", folder, name),
			.free = (uint64_t)weir_sys_number(
				0, root, "%s/%s/free_hugepages", folder, name),
		};
	}
	if (dir)
		closedir(dir);
	qsort(host->pages, host->page_sizes, sizeof(host->pages[0]), by_size);
	host->page_size = default_page_size(root);
}

// lists tells whether a list of modules has one: lines that begin with
// "kernel/drivers/…/vfio-pci.ko", compressed or not.
static bool lists(const char *root, const char *list, const char *module)
{
	char path[WEIR_SYS_PATH_SIZE], line[4096], file_name[64];
	bool found = false;
	FILE *file;

	snprintf(file_name, sizeof(file_name), "/%s.ko", module);
	file = weir_sys_path(path, root, "%s", list) ? fopen(path, "re") : NULL;
	while (file && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, ":\n")] = '\0';
		found = strstr(line, file_name);
	}
	if (file)
		fclose(file);
	return found;
}

static enum weir_host_module find_module(const char *root, const char *module)
{
	char release[128], list[256];

	if (weir_sys_is(root, "/sys/bus/pci/drivers/%s", module))
		return WEIR_HOST_MODULE_LOADED;
	if (!weir_sys_text(release, sizeof(release), root,
		    "/proc/sys/kernel/osrelease"))
		return WEIR_HOST_MODULE_ABSENT;
	snprintf(list, sizeof(list), "/lib/modules/%s/modules.dep", release);
	return lists(root, list, module) ? WEIR_HOST_MODULE_LOADABLE
					 : WEIR_HOST_MODULE_ABSENT;
}

static bool has_entries(const char *root, const char *folder)
{
	char path[WEIR_SYS_PATH_SIZE];
	struct dirent *entry;
	bool found = false;
	DIR *dir = NULL;

	if (weir_sys_path(path, root, "%s", folder))
		dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

// The firmware's tables show which IOMMU the machine has, used or not.
static void read_iommu(struct weir_host *host, const char *root)
{
	static const char tables[] = "/sys/firmware/acpi/tables";
	char flag[16];

	host->iommu = has_entries(root, "/sys/kernel/iommu_groups");
	if (weir_sys_is(root, "%s/DMAR", tables))
		host->iommu_words = "intel_iommu=on iommu=pt";
	else if (weir_sys_is(root, "%s/IVRS", tables))
		host->iommu_words = "amd_iommu=on iommu=pt";
	host->noiommu_possible = weir_sys_text(flag, sizeof(flag), root,
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	host->noiommu = flag[0] == 'Y' || flag[0] == '1';
}

// may_have_noiommu: only a loaded vfio shows its switch. Before, the kernel's
// configuration tells, where it is kept (Debian's kernels have no switch).
static bool may_have_noiommu(const char *root)
{
	char release[128], path[WEIR_SYS_PATH_SIZE], line[256];
	bool may = true;
	FILE *file = NULL;

	if (weir_sys_text(release, sizeof(release), root,
		    "/proc/sys/kernel/osrelease") &&
		weir_sys_path(path, root, "/boot/config-%s", release))
		file = fopen(path, "re");
	while (file && may && fgets(line, sizeof(line), file))
		may = strcmp(line, "# CONFIG_VFIO_NOIOMMU is not set\n");
	if (file)
		fclose(file);
	return may;
}

static void read_process(struct weir_host *host)
{
	struct rlimit limit;

	host->root = geteuid() == 0;
	host->memlock_size = UINT64_MAX;
	if (!getrlimit(RLIMIT_MEMLOCK, &limit) &&
		limit.rlim_cur != RLIM_INFINITY)
		host->memlock_size = limit.rlim_cur;
}

void weir_host_read(struct weir_host *host, const char *root)
{
	*host = (struct weir_host){0};
	read_pages(host, root);
	read_iommu(host, root);
	read_process(host);
	host->vfio = find_module(root, "vfio-pci");
	host->uio = find_module(root, "uio_pci_generic");
	if (host->vfio == WEIR_HOST_MODULE_LOADABLE)
		host->noiommu_possible = may_have_noiommu(root);
	host->has_driverctl = weir_sys_is(root, "/usr/sbin/driverctl") ||
			      weir_sys_is(root, "/sbin/driverctl");
	host->has_devbind = weir_sys_is(root, "/usr/bin/dpdk-devbind.py");
}

uint64_t weir_host_free_size(const struct weir_host *host)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < host->page_sizes; i++)
		size += host->pages[i].free * host->pages[i].size;
	return size;
}

void weir_host_as_root(const struct weir_host *host, const char *command,
	char *text, size_t size)
{
	if (host->root)
		snprintf(text, size, "%s", command);
	else
		snprintf(text, size, "sudo sh -c '%s'", command);
}

void weir_host_mend_pages(const struct weir_host *host, uint64_t size,
	char *command, size_t command_size)
{
	uint64_t free_size = weir_host_free_size(host);
	uint64_t lacking = size > free_size ? size - free_size : 0;
	uint64_t total = 0;
	char line[96];

	command[0] = '\0';
	if (!host->page_size)
		return;
	for (unsigned i = 0; i < host->page_sizes; i++)
		if (host->pages[i].size == host->page_size)
			total = host->pages[i].total;
	snprintf(line, sizeof(line),
		"echo %" PRIu64 " >/proc/sys/vm/nr_hugepages",
		total + (lacking + host->page_size - 1) / host->page_size);
	weir_host_as_root(host, line, command, command_size);
}

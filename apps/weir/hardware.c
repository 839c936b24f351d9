// SPDX-License-Identifier: BSD-3-Clause
#include "examine.h"

#include "host/host.h"
#include "host/pci.h"
#include "host/pmd.h"
#include "host/sys.h"

#include <glob.h>
#include <inttypes.h>
#include <rte_build_config.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024u
#define MIB (1024u * 1024u)
#define SIZE_WANTED (256ull * MIB) // in huge pages: a small run

__attribute__((format(printf, 2, 3))) static void add(
	struct weir_finding *finding, const char *format, ...)
{
	size_t used = strlen(finding->text);
	va_list args;

	va_start(args, format);
	vsnprintf(finding->text + used, sizeof(finding->text) - used, format,
		args);
	va_end(args);
}

struct weir_finding weir_examine_drivers(const char *root)
{
	struct weir_pmds *pmds = weir_pmds_read(root);
	unsigned count = pmds ? weir_pmds_count(pmds) : 0;
	struct weir_finding finding;

	weir_pmds_free(pmds);
	if (count)
		return weir_finding_say(WEIR_HEALTH_OK, "drivers",
			"DPDK has %u of network devices here", count);
	finding = weir_finding_say(WEIR_HEALTH_WARNING, "drivers",
		"DPDK has none of network devices in %s", RTE_EAL_PMD_PATH);
	snprintf(finding.mend, sizeof(finding.mend),
		"apt-get install librte-meta-net");
	return finding;
}

// ---- huge pages ----

// "; node 0: 128 MiB free, node 1: 0": where there are several.
static void add_nodes(
	struct weir_finding *finding, const char *root, uint64_t page_size)
{
	char pattern[WEIR_SYS_PATH_SIZE];
	glob_t found = {0};

	if (weir_sys_path(pattern, root,
		    "/sys/devices/system/node/node[0-9]*/hugepages/"
		    "hugepages-%" PRIu64 "kB",
		    page_size / KIB) &&
		!glob(pattern, 0, NULL, &found) && found.gl_pathc > 1)
		for (size_t i = 0; i < found.gl_pathc; i++)
			add(finding, "%s node %d: %ld free", i ? "," : ";",
				atoi(strstr(found.gl_pathv[i], "/node/node") +
					strlen("/node/node")),
				weir_sys_number(0, found.gl_pathv[i],
					"/free_hugepages"));
	globfree(&found);
}

static void add_mount(struct weir_finding *finding, const char *root)
{
	char path[WEIR_SYS_PATH_SIZE], line[1024], at[256];
	bool found = false;
	FILE *file = NULL;

	if (weir_sys_path(path, root, "/proc/mounts"))
		file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %255s hugetlbfs", at) == 1 &&
			strstr(line, " hugetlbfs ");
	if (file)
		fclose(file);
	if (found)
		add(finding, "; mounted at %.60s", at);
	else
		add(finding, "; not mounted, and weir needs no mount");
}

struct weir_finding weir_examine_pages(const char *root)
{
	struct weir_finding finding = {
		.what = "hugepages", .health = WEIR_HEALTH_OK};
	struct weir_host host;
	bool any = false;

	weir_host_read(&host, root);
	for (unsigned i = 0; i < host.page_sizes; i++) {
		const struct weir_host_pages *pages = &host.pages[i];

		if (!pages->total)
			continue;
		add(&finding,
			"%s%" PRIu64 " of %" PRIu64 " free of %" PRIu64 " %s",
			any ? ", " : "", pages->free, pages->total,
			pages->size >= MIB ? pages->size / MIB
					   : pages->size / KIB,
			pages->size >= MIB ? "MiB" : "KiB");
		add_nodes(&finding, root, pages->size);
		any = true;
	}
	if (any)
		add_mount(&finding, root);
	else
		add(&finding, host.page_size ? "none" : "not in this kernel");
	if (weir_host_free_size(&host) >= SIZE_WANTED)
		return finding;
	finding.health = WEIR_HEALTH_WARNING;
	add(&finding, "; ports on software devices do without, a PCI port "
		      "does not");
	weir_host_mend_pages(
		&host, SIZE_WANTED, finding.mend, sizeof(finding.mend));
	return finding;
}

// ---- what hands devices out ----

struct weir_finding weir_examine_iommu(const char *root)
{
	static const char noiommu[] = "echo 1 >/sys/module/vfio/parameters/"
				      "enable_unsafe_noiommu_mode";
	struct weir_finding finding;
	struct weir_host host;

	weir_host_read(&host, root);
	if (host.iommu)
		return weir_finding_say(WEIR_HEALTH_OK, "IOMMU",
			"on: a device reaches only the memory it was given");
	if (host.iommu_words)
		return weir_finding_say(WEIR_HEALTH_WARNING, "IOMMU",
			"there is one, and it is off: boot with '%s' on the "
			"kernel's command line",
			host.iommu_words);
	finding = weir_finding_say(WEIR_HEALTH_WARNING, "IOMMU",
		host.noiommu ? "none; vfio hands out devices without, and "
			       "these can overwrite any memory"
			     : "none is to be seen; without, a PCI port can "
			       "overwrite any memory");
	if (!host.noiommu && host.noiommu_possible &&
		host.vfio == WEIR_HOST_MODULE_LOADED)
		weir_host_as_root(
			&host, noiommu, finding.mend, sizeof(finding.mend));
	return finding;
}

struct weir_finding weir_examine_vfio(const char *root)
{
	struct weir_finding finding;
	struct weir_host host;

	weir_host_read(&host, root);
	switch (host.vfio) {
	case WEIR_HOST_MODULE_LOADED:
		return weir_finding_say(WEIR_HEALTH_OK, "vfio-pci", "loaded");
	case WEIR_HOST_MODULE_LOADABLE:
		finding = weir_finding_say(
			WEIR_HEALTH_WARNING, "vfio-pci", "not loaded");
		weir_host_as_root(&host, "modprobe vfio-pci", finding.mend,
			sizeof(finding.mend));
		return finding;
	default:
		return weir_finding_say(WEIR_HEALTH_WARNING, "vfio-pci",
			"this kernel has none%s: only devices that DPDK shares "
			"with the kernel's driver (mlx5) can be PCI ports",
			host.uio == WEIR_HOST_MODULE_ABSENT
				? ", nor uio_pci_generic"
				: "; uio_pci_generic can do, for root");
	}
}

// A user's device may only reach memory that the user may lock.
struct weir_finding weir_examine_locking(const char *root)
{
	struct weir_finding finding;
	struct weir_host host;

	weir_host_read(&host, root);
	if (host.root || host.memlock_size == UINT64_MAX)
		return weir_finding_say(WEIR_HEALTH_OK, "locked memory",
			"any amount%s", host.root ? ", as root" : "");
	finding = weir_finding_say(host.memlock_size < SIZE_WANTED
					   ? WEIR_HEALTH_WARNING
					   : WEIR_HEALTH_OK,
		"locked memory",
		"at most %" PRIu64 " MiB; a PCI port of this user needs as "
		"much as its memory",
		host.memlock_size / MIB);
	if (finding.health != WEIR_HEALTH_OK)
		snprintf(finding.mend, sizeof(finding.mend),
			"sudo prlimit --pid $$ --memlock=unlimited:unlimited");
	return finding;
}

struct weir_finding weir_examine_devices(const char *root)
{
	struct weir_pci_device *devices;
	int count = weir_pci_list(root, &devices), ready = 0;

	for (int i = 0; i < count; i++)
		ready += devices[i].ready;
	if (count > 0)
		free(devices);
	if (count <= 0)
		return weir_finding_say(WEIR_HEALTH_WARNING, "PCI devices",
			"no network device");
	return weir_finding_say(ready ? WEIR_HEALTH_OK : WEIR_HEALTH_WARNING,
		"PCI devices",
		"%d of %d network devices ready; 'weir devices' "
		"tells about each",
		ready, count);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// A made-up machine: a folder with the files of /sys, /proc and /dev that
// weir reads, made one by one and removed at the end.
#ifndef WEIR_TESTS_DRIVERS_MACHINE_H
#define WEIR_TESTS_DRIVERS_MACHINE_H

#include <criterion/criterion.h>
#include <rte_build_config.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char machine[64];

static inline void machine_init(void)
{
	snprintf(machine, sizeof(machine), "/tmp/weir-machine-XXXXXX");
	cr_assert_not_null(mkdtemp(machine));
}

static inline void machine_fini(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", machine);
	cr_assert_eq(system(command), 0);
}

// machine_path makes the folders above path and answers it below the machine.
static inline const char *machine_path(const char *path)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s%s", machine, path);
	for (char *slash = text + strlen(machine) + 1;
		(slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(text, 0755);
		*slash = '/';
	}
	return text;
}

// put writes a file.
__attribute__((format(printf, 2, 3))) static inline void put(
	const char *path, const char *format, ...)
{
	FILE *file = fopen(machine_path(path), "w");
	va_list args;

	cr_assert_not_null(file, "%s", path);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

// lead makes a link, in the place of one that was there.
static inline void lead(const char *path, const char *to)
{
	const char *at = machine_path(path);

	unlink(at);
	cr_assert_eq(symlink(to, at), 0, "%s", path);
}

// A PCI device.
struct card {
	const char *address, *driver, *interface;
	unsigned class, vendor, device;
	int node, group; // group -1: none
};

static inline void put_card(const struct card *card)
{
	char base[128], path[256], to[256];

	snprintf(base, sizeof(base), "/sys/bus/pci/devices/%s", card->address);
#define PUT(name, ...)                                      \
	(snprintf(path, sizeof(path), "%s/%s", base, name), \
		put(path, __VA_ARGS__))
	PUT("class", "0x%06x\n", card->class ? card->class : 0x020000);
	PUT("vendor", "0x%04x\n", card->vendor);
	PUT("device", "0x%04x\n", card->device);
	PUT("subsystem_vendor", "0x%04x\n", card->vendor);
	PUT("subsystem_device", "0x0000\n");
	PUT("numa_node", "%d\n", card->node);
	if (card->interface) {
		snprintf(path, sizeof(path), "%s/net/%s/operstate", base,
			card->interface);
		put(path, "down\n");
	}
#undef PUT
	if (card->driver) {
		snprintf(path, sizeof(path), "%s/driver", base);
		snprintf(to, sizeof(to), "../../../bus/pci/drivers/%s",
			card->driver);
		lead(path, to);
	}
	if (card->group < 0)
		return;
	snprintf(path, sizeof(path), "%s/iommu_group", base);
	snprintf(
		to, sizeof(to), "../../../kernel/iommu_groups/%d", card->group);
	lead(path, to);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s",
		card->group, card->address);
	snprintf(to, sizeof(to), "../../../../bus/pci/devices/%s",
		card->address);
	lead(path, to);
}

// put_drivers makes DPDK's drivers e1000 and mlx5 known there.
static inline void put_drivers(void)
{
	put(RTE_EAL_PMD_PATH "/librte_net_e1000.so.23.0",
		"%cELF: not really PMD_INFO_STRING= {\"name\": "
		"\"net_e1000_em\","
		" \"kmod\": \"* igb_uio | uio_pci_generic | vfio-pci\", "
		"\"pci_ids\": [[32902, 4307, 65535, 65535]]}%c",
		0x7f, 0);
	put(RTE_EAL_PMD_PATH "/librte_net_mlx5.so.23.0",
		"PMD_INFO_STRING= {\"name\": \"mlx5_eth\", \"kmod\": \"* "
		"ib_uverbs & mlx5_core & mlx5_ib\", \"pci_ids\": [[5555, 4119, "
		"65535, 65535]]}%c",
		0);
}

// put_pages makes 2 MiB pages.
static inline void put_pages(unsigned total, unsigned unused)
{
	put("/proc/meminfo", "MemTotal: 1 kB\nHugepagesize:       2048 kB\n");
	put("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "%u\n",
		total);
	put("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "%u\n",
		unused);
}

#endif

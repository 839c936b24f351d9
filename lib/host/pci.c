// SPDX-License-Identifier: BSD-3-Clause
#include "host/pci.h"

#include "host/mend.h"
#include "host/model.h"
#include "host/pmd.h"
#include "host/sys.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"
#define CLASS_NETWORK 0x02
#define CLASS_BRIDGE 0x06
#define LIST_SIZE (256u * 1024 * 1024) // of huge pages: a small run's

// Of these the kernel's driver stays, whether DPDK's is installed or not.
static const char *const shared_drivers[] = {
	"mlx4_core", "mlx5_core", "mana", NULL};

// What a search through the machine has at hand.
struct search {
	const char *root;
	struct weir_pmds *pmds;
	struct weir_host host;
	uint64_t memory_size;
};

bool weir_pci_address(char address[WEIR_PCI_ADDRESS_SIZE], const char *text)
{
	unsigned domain = 0, bus, slot, function;
	int used = 0;

	if (text[strspn(text, "0123456789abcdefABCDEF:.")])
		return false;
	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
		    &used) != 4) {
		domain = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function,
			    &used) != 3)
			return false;
	}
	if (text[used] || slot > 0x1f || function > 7)
		return false;
	snprintf(address, WEIR_PCI_ADDRESS_SIZE, "%04x:%02x:%02x.%x", domain,
		bus, slot, function);
	return true;
}

static unsigned class_of(const char *root, const char *address)
{
	return (unsigned)weir_sys_number(
		       0, root, DEVICES "/%s/class", address) >>
	       16;
}

static uint16_t id_of(
	const struct search *search, const char *address, const char *which)
{
	return (uint16_t)weir_sys_number(
		0, search->root, DEVICES "/%s/%s", address, which);
}

static int group_of(const char *root, const char *address)
{
	char name[16];

	return weir_sys_link(name, sizeof(name), root,
		       DEVICES "/%s/iommu_group", address)
		       ? atoi(name)
		       : -1;
}

static bool is_shared(const char *kernel_driver)
{
	for (unsigned i = 0; shared_drivers[i]; i++)
		if (!strcmp(kernel_driver, shared_drivers[i]))
			return true;
	return false;
}

// ---- the group of the IOMMU ----

// A bridge, a device without driver and one that is handed out do not hinder.
static bool hinders(const char *root, const char *address, const char *driver)
{
	return *driver && strcmp(driver, "vfio-pci") &&
	       strcmp(driver, "pci-stub") &&
	       class_of(root, address) != CLASS_BRIDGE;
}

static void take_neighbour(
	struct weir_mend_facts *facts, const char *root, const char *address)
{
	struct weir_mend_neighbour *n =
		&facts->neighbours[facts->neighbour_count];
	struct weir_interface interface;
	char driver[sizeof(n->kernel_driver)];

	weir_sys_link(
		driver, sizeof(driver), root, DEVICES "/%s/driver", address);
	if (!hinders(root, address, driver) ||
		!weir_pci_address(n->address, address))
		return;
	weir_interface_read(&interface, root, address);
	snprintf(n->kernel_driver, sizeof(n->kernel_driver), "%s", driver);
	n->is_network = class_of(root, address) == CLASS_NETWORK;
	n->in_use = interface.in_use;
	facts->neighbour_count++;
}

static void read_neighbours(struct weir_mend_facts *facts, const char *root,
	const struct weir_pci_device *device)
{
	char path[WEIR_SYS_PATH_SIZE];
	struct dirent *entry;
	DIR *dir = NULL;

	if (device->group >= 0 &&
		weir_sys_path(path, root, "/sys/kernel/iommu_groups/%d/devices",
			device->group))
		dir = opendir(path);
	while (dir && (entry = readdir(dir)) &&
		facts->neighbour_count < WEIR_MEND_NEIGHBOURS_MAX)
		if (entry->d_name[0] != '.' &&
			strcmp(entry->d_name, device->address))
			take_neighbour(facts, root, entry->d_name);
	if (dir)
		closedir(dir);
}

static bool may_open(const char *root, int group)
{
	char path[WEIR_SYS_PATH_SIZE];

	for (int i = 0; i < 2; i++)
		if (weir_sys_path(path, root, "/dev/vfio/%s%d",
			    i ? "noiommu-" : "", group) &&
			access(path, R_OK | W_OK) == 0)
			return true;
	return false;
}

// ---- one device ----

static void read_device(struct weir_pci_device *device,
	const struct search *search, const char *address)
{
	struct weir_pmd_id id = {
		.vendor = id_of(search, address, "vendor"),
		.device = id_of(search, address, "device"),
		.subsystem_vendor = id_of(search, address, "subsystem_vendor"),
		.subsystem_device = id_of(search, address, "subsystem_device"),
	};
	struct weir_pmd pmd = weir_pmds_find(search->pmds, &id);
	struct weir_mend_facts facts = {
		.host = &search->host,
		.modules = pmd.name ? pmd.modules : "",
		.memory_size = search->memory_size,
	};

	*device = (struct weir_pci_device){
		.vendor = id.vendor, .device = id.device};
	snprintf(device->address, sizeof(device->address), "%s", address);
	snprintf(device->dpdk_driver, sizeof(device->dpdk_driver), "%s",
		pmd.name ? pmd.name : "");
	weir_sys_link(device->kernel_driver, sizeof(device->kernel_driver),
		search->root, DEVICES "/%s/driver", address);
	device->node = (int)weir_sys_number(
		-1, search->root, DEVICES "/%s/numa_node", address);
	device->group = group_of(search->root, address);
	device->bifurcated = weir_pmd_is_bifurcated(&pmd) ||
			     is_shared(device->kernel_driver);
	weir_model_read(device->model, sizeof(device->model), search->root,
		id.vendor, id.device);
	weir_interface_read(&device->interface, search->root, address);
	read_neighbours(&facts, search->root, device);
	facts.may_open = may_open(search->root, device->group);
	weir_mend_judge(device, &facts);
}

// ---- all of them ----

static int search_open(struct search *search, const char *root, uint64_t size)
{
	*search = (struct search){.root = root, .memory_size = size};
	weir_host_read(&search->host, root);
	search->pmds = weir_pmds_read(root);
	return search->pmds ? 0 : -ENOMEM;
}

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	if (count >= 0)
		free(entries);
}

int weir_pci_list(const char *root, struct weir_pci_device **devices)
{
	char path[WEIR_SYS_PATH_SIZE], address[WEIR_PCI_ADDRESS_SIZE];
	struct dirent **entries = NULL;
	struct search search;
	int count = -1, found = 0;

	*devices = NULL;
	if (search_open(&search, root, LIST_SIZE))
		return -ENOMEM;
	if (weir_sys_path(path, root, DEVICES))
		count = scandir(path, &entries, NULL, alphasort);
	if (count > 0)
		*devices = calloc((size_t)count, sizeof(**devices));
	for (int i = 0; i < count && *devices; i++)
		if (weir_pci_address(address, entries[i]->d_name) &&
			class_of(root, address) == CLASS_NETWORK)
			read_device(&(*devices)[found++], &search, address);
	if (count > 0 && !*devices)
		found = -ENOMEM;
	free_entries(entries, count);
	weir_pmds_free(search.pmds);
	return found;
}

static int refuse(const struct weir_pci_device *device, const char *port,
	struct weir_error *e)
{
	const char *careful = *device->warning ? "; take care: " : "";

	if (!*device->mend)
		return weir_error_set(e, -ENODEV, "port '%s': %s: %s%s%s", port,
			device->address, device->why, careful, device->warning);
	return weir_error_set(e, -ENODEV,
		"port '%s': %s: %s%s%s; to mend it, type:\n%s", port,
		device->address, device->why, careful, device->warning,
		device->mend);
}

int weir_pci_check(const char *root, const char *port, const char *address,
	uint64_t memory_size, struct weir_error *e)
{
	char known[WEIR_PCI_ADDRESS_SIZE];
	struct weir_pci_device device;
	struct search search;

	if (!weir_pci_address(known, address))
		return weir_error_set(e, -EINVAL,
			"port '%s': '%s' is no PCI address; write it as in "
			"0000:3b:00.0 ('weir devices' lists them)",
			port, address);
	if (!weir_sys_is(root, DEVICES "/%s", known))
		return weir_error_set(e, -ENODEV,
			"port '%s': there is no PCI device %s; 'weir devices' "
			"lists those that there are",
			port, known);
	if (search_open(&search, root, memory_size))
		return weir_error_set(e, -ENOMEM,
			"port '%s': no memory to look at %s", port, known);
	read_device(&device, &search, known);
	weir_pmds_free(search.pmds);
	return device.ready ? 0 : refuse(&device, port, e);
}

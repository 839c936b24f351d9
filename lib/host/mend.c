// SPDX-License-Identifier: BSD-3-Clause
//
// A port can open a device that vfio-pci or one of the uio modules holds, or
// that is bifurcated. The first thing that is in the way is the verdict; what
// mends it is a line for a shell, and mends all that one line can.
#include "host/mend.h"

#include "base/assert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 640
#define MIB (1024u * 1024u)

static const char *const uio_modules[] = {"uio_pci_generic", "igb_uio", NULL};

__attribute__((format(printf, 3, 4))) static void add(
	char *line, size_t size, const char *format, ...)
{
	size_t used = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + used, size - used, format, args);
	va_end(args);
	// Half a command would be worse than none.
	weir_assert(strlen(line) + 1 < size);
}

static bool is_uio(const char *driver)
{
	for (unsigned i = 0; uio_modules[i]; i++)
		if (!strcmp(driver, uio_modules[i]))
			return true;
	return false;
}

static bool is_vfio(const char *driver)
{
	return !strcmp(driver, "vfio-pci");
}

// names tells whether modules, "* a & b | c", has the word name.
static bool names(const char *modules, const char *name)
{
	size_t length = strlen(name);

	if (!length)
		return false;
	for (const char *at = modules; (at = strstr(at, name)); at += length)
		if ((at == modules || at[-1] == ' ') &&
			(!at[length] || at[length] == ' '))
			return true;
	return false;
}

#define WHY(device, ...) \
	snprintf((device)->why, sizeof((device)->why), __VA_ARGS__)
#define WARN(device, ...) \
	snprintf((device)->warning, sizeof((device)->warning), __VA_ARGS__)

static void mend(struct weir_pci_device *device,
	const struct weir_mend_facts *facts, const char *line)
{
	weir_host_as_root(
		facts->host, line, device->mend, sizeof(device->mend));
}

// ---- devices that stay with the kernel ----

// "modprobe -a ib_uverbs mlx5_core mlx5_ib".
static void add_modules(char *line, const char *modules)
{
	add(line, LINE_SIZE, "modprobe -a");
	for (const char *at = modules; *at;) {
		size_t length = strcspn(at, " *&|");

		if (length)
			add(line, LINE_SIZE, " %.*s", (int)length, at);
		at += length + strspn(at + length, " *&|");
	}
}

static void judge_bifurcated(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	const char *a = device->address;
	char line[LINE_SIZE] = "";

	if (names(facts->modules, device->kernel_driver)) {
		if (facts->host->root)
			return;
		WHY(device, "only root may open it: run weir as root");
		return;
	}
	WHY(device, "DPDK works with the kernel's driver here, and %s%s",
		*device->kernel_driver ? "it is bound to " : "none is bound",
		device->kernel_driver);
	add_modules(line, facts->modules);
	add(line, LINE_SIZE, "; echo >/sys/bus/pci/devices/%s/driver_override",
		a);
	if (*device->kernel_driver)
		add(line, LINE_SIZE,
			"; echo %s >/sys/bus/pci/devices/%s/driver/unbind", a,
			a);
	add(line, LINE_SIZE, "; echo %s >/sys/bus/pci/drivers_probe", a);
	mend(device, facts, line);
}

static void judge_unknown(struct weir_pci_device *device)
{
	WHY(device,
		"DPDK has no driver for it here (%04x:%04x; in Debian all "
		"drivers are in librte-meta-allpmds)",
		device->vendor, device->device);
}

// ---- devices that are handed out ----

// blocked tells whether one of its group stays with the kernel for good.
static bool blocked(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	for (unsigned i = 0; i < facts->neighbour_count; i++) {
		const struct weir_mend_neighbour *n = &facts->neighbours[i];

		if (n->is_network)
			continue;
		WHY(device,
			"its IOMMU group %d holds %s (%s) too, and a group "
			"changes hands as a whole: put it into another slot",
			device->group, n->address, n->kernel_driver);
		return true;
	}
	return false;
}

static void judge_vfio_limits(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	char line[LINE_SIZE];

	if (!facts->may_open) {
		WHY(device, "this user may not open /dev/vfio/%d",
			device->group);
		snprintf(line, sizeof(line), "chown %s /dev/vfio/%d",
			facts->host->root ? "root" : "$(id -u)", device->group);
		// sudo without sh: the shell that reads this knows the user.
		snprintf(device->mend, sizeof(device->mend), "%s%s",
			facts->host->root ? "" : "sudo ", line);
	} else if (!facts->host->root &&
		   facts->host->memlock_size < facts->memory_size) {
		WHY(device,
			"this user may lock %" PRIu64 " MiB of memory for it, "
			"%" PRIu64 " MiB are needed",
			facts->host->memlock_size / MIB,
			facts->memory_size / MIB);
		snprintf(device->mend, sizeof(device->mend),
			"sudo prlimit --pid $$ --memlock=unlimited:unlimited");
	}
}

// ---- binding ----

// Devices that change hands together.
struct batch {
	unsigned count;
	bool bound, in_use; // one of them is
	char addresses[WEIR_PCI_ADDRESS_SIZE *
		       (WEIR_MEND_NEIGHBOURS_MAX + 1)]; // a space between two
};

static void batch_add(
	struct batch *batch, const char *address, bool bound, bool in_use)
{
	add(batch->addresses, sizeof(batch->addresses), "%s%s",
		batch->count++ ? " " : "", address);
	batch->bound |= bound;
	batch->in_use |= in_use;
}

static void batch_add_neighbours(
	struct batch *batch, const struct weir_mend_facts *facts)
{
	for (unsigned i = 0; i < facts->neighbour_count; i++)
		batch_add(batch, facts->neighbours[i].address, true,
			facts->neighbours[i].in_use);
}

// add_binding binds a batch, with the tool that is there. devbind refuses what
// has routes; who is warned may say so.
static void add_binding(char *line, const struct weir_host *host,
	const char *module, const struct batch *batch)
{
	const char *each = batch->count > 1 ? "$d" : batch->addresses;

	if (*line)
		add(line, LINE_SIZE, " && ");
	if (host->has_devbind && !host->has_driverctl) {
		add(line, LINE_SIZE, "dpdk-devbind.py %s--bind=%s %s",
			batch->in_use ? "--force " : "", module,
			batch->addresses);
		return;
	}
	if (batch->count > 1)
		add(line, LINE_SIZE, "for d in %s; do ", batch->addresses);
	if (host->has_driverctl) {
		add(line, LINE_SIZE, "driverctl set-override %s %s", each,
			module);
	} else {
		add(line, LINE_SIZE,
			"echo %s >/sys/bus/pci/devices/%s/driver_override && ",
			module, each);
		if (batch->bound)
			add(line, LINE_SIZE,
				"echo %s "
				">/sys/bus/pci/devices/%s/driver/unbind && ",
				each, each);
		add(line, LINE_SIZE, "echo %s >/sys/bus/pci/drivers_probe",
			each);
	}
	if (batch->count > 1)
		add(line, LINE_SIZE, "; done");
}

static bool vfio_can(
	const struct weir_pci_device *device, const struct weir_host *host)
{
	return host->vfio != WEIR_HOST_MODULE_ABSENT &&
	       (device->group >= 0 || host->noiommu || host->noiommu_possible);
}

// choose_module prefers vfio-pci, but for where only uio works without an
// IOMMU.
static const char *choose_module(const struct weir_pci_device *device,
	const struct weir_mend_facts *facts)
{
	const struct weir_host *host = facts->host;

	if (vfio_can(device, host))
		return "vfio-pci";
	if (host->uio != WEIR_HOST_MODULE_ABSENT &&
		names(facts->modules, "uio_pci_generic"))
		return "uio_pci_generic";
	return host->vfio == WEIR_HOST_MODULE_ABSENT ? NULL : "vfio-pci";
}

static void why_bound(struct weir_pci_device *device)
{
	if (!*device->kernel_driver)
		WHY(device, "no driver has it");
	else if (*device->interface.names)
		WHY(device, "Linux has it as %s (driver %s)",
			device->interface.names, device->kernel_driver);
	else
		WHY(device, "the kernel's driver %s has it",
			device->kernel_driver);
}

static void warn_use(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	if (device->interface.has_default_route)
		WARN(device,
			"%s carries the default route: this takes the machine "
			"off its network",
			device->interface.names);
	else if (device->interface.in_use)
		WARN(device, "Linux uses %s: its addresses and routes go away",
			device->interface.names);
	for (unsigned i = 0; !*device->warning && i < facts->neighbour_count;
		i++)
		if (facts->neighbours[i].in_use)
			WARN(device,
				"%s is in the same IOMMU group, and Linux uses "
				"it: its addresses and routes go away",
				facts->neighbours[i].address);
}

// say_iommu tells of an IOMMU that is missing, where that matters.
static void say_iommu(
	struct weir_pci_device *device, const struct weir_host *host)
{
	if (device->group >= 0 || host->noiommu)
		return;
	add(device->why, sizeof(device->why), ", and no IOMMU is on");
	if (host->iommu_words)
		add(device->why, sizeof(device->why),
			": better boot with '%s' on the kernel's command line",
			host->iommu_words);
	if (!*device->warning)
		WARN(device,
			"without an IOMMU the device, or a fault in a program, "
			"can overwrite any memory");
}

// add_noiommu answers false where vfio cannot have the device.
static bool add_noiommu(char *line, const struct weir_pci_device *device,
	const struct weir_host *host)
{
	if (device->group >= 0 || host->noiommu)
		return true;
	if (host->noiommu_possible)
		add(line, LINE_SIZE,
			"%secho 1 >/sys/module/vfio/parameters/"
			"enable_unsafe_noiommu_mode",
			*line ? " && " : "");
	return host->noiommu_possible;
}

static void judge_binding(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	const struct weir_host *host = facts->host;
	const char *module = choose_module(device, facts);
	struct batch batch = {0};
	char line[LINE_SIZE] = "";

	if (blocked(device, facts))
		return;
	why_bound(device);
	if (!module) {
		add(device->why, sizeof(device->why),
			", and this kernel has neither vfio-pci nor "
			"uio_pci_generic");
		return;
	}
	warn_use(device, facts);
	if ((is_vfio(module) ? host->vfio : host->uio) ==
		WEIR_HOST_MODULE_LOADABLE)
		add(line, sizeof(line), "modprobe %s", module);
	say_iommu(device, host);
	if (is_vfio(module) && !add_noiommu(line, device, host)) {
		device->warning[0] = '\0'; // of a line that is not there
		return;
	}
	batch_add(&batch, device->address, *device->kernel_driver,
		device->interface.in_use);
	batch_add_neighbours(&batch, facts);
	add_binding(line, host, module, &batch);
	mend(device, facts, line);
}

// A group of which only some were handed out: the others follow.
static void judge_group(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	struct batch batch = {0};
	char line[LINE_SIZE] = "";

	if (!facts->neighbour_count || blocked(device, facts))
		return;
	WHY(device, "%s of its IOMMU group %d is not with vfio-pci",
		facts->neighbours[0].address, device->group);
	warn_use(device, facts);
	batch_add_neighbours(&batch, facts);
	add_binding(line, facts->host, "vfio-pci", &batch);
	mend(device, facts, line);
}

static void judge_pages(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	uint64_t free_size = weir_host_free_size(facts->host);

	if (free_size >= facts->memory_size)
		return;
	WHY(device,
		"it needs huge pages: %" PRIu64
		" MiB of them are free, %" PRIu64 " MiB are needed",
		free_size / MIB, facts->memory_size / MIB);
	weir_host_mend_pages(facts->host, facts->memory_size, device->mend,
		sizeof(device->mend));
}

void weir_mend_judge(
	struct weir_pci_device *device, const struct weir_mend_facts *facts)
{
	device->why[0] = device->mend[0] = device->warning[0] = '\0';
	if (!*device->dpdk_driver) {
		judge_unknown(device);
	} else if (device->bifurcated) {
		judge_bifurcated(device, facts);
	} else if (is_vfio(device->kernel_driver)) {
		judge_group(device, facts);
		if (!*device->why)
			judge_vfio_limits(device, facts);
	} else if (is_uio(device->kernel_driver)) {
		if (!facts->host->root)
			WHY(device,
				"only root may open a device of %s: run "
				"weir as root, or bind it to vfio-pci",
				device->kernel_driver);
	} else {
		judge_binding(device, facts);
	}
	if (!*device->why)
		judge_pages(device, facts);
	device->ready = !*device->why;
}

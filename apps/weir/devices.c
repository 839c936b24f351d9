// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include "host/pci.h"
#include "port/port.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
	const char *sysroot;
	bool json;
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_JSON(struct request, json, "print it as JSON"),
	{"sysroot", .type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, sysroot), .value = "FOLDER",
		.offer = WEIR_OFFER_FOLDERS,
		.help = "look at the /sys, /proc and /dev below a folder"},
	{0},
};

// ---- PCI ----

// "up 10G", "down", "-".
static const char *link_text(
	const struct weir_interface *interface, char *text, size_t size)
{
	unsigned speed = interface->speed;

	if (interface->link == WEIR_INTERFACE_LINK_UNKNOWN)
		return "-";
	if (interface->link == WEIR_INTERFACE_LINK_DOWN)
		return "down";
	if (!speed)
		return "up";
	if (speed % 1000)
		snprintf(text, size, "up %uM", speed);
	else
		snprintf(text, size, "up %uG", speed / 1000);
	return text;
}

static void print_row(const struct weir_pci_device *device)
{
	char link[24], node[16] = "-";

	if (device->node >= 0)
		snprintf(node, sizeof(node), "%d", device->node);
	printf("%-13s %-8s %-12s %4s  %-8s %-9s  %s\n", device->address,
		*device->interface.names ? device->interface.names : "-",
		*device->kernel_driver ? device->kernel_driver : "-", node,
		link_text(&device->interface, link, sizeof(link)),
		device->ready ? "ready" : "not ready", device->model);
}

// What Linux has can be used as it is, through Linux.
static void print_instead(const struct weir_pci_device *device)
{
	if (*device->interface.names && !strchr(device->interface.names, ',') &&
		weir_port_find("af_packet"))
		printf("  as it is, through Linux and slower: {af_packet: "
		       "%s}\n",
			device->interface.names);
}

static void print_mending(const struct weir_pci_device *device)
{
	if (device->ready)
		return;
	printf("\n%s is not ready: %s.\n", device->address, device->why);
	if (*device->warning)
		printf("  take care: %s\n", device->warning);
	if (*device->mend)
		printf("  type: %s\n", device->mend);
	print_instead(device);
}

static void print_pci(const struct weir_pci_device *devices, int count)
{
	if (count == 0) {
		puts("This machine has no PCI network devices.");
		return;
	}
	printf("%-13s %-8s %-12s %4s  %-8s %-9s  %s\n", "PCI ADDRESS", "LINUX",
		"DRIVER", "NODE", "LINK", "STATE", "MODEL");
	for (int i = 0; i < count; i++)
		print_row(&devices[i]);
	for (int i = 0; i < count; i++)
		print_mending(&devices[i]);
}

static json_t *json_link(const struct weir_interface *interface)
{
	if (interface->link == WEIR_INTERFACE_LINK_UNKNOWN)
		return json_null();
	return json_string(
		interface->link == WEIR_INTERFACE_LINK_UP ? "up" : "down");
}

static json_t *json_word(const char *word)
{
	return *word ? json_string(word) : json_null();
}

static json_t *json_device(const struct weir_pci_device *device)
{
	const struct weir_interface *interface = &device->interface;
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", device->vendor, device->device);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, "
			 "s:I, s:b, s:b, s:b, s:o, s:o, s:o}",
		"address", device->address, "id", id, "model", device->model,
		"interface", json_word(interface->names), "kernel_driver",
		json_word(device->kernel_driver), "dpdk_driver",
		json_word(device->dpdk_driver), "bifurcated",
		device->bifurcated, "node",
		device->node >= 0 ? json_integer(device->node) : json_null(),
		"iommu_group",
		device->group >= 0 ? json_integer(device->group) : json_null(),
		"link", json_link(interface), "speed_mbit",
		(json_int_t)interface->speed, "in_use", interface->in_use,
		"default_route", interface->has_default_route, "ready",
		device->ready, "why", json_word(device->why), "mend",
		json_word(device->mend), "warning", json_word(device->warning));
}

// ---- software ----

static void each_kind(
	void (*fn)(void *arg, const struct weir_port_kind *kind), void *arg)
{
	const struct weir_port_driver *driver;

	for (unsigned i = 0; (driver = weir_port_at(i)); i++)
		for (const struct weir_port_kind *k = driver->kinds; k->name;
			k++)
			if (!k->traits.needs_pci)
				fn(arg, k);
}

static void print_kind(void *arg, const struct weir_port_kind *kind)
{
	printf(" %s", kind->name);
}

static void append_kind(void *arg, const struct weir_port_kind *kind)
{
	json_array_append_new(
		arg, json_pack("{s:s, s:s, s:b}", "kind", kind->name, "help",
			     kind->help, "makes_system_calls",
			     kind->traits.makes_system_calls));
}

static void print_text(const struct weir_pci_device *devices, int count)
{
	print_pci(devices, count);
	printf("\nPorts that need no such device:");
	each_kind(print_kind, NULL);
	puts("\n'weir stages KIND' tells about one.");
}

static void print_json(const struct weir_pci_device *devices, int count)
{
	json_t *pci = json_array(), *software = json_array(), *all;

	for (int i = 0; i < count; i++)
		json_array_append_new(pci, json_device(&devices[i]));
	each_kind(append_kind, software);
	all = json_pack("{s:o, s:o}", "pci", pci, "software", software);
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

static int show(int argc, char **argv)
{
	struct request request = {0};
	struct weir_pci_device *devices;
	int code = weir_arguments_read(
		&weir_command_devices, argc, argv, &request);
	int count;

	if (code >= 0)
		return code;
	weir_register_all();
	count = weir_pci_list(request.sysroot ? request.sysroot : "", &devices);
	if (count < 0) {
		fprintf(stderr, "weir devices: %s\n", strerror(-count));
		return WEIR_EXIT_FAILED;
	}
	if (request.json)
		print_json(devices, count);
	else
		print_text(devices, count);
	free(devices);
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_devices = {
	.name = "devices",
	.help = "list network devices, and what makes them ready",
	.usage = (const char *const[]){"[--json]", NULL},
	.about = "Lists the machine's PCI network devices: Linux's name, the "
		 "driver that has it, NUMA node, link, and whether a port "
		 "{pci: ADDRESS} can open it as this user. Where one is not "
		 "ready, it says what is in the way and the command that mends "
		 "that; where that would take away what Linux uses, it says so "
		 "first. Devices that DPDK shares with the kernel's driver "
		 "(mlx5, mlx4) are ready as they are: never unbind them.\n\n"
		 "Nothing is changed.",
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples", "weir devices\n"
				     "weir devices --json | jq -r '.pci[] | "
				     "select(.ready) | .address'\n"},
			{0}},
	.exits = "0 done, also when there are none; 2 wrong use.",
	.run = show,
};

// SPDX-License-Identifier: BSD-3-Clause
#include "net/kinds.h"

#include "net/recipe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define CALLS .makes_system_calls = true
#define BRIEF .brief_calls = true
#define ALONE .exclusive = true

const struct weir_port_kind weir_net_kinds[] = {
	{"pci",
		"the PCI address of a NIC, e.g. 0000:3b:00.0; behind a comma "
		"the arguments of its driver",
		{BRIEF, ALONE, .needs_pci = true, .needs_hugepages = true}},
	{"vdev",
		"any software device: its name and arguments, e.g. "
		"net_bonding0,mode=1",
		{BRIEF, ALONE}},
	{"tap",
		"the name of a tap interface, which is made: the kernel sees "
		"what goes out there come in",
		{CALLS, ALONE, .queues_max = 16}},
	{"af_packet", "the name of a network interface of the kernel",
		{CALLS, ALONE, .queues_max = 16}},
	{"af_xdp",
		"the name of a network interface of the kernel, which gives "
		"all that comes in on these queues to weir",
		{CALLS, ALONE}},
	{"memif",
		"the path of a socket, over which two programs share memory "
		"for packets",
		{BRIEF, ALONE}},
	{"vhost",
		"the path of a socket on which a virtual machine or a "
		"virtio_user port connects",
		{BRIEF, ALONE}},
	{"virtio_user", "the path of a vhost socket to connect to",
		{BRIEF, ALONE}},
	{"null",
		"a device that makes empty packets and takes any: its "
		"arguments, e.g. size=64",
		{BRIEF}},
	{"ring",
		"a device whose packets come in again where they went out: its "
		"arguments",
		{BRIEF}},
	{"pcap",
		"DPDK's device on captures: a capture, or arguments such as "
		"rx_pcap=a.pcap,tx_pcap=b.pcap",
		{CALLS}},
	{0},
};

static const struct weir_recipe recipes[] = {
	{"tap", "net_tap", "iface", NULL, NULL, NULL, NULL,
		WEIR_NAMES_INTERFACE, 2048,
		WEIR_IS_SPREADS | WEIR_IS_RETRIES | WEIR_IS_LOSES |
			WEIR_IS_TAP},
	{"af_packet", "net_af_packet", "iface", "qpairs", NULL, NULL, NULL,
		WEIR_NAMES_INTERFACE, 512, WEIR_IS_SPREADS},
	{"af_xdp", "net_af_xdp", "iface", "queue_count", NULL, NULL, NULL,
		WEIR_NAMES_INTERFACE, 8192,
		WEIR_IS_SPREADS | WEIR_IS_RETRIES | WEIR_IS_LINGERS |
			WEIR_IS_PLAIN},
	{"memif", "net_memif", "socket", NULL, "role=server", "role=client",
		"socket-abstract=no", WEIR_NAMES_PATH, 4096,
		WEIR_IS_SPREADS | WEIR_IS_LINGERS | WEIR_IS_FORGETS |
			WEIR_IS_TEARS},
	{"vhost", "net_vhost", "iface", "queues", "", "client=1", NULL,
		WEIR_NAMES_PATH, 1600,
		WEIR_IS_SPREADS | WEIR_IS_RETRIES | WEIR_IS_LINGERS |
			WEIR_IS_TEARS | WEIR_IS_TWICE},
	{"virtio_user", "net_virtio_user", "path", "queues", "server=1", "",
		NULL, WEIR_NAMES_PATH, 2048,
		WEIR_IS_SPREADS | WEIR_IS_RETRIES | WEIR_IS_LINGERS},
	{"null", "net_null", NULL, NULL, NULL, NULL, NULL, WEIR_NAMES_ARGUMENTS,
		64, WEIR_IS_SPREADS},
	{"ring", "net_ring", NULL, NULL, NULL, NULL, NULL, WEIR_NAMES_ARGUMENTS,
		1024, WEIR_IS_SPREADS},
	{"pcap", "net_pcap", NULL, NULL, NULL, NULL, NULL, WEIR_NAMES_ARGUMENTS,
		512, WEIR_IS_SPREADS},
};

#define RECIPE_COUNT (sizeof(recipes) / sizeof(*recipes))
#define KEEPS_OTHER 4096u // of a device that is not known

const struct weir_recipe *weir_recipe_of(const char *kind)
{
	for (unsigned i = 0; i < RECIPE_COUNT; i++)
		if (!strcmp(recipes[i].kind, kind))
			return &recipes[i];
	return NULL;
}

// behind answers the recipe of the device that a vdev's value names, or NULL.
// Older names of the same devices begin with eth_.
const struct weir_recipe *weir_recipe_behind(const char *value)
{
	const char *name = value;
	size_t length;

	if (strncmp(name, "net_", 4) && strncmp(name, "eth_", 4))
		return NULL;
	name += 4;
	for (unsigned i = 0; i < RECIPE_COUNT; i++) {
		length = strlen(recipes[i].device + 4);
		if (!strncmp(name, recipes[i].device + 4, length))
			return &recipes[i];
	}
	return NULL;
}

void weir_kind_traits(
	const char *kind, const char *value, struct weir_port_traits *traits)
{
	const struct weir_recipe *recipe =
		strcmp(kind, "vdev") ? NULL : weir_recipe_behind(value);

	if (!strncmp(value, "net_tun", strlen("net_tun")) ||
		!strncmp(value, "net_bonding", strlen("net_bonding")) ||
		!strncmp(value, "net_failsafe", strlen("net_failsafe")))
		traits->brief_calls = false;
	if (!recipe)
		return;
	*traits = weir_port_kind_find(recipe->kind)->traits;
	traits->exclusive = true;
}

unsigned weir_kind_keeps(const char *kind, uint32_t descriptors)
{
	const struct weir_recipe *recipe = weir_recipe_of(kind);
	unsigned keeps = recipe ? recipe->keeps : KEEPS_OTHER;

	// Of both directions.
	return 2 * descriptors > keeps ? 2 * descriptors : keeps;
}

// ---- what a value must be ----

__attribute__((format(printf, 3, 4))) static const char *wrong(
	const char *key, struct weir_error *e, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	weir_error_set(e, -EINVAL, "%s", text);
	return key;
}

size_t weir_recipe_first(const char *value)
{
	return strcspn(value, ",");
}

bool weir_kind_pci(const char *value, char address[WEIR_PCI_ADDRESS_SIZE])
{
	char text[WEIR_PCI_ADDRESS_SIZE];

	return snprintf(text, sizeof(text), "%.*s",
		       (int)weir_recipe_first(value),
		       value) < (int)sizeof(text) &&
	       weir_pci_address(address, text);
}

static const char *check_first(const struct weir_recipe *recipe,
	const char *value, struct weir_error *e)
{
	int length = (int)weir_recipe_first(value);

	if (recipe->names == WEIR_NAMES_ARGUMENTS)
		return NULL;
	if (!length || memchr(value, '=', (size_t)length))
		return wrong(recipe->kind, e, "'%s' begins with no %s: %s",
			value,
			recipe->names == WEIR_NAMES_PATH
				? "path of a socket"
				: "name of an interface",
			recipe->names == WEIR_NAMES_PATH
				? "write for example /run/weir.sock"
				: "'ip link' lists those there are");
	if (recipe->names == WEIR_NAMES_INTERFACE && length >= IFNAMSIZ)
		return wrong(recipe->kind, e,
			"'%.*s' is too long for the name of an interface: %d "
			"letters at most",
			length, value, IFNAMSIZ - 1);
	if (recipe->names == WEIR_NAMES_INTERFACE &&
		memchr(value, '/', (size_t)length))
		return wrong(recipe->kind, e,
			"'%.*s' is no name of an interface: it has a '/'",
			length, value);
	if (recipe->names == WEIR_NAMES_PATH &&
		(size_t)length >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return wrong(recipe->kind, e,
			"the path of a socket has %zu letters at most, and "
			"this has %d",
			sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
			length);
	return NULL;
}

const char *weir_kind_check(const char *kind, const char *value, uint32_t role,
	struct weir_error *e)
{
	const struct weir_recipe *recipe = weir_recipe_of(kind);
	char address[WEIR_PCI_ADDRESS_SIZE];

	if (role != WEIR_ROLE_AUTO && !(recipe && recipe->server))
		return wrong("role", e,
			"a port of kind '%s' has no role: memif, vhost and "
			"virtio_user have",
			kind);
	if (strlen(value) >= WEIR_DEVICE_ARGS_SIZE / 2)
		return wrong(kind, e, "this is longer than a device takes");
	if (!strcmp(kind, "pci") && !weir_kind_pci(value, address))
		return wrong(kind, e,
			"'%s' is no PCI address: 'weir devices' lists those "
			"there are, such as 0000:3b:00.0",
			value);
	if (!strcmp(kind, "vdev") &&
		(!weir_recipe_first(value) ||
			weir_recipe_first(value) >= RTE_DEV_NAME_MAX_LEN))
		return wrong(kind, e,
			"'%s' names no device; write for example "
			"net_tap0,iface=tap0",
			value);
	return recipe ? check_first(recipe, value, e) : NULL;
}

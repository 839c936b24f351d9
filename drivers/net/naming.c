// SPDX-License-Identifier: BSD-3-Clause
//
// What EAL is told of a port's device.
#include "net/kinds.h"

#include "net/recipe.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void add(
	struct weir_device_name *name, const char *format, ...)
{
	size_t used = strlen(name->args), size = sizeof(name->args);
	va_list list;

	if (used && used + 1 < size)
		name->args[used++] = ',';
	va_start(list, format);
	vsnprintf(name->args + used, size - used, format, list);
	va_end(list);
}

static bool has(const char *args, const char *argument)
{
	size_t length = strlen(argument);

	for (const char *at = args; (at = strstr(at, argument)); at++)
		if ((at == args || at[-1] == ',') && at[length] == '=')
			return true;
	return false;
}

static void set_traits(
	struct weir_device_name *name, const struct weir_recipe *recipe)
{
	name->spreads = recipe->is & WEIR_IS_SPREADS;
	name->tap = recipe->is & WEIR_IS_TAP;
	name->retries = recipe->is & WEIR_IS_RETRIES;
	name->loses = recipe->is & WEIR_IS_LOSES;
	name->tears = recipe->is & WEIR_IS_TEARS;
	name->twice = recipe->is & WEIR_IS_TWICE;
	name->forgets = recipe->is & WEIR_IS_FORGETS;
	name->linger = recipe->is & WEIR_IS_LINGERS;
	name->plain = recipe->is & WEIR_IS_PLAIN;
}

// A vdev's interface is that of its argument, as far as it is one by itself.
static void find_interface(
	struct weir_device_name *name, const struct weir_recipe *recipe)
{
	const char *at = strstr(name->args, "iface=");

	if (recipe->names != WEIR_NAMES_INTERFACE || !at ||
		(at != name->args && at[-1] != ','))
		return;
	at += strlen("iface=");
	snprintf(name->interface, sizeof(name->interface), "%.*s",
		(int)weir_recipe_first(at), at);
}

static void add_role(struct weir_device_name *name,
	const struct weir_recipe *recipe, uint32_t role)
{
	const char *argument = NULL;

	if (role == WEIR_ROLE_SERVER)
		argument = recipe->server;
	if (role == WEIR_ROLE_CLIENT)
		argument = recipe->client;
	if (argument && *argument)
		add(name, "%s", argument);
}

// net_null makes packets of the size that it is told, whatever an mbuf holds.
static int check_size(const struct weir_kind_request *request, const char *args,
	struct weir_error *e)
{
	const char *size = strstr(args, "size=");

	if (!size || (size != args && size[-1] != ','))
		return 0;
	if (strtoul(size + strlen("size="), NULL, 0) <= request->room)
		return 0;
	return weir_error_set(e, -EINVAL,
		"port '%s': packets of '%s' do not fit into an mbuf of %u "
		"bytes; make them smaller or raise runtime.packet_size",
		request->port, request->value, request->room);
}

// net_af_packet copies a frame into one mbuf, whatever that holds: frames in
// the ring must not be larger. It cuts what does not fit into a frame.
static int add_frame(struct weir_device_name *name,
	const struct weir_kind_request *request, struct weir_error *e)
{
	const unsigned head = 32; // in front of a packet in a frame, at least
	unsigned frame = 2048, need = request->mtu + 22 + 3 * head;
	const char *said = strstr(name->args, "framesz=");

	if (said) {
		frame = (unsigned)strtoul(said + strlen("framesz="), NULL, 0);
	} else if (need > frame) {
		while (frame < need)
			frame *= 2;
		add(name, "framesz=%u", frame);
		if (!has(name->args, "blocksz"))
			add(name, "blocksz=%u", frame);
	}
	if (frame <= request->room + head)
		return 0;
	return weir_error_set(e, -EINVAL,
		"port '%s': frames of %u bytes do not fit into an mbuf of %u, "
		"and this device knows no chains; set runtime.packet_size to "
		"%u",
		request->port, frame, request->room, frame);
}

// A capture by its name alone is read or written, as the pipeline uses it.
static int add_capture(struct weir_device_name *name,
	const struct weir_kind_request *request, struct weir_error *e)
{
	if (strchr(request->value, '=')) {
		add(name, "%s", request->value);
		return 0;
	}
	if (request->receives && request->sends)
		return weir_error_set(e, -EINVAL,
			"port '%s': '%s' would be read and written; write "
			"rx_pcap=…,tx_pcap=…",
			request->port, request->value);
	add(name, "%s=%s", request->receives ? "rx_pcap" : "tx_pcap",
		request->value);
	return 0;
}

// add_socket makes a path absolute: net_memif takes no other.
static int add_socket(struct weir_device_name *name,
	const struct weir_recipe *recipe,
	const struct weir_kind_request *request, struct weir_error *e)
{
	const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	size_t length = weir_recipe_first(request->value);
	char here[PATH_MAX];

	if (strcmp(recipe->kind, "memif") || *request->value == '/' ||
		has(request->value, "socket-abstract")) {
		add(name, "%s=%s", recipe->argument, request->value);
		return 0;
	}
	if (!getcwd(here, sizeof(here)))
		return weir_error_set(e, -errno,
			"port '%s': the folder that '%s' lies in: %s",
			request->port, request->value, strerror(errno));
	if (strlen(here) + 1 + length > most || strchr(here, ','))
		return weir_error_set(e, -EINVAL,
			"port '%s': memif takes no socket in '%s': at most %zu "
			"letters and no comma; write a path such as /run/%.*s",
			request->port, here, most, (int)length, request->value);
	add(name, "%s=%s/%s", recipe->argument, here, request->value);
	return 0;
}

static int add_arguments(struct weir_device_name *name,
	const struct weir_recipe *recipe,
	const struct weir_kind_request *request, struct weir_error *e)
{
	int err;

	if (!strcmp(recipe->kind, "pcap"))
		return add_capture(name, request, e);
	if (recipe->names == WEIR_NAMES_ARGUMENTS) {
		add(name, "%s", request->value);
		return strcmp(recipe->kind, "null")
			       ? 0
			       : check_size(request, request->value, e);
	}
	if ((err = add_socket(name, recipe, request, e)))
		return err;
	if (recipe->queues && request->queues > 1 &&
		!has(name->args, recipe->queues))
		add(name, "%s=%u", recipe->queues, request->queues);
	if (recipe->always)
		add(name, "%s", recipe->always);
	add_role(name, recipe, request->role);
	find_interface(name, recipe);
	return strcmp(recipe->kind, "af_packet") ? 0
						 : add_frame(name, request, e);
}

// name_device makes up EAL's name of a port's device: EAL finds the driver by
// how the name begins.
static int name_device(struct weir_device_name *name,
	const struct weir_recipe *recipe, const char *port,
	struct weir_error *e)
{
	if (snprintf(name->name, sizeof(name->name), "%s_%s", recipe->device,
		    port) >= (int)sizeof(name->name))
		return weir_error_set(e, -EINVAL,
			"port '%s': the name is too long for a device", port);
	for (char *c = name->name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return 0;
}

// split_device takes a device's own name and arguments apart.
static void split_device(struct weir_device_name *name, const char *value)
{
	size_t length = weir_recipe_first(value);

	snprintf(name->name, sizeof(name->name), "%.*s", (int)length, value);
	snprintf(name->args, sizeof(name->args), "%s",
		value[length] ? value + length + 1 : "");
}

int weir_kind_name(struct weir_device_name *name,
	const struct weir_kind_request *request, struct weir_error *e)
{
	const struct weir_recipe *recipe = weir_recipe_of(request->kind);
	struct weir_error why = {0};
	int err;

	*name = (struct weir_device_name){.bus = "vdev"};
	if (weir_kind_check(request->kind, request->value, request->role, &why))
		return weir_error_set(
			e, why.code, "port '%s': %s", request->port, why.text);
	if (recipe) {
		set_traits(name, recipe);
		err = name_device(name, recipe, request->port, e);
		return err ? err : add_arguments(name, recipe, request, e);
	}
	split_device(name, request->value);
	if (!strcmp(request->kind, "pci")) {
		strcpy(name->bus, "pci");
		weir_kind_pci(request->value, name->name);
		return 0;
	}
	recipe = weir_recipe_behind(request->value);
	if (recipe) {
		set_traits(name, recipe);
		find_interface(name, recipe);
	}
	return recipe && !strcmp(recipe->kind, "null")
		       ? check_size(request, name->args, e)
		       : 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "host/interface.h"

#include "host/sys.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#define IPV6_SCOPE_LINK 0x20

// each_line calls fn with every line of a file below root.
static void each_line(const char *root, const char *file_name,
	void (*fn)(struct weir_interface *interface, const char *name,
		const char *line),
	struct weir_interface *interface, const char *name)
{
	char path[WEIR_SYS_PATH_SIZE], line[512];
	FILE *file = NULL;

	if (weir_sys_path(path, root, "%s", file_name))
		file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		fn(interface, name, line);
	if (file)
		fclose(file);
}

// An address leaves a route to its network: routes tell of both.
static void take_route4(
	struct weir_interface *interface, const char *name, const char *line)
{
	unsigned destination, mask;
	char of[32];

	if (sscanf(line, "%31s %x %*x %*x %*d %*d %*d %x", of, &destination,
		    &mask) != 3 ||
		strcmp(of, name))
		return;
	interface->in_use = true;
	if (!destination && !mask)
		interface->has_default_route = true;
}

static void take_address6(
	struct weir_interface *interface, const char *name, const char *line)
{
	unsigned scope;
	char of[32];

	// Every interface that is up has an address of its link.
	if (sscanf(line, "%*s %*x %*x %x %*x %31s", &scope, of) == 2 &&
		!strcmp(of, name) && scope != IPV6_SCOPE_LINK)
		interface->in_use = true;
}

static void take_route6(
	struct weir_interface *interface, const char *name, const char *line)
{
	char destination[40], of[32];
	unsigned length;

	if (sscanf(line, "%39s %x %*s %*s %*s %*s %*s %*s %*s %31s",
		    destination, &length, of) == 3 &&
		!strcmp(of, name) && !length &&
		strspn(destination, "0") == strlen(destination))
		interface->in_use = interface->has_default_route = true;
}

// has_relatives tells whether something stands on the interface: "master" of a
// bridge or a bond, "upper_eth0.5" of a VLAN.
static bool has_relatives(const char *folder)
{
	char pattern[WEIR_SYS_PATH_SIZE];
	glob_t found = {0};
	bool has;

	if (snprintf(pattern, sizeof(pattern), "%s/upper_*", folder) >=
		(int)sizeof(pattern))
		return false;
	has = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;
	globfree(&found);
	return has;
}

static void take_link(struct weir_interface *interface, const char *folder)
{
	char state[32];
	long speed;

	weir_sys_text(state, sizeof(state), folder, "/operstate");
	if (!strcmp(state, "up"))
		interface->link = WEIR_INTERFACE_LINK_UP;
	else if (!strcmp(state, "down") && !interface->link)
		// An interface that is not up asks the device nothing: its
		// carrier cannot be read.
		interface->link = weir_sys_number(-1, folder, "/carrier") >= 0
					  ? WEIR_INTERFACE_LINK_DOWN
					  : WEIR_INTERFACE_LINK_UNKNOWN;
	speed = weir_sys_number(0, folder, "/speed");
	if (speed > 0)
		interface->speed = (unsigned)speed;
}

static void take(
	struct weir_interface *interface, const char *root, const char *folder)
{
	const char *name = strrchr(folder, '/') + 1;
	size_t used = strlen(interface->names);

	snprintf(interface->names + used, sizeof(interface->names) - used,
		"%s%s", used ? "," : "", name);
	take_link(interface, folder);
	each_line(root, "/proc/net/route", take_route4, interface, name);
	each_line(root, "/proc/net/if_inet6", take_address6, interface, name);
	each_line(root, "/proc/net/ipv6_route", take_route6, interface, name);
	if (has_relatives(folder))
		interface->in_use = true;
}

static void take_all(
	struct weir_interface *interface, const char *root, const char *pattern)
{
	glob_t found = {0};

	if (!glob(pattern, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			take(interface, root, found.gl_pathv[i]);
	globfree(&found);
}

void weir_interface_read(
	struct weir_interface *interface, const char *root, const char *address)
{
	char pattern[WEIR_SYS_PATH_SIZE];

	*interface = (struct weir_interface){0};
	if (weir_sys_path(
		    pattern, root, "/sys/bus/pci/devices/%s/net/*", address))
		take_all(interface, root, pattern);
	if (weir_sys_path(pattern, root,
		    "/sys/bus/pci/devices/%s/virtio*/net/*", address))
		take_all(interface, root, pattern);
}

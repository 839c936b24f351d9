// SPDX-License-Identifier: BSD-3-Clause
#include "net/tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>

// interface_of reads the name behind a descriptor of /dev/net/tun. False where
// fd is no such.
static bool interface_of(int fd, char name[IFNAMSIZ])
{
	char path[64], line[128];
	bool found = false;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	if (!info)
		return false;
	name[0] = '\0';
	while (!found && fgets(line, sizeof(line), info)) {
		if (strncmp(line, "iff:", 4))
			continue;
		found = true;
		sscanf(line, "iff: %15s", name);
	}
	fclose(info);
	return found;
}

int weir_tap_find(const char *interface)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	char name[IFNAMSIZ];
	int found = -1;

	while (folder && found < 0 && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && interface_of(fd, name) &&
			!strcmp(name, interface))
			found = fd;
	}
	if (folder)
		closedir(folder);
	return found;
}

bool weir_tap_removed(int fd)
{
	char name[IFNAMSIZ];

	return !interface_of(fd, name) || !*name;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The list: "8086  Intel Corporation", below it "<tab>10d3  82574L Gigabit
// Network Connection", and with two tabs what is not of interest here.
#include "host/model.h"

#include "host/sys.h"

#include <stdio.h>
#include <string.h>

static const char *const lists[] = {
	"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", NULL};

// entry answers the name behind number, in four digits, or NULL.
static const char *entry(const char *line, const char *number)
{
	return strncmp(line, number, 4) || strncmp(line + 4, "  ", 2)
		       ? NULL
		       : line + 6;
}

static void find(
	char *name, size_t size, FILE *list, uint16_t vendor, uint16_t device)
{
	char line[512], of_vendor[8], of_device[8];
	const char *found;
	bool there = false;

	snprintf(of_vendor, sizeof(of_vendor), "%04x", vendor);
	snprintf(of_device, sizeof(of_device), "%04x", device);
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (!there && (found = entry(line, of_vendor))) {
			snprintf(name, size, "%s", found);
			there = true;
		} else if (there && line[0] == '\t') {
			size_t used = strlen(name);

			found = entry(line + 1, of_device);
			if (!found)
				continue;
			snprintf(name + used, size - used, " %s", found);
			return;
		} else if (there && line[0] != '#') {
			return;
		}
	}
}

void weir_model_read(char *name, size_t size, const char *root, uint16_t vendor,
	uint16_t device)
{
	char path[WEIR_SYS_PATH_SIZE];

	snprintf(name, size, "%04x:%04x", vendor, device);
	for (unsigned i = 0; lists[i]; i++) {
		FILE *list = weir_sys_path(path, root, "%s", lists[i])
				     ? fopen(path, "re")
				     : NULL;

		if (!list)
			continue;
		find(name, size, list, vendor, device);
		fclose(list);
		return;
	}
}

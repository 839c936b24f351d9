// SPDX-License-Identifier: BSD-3-Clause
#include "only.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct choice {
	char *instance;
	unsigned alive;
	char names[512];
};

static void choose(void *arg, const struct weir_count_info *info)
{
	struct choice *choice = arg;
	size_t used = strlen(choice->names);

	if (!info->alive)
		return;
	memcpy(choice->instance, info->instance, WEIR_COUNT_INSTANCE_SIZE);
	snprintf(choice->names + used, sizeof(choice->names) - used, "%s%s",
		choice->alive++ ? ", " : "", info->instance);
}

int weir_only_instance(char instance[WEIR_COUNT_INSTANCE_SIZE],
	const char *hint, struct weir_error *e)
{
	struct choice choice = {.instance = instance};

	weir_count_list(choose, &choice);
	if (choice.alive == 0)
		return weir_error_set(e, -ENOENT, "nothing runs; %s", hint);
	if (choice.alive > 1)
		return weir_error_set(e, -EINVAL,
			"several run: %s; say which is meant", choice.names);
	return 0;
}

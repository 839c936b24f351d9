// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include "builtin/builtin.h"
#include "drivers.h"
#include "stage/load.h"

#include <stdio.h>
#include <stdlib.h>

void weir_register_all(void)
{
	struct weir_error e = {0};

	weir_drivers_register();
	if (weir_builtins_register(&e)) {
		fprintf(stderr, "weir: %s\n", e.text);
		exit(2);
	}
}

int weir_register_loads(const char *name, const char *const *loads)
{
	struct weir_error e = {0};

	weir_register_all();
	for (; *loads; loads++) {
		if (!weir_stage_load(*loads, &e))
			continue;
		fprintf(stderr, "weir %s: --load %s\n", name, e.text);
		return WEIR_EXIT_USAGE;
	}
	return -1;
}

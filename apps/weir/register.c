// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include "builtin/builtin.h"
#include "drivers.h"

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

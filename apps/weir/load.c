// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include <stdlib.h>
#include <string.h>

int weir_load(struct weir_config **config, const char *file,
	const char *expression, const char *const *sets, struct weir_error *e)
{
	char *text;
	int err;

	if (!expression)
		return weir_config_read(config, file, sets, e);
	err = weir_config_short(&text, expression, e);
	if (err)
		return err;
	err = weir_config_parse(config, "-e", text, strlen(text), sets, e);
	free(text);
	return err;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

int weir_cmd_check(int argc, char **argv)
{
	(void)argc;
	return weir_usage_error(argv[0], "not in this build");
}

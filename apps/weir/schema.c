// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: weir schema\n"
	"\n"
	"Prints the JSON Schema (draft 2020-12) of the pipeline file, made "
	"from\n"
	"the stages and ports that this weir knows. Editors that speak YAML\n"
	"complete and check with it.\n"
	"\n"
	"Example, for the YAML language server of most editors:\n"
	"  weir schema > weir.schema.json\n"
	"and as the first line of the pipeline file:\n"
	"  # yaml-language-server: $schema=weir.schema.json\n"
	"\n"
	"Exit codes: 0 done, 2 wrong use.\n";

int weir_cmd_schema(int argc, char **argv)
{
	char *text;

	if (argc == 2 &&
		(!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(help, stdout);
		return WEIR_EXIT_DONE;
	}
	// What it prints is JSON in any case.
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--json")))
		return weir_usage_error(
			argv[0], "'%s' means nothing to it", argv[1]);
	weir_register_all();
	text = weir_config_schema();
	if (!text) {
		fprintf(stderr, "weir schema: no memory\n");
		return WEIR_EXIT_USAGE;
	}
	puts(text);
	free(text);
	return WEIR_EXIT_DONE;
}

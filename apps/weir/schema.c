// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include <stdio.h>
#include <stdlib.h>

struct request {
	bool json;
	struct weir_texts loads;
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_JSON(
		struct request, json, "as it is JSON in any case, the same"),
	WEIR_ARGUMENT_LOAD(struct request, loads),
	{0},
};

static int schema(int argc, char **argv)
{
	struct request request = {0};
	int code =
		weir_arguments_read(&weir_command_schema, argc, argv, &request);
	char *text;

	if (code >= 0)
		return code;
	code = weir_register_loads(argv[0], request.loads.text);
	if (code >= 0)
		return code;
	text = weir_config_schema();
	if (!text) {
		fprintf(stderr, "weir schema: no memory\n");
		return WEIR_EXIT_USAGE;
	}
	puts(text);
	free(text);
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_schema = {
	.name = "schema",
	.help = "print the JSON Schema of the pipeline file",
	.usage = (const char *const[]){"", NULL},
	.about = "Prints the JSON Schema (draft 2020-12) of the pipeline file, "
		 "made from the stages and ports that this weir knows. Editors "
		 "that speak YAML complete and check with it.",
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Example, for the YAML language server of most "
			 "editors",
				"weir schema > weir.schema.json\n"},
			{"and as the first line of the pipeline file",
				"# yaml-language-server: "
				"$schema=weir.schema.json\n"},
			{0}},
	.exits = "0 done, 2 wrong use.",
	.run = schema,
};

// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include "config/config.h"
#include "plan/plan.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

struct request {
	const char *file, *expression;
	struct weir_texts sets, loads;
	bool dot, json, quiet;
};

static const struct weir_argument operands[] = {
	{
		.value = "FILE",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, file),
		.offer = WEIR_OFFER_PIPELINES,
	},
	{0},
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_EXPRESSION(struct request, expression),
	WEIR_ARGUMENT_SET(struct request, sets),
	WEIR_ARGUMENT_LOAD(struct request, loads),
	{"dot", .type = WEIR_ARGUMENT_FLAG, .at = offsetof(struct request, dot),
		.help = "print it for Graphviz"},
	WEIR_ARGUMENT_JSON(struct request, json, "print it as JSON"),
	{"quiet", .type = WEIR_ARGUMENT_FLAG,
		.at = offsetof(struct request, quiet),
		.help = "print nothing if it is good"},
	{0},
};

// read_request answers -1 to go on, or the exit code.
static int read_request(int argc, char **argv, struct request *request)
{
	int code =
		weir_arguments_read(&weir_command_check, argc, argv, request);

	if (code >= 0)
		return code;
	if (!request->file == !request->expression)
		return weir_usage_error(argv[0],
			"give a pipeline file or -e EXPRESSION, one of them");
	return -1;
}

static void print(const struct weir_plan *plan, const struct request *request)
{
	json_t *object;

	if (request->dot) {
		weir_plan_dot(plan, stdout);
	} else if (request->json) {
		object = weir_plan_json(plan);
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(object);
	} else if (!request->quiet) {
		weir_plan_print(plan, stdout, isatty(STDOUT_FILENO));
	}
}

static int check(int argc, char **argv)
{
	struct request request = {0};
	struct weir_error error = {0};
	struct weir_config *config = NULL;
	struct weir_plan *plan = NULL;
	int code = read_request(argc, argv, &request);

	if (code >= 0)
		return code;
	code = weir_register_loads(argv[0], request.loads.text);
	if (code >= 0)
		return code;
	if (weir_load(&config, request.file, request.expression,
		    request.sets.text, &error) == 0 &&
		weir_plan_create(&plan, config, NULL, &error) == 0)
		print(plan, &request);
	if (error.code)
		fprintf(stderr, "%s\n", error.text);
	weir_plan_destroy(plan);
	weir_config_destroy(config);
	return error.code ? WEIR_EXIT_USAGE : WEIR_EXIT_DONE;
}

const struct weir_command weir_command_check = {
	.name = "check",
	.help = "validate a pipeline file and print the plan",
	.usage = (const char *const[]){"[OPTIONS] FILE",
		"[OPTIONS] -e EXPRESSION", NULL},
	.about = "Validates a pipeline and prints what would run: instances, "
		 "what is fused, channels with class and depth, lcores, "
		 "memory. Runs nothing, but loads what the file names under "
		 "load.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples",
				"weir check pipeline.yaml\n"
				"weir check pipeline.yaml --set "
				"stages.web.replicas=4\n"
				"weir check --dot pipeline.yaml | dot -Tsvg > "
				"pipeline.svg\n"},
			{0}},
	.exits = "0 the file is good, 2 it is not.",
	.run = check,
};

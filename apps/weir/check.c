// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include "config/config.h"
#include "plan/plan.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SETS_MAX 64

enum form { FORM_TEXT, FORM_JSON, FORM_DOT };

static const char help[] =
	"Usage: weir check [OPTIONS] FILE\n"
	"       weir check [OPTIONS] -e EXPRESSION\n"
	"\n"
	"Validates a pipeline and prints what would run: instances, what is\n"
	"fused, channels with class and depth, lcores, memory. Runs nothing.\n"
	"\n"
	"  -e EXPRESSION     a pipeline in short form instead of a file\n"
	"  --set PATH=VALUE  override a value, as often as needed\n"
	"  --dot             print it for Graphviz\n"
	"  --json            print it as JSON\n"
	"  --quiet           print nothing if it is good\n"
	"\n"
	"Examples:\n"
	"  weir check pipeline.yaml\n"
	"  weir check pipeline.yaml --set stages.web.replicas=4\n"
	"  weir check --dot pipeline.yaml | dot -Tsvg > pipeline.svg\n"
	"\n"
	"Exit codes: 0 the file is good, 2 it is not.\n";

struct request {
	const char *file, *expression;
	const char *sets[SETS_MAX + 1];
	unsigned set_count;
	enum form form;
	bool quiet;
};

static const struct option long_options[] = {
	{"set", required_argument, NULL, 's'},
	{"dot", no_argument, NULL, 'd'},
	{"json", no_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

// parse answers -1 to go on, or the exit code.
static int parse(int argc, char **argv, struct request *request)
{
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, "e:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'e':
			request->expression = optarg;
			break;
		case 's':
			if (request->set_count == SETS_MAX)
				return weir_usage_error(argv[0],
					"more than %d --set", SETS_MAX);
			request->sets[request->set_count++] = optarg;
			break;
		case 'd':
			request->form = FORM_DOT;
			break;
		case 'j':
			request->form = FORM_JSON;
			break;
		case 'q':
			request->quiet = true;
			break;
		case 'h':
			fputs(help, stdout);
			return WEIR_EXIT_DONE;
		default:
			return weir_usage_error(argv[0],
				"'%s' is not an option, or lacks its value",
				argv[optind - 1]);
		}
	}
	if (optind < argc)
		request->file = argv[optind++];
	if (optind < argc)
		return weir_usage_error(
			argv[0], "one file only, not '%s' too", argv[optind]);
	if (!request->file == !request->expression)
		return weir_usage_error(argv[0],
			"give a pipeline file or -e EXPRESSION, one of them");
	return -1;
}

static void print(const struct weir_plan *plan, const struct request *request)
{
	json_t *object;

	switch (request->form) {
	case FORM_TEXT:
		if (!request->quiet)
			weir_plan_print(plan, stdout, isatty(STDOUT_FILENO));
		break;
	case FORM_DOT:
		weir_plan_dot(plan, stdout);
		break;
	case FORM_JSON:
		object = weir_plan_json(plan);
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(object);
		break;
	}
}

int weir_cmd_check(int argc, char **argv)
{
	struct request request = {0};
	struct weir_error error = {0};
	struct weir_config *config = NULL;
	struct weir_plan *plan = NULL;
	int code = parse(argc, argv, &request);

	if (code >= 0)
		return code;
	weir_register_all();
	if (weir_load(&config, request.file, request.expression, request.sets,
		    &error) == 0 &&
		weir_plan_create(&plan, config, NULL, &error) == 0)
		print(plan, &request);
	if (error.code)
		fprintf(stderr, "%s\n", error.text);
	weir_plan_destroy(plan);
	weir_config_destroy(config);
	return error.code ? WEIR_EXIT_USAGE : WEIR_EXIT_DONE;
}

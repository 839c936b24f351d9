// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"
#include "trial.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct request {
	const char *file;
	struct weir_texts sets, loads;
	bool json;
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
	WEIR_ARGUMENT_SET(struct request, sets),
	WEIR_ARGUMENT_LOAD(struct request, loads),
	WEIR_ARGUMENT_JSON(struct request, json, "print the results as JSON"),
	{0},
};

// read_request answers -1 to go on, or the exit code.
static int read_request(int argc, char **argv, struct request *request)
{
	int code = weir_arguments_read(&weir_command_test, argc, argv, request);

	if (code >= 0)
		return code;
	if (!request->file)
		return weir_usage_error(argv[0], "give one pipeline file");
	// A test is a run of its own, which reads the file again.
	if (!strcmp(request->file, "-"))
		return weir_usage_error(
			argv[0], "the file cannot be standard input");
	return -1;
}

static void name_test(const struct weir_config *config, unsigned index,
	char *name, size_t size)
{
	const struct weir_config_test *test = &config->tests[index];

	if (test->name)
		snprintf(name, size, "%s", test->name);
	else if (test->input)
		snprintf(name, size, "test %u (%s)", index + 1, test->input);
	else
		snprintf(name, size, "test %u", index + 1);
}

static void print_line(
	const char *name, const struct weir_trial *trial, bool colour)
{
	bool passed = !trial->fault_count;

	printf("%s%-6s%s %s\n",
		colour ? passed ? "\033[32m" : "\033[1;31m" : "",
		passed ? "ok" : "FAILED", colour ? "\033[0m" : "", name);
	for (unsigned i = 0; i < trial->fault_count; i++)
		printf("         %s\n", trial->faults[i]);
	fflush(stdout);
}

static json_t *result(const char *name, const struct weir_trial *trial)
{
	json_t *object = json_object(), *faults = json_array();

	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(
		object, "passed", json_boolean(!trial->fault_count));
	for (unsigned i = 0; i < trial->fault_count; i++)
		json_array_append_new(faults, json_string(trial->faults[i]));
	json_object_set_new(object, "faults", faults);
	return object;
}

static void print_json(const char *file, json_t *results, unsigned failed)
{
	json_t *object = json_object();
	size_t passed = json_array_size(results) - failed;

	json_object_set_new(object, "file", json_string(file));
	json_object_set_new(object, "passed", json_integer((json_int_t)passed));
	json_object_set_new(object, "failed", json_integer(failed));
	json_object_set(object, "tests", results);
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
}

static int run_tests(
	const struct request *request, const struct weir_config *config)
{
	json_t *results = json_array();
	unsigned failed = 0;

	for (unsigned i = 0; i < config->test_count; i++) {
		struct weir_trial trial = {
			.config = config,
			.test = &config->tests[i],
			.file = request->file,
			.sets = request->sets.text,
			.loads = request->loads.text,
		};
		char name[256];

		name_test(config, i, name, sizeof(name));
		weir_trial_run(&trial);
		failed += trial.fault_count > 0;
		json_array_append_new(results, result(name, &trial));
		if (!request->json)
			print_line(name, &trial, isatty(STDOUT_FILENO));
	}
	if (request->json)
		print_json(request->file, results, failed);
	else
		printf("%u passed, %u failed\n", config->test_count - failed,
			failed);
	json_decref(results);
	return failed ? WEIR_EXIT_FAILED : WEIR_EXIT_DONE;
}

static int test(int argc, char **argv)
{
	struct request request = {0};
	struct weir_error error = {0};
	struct weir_config *config = NULL;
	int code = read_request(argc, argv, &request);

	if (code >= 0)
		return code;
	code = weir_register_loads(argv[0], request.loads.text);
	if (code >= 0)
		return code;
	code = WEIR_EXIT_USAGE;
	if (weir_load(&config, request.file, NULL, request.sets.text, &error))
		fprintf(stderr, "%s\n", error.text);
	else if (!config->test_count)
		fprintf(stderr,
			"weir test: %s has no tests; 'weir test --help' shows "
			"how to write one\n",
			request.file);
	else
		code = run_tests(&request, config);
	weir_config_destroy(config);
	return code;
}

const struct weir_command weir_command_test = {
	.name = "test",
	.help = "run the tests that a pipeline file has",
	.usage = (const char *const[]){"[OPTIONS] FILE", NULL},
	.about = "Runs the tests that a pipeline file has under 'tests': each "
		 "gives the pipeline a capture and compares what comes out "
		 "with captures, packet by packet, or with counts. What the "
		 "pipeline's own files are is left alone.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"In the file",
				"tests:\n"
				"  - name: only the web\n"
				"    input: tests/day.pcap\n"
				"    expect:\n"
				"      out: tests/web.pcap     # what port "
				"'out' writes\n"
				"      web.rest: 1204          # packets that "
				"left by an output\n"
				"      tx.drops.refused: 0     # or were "
				"dropped for a reason\n"},
			{0}},
	.exits = "0 all passed, 1 some failed, 2 the file is not good or has "
		 "no tests.",
	.run = test,
};

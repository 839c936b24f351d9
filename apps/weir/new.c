// SPDX-License-Identifier: BSD-3-Clause
#include "new.h"
#include "command.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE_MAX 32

struct request {
	const char *what, *name, *folder;
	bool task;
};

static const char *const whats[] = {"stage", NULL};

static const struct weir_argument operands[] = {
	{
		.value = "stage",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, what),
		.offer = WEIR_OFFER_CHOICES,
		.choices = whats,
	},
	{
		.value = "NAME",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, name),
	},
	{0},
};

static const struct weir_argument options[] = {
	{"task", .type = WEIR_ARGUMENT_FLAG,
		.at = offsetof(struct request, task),
		.help = "a task, which may wait, instead of a kernel"},
	{"dir", .type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, folder), .value = "FOLDER",
		.offer = WEIR_OFFER_FOLDERS,
		.help = "where to write it; NAME if not given"},
	{0},
};

static bool name_is_legal(const char *name)
{
	size_t size = strlen(name);

	return *name >= 'a' && *name <= 'z' && size <= NAME_SIZE_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == size;
}

// read_request answers -1 to go on, or the exit code.
static int read_request(int argc, char **argv, struct request *request)
{
	int code = weir_arguments_read(&weir_command_new, argc, argv, request);

	if (code >= 0)
		return code;
	if (!request->what || !request->name)
		return weir_usage_error(
			argv[0], "say what is new, and its name: stage NAME");
	if (!name_is_legal(request->name))
		return weir_usage_error(argv[0],
			"'%s' cannot be the name of a stage: it takes a letter "
			"of a-z, then a-z, 0-9 and '_', %d at most",
			request->name, NAME_SIZE_MAX);
	weir_register_all();
	if (weir_stage_find(request->name))
		return weir_usage_error(argv[0],
			"weir has a stage '%s' already: give it another name",
			request->name);
	if (!request->folder)
		request->folder = request->name;
	return -1;
}

static int new (int argc, char **argv)
{
	struct request request = {0};
	struct weir_error error = {0};
	int code = read_request(argc, argv, &request);

	if (code >= 0)
		return code;
	if (weir_new_stage(
		    request.folder, request.name, request.task, &error)) {
		fprintf(stderr, "weir new: %s\n", error.text);
		return WEIR_EXIT_USAGE;
	}
	printf("wrote a stage to %s. To build and try it:\n"
	       "  make -C %s test run\n",
		request.folder, request.folder);
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_new = {
	.name = "new",
	.help = "write the start of a stage of one's own",
	.usage = (const char *const[]){"[OPTIONS] stage NAME", NULL},
	.about = "Writes a folder with a stage called NAME, which builds, "
		 "passes its test and runs at once: its source, a test of its "
		 "kernel, a Makefile, a pipeline with a test, some packets. "
		 "What is there already is never written over.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples",
				"weir new stage ttl && make -C ttl test run\n"
				"weir new stage pace --task --dir "
				"src/pace\n"},
			{0}},
	.exits = "0 done, 2 wrong use, or it cannot be written.",
	.run = new,
};

// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include "count/count.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

struct request {
	bool json;
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_JSON(struct request, json, "print it as JSON"),
	{0},
};

static void print_row(void *arg, const struct weir_count_info *info)
{
	time_t started = (time_t)(info->started_ns / 1000000000u);
	bool *headed = arg;
	struct tm tm;
	char since[32];

	if (!*headed)
		printf("%-24s %8s  %-7s  %s\n", "INSTANCE", "PROCESS", "STATE",
			"SINCE");
	*headed = true;
	localtime_r(&started, &tm);
	strftime(since, sizeof(since), "%F %T", &tm);
	printf("%-24s %8d  %-7s  %s\n", info->instance, info->pid,
		info->alive ? "running" : "ended", since);
}

static void append(void *arg, const struct weir_count_info *info)
{
	json_array_append_new(arg,
		json_pack("{s:s, s:i, s:b, s:I}", "instance", info->instance,
			"pid", info->pid, "alive", info->alive, "started_ns",
			(json_int_t)info->started_ns));
}

static void print_json(void)
{
	json_t *array = json_array();

	weir_count_list(append, array);
	json_dumpf(array, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(array);
}

static void print_text(void)
{
	bool headed = false;

	if (weir_count_list(print_row, &headed) == 0)
		puts("nothing runs; 'weir run' starts a pipeline");
}

static int ls(int argc, char **argv)
{
	struct request request = {0};
	int code = weir_arguments_read(&weir_command_ls, argc, argv, &request);

	if (code >= 0)
		return code;
	if (request.json)
		print_json();
	else
		print_text();
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_ls = {
	.name = "ls",
	.help = "list the runs that are going on",
	.usage = (const char *const[]){"[--json]", NULL},
	.about = "Lists your runs by their instance names: what 'weir run "
		 "--name' said, or else the stem of the pipeline file. 'weir "
		 "stats INSTANCE' reads the counters of one. A run that "
		 "'ended' and is still listed was killed: its last counters "
		 "can be read until the name is used again.",
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples",
				"weir ls\n"
				"weir ls --json | jq -r '.[] | select(.alive) "
				"| .instance'\n"},
			{0}},
	.exits = "0 done, also when nothing runs; 2 wrong use.",
	.run = ls,
};

// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include "count/count.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>

static const char help[] =
	"Usage: weir ls [--json]\n"
	"\n"
	"Lists your runs by their instance names: what 'weir run --name' "
	"said,\n"
	"or else the stem of the pipeline file. 'weir stats INSTANCE' reads "
	"the\n"
	"counters of one. A run that 'ended' and is still listed was killed: "
	"its\n"
	"last counters can be read until the name is used again.\n"
	"\n"
	"  --json  print it as JSON\n"
	"\n"
	"Examples:\n"
	"  weir ls\n"
	"  weir ls --json | jq -r '.[] | select(.alive) | .instance'\n"
	"\n"
	"Exit codes: 0 done, also when nothing runs.\n";

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

int weir_cmd_ls(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {0}};
	bool json = false;
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return WEIR_EXIT_DONE;
		}
		if (c != 'j')
			return weir_usage_error(argv[0],
				"'%s' is not an option", argv[optind - 1]);
		json = true;
	}
	if (optind < argc)
		return weir_usage_error(argv[0],
			"it takes no arguments, not '%s'", argv[optind]);
	if (json)
		print_json();
	else
		print_text();
	return WEIR_EXIT_DONE;
}

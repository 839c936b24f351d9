// SPDX-License-Identifier: BSD-3-Clause
//
// The manual of stages and ports, from the tables that the program works with.
#include "command.h"
#include "reference.h"

#include "option/value.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
	const char *type;
	bool json, markdown;
	struct weir_texts loads;
};

static const struct weir_argument operands[] = {
	{
		.value = "TYPE",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, type),
		.offer = WEIR_OFFER_TYPES,
	},
	{0},
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_JSON(struct request, json, "print it as JSON"),
	WEIR_ARGUMENT_LOAD(struct request, loads),
	{"markdown", .type = WEIR_ARGUMENT_FLAG,
		.at = offsetof(struct request, markdown),
		.help = "print all of it as docs/stages.md has it"},
	{0},
};

// "number, at least 1; default 8; can be changed while it runs".
static void print_values(const struct weir_option *option)
{
	weir_reference_values(option, stdout);
	if (!option->preset)
		printf("; must be given");
	else if (*option->preset)
		printf("; default %s", option->preset);
	if (option->live)
		printf("; can be changed while it runs");
}

static void print_options(const char *title, const struct weir_option *table)
{
	if (!weir_option_count(table))
		return;
	printf("\n%s:\n", title);
	for (unsigned i = 0; i < weir_option_count(table); i++) {
		printf("  %-12s %s\n               (", table[i].name,
			table[i].help);
		print_values(&table[i]);
		puts(")");
	}
}

static void print_names(const char *title, const char *const *names)
{
	if (!*names)
		return;
	printf("\n%s: ", title);
	for (unsigned i = 0; names[i]; i++)
		printf("%s%s", i ? ", " : "", names[i]);
	putchar('\n');
}

static void print_stage(const struct weir_stage *stage)
{
	const struct weir_stage_counter *counter = stage->counters;

	printf("%s: %s\n", stage->type, stage->help);
	if (stage->source)
		puts("It brings packets in: it has no inputs.");
	if (stage->ways == WEIR_WAYS_SPREAD)
		puts("It spreads packets over the replicas of what comes "
		     "next.");
	if (stage->ways == WEIR_WAYS_COPY)
		puts("It gives a copy to each stage that comes next.");
	if (stage->ethernet)
		puts("It needs Ethernet frames.");
	print_options("Options", stage->options);
	if (stage->outputs_from)
		printf("\nThe first outputs are those that '%s' names.\n",
			stage->outputs_from);
	print_names("Outputs", stage->outputs);
	print_names("Reasons of drops", stage->drops);
	if (counter->name)
		puts("\nCounters:");
	for (; counter->name; counter++)
		printf("  %-12s %s (%s)\n", counter->name, counter->help,
			counter->unit);
	print_options("Options of every stage", weir_stage_common_options);
}

static void print_port(const struct weir_port_driver *driver)
{
	printf("Ports of %s: %s\n\nKinds:\n", driver->name, driver->help);
	for (unsigned i = 0; driver->kinds[i].name; i++)
		printf("  %-12s %s\n", driver->kinds[i].name,
			driver->kinds[i].help);
	print_options("Options", driver->options);
	print_options("Options of every port", weir_port_common_options);
}

static void print_all(void)
{
	const struct weir_stage *stage;
	const struct weir_port_driver *driver;

	puts("Stages ('weir stages TYPE' tells all about one):");
	for (unsigned i = 0; (stage = weir_stage_at(i)); i++)
		printf("  %-12s %s\n", stage->type, stage->help);
	puts("\nKinds of ports:");
	for (unsigned i = 0; (driver = weir_port_at(i)); i++) {
		for (unsigned j = 0; driver->kinds[j].name; j++)
			printf("  %-12s %s\n", driver->kinds[j].name,
				driver->kinds[j].help);
	}
}

static json_t *json_names(const char *const *names)
{
	json_t *array = json_array();

	for (; names && *names; names++)
		json_array_append_new(array, json_string(*names));
	return array;
}

static json_t *json_option(const struct weir_option *option)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s?, s:b}", "name",
		option->name, "type", weir_option_type_name(option->type),
		"help", option->help, "default", option->preset, "live",
		option->live);
	char text[WEIR_VALUE_SIZE];

	if (option->choices)
		json_object_set_new(
			object, "choices", json_names(option->choices));
	if (option->min)
		json_object_set_new(object, "min",
			json_string(
				weir_option_bound(option, option->min, text)));
	if (option->max)
		json_object_set_new(object, "max",
			json_string(
				weir_option_bound(option, option->max, text)));
	return object;
}

static json_t *json_options(const struct weir_option *table)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < weir_option_count(table); i++)
		json_array_append_new(array, json_option(&table[i]));
	return array;
}

static json_t *json_stage(const struct weir_stage *stage)
{
	json_t *counters = json_array();

	for (const struct weir_stage_counter *c = stage->counters; c->name; c++)
		json_array_append_new(
			counters, json_pack("{s:s, s:s, s:s}", "name", c->name,
					  "unit", c->unit, "help", c->help));
	return json_pack("{s:s, s:s, s:b, s:b, s:o, s:s?, s:o, s:o, s:o}",
		"type", stage->type, "help", stage->help, "source",
		stage->source, "ethernet", stage->ethernet, "options",
		json_options(stage->options), "outputs_from",
		stage->outputs_from, "outputs", json_names(stage->outputs),
		"drops", json_names(stage->drops), "counters", counters);
}

static json_t *json_kind(const struct weir_port_kind *kind)
{
	const struct weir_port_traits *traits = &kind->traits;

	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:i}", "kind", kind->name,
		"help", kind->help, "makes_system_calls",
		(int)traits->makes_system_calls, "needs_pci",
		(int)traits->needs_pci, "one_way", (int)traits->one_way,
		"queues_max", (int)traits->queues_max);
}

static json_t *json_port(const struct weir_port_driver *driver)
{
	json_t *kinds = json_array();

	for (const struct weir_port_kind *kind = driver->kinds; kind->name;
		kind++)
		json_array_append_new(kinds, json_kind(kind));
	return json_pack("{s:s, s:s, s:o, s:o}", "driver", driver->name, "help",
		driver->help, "kinds", kinds, "options",
		json_options(driver->options));
}

static json_t *json_all(void)
{
	json_t *stages = json_array(), *ports = json_array();
	const struct weir_stage *stage;
	const struct weir_port_driver *driver;

	for (unsigned i = 0; (stage = weir_stage_at(i)); i++)
		json_array_append_new(stages, json_stage(stage));
	for (unsigned i = 0; (driver = weir_port_at(i)); i++)
		json_array_append_new(ports, json_port(driver));
	return json_pack("{s:o, s:o, s:o, s:o}", "stages", stages, "ports",
		ports, "common", json_options(weir_stage_common_options),
		"port_common", json_options(weir_port_common_options));
}

static int put_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
	return WEIR_EXIT_DONE;
}

static int no_such_type(const char *type)
{
	const char *types[256];
	const struct weir_stage *stage;
	unsigned count = 0;
	const char *near;

	while (count < 256 && (stage = weir_stage_at(count)))
		types[count++] = stage->type;
	near = weir_nearest(type, types, count);
	fprintf(stderr, "weir stages: there is no type '%s'", type);
	if (near)
		fprintf(stderr, "; did you mean '%s'?\n", near);
	else
		fprintf(stderr, "; 'weir stages' lists what there is\n");
	return WEIR_EXIT_USAGE;
}

static int show(const char *type, bool json)
{
	const struct weir_stage *stage = type ? weir_stage_find(type) : NULL;
	const struct weir_port_driver *driver =
		type ? weir_port_find(type) : NULL;

	if (type && !stage && !driver)
		return no_such_type(type);
	if (json)
		return put_json(stage	 ? json_stage(stage)
				: driver ? json_port(driver)
					 : json_all());
	if (stage)
		print_stage(stage);
	else if (driver)
		print_port(driver);
	else
		print_all();
	return WEIR_EXIT_DONE;
}

static int stages(int argc, char **argv)
{
	struct request request = {0};
	int code =
		weir_arguments_read(&weir_command_stages, argc, argv, &request);

	if (code >= 0)
		return code;
	if (request.markdown && (request.json || request.type))
		return weir_usage_error(
			argv[0], "--markdown prints all, and stands alone");
	code = weir_register_loads(argv[0], request.loads.text);
	if (code >= 0)
		return code;
	if (!request.markdown)
		return show(request.type, request.json);
	weir_reference_print(stdout);
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_stages = {
	.name = "stages",
	.help = "tell what stages and ports there are",
	.usage = (const char *const[]){"[--json] [TYPE]", "--markdown", NULL},
	.about = "Lists the types of stages, or tells all about one: options "
		 "with type, range, default and meaning, outputs, reasons of "
		 "drops, counters. TYPE may also be a kind of port, such as "
		 "'file'.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples", "weir stages\n"
				     "weir stages filter\n"
				     "weir stages --json | jq -r "
				     "'.stages[].type'\n"},
			{0}},
	.exits = "0 done, 2 there is no such type.",
	.run = stages,
};

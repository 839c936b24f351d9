// SPDX-License-Identifier: BSD-3-Clause
#include "reference.h"

#include "config/config.h"
#include "option/value.h"
#include "port/port.h"
#include "stage/stage.h"

void weir_reference_values(const struct weir_option *option, FILE *to)
{
	char text[WEIR_VALUE_SIZE];

	fprintf(to, "%s", weir_option_type_name(option->type));
	for (unsigned i = 0; option->choices && option->choices[i]; i++)
		fprintf(to, "%s%s", i ? ", " : ": ", option->choices[i]);
	if (option->min)
		fprintf(to, ", at least %s",
			weir_option_bound(option, option->min, text));
	if (option->max)
		fprintf(to, ", at most %s",
			weir_option_bound(option, option->max, text));
	if (option->zero)
		fprintf(to, ", or '%s'", option->zero);
}

// In a table a bar would begin the next column.
static void print_cell(const char *text, FILE *to)
{
	for (; *text; text++) {
		if (*text == '|')
			putc('\\', to);
		putc(*text, to);
	}
}

static void print_default(const struct weir_option *option, FILE *to)
{
	if (!option->preset) {
		fputs("must be given", to);
	} else if (*option->preset) {
		putc('`', to);
		print_cell(option->preset, to);
		putc('`', to);
	}
}

static void print_options(const struct weir_option *table, FILE *to)
{
	if (!weir_option_count(table))
		return;
	fputs("\n| option | takes | default | is |\n|---|---|---|---|\n", to);
	for (; table->type != WEIR_TYPE_END; table++) {
		fprintf(to, "| `%s` | ", table->name);
		weir_reference_values(table, to);
		fputs(" | ", to);
		print_default(table, to);
		fputs(" | ", to);
		print_cell(table->help, to);
		fputs(table->live ? "; can be changed while it runs |\n"
				  : " |\n",
			to);
	}
}

static void print_names(const char *title, const char *const *names, FILE *to)
{
	if (!*names)
		return;
	fprintf(to, "\n%s: ", title);
	for (unsigned i = 0; names[i]; i++)
		fprintf(to, "%s`%s`", i ? ", " : "", names[i]);
	fputs(".\n", to);
}

static void print_counters(const struct weir_stage_counter *counter, FILE *to)
{
	if (!counter->name)
		return;
	fputs("\n| counter | unit | counts |\n|---|---|---|\n", to);
	for (; counter->name; counter++) {
		fprintf(to, "| `%s` | %s | ", counter->name, counter->unit);
		print_cell(counter->help, to);
		fputs(" |\n", to);
	}
}

static void print_traits(const struct weir_stage *stage, FILE *to)
{
	if (stage->source)
		fputs("It brings packets in: it has no inputs.\n", to);
	if (stage->ways == WEIR_WAYS_SPREAD)
		fputs("It spreads packets over the replicas of what comes "
		      "next.\n",
			to);
	if (stage->ways == WEIR_WAYS_COPY)
		fputs("It gives a copy to each stage that comes next.\n", to);
	if (stage->writes)
		fputs("It changes packets, of which it has a copy of its own "
		      "then.\n",
			to);
	if (stage->ethernet)
		fputs("It needs Ethernet frames.\n", to);
	if (stage->no_replicas)
		fputs("It has no replicas.\n", to);
	if (stage->task)
		fputs("It is a task.\n", to);
}

static void print_stage(const struct weir_stage *stage, FILE *to)
{
	fprintf(to, "\n### %s\n\n%s: %s.\n", stage->type, stage->type,
		stage->help);
	print_traits(stage, to);
	print_options(stage->options, to);
	if (stage->outputs_from)
		fprintf(to, "\nThe first outputs are those that `%s` names.\n",
			stage->outputs_from);
	print_names("Outputs", stage->outputs, to);
	print_names("Reasons of drops", stage->drops, to);
	print_counters(stage->counters, to);
}

static void print_kind(const struct weir_port_kind *kind, FILE *to)
{
	fprintf(to, "| `%s` | ", kind->name);
	print_cell(kind->help, to);
	fprintf(to, " | %s |\n",
		kind->traits.makes_system_calls ? "yes" : "no");
}

static void print_driver(const struct weir_port_driver *driver, FILE *to)
{
	fprintf(to,
		"\n### %s\n\n%s: %s.\n\n"
		"| kind | its value | system calls on the lcore |\n"
		"|---|---|---|\n",
		driver->name, driver->name, driver->help);
	for (unsigned i = 0; driver->kinds[i].name; i++)
		print_kind(&driver->kinds[i], to);
	print_options(driver->options, to);
}

void weir_reference_print(FILE *to)
{
	const struct weir_port_driver *driver;
	const struct weir_stage *stage;

	fputs("# Stages and ports\n\n"
	      "Made by `weir stages --markdown` from the tables that the "
	      "program works with.\n"
	      "What the keys have in common, such as how quantities are "
	      "written, is in\n"
	      "[pipeline-file.md](pipeline-file.md).\n\n"
	      "## Stages\n",
		to);
	for (unsigned i = 0; (stage = weir_stage_at(i)); i++)
		print_stage(stage, to);
	fputs("\n## Options of every stage\n", to);
	print_options(weir_stage_common_options, to);
	fputs("\n## Ports\n", to);
	for (unsigned i = 0; (driver = weir_port_at(i)); i++)
		print_driver(driver, to);
	fputs("\n## Options of every port\n", to);
	print_options(weir_port_common_options, to);
}

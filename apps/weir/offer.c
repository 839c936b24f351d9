// SPDX-License-Identifier: BSD-3-Clause
#include "offer.h"
#include "command.h"

#include "count/count.h"

#include <string.h>

void weir_offer_word(const char *head, const char *word, const char *help)
{
	printf("%s%s\t%s\n", head, word, help);
}

static void offer_types(const char *head)
{
	const struct weir_stage *stage;
	const struct weir_port_driver *driver;

	for (unsigned i = 0; (stage = weir_stage_at(i)); i++)
		weir_offer_word(head, stage->type, stage->help);
	for (unsigned i = 0; (driver = weir_port_at(i)); i++)
		for (unsigned j = 0; driver->kinds[j].name; j++)
			weir_offer_word(head, driver->kinds[j].name,
				driver->kinds[j].help);
}

static void offer_instance(void *arg, const struct weir_count_info *info)
{
	weir_offer_word(arg, info->instance, info->alive ? "running" : "ended");
}

static void offer_counters(const struct weir_offer_line *line)
{
	struct weir_count_reader *reader;
	struct weir_count_entry entry;

	if (!line->first || weir_count_open(&reader, line->first, NULL))
		return;
	for (unsigned i = 0; weir_count_at(reader, i, &entry); i++)
		weir_offer_word(line->head, entry.path, entry.unit);
	weir_count_close(reader);
}

// ---- what --set may set ----

// offer_values prints "PATH=CHOICE" for each choice that an option has.
static void offer_values(
	const char *head, const char *path, const struct weir_option *option)
{
	static const char *const yes_or_no[] = {"yes", "no", NULL};
	const char *const *choices =
		option->type == WEIR_TYPE_BOOL ? yes_or_no : option->choices;

	for (; choices && *choices; choices++)
		printf("%s%s=%s\t%s\n", head, path, *choices, option->help);
}

// offer_table prints a path for each option of a table, or the values of the
// one that the word has come to.
static void offer_table(const struct weir_offer_line *line, const char *above,
	const char *name, const struct weir_option *table)
{
	size_t length = strcspn(line->word, "=");
	bool has_path = line->word[length] == '=';
	char path[256];

	for (unsigned i = 0; i < weir_option_count(table); i++) {
		snprintf(path, sizeof(path), "%s%s%s%s", above, name,
			*name ? "." : "", table[i].name);
		if (!has_path)
			printf("%s%s=\t%s\n", line->head, path, table[i].help);
		else if (strlen(path) == length &&
			 !strncmp(path, line->word, length))
			offer_values(line->head, path, &table[i]);
	}
}

static void offer_port(
	const struct weir_offer_line *line, const struct weir_config_port *port)
{
	if (!strchr(line->word, '='))
		printf("%sports.%s.%s=\t%s\n", line->head, port->name,
			port->kind, port->value);
	offer_table(line, "ports.", port->name, port->driver->options);
	offer_table(line, "ports.", port->name, weir_port_common_options);
}

static void offer_sets(const struct weir_offer_line *line)
{
	static const char *const none[] = {NULL};
	struct weir_config *config = NULL;

	if (!line->first && !line->expression)
		return;
	if (line->first && !strcmp(line->first, "-"))
		return; // standard input is the shell's
	if (weir_load(&config, line->first, line->expression, none, NULL))
		return;
	for (unsigned i = 0; i < config->port_count; i++)
		offer_port(line, &config->ports[i]);
	for (unsigned i = 0; i < config->stage_count; i++) {
		const struct weir_config_stage *stage = &config->stages[i];

		offer_table(line, "stages.", stage->name, stage->type->options);
		offer_table(line, "stages.", stage->name,
			weir_stage_common_options);
	}
	offer_table(line, "runtime.", "", weir_runtime_options);
	weir_config_destroy(config);
}

void weir_offer(const struct weir_argument *argument,
	const struct weir_offer_line *line)
{
	switch (argument->offer) {
	case WEIR_OFFER_NOTHING:
		break;
	case WEIR_OFFER_CHOICES:
		for (unsigned i = 0; argument->choices[i]; i++)
			weir_offer_word(line->head, argument->choices[i],
				argument->help ? argument->help : "");
		break;
	case WEIR_OFFER_FILES:
		puts(":files");
		break;
	case WEIR_OFFER_FOLDERS:
		puts(":folders");
		break;
	case WEIR_OFFER_PIPELINES:
		puts(":files .yaml .yml");
		break;
	case WEIR_OFFER_OBJECTS:
		puts(":files .so");
		break;
	case WEIR_OFFER_TYPES:
		offer_types(line->head);
		break;
	case WEIR_OFFER_INSTANCES:
		weir_count_list(offer_instance, (void *)line->head);
		break;
	case WEIR_OFFER_COUNTERS:
		offer_counters(line);
		break;
	case WEIR_OFFER_SETS:
		offer_sets(line);
		break;
	}
}

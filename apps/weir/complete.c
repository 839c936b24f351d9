// SPDX-License-Identifier: BSD-3-Clause
//
// What a shell asks while a user types: the words behind "weir", the last of
// which is to go on. Not listed in the help: the scripts of 'weir completion'
// call it, so that all shells offer the same, from the tables of arguments.
#include "command.h"
#include "offer.h"

#include <stdbool.h>
#include <string.h>

// How far the line has come.
struct progress {
	const struct weir_argument *value_of; // whose value is next, or NULL
	bool given[WEIR_ARGUMENTS_MAX];
	bool rest; // behind "--"
	unsigned operand_count;
	char head[64]; // of the offers
	struct weir_offer_line line;
};

static bool takes_value(const struct weir_argument *argument)
{
	return argument && argument->type != WEIR_ARGUMENT_FLAG;
}

static void pass_operand(struct progress *progress, const char *word)
{
	if (!progress->operand_count++)
		progress->line.first = word;
}

static void pass_option(struct progress *progress,
	const struct weir_command *command, const char *word)
{
	const struct weir_argument *option =
		weir_argument_find(command->options, word);

	if (!option)
		return;
	progress->given[option - command->options] = true;
	if (takes_value(option) && option->type != WEIR_ARGUMENT_MAYBE &&
		!strchr(word, '='))
		progress->value_of = option;
}

// pass goes on over a word that is whole.
static void pass(struct progress *progress, const struct weir_command *command,
	const char *word)
{
	if (progress->value_of) {
		if (progress->value_of->letter == 'e')
			progress->line.expression = word;
		progress->value_of = NULL;
	} else if (!strcmp(word, "--")) {
		progress->rest = true;
	} else if (progress->rest || word[0] != '-' || !word[1]) {
		pass_operand(progress, word);
	} else {
		pass_option(progress, command, word);
	}
}

static void offer_options(
	const struct progress *progress, const struct weir_command *command)
{
	const struct weir_argument *options = command->options;
	char word[64];

	for (unsigned i = 0; options && options[i].type; i++) {
		if (progress->given[i] &&
			options[i].type != WEIR_ARGUMENT_TEXTS)
			continue;
		if (options[i].name)
			snprintf(word, sizeof(word), "--%s", options[i].name);
		else
			snprintf(word, sizeof(word), "-%c", options[i].letter);
		weir_offer_word("", word, options[i].help);
	}
	weir_offer_word("", "--help", "print its help");
}

// offer_operand answers whether there was one to offer.
static bool offer_operand(
	const struct progress *progress, const struct weir_command *command)
{
	const struct weir_argument *operand = command->operands;
	unsigned left = progress->operand_count;

	while (operand && operand->type && left &&
		operand->type != WEIR_ARGUMENT_TEXTS)
		operand++, left--;
	if (!operand || !operand->type || operand->type == WEIR_ARGUMENT_REST)
		return false;
	weir_offer(operand, &progress->line);
	return true;
}

// offer_joined is for "--set=VALUE": the offers begin with "--set=" too.
static void offer_joined(
	struct progress *progress, const struct weir_command *command)
{
	const char *word = progress->line.word;
	const struct weir_argument *option =
		weir_argument_find(command->options, word);
	size_t length = strcspn(word, "=") + 1;

	if (!takes_value(option) || length >= sizeof(progress->head))
		return;
	snprintf(progress->head, sizeof(progress->head), "%.*s", (int)length,
		word);
	progress->line.head = progress->head;
	progress->line.word = word + length;
	weir_offer(option, &progress->line);
}

static void offer(struct progress *progress, const struct weir_command *command)
{
	const char *word = progress->line.word;

	if (progress->value_of)
		weir_offer(progress->value_of, &progress->line);
	else if (progress->rest)
		return; // EAL's business
	else if (word[0] == '-' && strchr(word, '='))
		offer_joined(progress, command);
	else if (word[0] == '-' || !offer_operand(progress, command))
		offer_options(progress, command);
}

static void offer_commands(const char *word)
{
	for (unsigned i = 0; weir_commands[i]; i++)
		if (weir_commands[i]->help)
			weir_offer_word("", weir_commands[i]->name,
				weir_commands[i]->help);
	if (word[0] != '-')
		return;
	weir_offer_word("", "--help", "print the commands");
	weir_offer_word("", "--version", "print the version");
}

static int complete(int argc, char **argv)
{
	struct progress progress = {.line.head = ""};
	const struct weir_command *command;

	if (argc < 2)
		return WEIR_EXIT_USAGE;
	progress.line.word = argv[argc - 1];
	if (argc == 2 || (argc == 3 && !strcmp(argv[1], "help"))) {
		offer_commands(progress.line.word);
		return WEIR_EXIT_DONE;
	}
	command = weir_command_find(argv[1]);
	if (!command)
		return WEIR_EXIT_DONE;
	weir_register_all();
	for (int i = 2; i < argc - 1; i++)
		pass(&progress, command, argv[i]);
	offer(&progress, command);
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_complete = {
	.name = "__complete",
	.run = complete,
};

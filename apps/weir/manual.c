// SPDX-License-Identifier: BSD-3-Clause
//
// The manual pages of the commands as scdoc takes them, from the same tables as
// --help. Not listed in the help: the build makes the pages with it.
#include "command.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

struct request {
	const char *page;
};

static const struct weir_argument operands[] = {
	{
		.value = "COMMAND",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, page),
	},
	{0},
};

// put prints text in which scdoc finds nothing to obey. Where a line begins,
// more has a meaning to it.
static void put(const char *text)
{
	bool begins = true;

	for (; *text; text++) {
		if (strchr("\\*_`", *text) ||
			(begins && strchr("#-.|[];+", *text)) ||
			(text[0] == '+' && text[1] == '+'))
			putchar('\\');
		putchar(*text);
		begins = *text == '\n';
	}
}

static void put_title(const char *title)
{
	fputs("\n# ", stdout);
	for (; *title; title++)
		putchar(toupper((unsigned char)*title));
	fputs("\n\n", stdout);
}

static void put_lines(const char *lines)
{
	printf("```\n%s```\n", lines);
}

// put_usage marks what is to be replaced: words in capitals.
static void put_usage(const char *name, const char *usage)
{
	printf("*weir%s%s*", *name ? " " : "", name);
	while (*usage) {
		size_t length = strcspn(usage, " ");
		size_t capitals = strspn(usage, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		bool replaced = capitals == length;

		printf(replaced ? " _%.*s_" : " %.*s", (int)length, usage);
		usage += length + (usage[length] == ' ');
	}
}

static void put_option(const struct weir_argument *option)
{
	if (option->letter)
		printf("*-%c*", option->letter);
	if (option->name)
		printf("%s*--%s*", option->letter ? ", " : "", option->name);
	if (option->type == WEIR_ARGUMENT_MAYBE)
		printf("[=_%s_]", option->value);
	else if (option->value)
		printf(" _%s_", option->value);
	fputs("\n\t", stdout);
	put(option->help);
	fputs(".\n\n", stdout);
}

static void put_options(const struct weir_command *command)
{
	static const struct weir_argument help = {"help", 'h',
		.type = WEIR_ARGUMENT_FLAG, .help = "print what it takes"};
	const struct weir_argument *option = command->options;

	put_title("options");
	for (; option && option->type; option++) {
		if (option->group)
			printf("## %s\n\n", option->group);
		put_option(option);
	}
	put_option(&help);
}

static void put_ends(const char *exits)
{
	put_title("exit status");
	put(exits);
	putchar('\n');
	put_title("see also");
}

static void put_head(const char *name)
{
	printf("weir%s%s(1) \"weir %s\" \"weir\"\n", *name ? "-" : "", name,
		WEIR_VERSION);
	put_title("name");
	printf("weir%s%s - ", *name ? "-" : "", name);
}

static void put_command(const struct weir_command *command)
{
	const struct weir_passage *passage = command->passages;

	put_head(command->name);
	put(command->help);
	putchar('\n');
	put_title("synopsis");
	for (unsigned i = 0; command->usage[i]; i++) {
		fputs(i ? "++\n" : "", stdout);
		put_usage(command->name, command->usage[i]);
	}
	putchar('\n');
	put_title("description");
	put(command->about);
	putchar('\n');
	put_options(command);
	for (; passage && passage->title; passage++) {
		put_title(passage->title);
		put_lines(passage->lines);
	}
	put_ends(command->exits);
	puts("*weir*(1), *weir-pipeline*(5), *weir-stages*(7)");
}

static void put_commands(void)
{
	put_title("commands");
	for (unsigned i = 0; weir_commands[i]; i++) {
		if (!weir_commands[i]->help)
			continue;
		printf("*weir-%s*(1)\n\t", weir_commands[i]->name);
		put(weir_commands[i]->help);
		puts(".\n");
	}
}

static void put_all(void)
{
	put_head("");
	puts("packet pipelines on polling cores");
	put_title("synopsis");
	put_usage("", "COMMAND [ARGUMENTS]");
	puts("++");
	put_usage("", "--version");
	putchar('\n');
	put_title("description");
	puts("Moves packets through pipelines on polling cores, from port to "
	     "port, without the kernel on the way. A pipeline is a file, see "
	     "*weir-pipeline*(5), of stages and ports, see *weir-stages*(7). "
	     "For every port, stage, channel and pool, in + made = out + held "
	     "\\+ dropped + consumed, each drop under a name: what remains is "
	     "unaccounted, must be 0, and fails the run.");
	put_commands();
	put_title("files");
	puts("_/dev/shm/weir.\\*_\n\tThe counters of runs, which *weir-ls*(1) "
	     "and *weir-stats*(1) read.");
	put_ends("0 done, 1 the run failed its promise (loss, contract "
		 "broken), 2 wrong use or input.");
	puts("*weir-pipeline*(5), *weir-stages*(7)");
}

static int manual(int argc, char **argv)
{
	const struct weir_command *command;
	struct request request = {0};
	int code =
		weir_arguments_read(&weir_command_manual, argc, argv, &request);

	if (code >= 0)
		return code;
	command = request.page ? weir_command_find(request.page) : NULL;
	if (request.page && (!command || !command->help))
		return weir_usage_error(
			argv[0], "there is no command '%s'", request.page);
	if (command)
		put_command(command);
	else
		put_all();
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_manual = {
	.name = "__manual",
	.usage = (const char *const[]){"[COMMAND]", NULL},
	.about = "Prints the manual page of a command, or of weir, for scdoc.",
	.operands = operands,
	.exits = "0 done, 2 there is no such command.",
	.run = manual,
};

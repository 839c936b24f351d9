// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

#include <string.h>

struct request {
	const char *shell;
};

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

// The scripts of apps/completion, which the build makes texts of.
extern const char weir_completion_bash[];
extern const char weir_completion_zsh[];
extern const char weir_completion_fish[];

static const char *const scripts[] = {
	weir_completion_bash, weir_completion_zsh, weir_completion_fish};

static const struct weir_argument operands[] = {
	{
		.value = "SHELL",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, shell),
		.offer = WEIR_OFFER_CHOICES,
		.choices = shells,
	},
	{0},
};

static int completion(int argc, char **argv)
{
	struct request request = {0};
	int code = weir_arguments_read(
		&weir_command_completion, argc, argv, &request);

	if (code >= 0)
		return code;
	if (!request.shell)
		return weir_usage_error(
			argv[0], "say for which shell: bash, zsh or fish");
	for (unsigned i = 0; shells[i]; i++)
		if (!strcmp(shells[i], request.shell))
			fputs(scripts[i], stdout);
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_completion = {
	.name = "completion",
	.help = "print what makes a shell complete weir's words",
	.usage = (const char *const[]){"bash|zsh|fish", NULL},
	.about = "Prints a script after which the Tab key completes commands, "
		 "options, pipeline files, types of stages, running instances, "
		 "counters and what --set may set. 'meson install' puts the "
		 "scripts where the shells look; then nothing else is needed.",
	.operands = operands,
	.passages =
		(const struct weir_passage[]){
			{"Examples, each for one shell, once",
				"weir completion bash > "
				"~/.local/share/bash-completion/completions/"
				"weir\n"
				"weir completion zsh > "
				"\"${fpath[1]}/_weir\"\n"
				"weir completion fish > "
				"~/.config/fish/completions/weir.fish\n"},
			{"For this shell only", "source <(weir completion "
						"bash)\n"},
			{0}},
	.exits = "0 done, 2 wrong use.",
	.run = completion,
};

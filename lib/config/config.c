// SPDX-License-Identifier: BSD-3-Clause
//
// From a file to a config: load, override, expand, check. Overrides come before
// variables, so that a variable which is overridden need not be set.
#include "config/check.h"
#include "base/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A config and all that it points to, but for the options' blocks.
struct memory {
	struct weir_config config;
	struct weir_document document;
};

static const char *const top_keys[] = {
	"version", "load", "runtime", "ports", "stages", "tests"};

static const char *const hugepages[] = {"auto", "yes", "no", NULL};

const struct weir_option weir_runtime_options[] = {
	WEIR_OPTION_U32(struct weir_config_runtime, lcores, "lcores", auto,
		"polling cores; auto: as many as there are CPUs for them",
		.max = 128, .zero = "auto"),
	WEIR_OPTION_SIZE(struct weir_config_runtime, memory_size, "memory",
		"auto", "memory for packets; auto: what the plan needs",
		.min = 1 << 20, .zero = "auto"),
	WEIR_OPTION_DURATION(struct weir_config_runtime, max_exec_ns,
		"max_exec", "none",
		"the longest that a step of a stage may take", .zero = "none"),
	WEIR_OPTION_U32(struct weir_config_runtime, packets, "packets", auto,
		"packets in the pool; auto: what the plan needs", .min = 64,
		.max = 1 << 26, .zero = "auto"),
	WEIR_OPTION_U32(struct weir_config_runtime, packet_size, "packet_size",
		2048, "bytes in one piece of a packet", .min = 128,
		.max = 65407),
	WEIR_OPTION_BOOL(struct weir_config_runtime, latency_all, "latency_all",
		"false",
		"measure the latency of each packet, not of one in a burst"),
	WEIR_OPTION_U32(struct weir_config_runtime, depth, "depth", 1024,
		"packets that may wait between two stages", .min = 1,
		.max = 1 << 20),
	WEIR_OPTION_CHOICE(struct weir_config_runtime, hugepages, "hugepages",
		"auto", hugepages,
		"memory of hugepages; auto: where enough of them are free, or "
		"a port needs them"),
	{0},
};

void weir_check_runtime(struct weir_check *check, const struct weir_node *node)
{
	struct weir_option_block *block;
	struct weir_words words = {.count = 0};
	const struct weir_option *option;

	if (weir_option_block_create(&block, sizeof(check->config->runtime),
		    weir_runtime_options)) {
		check->faults->no_memory = true;
		return;
	}
	weir_words_add_options(&words, weir_runtime_options);
	if (node && node->kind != WEIR_NODE_NONE &&
		weir_check_kind(check, node, WEIR_NODE_MAP, "runtime")) {
		weir_node_each(child, node)
		{
			option = weir_option_find(
				weir_runtime_options, child->key);
			if (option)
				weir_check_option(check, block, option, child);
			else
				weir_check_unknown_key(
					check, child, " in runtime", &words);
		}
	}
	memcpy(&check->config->runtime, weir_option_block_data(block),
		sizeof(check->config->runtime));
	weir_option_block_destroy(block);
}

// Of another version nothing else can be judged.
static bool check_version(
	struct weir_check *check, const struct weir_node *root)
{
	const struct weir_node *version = weir_node_get(root, "version");

	if (!version) {
		weir_fault_add(check->faults, root->at,
			"the file does not say its version: begin it with "
			"'version: 1'");
		return true;
	}
	if (version->kind == WEIR_NODE_TEXT && !strcmp(version->text, "1"))
		return true;
	weir_fault_add(check->faults, version->at,
		"this weir reads version 1 of the file only: write "
		"'version: 1'");
	return false;
}

static void check_top_keys(
	struct weir_check *check, const struct weir_node *root)
{
	struct weir_words words = {.count = 0};
	unsigned count = sizeof(top_keys) / sizeof(top_keys[0]);

	for (unsigned i = 0; i < count; i++)
		weir_words_add(&words, top_keys[i]);
	weir_node_each(child, root)
	{
		bool known = false;

		for (unsigned i = 0; i < count; i++)
			known |= !strcmp(child->key, top_keys[i]);
		if (!known)
			weir_check_unknown_key(check, child, "", &words);
	}
}

static void check_all(struct weir_check *check)
{
	const struct weir_node *root = check->document->root;

	if (!weir_check_kind(check, root, WEIR_NODE_MAP, "a pipeline file") ||
		!check_version(check, root))
		return;
	check_top_keys(check, root);
	weir_check_load(check, weir_node_get(root, "load"));
	weir_check_runtime(check, weir_node_get(root, "runtime"));
	weir_check_ports(check, weir_node_get(root, "ports"));
	weir_check_stages(check, weir_node_get(root, "stages"));
	weir_check_wiring(check);
	weir_check_tests(check, weir_node_get(root, "tests"));
}

// A name as an input stands for {from: name}; sets may then say more of it.
static void inputs_spread(struct weir_check *check, struct weir_node *inputs)
{
	struct weir_node *from;

	weir_node_each(input, inputs)
	{
		if (input->kind != WEIR_NODE_TEXT)
			continue;
		from = weir_node_create(check->document, WEIR_NODE_TEXT,
			input->at, check->faults);
		if (!from)
			return;
		from->text = input->text;
		from->literal = input->literal;
		from->key = "from";
		from->key_at = input->at;
		input->kind = WEIR_NODE_MAP;
		input->text = NULL;
		weir_node_add(input, from);
	}
}

static void stages_spread(struct weir_check *check)
{
	struct weir_node *stages =
		weir_node_get(check->document->root, "stages");
	struct weir_node *inputs, *one;

	if (!stages || stages->kind != WEIR_NODE_MAP)
		return;
	weir_node_each(stage, stages)
	{
		inputs = weir_node_get(stage, "inputs");
		if (!inputs)
			continue;
		if (inputs->kind == WEIR_NODE_TEXT) {
			one = weir_node_create(check->document, WEIR_NODE_TEXT,
				inputs->at, check->faults);
			if (!one)
				return;
			one->text = inputs->text;
			one->literal = inputs->literal;
			inputs->kind = WEIR_NODE_LIST;
			inputs->text = NULL;
			weir_node_add(inputs, one);
		}
		if (inputs->kind == WEIR_NODE_LIST)
			inputs_spread(check, inputs);
	}
}

static void override(struct weir_check *check, const char *const *sets)
{
	for (; sets && *sets; sets++) {
		stages_spread(check);
		weir_document_set(check->document, *sets, check->faults);
	}
}

static struct memory *memory_create(const char *name)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return NULL;
	memory->config.memory = memory;
	name = weir_arena_copy(&memory->document.arena, name, strlen(name));
	if (!name) {
		free(memory);
		return NULL;
	}
	memory->config.file = name;
	memory->document.name = name;
	memory->document.placeless = !strcmp(name, "-e");
	return memory;
}

int weir_config_parse(struct weir_config **config, const char *name,
	const char *text, size_t size, const char *const *sets,
	struct weir_error *e)
{
	struct memory *memory = memory_create(name);
	struct weir_faults faults = {.count = 0};
	struct weir_check check = {.faults = &faults};
	int error;

	*config = NULL;
	if (!memory)
		return weir_error_set(e, -ENOMEM, "%s: error: no memory", name);
	check.config = &memory->config;
	check.document = &memory->document;
	weir_document_load(&memory->document, text, size, &faults);
	override(&check, sets);
	weir_document_expand(&memory->document, &faults);
	if (memory->document.root && !faults.no_memory)
		check_all(&check);
	error = weir_faults_report(&faults, e);
	if (error)
		weir_config_destroy(&memory->config);
	else
		*config = &memory->config;
	return error;
}

static int unreadable(const char *file, int error, struct weir_error *e)
{
	const char *remedy = "";

	if (error == ENOENT)
		remedy = "; check the path";
	else if (error == EACCES)
		remedy = "; give yourself the right to read it";
	else if (error == EISDIR)
		remedy = "; name a pipeline file in it";
	return weir_error_set(e, -error, "%s: error: %s%s", file,
		error == ENOENT	  ? "there is no such file"
		: error == EISDIR ? "this is a directory"
				  : strerror(error),
		remedy);
}

// Reads up to one byte more than a file may have. Answers the size or -errno.
static ssize_t read_all(FILE *from, char *text)
{
	size_t size = fread(text, 1, WEIR_DOCUMENT_SIZE_MAX + 1, from);

	if (ferror(from))
		return errno ? -errno : -EIO;
	return (ssize_t)size;
}

static ssize_t file_read(const char *file, char *text)
{
	FILE *from;
	ssize_t size;

	errno = 0;
	if (!strcmp(file, "-"))
		return read_all(stdin, text);
	from = fopen(file, "re");
	if (!from)
		return -errno;
	size = read_all(from, text);
	fclose(from);
	return size;
}

int weir_config_read(struct weir_config **config, const char *file,
	const char *const *sets, struct weir_error *e)
{
	char *text = malloc(WEIR_DOCUMENT_SIZE_MAX + 1);
	ssize_t size;
	int error;

	*config = NULL;
	if (!text)
		return weir_error_set(e, -ENOMEM, "%s: error: no memory", file);
	size = file_read(file, text);
	if (size < 0)
		error = unreadable(file, (int)-size, e);
	else
		error = weir_config_parse(
			config, file, text, (size_t)size, sets, e);
	free(text);
	return error;
}

void weir_config_destroy(struct weir_config *config)
{
	struct memory *memory = config ? config->memory : NULL;

	if (!memory)
		return;
	for (unsigned i = 0; i < config->port_count; i++)
		weir_option_block_destroy(config->ports[i].options);
	for (unsigned i = 0; i < config->stage_count; i++)
		weir_option_block_destroy(config->stages[i].options);
	weir_document_fini(&memory->document);
	free(memory);
}

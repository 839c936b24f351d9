// SPDX-License-Identifier: BSD-3-Clause
//
// The registry keeps pointers to stages in order of their types. What a stage
// says of itself is checked here, once, so that nobody behind has to: whoever
// writes a stage learns at registration what is wrong with its table.
#include "stage/stage.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define STAGES_MAX 256
#define NAME_SIZE_MAX 32

static const struct weir_stage *stages[STAGES_MAX];
static unsigned stage_count;

// Keys of each stage's mapping, which no option may take.
static const char *const common_keys[] = {"type", "inputs", "replicas", "place",
	"lcore", "max_exec", "drop", NULL};

// What is counted for each stage, which no counter of its own may take.
static const char *const common_counters[] = {
	"in", "out", "drop", "made", "consumed", "held", "step", NULL};

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(word, *words))
			return true;
	}
	return false;
}

static bool name_legal(const char *name)
{
	size_t length = strlen(name);

	return length && length <= NAME_SIZE_MAX &&
	       islower((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static int refuse(const struct weir_stage *stage, const char *what,
	const char *name, const char *fault, struct weir_error *e)
{
	return weir_error_set(e, -EINVAL, "stage type '%s': %s '%s' %s",
		stage->type, what, name, fault);
}

// Names lie without holes, end in the table, are legal and unique.
static int check_names(const struct weir_stage *stage, const char *what,
	const char *const *names, struct weir_error *e)
{
	unsigned count = 0;

	while (count < WEIR_STAGE_NAMES && names[count])
		count++;
	if (count == WEIR_STAGE_NAMES)
		return refuse(stage, what, names[count - 1],
			"is one too many: the last entry ends the table", e);
	for (unsigned i = count; i < WEIR_STAGE_NAMES; i++) {
		if (names[i])
			return refuse(stage, what, names[i],
				"stands behind the table's end", e);
	}
	for (unsigned i = 0; i < count; i++) {
		if (!name_legal(names[i]))
			return refuse(stage, what, names[i],
				"is not made of a-z, 0-9 and '_'", e);
		for (unsigned j = 0; j < i; j++) {
			if (!strcmp(names[i], names[j]))
				return refuse(stage, what, names[i],
					"stands twice", e);
		}
	}
	return 0;
}

static int check_counters(const struct weir_stage *stage, struct weir_error *e)
{
	const char *names[WEIR_STAGE_NAMES];

	for (unsigned i = 0; i < WEIR_STAGE_NAMES; i++)
		names[i] = stage->counters[i].name;
	for (unsigned i = 0; i < WEIR_STAGE_NAMES && names[i]; i++) {
		const struct weir_stage_counter *counter = &stage->counters[i];

		if (one_of(names[i], common_counters))
			return refuse(stage, "counter", names[i],
				"has a name that every stage has already", e);
		if (!counter->unit || !counter->help)
			return refuse(stage, "counter", names[i],
				"has no unit or no help", e);
		if (counter->offset + sizeof(uint64_t) > stage->state_size)
			return refuse(stage, "counter", names[i],
				"lies outside the state", e);
	}
	return check_names(stage, "counter", names, e);
}

static int check_options(const struct weir_stage *stage, struct weir_error *e)
{
	const struct weir_option *option = stage->options;
	struct weir_error why = {0};
	unsigned count = 0;

	while (count < WEIR_STAGE_OPTIONS && option[count].type)
		count++;
	if (count == WEIR_STAGE_OPTIONS)
		return refuse(stage, "option", option[count - 1].name,
			"is one too many: the last entry ends the table", e);
	if (weir_option_table_check(option, stage->state_size, &why))
		return weir_error_set(e, -EINVAL, "stage type '%s': %s",
			stage->type, why.text);
	for (unsigned i = 0; i < count; i++) {
		if (one_of(option[i].name, common_keys))
			return refuse(stage, "option", option[i].name,
				"has a name that every stage has already", e);
		if (!strcmp(option[i].name, "port") &&
			option[i].type != WEIR_TYPE_TEXT)
			return refuse(stage, "option", option[i].name,
				"names a port, so it must be a text", e);
	}
	return 0;
}

static const char *fault_of_functions(const struct weir_stage *stage)
{
	if (!stage->kernel && !stage->task)
		return "has neither kernel nor task: set one of them";
	if (stage->kernel && stage->task)
		return "has both kernel and task: set one of them";
	if (stage->source && !stage->outputs[0])
		return "is a source without outputs";
	if (stage->ended && !stage->source && !stage->drain)
		return "is no source and has ended without drain";
	if (stage->drain && !stage->held && !stage->ended)
		return "has drain without held or ended, which say when it is "
		       "done";
	if (!stage->prepare != !stage->commit ||
		(stage->retire && !stage->prepare))
		return "has one of prepare and commit without the other";
	for (unsigned i = 0; i < WEIR_STAGE_NAMES; i++) {
		if (stage->out_max[i] && !stage->outputs[i])
			return "has an out_max for an output that it lacks";
	}
	return NULL;
}

static int check(const struct weir_stage *stage, struct weir_error *e)
{
	const char *fault;
	int error;

	if (!stage->type || !name_legal(stage->type))
		return weir_error_set(e, -EINVAL,
			"stage type '%s': a type is made of a-z, 0-9 and '_'",
			stage->type ? stage->type : "");
	if (!stage->help || !*stage->help)
		return weir_error_set(e, -EINVAL,
			"stage type '%s' has no help: say in a phrase what "
			"it does",
			stage->type);
	fault = fault_of_functions(stage);
	if (fault)
		return weir_error_set(
			e, -EINVAL, "stage type '%s' %s", stage->type, fault);
	error = check_options(stage, e);
	if (!error)
		error = check_names(stage, "output", stage->outputs, e);
	if (!error)
		error = check_names(stage, "drop", stage->drops, e);
	if (!error)
		error = check_counters(stage, e);
	return error;
}

// The first whose type is not before type.
static unsigned place_of(const char *type)
{
	unsigned at = 0;

	while (at < stage_count && strcmp(stages[at]->type, type) < 0)
		at++;
	return at;
}

int weir_stage_register(const struct weir_stage *stage, struct weir_error *e)
{
	unsigned at;
	int error;

	// Of another ABI, nothing but the number may be looked at.
	if (stage->abi != WEIR_STAGE_ABI)
		return weir_error_set(e, -EINVAL,
			"a stage was built for stage ABI %u, this weir has "
			"ABI %u: build it with this weir's headers",
			stage->abi, WEIR_STAGE_ABI);
	error = check(stage, e);
	if (error)
		return error;
	if (weir_stage_find(stage->type))
		return weir_error_set(e, -EEXIST,
			"stage type '%s' is there already: give it another "
			"name",
			stage->type);
	if (stage_count == STAGES_MAX)
		return weir_error_set(e, -ENOSPC,
			"stage type '%s': there is room for %d types only",
			stage->type, STAGES_MAX);
	at = place_of(stage->type);
	memmove(&stages[at + 1], &stages[at],
		(stage_count - at) * sizeof(stages[0]));
	stages[at] = stage;
	stage_count++;
	return 0;
}

const struct weir_stage *weir_stage_find(const char *type)
{
	unsigned at = place_of(type);

	if (at < stage_count && !strcmp(stages[at]->type, type))
		return stages[at];
	return NULL;
}

const struct weir_stage *weir_stage_at(unsigned index)
{
	return index < stage_count ? stages[index] : NULL;
}

static unsigned name_count(const char *const *names)
{
	unsigned count = 0;

	while (names[count])
		count++;
	return count;
}

unsigned weir_stage_output_count(const struct weir_stage *stage)
{
	return name_count(stage->outputs);
}

unsigned weir_stage_drop_count(const struct weir_stage *stage)
{
	return name_count(stage->drops);
}

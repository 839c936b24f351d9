// SPDX-License-Identifier: BSD-3-Clause
//
// The registry keeps pointers to stages in order of their types. What a stage
// says of itself is checked here, once, so that nobody behind has to: whoever
// writes a stage learns at registration what is wrong with its table.
#include "stage/stage.h"

#include "stage/outputs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STAGES_MAX 256
#define NAME_SIZE_MAX 32
// What no stage can be without lies before it; all behind may be zero.
#define SIZE_MIN offsetof(struct weir_stage, tick)

static const struct weir_stage *stages[STAGES_MAX];
// The struct that was registered; stages has a copy if it was an older one.
static const struct weir_stage *sources[STAGES_MAX];
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

bool weir_stage_name_legal(const char *name)
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
		if (!weir_stage_name_legal(names[i]))
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
	int err;

	while (count < WEIR_STAGE_OPTIONS && option[count].type)
		count++;
	if (count == WEIR_STAGE_OPTIONS)
		return refuse(stage, "option", option[count - 1].name,
			"is one too many: the last entry ends the table", e);
	err = weir_option_table_check(option, stage->state_size, &why);
	if (err)
		return weir_error_set(
			e, err, "stage type '%s': %s", stage->type, why.text);
	for (unsigned i = 0; i < count; i++) {
		if (one_of(option[i].name, common_keys))
			return refuse(stage, "option", option[i].name,
				"has a name that every stage has already", e);
		if (!strcmp(option[i].name, "port") &&
			option[i].type != WEIR_TYPE_TEXT)
			return refuse(stage, "option", option[i].name,
				"names a port, so it must be a text", e);
	}
	option = stage->outputs_from
			 ? weir_option_find(stage->options, stage->outputs_from)
			 : NULL;
	if (stage->outputs_from &&
		(!option || option->type != WEIR_TYPE_TEXTS || option->live))
		return refuse(stage, "option", stage->outputs_from,
			"names outputs, so it must be there, hold texts and "
			"not be live",
			e);
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

	if (!stage->type || !weir_stage_name_legal(stage->type))
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

static int wrong_number(const struct weir_stage *stage, struct weir_error *e)
{
	return weir_error_set(e, -EINVAL,
		"a stage was built for stage ABI %u, this weir has ABI %u: "
		"build it again with this weir's headers",
		stage->abi.number, WEIR_STAGE_ABI_NUMBER);
}

// Nothing behind what this weir knows is used.
static bool surplus_is_zero(const struct weir_stage *stage)
{
	const char *byte = (const char *)(stage + 1);
	const char *end = (const char *)stage + stage->abi.size;

	while (byte < end && !*byte)
		byte++;
	return byte >= end;
}

// adopt answers the stage as this weir knows the struct: itself, or a copy of
// an older one, whose lack is zero.
static const struct weir_stage *adopt(
	const struct weir_stage *stage, struct weir_error *e)
{
	struct weir_stage *copy;

	if (stage->abi.size < SIZE_MIN || !surplus_is_zero(stage)) {
		weir_error_set(e, -EINVAL,
			"a stage was built for stage ABI %u of another weir "
			"and has %u bytes to say where this one reads %zu: "
			"build it again with this weir's headers",
			stage->abi.number, stage->abi.size, sizeof(*stage));
		return NULL;
	}
	if (stage->abi.size >= sizeof(*stage))
		return stage;
	copy = calloc(1, sizeof(*copy));
	if (copy)
		memcpy(copy, stage, stage->abi.size);
	else
		weir_error_set(e, -ENOMEM, "no memory for a stage");
	return copy;
}

static void drop_copy(
	const struct weir_stage *adopted, const struct weir_stage *stage)
{
	if (adopted != stage)
		free((void *)adopted);
}

int weir_stage_check(const struct weir_stage *stage, struct weir_error *e)
{
	const struct weir_stage *adopted;
	int error;

	// Of another ABI, nothing but the number may be looked at.
	if (stage->abi.number != WEIR_STAGE_ABI_NUMBER)
		return wrong_number(stage, e);
	adopted = adopt(stage, e);
	if (!adopted)
		return -EINVAL;
	error = check(adopted, e);
	drop_copy(adopted, stage);
	return error;
}

static int insert(const struct weir_stage *stage,
	const struct weir_stage *source, struct weir_error *e)
{
	unsigned at;

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
	memmove(&sources[at + 1], &sources[at],
		(stage_count - at) * sizeof(sources[0]));
	stages[at] = stage;
	sources[at] = source;
	stage_count++;
	return 0;
}

int weir_stage_register(const struct weir_stage *stage, struct weir_error *e)
{
	const struct weir_stage *adopted;
	int error = weir_stage_check(stage, e);

	if (error)
		return error;
	for (unsigned i = 0; i < stage_count; i++) {
		if (sources[i] == stage)
			return 0;
	}
	adopted = adopt(stage, e);
	if (!adopted)
		return -EINVAL;
	error = insert(adopted, stage, e);
	if (error)
		drop_copy(adopted, stage);
	return error;
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

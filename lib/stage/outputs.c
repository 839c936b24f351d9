// SPDX-License-Identifier: BSD-3-Clause
#include "stage/outputs.h"

#include "option/value.h"

#include <errno.h>
#include <string.h>

static unsigned take_table(
	const struct weir_stage *stage, const char **names, unsigned count)
{
	for (unsigned i = 0; stage->outputs[i] && count < WEIR_STAGE_NAMES; i++)
		names[count++] = stage->outputs[i];
	for (unsigned i = count; i < WEIR_STAGE_NAMES; i++)
		names[i] = NULL;
	return count;
}

static const char *const *given_names(
	const struct weir_stage *stage, const void *options)
{
	static const char *const none[] = {NULL};
	const struct weir_option *option;
	const char *const *names;

	if (!stage->outputs_from || !options)
		return none;
	option = weir_option_find(stage->options, stage->outputs_from);
	memcpy(&names, (const char *)options + option->offset, sizeof(names));
	return names ? names : none;
}

static const char *fault_of(
	const struct weir_stage *stage, const char *const *names, unsigned i)
{
	if (!weir_stage_name_legal(names[i]))
		return "is no name of an output: it is made of a-z, 0-9 and "
		       "'_' and begins with a letter";
	for (unsigned j = 0; j < i; j++)
		if (!strcmp(names[i], names[j]))
			return "stands twice";
	for (unsigned j = 0; stage->outputs[j]; j++)
		if (!strcmp(names[i], stage->outputs[j]))
			return "is there already: every stage of this type has "
			       "it";
	if (i + weir_stage_output_count(stage) + 2 > WEIR_STAGE_NAMES)
		return "is one too many: put a second stage behind this one "
		       "for more";
	return NULL;
}

int weir_stage_outputs(const struct weir_stage *stage, const void *options,
	const char *names[WEIR_STAGE_NAMES], struct weir_error *e)
{
	const char *const *given = given_names(stage, options);
	char quoted[WEIR_QUOTED_SIZE];
	unsigned count = 0;

	for (; given[count]; count++) {
		const char *fault = fault_of(stage, given, count);

		if (fault) {
			take_table(stage, names, 0);
			return weir_error_set(e, -EINVAL, "%s %s",
				weir_quote(given[count], quoted), fault);
		}
		names[count] = given[count];
	}
	return (int)take_table(stage, names, count);
}

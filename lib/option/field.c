// SPDX-License-Identifier: BSD-3-Clause
#include "option/field.h"
#include "base/assert.h"
#include "option/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct weir_error *e)
{
	return weir_error_set(e, -ENOMEM, "has no memory to be kept in");
}

const char *weir_option_bound(
	const struct weir_option *option, uint64_t value, char *text)
{
	if (option->type == WEIR_TYPE_DURATION)
		return weir_duration_format(value, text);
	if (option->type == WEIR_TYPE_SIZE)
		return weir_size_format(value, text);
	if (option->type == WEIR_TYPE_RATE)
		snprintf(text, WEIR_VALUE_SIZE, "%" PRIu64 " a second", value);
	else
		weir_number_format(value, text);
	return text;
}

static uint64_t most(const struct weir_option *option)
{
	if (option->max)
		return option->max;
	return option->type == WEIR_TYPE_U32 ? UINT32_MAX : UINT64_MAX;
}

static bool is_in_range(const struct weir_option *option, uint64_t value)
{
	return value >= option->min && value <= most(option);
}

static int out_of_range(const struct weir_option *option, const char *given,
	struct weir_error *e)
{
	char least[WEIR_VALUE_SIZE], highest[WEIR_VALUE_SIZE];
	char quoted[WEIR_QUOTED_SIZE];

	weir_option_bound(option, option->min, least);
	weir_option_bound(option, most(option), highest);
	weir_quote(given, quoted);
	if (!option->max && option->min)
		return weir_error_set(e, -EINVAL, "must be at least %s, not %s",
			least, quoted);
	if (!option->min)
		return weir_error_set(e, -EINVAL, "must be at most %s, not %s",
			highest, quoted);
	return weir_error_set(e, -EINVAL, "must be from %s to %s, not %s",
		least, highest, quoted);
}

static int quantity_set(void *to, const struct weir_option *option,
	const char *text, struct weir_error *e)
{
	bool zero = option->zero && !strcmp(text, option->zero);
	uint64_t value = 0;
	int error = 0;

	if (zero)
		;
	else if (option->type == WEIR_TYPE_DURATION)
		error = weir_duration_parse(text, &value, e);
	else if (option->type == WEIR_TYPE_SIZE)
		error = weir_size_parse(text, &value, e);
	else
		error = weir_number_parse(text, &value, e);
	if (error)
		return error;
	if (!zero && !is_in_range(option, value))
		return out_of_range(option, text, e);
	if (option->type == WEIR_TYPE_U32)
		*(uint32_t *)to = (uint32_t)value;
	else
		*(uint64_t *)to = value;
	return 0;
}

static int rate_set(struct weir_rate *to, const struct weir_option *option,
	const char *text, struct weir_error *e)
{
	struct weir_rate rate = {0};
	int error;

	if (option->zero && !strcmp(text, option->zero)) {
		*to = rate;
		return 0;
	}
	error = weir_rate_parse(text, &rate, e);
	if (error)
		return error;
	if (!is_in_range(option, rate.per_second))
		return out_of_range(option, text, e);
	*to = rate;
	return 0;
}

static int bool_set(bool *to, const char *text, struct weir_error *e)
{
	static const char *const words[] = {
		"false", "true", "no", "yes", "off", "on"};
	char quoted[WEIR_QUOTED_SIZE];

	for (unsigned i = 0; i < 6; i++) {
		if (!strcasecmp(text, words[i])) {
			*to = i & 1;
			return 0;
		}
	}
	return weir_error_set(e, -EINVAL,
		"%s is neither true nor false: write true or false",
		weir_quote(text, quoted));
}

static int double_set(double *to, const struct weir_option *option,
	const char *text, struct weir_error *e)
{
	char quoted[WEIR_QUOTED_SIZE], *end = NULL;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= -1e300 && value <= 1e300) ||
		isspace((unsigned char)*text))
		return weir_error_set(e, -EINVAL,
			"%s is not a number: write 2, 0.5 or 1e-3",
			weir_quote(text, quoted));
	if ((option->min || option->max) &&
		(value < (double)option->min ||
			(option->max && value > (double)option->max)))
		return out_of_range(option, text, e);
	*to = value;
	return 0;
}

static int unknown_choice(const struct weir_option *option, const char *text,
	struct weir_error *e)
{
	char quoted[WEIR_QUOTED_SIZE], all[256] = "";
	unsigned count = 0;
	const char *near;

	for (size_t used = 0; option->choices[count]; count++) {
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used,
				"%s%s", count ? ", " : "",
				option->choices[count]);
	}
	weir_quote(text, quoted);
	near = weir_nearest(text, option->choices, count);
	if (near)
		return weir_error_set(e, -EINVAL,
			"%s is not one of %s; did you mean '%s'?", quoted, all,
			near);
	return weir_error_set(e, -EINVAL, "%s is not one of %s", quoted, all);
}

static int choice_parse(const struct weir_option *option, const char *text,
	uint32_t *index, struct weir_error *e)
{
	for (uint32_t i = 0; option->choices[i]; i++) {
		if (!strcmp(option->choices[i], text)) {
			*index = i;
			return 0;
		}
	}
	return unknown_choice(option, text, e);
}

static int choices_set(uint32_t *to, const struct weir_option *option,
	const char *const *texts, unsigned count, struct weir_error *e)
{
	uint32_t mask = 0, index = 0;
	char quoted[WEIR_QUOTED_SIZE];
	int error;

	for (unsigned i = 0; i < count; i++) {
		error = choice_parse(option, texts[i], &index, e);
		if (error)
			return error;
		if (mask & 1u << index)
			return weir_error_set(e, -EINVAL, "%s stands twice",
				weir_quote(texts[i], quoted));
		mask |= 1u << index;
	}
	*to = mask;
	return 0;
}

static int text_set(struct weir_option_block *block, const char **to,
	const char *text, struct weir_error *e)
{
	size_t size = strlen(text) + 1;
	char *copy = weir_option_keep(block, size);

	if (!copy)
		return no_memory(e);
	*to = memcpy(copy, text, size);
	return 0;
}

// One piece of memory: the pointers, then the texts.
static int texts_set(struct weir_option_block *block, const char ***to,
	const char *const *texts, unsigned count, struct weir_error *e)
{
	size_t size = (count + 1) * sizeof(char *);
	const char **list;
	char *at;

	for (unsigned i = 0; i < count; i++)
		size += strlen(texts[i]) + 1;
	list = weir_option_keep(block, size);
	if (!list)
		return no_memory(e);
	at = (char *)(list + count + 1);
	for (unsigned i = 0; i < count; i++) {
		list[i] = at;
		at = stpcpy(at, texts[i]) + 1;
	}
	list[count] = NULL;
	*to = list;
	return 0;
}

int weir_field_parse(struct weir_option_block *block, void *to,
	const struct weir_option *option, const char *const *texts,
	unsigned count, struct weir_error *e)
{
	if (!weir_option_is_list(option->type) && count != 1)
		return weir_error_set(
			e, -EINVAL, "must be one value, not a list");
	switch (option->type) {
	case WEIR_TYPE_U32:
	case WEIR_TYPE_U64:
	case WEIR_TYPE_DURATION:
	case WEIR_TYPE_SIZE:
		return quantity_set(to, option, texts[0], e);
	case WEIR_TYPE_RATE:
		return rate_set(to, option, texts[0], e);
	case WEIR_TYPE_BOOL:
		return bool_set(to, texts[0], e);
	case WEIR_TYPE_DOUBLE:
		return double_set(to, option, texts[0], e);
	case WEIR_TYPE_TEXT:
		return text_set(block, to, texts[0], e);
	case WEIR_TYPE_CHOICE:
		return choice_parse(option, texts[0], to, e);
	case WEIR_TYPE_CHOICES:
		return choices_set(to, option, texts, count, e);
	case WEIR_TYPE_TEXTS:
		return texts_set(block, to, texts, count, e);
	case WEIR_TYPE_END:
		break;
	}
	weir_assert(!"an option of a known type");
	return -EINVAL;
}

static void choices_format(
	const char *const *choices, uint32_t mask, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; choices[i] && used < size; i++) {
		if (mask & 1u << i)
			used += (size_t)snprintf(text + used, size - used,
				"%s%s", used ? ", " : "", choices[i]);
	}
}

static void texts_format(const char *const *texts, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; texts && texts[i] && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
			i ? ", " : "", texts[i]);
}

static bool is_zero(const void *from, enum weir_option_type type)
{
	if (type == WEIR_TYPE_U32)
		return *(const uint32_t *)from == 0;
	// Of a rate the first word, too.
	return *(const uint64_t *)from == 0;
}

void weir_field_format(const void *from, const struct weir_option *option,
	char *text, size_t size)
{
	const char *const *texts;
	const char *one = NULL;
	char number[WEIR_VALUE_SIZE];

	if (option->zero && is_zero(from, option->type)) {
		snprintf(text, size, "%s", option->zero);
		return;
	}
	switch (option->type) {
	case WEIR_TYPE_U32:
		one = weir_number_format(*(const uint32_t *)from, number);
		break;
	case WEIR_TYPE_U64:
	case WEIR_TYPE_DURATION:
	case WEIR_TYPE_SIZE:
		one = weir_option_bound(
			option, *(const uint64_t *)from, number);
		break;
	case WEIR_TYPE_RATE:
		one = weir_rate_format(from, number);
		break;
	case WEIR_TYPE_BOOL:
		one = *(const bool *)from ? "true" : "false";
		break;
	case WEIR_TYPE_DOUBLE:
		snprintf(text, size, "%.17g", *(const double *)from);
		return;
	case WEIR_TYPE_TEXT:
		one = *(const char *const *)from;
		break;
	case WEIR_TYPE_CHOICE:
		one = option->choices[*(const uint32_t *)from];
		break;
	case WEIR_TYPE_CHOICES:
		choices_format(
			option->choices, *(const uint32_t *)from, text, size);
		return;
	case WEIR_TYPE_TEXTS:
		texts = *(const char *const *const *)from;
		texts_format(texts, text, size);
		return;
	case WEIR_TYPE_END:
		break;
	}
	snprintf(text, size, "%s", one ? one : "");
}

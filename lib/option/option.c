// SPDX-License-Identifier: BSD-3-Clause
#include "option/option.h"
#include "base/assert.h"
#include "option/field.h"
#include "option/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE_MAX 32

// What values point to, in the order it was made. Older values stay until the
// block goes, since someone may still read them.
struct kept {
	struct kept *next;
	char bytes[] __attribute__((aligned(8)));
};

struct weir_option_block {
	const struct weir_option *table;
	struct kept *kept;
	void *data;
	bool *given; // by index in the table
};

static unsigned index_of(
	const struct weir_option_block *block, const struct weir_option *option)
{
	size_t index = (size_t)(option - block->table);

	weir_assert(index < weir_option_count(block->table));
	return (unsigned)index;
}

static void *field(
	const struct weir_option_block *block, const struct weir_option *option)
{
	return (char *)block->data + option->offset;
}

void *weir_option_keep(struct weir_option_block *block, size_t size)
{
	struct kept *kept = malloc(sizeof(*kept) + size);

	if (!kept)
		return NULL;
	kept->next = block->kept;
	block->kept = kept;
	return kept->bytes;
}

// Splits "a, b" in place; "" is the empty list.
static unsigned split(char *text, const char **texts, unsigned room)
{
	unsigned count = 0;

	for (char *next, *at = text; at && *at; at = next) {
		next = strchr(at, ',');
		if (next)
			*next++ = '\0';
		while (*at == ' ')
			at++;
		weir_assert(count < room);
		texts[count++] = at;
	}
	return count;
}

static int preset_set(struct weir_option_block *block,
	const struct weir_option *option, struct weir_error *e)
{
	const char *texts[WEIR_CHOICES_MAX] = {option->preset};
	unsigned count = 1;
	char *copy = NULL;
	int error;

	if (!option->preset)
		return 0;
	if (weir_option_is_list(option->type)) {
		copy = strdup(option->preset);
		if (!copy)
			return weir_error_set(e, -ENOMEM, "out of memory");
		count = split(copy, texts, WEIR_CHOICES_MAX);
	}
	error = weir_field_parse(
		block, field(block, option), option, texts, count, e);
	free(copy);
	return error;
}

static struct weir_option_block *block_create(
	size_t size, const struct weir_option *table)
{
	struct weir_option_block *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	block->table = table;
	block->data = calloc(1, size ? size : 1);
	block->given = calloc(weir_option_count(table) + 1, sizeof(bool));
	if (block->data && block->given)
		return block;
	weir_option_block_destroy(block);
	return NULL;
}

// Makes a block and reads the defaults. e names what is wrong with one.
static int block_fill(struct weir_option_block **block, size_t size,
	const struct weir_option *table, struct weir_error *e)
{
	unsigned count = weir_option_count(table);
	int error = 0;

	*block = block_create(size, table);
	if (!*block)
		return weir_error_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < count && !error; i++) {
		struct weir_error why = {0};

		error = preset_set(*block, &table[i], &why);
		if (error)
			weir_error_set(e, error, "default of option '%s': %s",
				table[i].name, why.text);
	}
	if (error) {
		weir_option_block_destroy(*block);
		*block = NULL;
	}
	return error;
}

int weir_option_block_create(struct weir_option_block **block, size_t size,
	const struct weir_option *table)
{
	int error = block_fill(block, size, table, NULL);

	weir_assert(error == 0 || error == -ENOMEM);
	return error;
}

void weir_option_block_destroy(struct weir_option_block *block)
{
	struct kept *next;

	if (!block)
		return;
	for (struct kept *kept = block->kept; kept; kept = next) {
		next = kept->next;
		free(kept);
	}
	free(block->given);
	free(block->data);
	free(block);
}

void *weir_option_block_data(struct weir_option_block *block)
{
	return block->data;
}

const struct weir_option *weir_option_block_table(
	const struct weir_option_block *block)
{
	return block->table;
}

int weir_option_set(struct weir_option_block *block,
	const struct weir_option *option, const char *const *texts,
	unsigned count, struct weir_error *e)
{
	unsigned index = index_of(block, option);
	int error = weir_field_parse(
		block, field(block, option), option, texts, count, e);

	if (!error)
		block->given[index] = true;
	return error;
}

bool weir_option_given(
	const struct weir_option_block *block, const struct weir_option *option)
{
	return block->given[index_of(block, option)];
}

const struct weir_option *weir_option_missing(
	const struct weir_option_block *block)
{
	for (unsigned i = 0; i < weir_option_count(block->table); i++) {
		if (!block->table[i].preset && !block->given[i])
			return &block->table[i];
	}
	return NULL;
}

unsigned weir_option_count(const struct weir_option *table)
{
	unsigned count = 0;

	while (table && table[count].type != WEIR_TYPE_END)
		count++;
	return count;
}

const struct weir_option *weir_option_find(
	const struct weir_option *table, const char *name)
{
	for (unsigned i = 0; i < weir_option_count(table); i++) {
		if (!strcmp(table[i].name, name))
			return &table[i];
	}
	return NULL;
}

bool weir_option_is_list(enum weir_option_type type)
{
	return type == WEIR_TYPE_CHOICES || type == WEIR_TYPE_TEXTS;
}

static const struct option_type {
	const char *name;
	size_t size; // of the field
} types[] = {
	[WEIR_TYPE_U32] = {"number", sizeof(uint32_t)},
	[WEIR_TYPE_U64] = {"number", sizeof(uint64_t)},
	[WEIR_TYPE_BOOL] = {"true or false", sizeof(bool)},
	[WEIR_TYPE_DOUBLE] = {"number with a fraction", sizeof(double)},
	[WEIR_TYPE_TEXT] = {"text", sizeof(char *)},
	[WEIR_TYPE_CHOICE] = {"choice", sizeof(uint32_t)},
	[WEIR_TYPE_DURATION] = {"duration", sizeof(uint64_t)},
	[WEIR_TYPE_SIZE] = {"size", sizeof(uint64_t)},
	[WEIR_TYPE_CHOICES] = {"choices", sizeof(uint32_t)},
	[WEIR_TYPE_TEXTS] = {"texts", sizeof(char **)},
	[WEIR_TYPE_RATE] = {"rate", sizeof(struct weir_rate)},
};

const char *weir_option_type_name(enum weir_option_type type)
{
	weir_assert(type > WEIR_TYPE_END && type <= WEIR_TYPE_RATE);
	return types[type].name;
}

void weir_option_format(const struct weir_option_block *block,
	const struct weir_option *option, char *text, size_t size)
{
	weir_field_format(field(block, option), option, text, size);
}

static bool name_legal(const char *name)
{
	size_t length = name ? strlen(name) : 0;

	return length && length <= NAME_SIZE_MAX &&
	       islower((unsigned char)*name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static unsigned choice_count(const struct weir_option *option)
{
	unsigned count = 0;

	while (option->choices && option->choices[count])
		count++;
	return count;
}

static const char *fault_of(
	const struct weir_option *table, unsigned index, size_t size)
{
	const struct weir_option *option = &table[index];
	bool chooses = option->type == WEIR_TYPE_CHOICE ||
		       option->type == WEIR_TYPE_CHOICES;
	bool quantity = option->type == WEIR_TYPE_U32 ||
			option->type == WEIR_TYPE_U64 ||
			option->type == WEIR_TYPE_DURATION ||
			option->type == WEIR_TYPE_SIZE ||
			option->type == WEIR_TYPE_RATE;

	if (!name_legal(option->name))
		return "has a name that is not made of a-z, 0-9 and '_'";
	if (weir_option_find(table, option->name) != option)
		return "stands twice in the table";
	if ((unsigned)option->type > WEIR_TYPE_RATE)
		return "has an unknown type";
	if (!option->help || !*option->help)
		return "has no help";
	if (option->offset + types[option->type].size > size)
		return "lies outside the struct";
	if (chooses && !choice_count(option))
		return "has no choices";
	if (option->zero && !quantity)
		return "has a word for 0 and is no quantity";
	if (choice_count(option) > WEIR_CHOICES_MAX)
		return "has more than 32 choices";
	if (option->max && option->min > option->max)
		return "has a least value above its highest";
	return NULL;
}

int weir_option_table_check(
	const struct weir_option *table, size_t size, struct weir_error *e)
{
	struct weir_option_block *block;
	const char *fault;
	int error;

	for (unsigned i = 0; i < weir_option_count(table); i++) {
		fault = fault_of(table, i, size);
		if (fault)
			return weir_error_set(e, -EINVAL, "option '%s' %s",
				table[i].name ? table[i].name : "", fault);
	}
	error = block_fill(&block, size, table, e);
	if (!error)
		weir_option_block_destroy(block);
	return error;
}

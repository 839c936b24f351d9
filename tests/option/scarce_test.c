// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends a block of options is made whole or not at all, and an
// option that cannot be set keeps its value.
#include "scarce.h"
#include "option/option.h"

#include <string.h>

struct two {
	const char *word;
	const char **words;
};

static const struct weir_option table[] = {
	WEIR_OPTION_TEXT(struct two, word, "word", "hello", "a word"),
	WEIR_OPTION_TEXTS(struct two, words, "words", "a, b", "some words"),
	{0},
};

static int create(struct weir_error *e)
{
	struct weir_option_block *block = NULL;
	int err = weir_option_block_create(&block, sizeof(struct two), table);

	cr_assert_eq(!block, !!err);
	weir_option_block_destroy(block);
	return err;
}

Test(scarce, a_block_is_made_whole_or_not_at_all)
{
	cr_assert_geq(in_want_of_memory(create), 6);
}

static struct weir_option_block *block;

static int set_both(struct weir_error *e)
{
	static const char *const texts[] = {"c", "d"};
	struct two *two = weir_option_block_data(block);
	const char *before = two->word;
	int err = weir_option_set(block, &table[0], texts, 1, e);

	if (err) {
		cr_assert_eq(two->word, before);
		cr_assert_str_eq(e->text, "has no memory to be kept in");
		return err;
	}
	err = weir_option_set(block, &table[1], texts, 2, e);
	if (err)
		cr_assert_str_eq(two->words[0], "a");
	else
		cr_assert_str_eq(two->words[0], "c");
	return err;
}

Test(scarce, an_option_that_cannot_be_set_keeps_its_value)
{
	cr_assert_eq(
		weir_option_block_create(&block, sizeof(struct two), table), 0);
	cr_assert_geq(in_want_of_memory(set_both), 2);
	weir_option_block_destroy(block);
}

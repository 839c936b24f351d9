// SPDX-License-Identifier: BSD-3-Clause
#include "option/field.h"
#include "option/option.h"
#include "option/value.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

struct all {
	uint32_t u32;
	uint64_t u64;
	bool flag;
	double part;
	const char *text;
	uint32_t colour;
	uint64_t wait_ns;
	uint64_t room_size;
	uint32_t layers;
	const char **files;
	uint32_t must;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct weir_option table[] = {
	WEIR_OPTION_U32(
		struct all, u32, "u32", 7, "a number", .min = 1, .max = 100),
	WEIR_OPTION_U64(struct all, u64, "u64", 0, "a large number"),
	WEIR_OPTION_BOOL(struct all, flag, "flag", "yes", "a flag"),
	WEIR_OPTION_DOUBLE(struct all, part, "part", "0.5", "a part"),
	WEIR_OPTION_TEXT(struct all, text, "text", "hello", "a text"),
	WEIR_OPTION_CHOICE(
		struct all, colour, "colour", "green", colours, "a colour"),
	WEIR_OPTION_DURATION(
		struct all, wait_ns, "wait", "1ms", "a wait", .min = 1000),
	WEIR_OPTION_SIZE(struct all, room_size, "room", "64KiB", "room"),
	WEIR_OPTION_CHOICES(struct all, layers, "layers", "red, blue", colours,
		"some colours"),
	WEIR_OPTION_TEXTS(struct all, files, "files", "", "some files"),
	WEIR_OPTION_REQUIRED(
		WEIR_TYPE_U32, struct all, must, "must", "must be given"),
	{0},
};

static struct weir_option_block *block;
static struct all *values;

static void open_block(void)
{
	cr_assert_eq(
		weir_option_block_create(&block, sizeof(struct all), table), 0);
	values = weir_option_block_data(block);
}

static void close_block(void)
{
	weir_option_block_destroy(block);
}

TestSuite(option, .init = open_block, .fini = close_block);

static int set(const char *name, const char *text, struct weir_error *e)
{
	return weir_option_set(
		block, weir_option_find(table, name), &text, 1, e);
}

static void expect_words(const char *name, const char *text, const char *words)
{
	struct weir_error e = {0};

	cr_expect_eq(set(name, text, &e), -EINVAL, "%s=%s", name, text);
	cr_expect_str_eq(e.text, words);
}

Test(option, defaults_are_written_into_the_struct)
{
	cr_expect_eq(values->u32, 7);
	cr_expect_eq(values->u64, 0);
	cr_expect(values->flag);
	cr_expect_eq(values->part, 0.5);
	cr_expect_str_eq(values->text, "hello");
	cr_expect_eq(values->colour, 1);
	cr_expect_eq(values->wait_ns, 1000000);
	cr_expect_eq(values->room_size, 65536);
	cr_expect_eq(values->layers, 5);
	cr_expect_null(values->files[0]);
	cr_expect_eq(values->must, 0);
}

Test(option, a_value_that_was_set_is_given_and_a_default_is_not)
{
	const struct weir_option *u32 = weir_option_find(table, "u32");

	cr_expect_not(weir_option_given(block, u32));
	cr_expect_eq(set("u32", "8", NULL), 0);
	cr_expect(weir_option_given(block, u32));
	cr_expect_eq(values->u32, 8);
}

Test(option, an_option_without_a_default_is_missing_until_it_is_set)
{
	cr_assert_not_null(weir_option_missing(block));
	cr_expect_str_eq(weir_option_missing(block)->name, "must");
	cr_expect_eq(set("must", "1", NULL), 0);
	cr_expect_null(weir_option_missing(block));
}

Test(option, a_fault_leaves_the_value_as_it_was)
{
	const struct weir_option *u32 = weir_option_find(table, "u32");

	cr_expect_eq(set("u32", "101", NULL), -EINVAL);
	cr_expect_eq(values->u32, 7);
	cr_expect_not(weir_option_given(block, u32));
}

Test(option, faults_are_said_in_words_that_start_at_the_value)
{
	expect_words("u32", "12x",
		"'12x' is not a number: write 12, 0x10, 4k or 4Ki");
	expect_words("u32", "0", "must be from 1 to 100, not '0'");
	expect_words("must", "5G", "must be at most 4294967295, not '5G'");
	expect_words("wait", "10ns", "must be at least 1us, not '10ns'");
	expect_words("wait", "300",
		"'300' has no unit: write 300us, 1.5ms, 2s or 5m");
	expect_words("flag", "maybe",
		"'maybe' is neither true nor false: write true or false");
	expect_words("colour", "gren",
		"'gren' is not one of red, green, blue; did you mean 'green'?");
	expect_words(
		"colour", "violet", "'violet' is not one of red, green, blue");
	expect_words(
		"part", "nan", "'nan' is not a number: write 2, 0.5 or 1e-3");
	expect_words("room", "1.5B",
		"'1.5B' is finer than a byte: write 1500, 64k, 256MiB or 1GiB");
}

Test(option, a_list_takes_several_texts_and_another_type_does_not)
{
	const char *const some[] = {"blue", "red"};
	const char *const twice[] = {"blue", "blue"};
	struct weir_error e = {0};

	cr_expect_eq(weir_option_set(block, weir_option_find(table, "layers"),
			     some, 2, &e),
		0);
	cr_expect_eq(values->layers, 5);
	cr_expect_eq(weir_option_set(block, weir_option_find(table, "layers"),
			     twice, 2, &e),
		-EINVAL);
	cr_expect_str_eq(e.text, "'blue' stands twice");
	weir_error_clear(&e);
	cr_expect_eq(weir_option_set(block, weir_option_find(table, "u32"),
			     some, 2, &e),
		-EINVAL);
	cr_expect_str_eq(e.text, "must be one value, not a list");
}

Test(option, texts_are_copied)
{
	char name[] = "one";
	const char *names[] = {name, "two"};

	cr_expect_eq(weir_option_set(block, weir_option_find(table, "files"),
			     names, 2, NULL),
		0);
	name[0] = 'X';
	cr_expect_str_eq(values->files[0], "one");
	cr_expect_str_eq(values->files[1], "two");
	cr_expect_null(values->files[2]);
}

Test(option, what_is_formatted_reads_back_as_the_same)
{
	char text[128];

	for (const struct weir_option *o = table; o->type; o++) {
		if (weir_option_is_list(o->type))
			continue;
		weir_option_format(block, o, text, sizeof(text));
		if (o->preset && o->type != WEIR_TYPE_BOOL)
			cr_expect_str_eq(text, o->preset, "%s", o->name);
		if (o->preset)
			cr_expect_eq(
				set(o->name, text, NULL), 0, "%s", o->name);
	}
	weir_option_format(
		block, weir_option_find(table, "layers"), text, sizeof(text));
	cr_expect_str_eq(text, "red, blue");
}

Test(option, a_list_of_texts_is_joined)
{
	const struct weir_option *files = weir_option_find(table, "files");
	const char *names[] = {"one", "two"};
	char text[128];

	weir_option_format(block, files, text, sizeof(text));
	cr_expect_str_eq(text, "");
	cr_expect_eq(weir_option_set(block, files, names, 2, NULL), 0);
	weir_option_format(block, files, text, sizeof(text));
	cr_expect_str_eq(text, "one, two");
	weir_option_format(block, files, text, 6);
	cr_expect_str_eq(text, "one, ");
}

struct speeds {
	struct weir_rate rate;
	uint32_t keep;
};

static const struct weir_option speeds[] = {
	WEIR_OPTION_RATE(
		struct speeds, rate, "rate", "1Mpps", "a rate", .zero = "max"),
	WEIR_OPTION_U32(
		struct speeds, keep, "keep", 0, "a number", .zero = "all"),
	{0},
};

Test(option, a_rate_and_the_word_for_0_read_back_as_the_same)
{
	struct weir_option_block *both;
	const char *word = "max";
	char text[WEIR_VALUE_SIZE];

	cr_assert_eq(
		weir_option_block_create(&both, sizeof(struct speeds), speeds),
		0);
	weir_option_format(both, &speeds[0], text, sizeof(text));
	cr_expect_str_eq(text, "1Mpps");
	weir_option_format(both, &speeds[1], text, sizeof(text));
	cr_expect_str_eq(text, "all");
	cr_expect_eq(weir_option_set(both, &speeds[0], &word, 1, NULL), 0);
	weir_option_format(both, &speeds[0], text, sizeof(text));
	cr_expect_str_eq(text, "max");
	weir_option_block_destroy(both);
}

Test(option, a_format_never_writes_past_its_room)
{
	char text[4] = "xyz";

	weir_option_format(
		block, weir_option_find(table, "layers"), text, sizeof(text));
	cr_expect_str_eq(text, "red");
}

static void expect_table_fault(const struct weir_option *bad, const char *words)
{
	struct weir_error e = {0};

	cr_expect_eq(weir_option_table_check(bad, 64, &e), -EINVAL);
	cr_expect_str_eq(e.text, words);
}

Test(option_table, a_sound_table_passes)
{
	struct weir_error e = {0};

	cr_expect_eq(weir_option_table_check(table, sizeof(struct all), &e), 0,
		"%s", e.text);
	cr_expect_eq(weir_option_table_check(NULL, 0, &e), 0);
}

Test(option_table, faults_of_a_table_name_the_option)
{
	struct weir_option bad[3] = {table[0], table[0]};

	expect_table_fault(bad, "option 'u32' stands twice in the table");
	bad[1] = (struct weir_option){0};
	bad[0].name = "Bad name";
	expect_table_fault(bad, "option 'Bad name' has a name that is not made "
				"of a-z, 0-9 and '_'");
	bad[0].name = "u32";
	bad[0].offset = 61;
	expect_table_fault(bad, "option 'u32' lies outside the struct");
	bad[0] = table[0];
	bad[0].preset = "many";
	expect_table_fault(bad, "default of option 'u32': 'many' is not a "
				"number: write 12, 0x10, 4k or 4Ki");
	bad[0] = table[5];
	bad[0].choices = NULL;
	expect_table_fault(bad, "option 'colour' has no choices");
	bad[0] = table[0];
	bad[0].type = WEIR_TYPE_RATE + 1;
	expect_table_fault(bad, "option 'u32' has an unknown type");
	bad[0] = table[0];
	bad[0].help = "";
	expect_table_fault(bad, "option 'u32' has no help");
	bad[0] = table[0];
	bad[0].min = bad[0].max + 1;
	expect_table_fault(
		bad, "option 'u32' has a least value above its highest");
	bad[0] = table[4];
	bad[0].zero = "none";
	expect_table_fault(
		bad, "option 'text' has a word for 0 and is no quantity");
}

Test(option_table, no_more_choices_than_a_set_of_them_has_bits)
{
	static const char *many[WEIR_CHOICES_MAX + 2];
	struct weir_option bad[2] = {table[5]};

	for (unsigned i = 0; i <= WEIR_CHOICES_MAX; i++)
		many[i] = "green";
	bad[0].choices = many;
	expect_table_fault(bad, "option 'colour' has more than 32 choices");
}

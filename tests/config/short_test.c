// SPDX-License-Identifier: BSD-3-Clause
#include "base/random.h"
#include "config/config.h"
#include "config/types.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct weir_config *config;

static void forget(void)
{
	weir_config_destroy(config);
	config = NULL;
}

TestSuite(short, .init = types_register, .fini = forget);

static int read_short(const char *expression, struct weir_error *e)
{
	char *text;
	int error;

	forget();
	error = weir_config_short(&text, expression, e);
	if (error) {
		cr_expect_null(text);
		return error;
	}
	error = weir_config_parse(&config, "-e", text, strlen(text), NULL, e);
	free(text);
	return error;
}

static void accept(const char *expression)
{
	struct weir_error e = {0};

	cr_assert_eq(
		read_short(expression, &e), 0, "%s: %s", expression, e.text);
}

static void refuse(const char *expression, const char *words)
{
	struct weir_error e = {0};

	cr_expect_eq(read_short(expression, &e), -EINVAL, "%s", expression);
	cr_expect_str_eq(e.text, words);
}

static const struct types_state *state(unsigned stage)
{
	return weir_option_block_data(config->stages[stage].options);
}

Test(short, ports_at_the_ends_get_their_stages)
{
	accept("file:a.pcap ! filter expr=\"udp\" ! file:b.pcap");
	cr_expect_eq(config->port_count, 2);
	cr_expect_str_eq(config->ports[0].name, "in");
	cr_expect_str_eq(config->ports[0].value, "a.pcap");
	cr_expect_str_eq(config->ports[1].name, "out");
	cr_expect_eq(config->stage_count, 3);
	cr_expect_str_eq(config->stages[0].name, "rx");
	cr_expect_str_eq(config->stages[1].name, "filter");
	cr_expect_str_eq(config->stages[2].name, "tx");
	cr_expect_str_eq(state(1)->expr, "udp");
}

Test(short, of_several_outputs_the_first_goes_on)
{
	accept("file:a ! filter expr=udp ! file:b");
	cr_expect_eq(config->stages[2].inputs[0].output, 0);
	cr_expect_not(config->stages[1].drop_rest[0]);
	cr_expect(config->stages[1].drop_rest[1]);
}

Test(short, of_outputs_that_an_option_names_the_first_goes_on)
{
	accept("file:a ! sort classes=a,b ! file:b");
	cr_expect_eq(config->stages[2].inputs[0].output, 0);
	cr_expect_not(config->stages[1].drop_rest[0]);
	cr_expect(config->stages[1].drop_rest[1]);
	cr_expect(config->stages[1].drop_rest[2]);
	accept("file:a ! sort classes=a");
	cr_expect(config->stages[1].drop_rest[0]);
	cr_expect(config->stages[1].drop_rest[1]);
}

Test(short, a_stage_may_end_it_and_then_all_is_dropped)
{
	accept("null: ! filter expr=udp");
	cr_expect(config->stages[1].drop_rest[0]);
	cr_expect(config->stages[1].drop_rest[1]);
	accept("null ! drop");
	cr_expect_eq(config->port_count, 1);
}

Test(short, stages_of_one_type_get_different_names)
{
	accept("null ! delay ! delay time=2ms ! delay ! null");
	cr_expect_str_eq(config->stages[1].name, "delay");
	cr_expect_str_eq(config->stages[2].name, "delay_2");
	cr_expect_str_eq(config->stages[3].name, "delay_3");
	cr_expect_eq(state(2)->time_ns, 2000000);
}

Test(short, options_of_ports_and_common_ones_and_lists_work)
{
	accept("file:a speed=2 ! shard by=packet ! "
	       "count by=port,talker replicas=3 ! file:b format=pcapng");
	cr_expect_eq(config->stages[2].replicas, 3);
	cr_expect_eq(state(2)->by, 12);
}

Test(short, a_value_may_hold_what_parts_elsewhere)
{
	accept("file:a:b!c ! filter expr='not (udp ! tcp)' ! file:'x y'");
	cr_expect_str_eq(config->ports[0].value, "a:b!c");
	cr_expect_str_eq(state(1)->expr, "not (udp ! tcp)");
	cr_expect_str_eq(config->ports[1].value, "x y");
}

Test(short, what_is_wrong_with_it_is_said)
{
	refuse("", "-e: error: an empty element: something must stand before "
		   "and behind each '!'");
	refuse("file:a ! ", "-e: error: an empty element: something must stand "
			    "before and behind each '!'");
	refuse("file:a", "-e: error: a pipeline has at least two elements, as "
			 "in 'file:a.pcap ! file:b.pcap'");
	refuse("file:a ! filter expr='udp ! file:b",
		"-e: error: a quote that is not closed");
	refuse("file:a ! filter udp ! file:b",
		"-e: error: 'udp' is not NAME=VALUE: write options as in "
		"'filter expr=\"udp\"'");
	refuse("file:a ! file:b ! file:c",
		"-e: error: port 'file:b' stands in the middle: ports are the "
		"first and the last element");
	refuse("file:a ! fliter expr=udp ! file:b",
		"-e: error: unknown stage type 'fliter'; did you mean "
		"'filter'?");
	refuse("fiel:a ! file:b",
		"-e: error: unknown key 'fiel' in port 'in'; did you mean "
		"'file'? (known: file, null, pci)");
	refuse("file:a ! filter ! file:b",
		"-e: error: stage 'filter' needs 'expr': what matches, as "
		"tcpdump takes it");
	refuse("drop ! file:b", "-e: error: stage 'drop' has no inputs: say "
				"what comes before it, as in 'inputs: rx'\n"
				"-e: error: stage 'drop' (drop) has no "
				"outputs: packets end there");
}

static uint64_t seed(void)
{
	const char *given = getenv("WEIR_SEED");
	uint64_t s = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	fprintf(stderr, "WEIR_SEED=%" PRIu64 "\n", s);
	return s;
}

// Letters that mean something to the short form, to YAML or to variables.
static void some_text(struct weir_random *r, char *text, unsigned size)
{
	static const char letters[] = "ab !'\"\\:=,[]{}#&*|>%@`~-?.$\t\n\x01"
				      "0";
	unsigned length = 1 + (unsigned)weir_random_below(r, size - 1);

	for (unsigned i = 0; i < length; i++)
		text[i] = letters[weir_random_below(r, sizeof(letters) - 1)];
	text[length] = '\0';
}

// Writes text as a shell would take it for itself: in one of three ways, letter
// by letter; '$' is doubled, since it begins a variable in any file.
static char *quote(struct weir_random *r, const char *text, char *to)
{
	for (; *text; text++) {
		unsigned way = (unsigned)weir_random_below(r, 3);

		if (way == 0 && *text != '\'')
			to += sprintf(to, "'%c'", *text);
		else if (way == 1 && *text != '"' && *text != '\\')
			to += sprintf(to, "\"%c\"", *text);
		else
			to += sprintf(to, "\\%c", *text);
		if (*text == '$')
			to += sprintf(to, "'$'");
	}
	return to;
}

Test(short_model, a_quoted_text_arrives_as_it_was, .init = types_register,
	.fini = forget)
{
	struct weir_random r = {seed()};
	char texts[3][24], expression[1024], *to;

	for (unsigned i = 0; i < 3000; i++) {
		for (unsigned j = 0; j < 3; j++)
			some_text(&r, texts[j], sizeof(texts[j]));
		to = quote(&r, texts[0], stpcpy(expression, "file:"));
		to = quote(&r, texts[1], stpcpy(to, " ! filter expr="));
		to = quote(&r, texts[2], stpcpy(to, " level=4 ! null:"));
		accept(expression);
		cr_assert_str_eq(config->ports[0].value, texts[0]);
		cr_assert_str_eq(state(1)->expr, texts[1]);
		cr_assert_str_eq(config->ports[1].value, texts[2]);
		cr_assert_eq(state(1)->level, 4);
	}
}

Test(short_model, no_letters_crash_it, .init = types_register, .fini = forget)
{
	struct weir_random r = {seed()};
	char text[80];

	for (unsigned i = 0; i < 20000; i++) {
		struct weir_error e = {0};

		some_text(&r, text, sizeof(text));
		(void)read_short(text, &e);
	}
}

// SPDX-License-Identifier: BSD-3-Clause
//
// What a plan says of itself: for people, for Graphviz, for programs.
#include "plan/made.h"

#include <jansson.h>
#include <stdio.h>

static char *text;
static size_t size;

static void finish(void)
{
	free(text);
	end();
}

TestSuite(print, .init = begin, .fini = finish);

// Two lcores, a ring that drops between them, an output that is dropped and a
// port that makes system calls.
static void make_two_lcores(void)
{
	static struct weir_port_driver driver;
	static struct weir_config_port port = {.name = "out",
		.kind = "raw",
		.value = "eth0",
		.driver = &driver,
		.traits = {.makes_system_calls = true}};

	config.ports = &port;
	config.port_count = 1;
	add("rx", &source);
	then("web", &two)->place = WEIR_PLACE_LCORE;
	stages[1].inputs[0].depth = 64;
	stages[1].inputs[0].when_full = WEIR_WHEN_FULL_DROP_OLDEST;
	stages[1].drop_rest[1] = true;
	then("tx", &sink)->port = 0;
	make(&eight_cpus);
}

static void print(bool colour)
{
	FILE *to = open_memstream(&text, &size);

	weir_plan_print(plan, to, colour);
	fclose(to);
}

static void says(const char *words)
{
	cr_expect(strstr(text, words), "'%s' is not in:\n%s", words, text);
}

Test(print, tells_people_what_runs_where_and_over_which_rings)
{
	make_two_lcores();
	print(false);
	says("f.yaml: 3 instances of 3 stages on 2 executors\n");
	says("  lcore 1  CPU 1");
	says("  lcore 2  CPU 2");
	says("    rx                   → web            SPSC ring of 64 across,"
	     " drops the oldest when full\n");
	says("    web.match            → tx             call\n");
	says("    web.rest is dropped, as the file says\n");
	says("  port out (raw) makes system calls on lcore 2, in tx\n");
	says("  housekeeping and port threads on CPU 0\n");
	cr_expect_null(strchr(text, '\033'));
}

Test(print, is_coloured_where_asked)
{
	make_two_lcores();
	print(true);
	says("\033[");
}

Test(print, draws_rings_with_their_depth_and_calls_dashed)
{
	FILE *to = open_memstream(&text, &size);

	make_two_lcores();
	weir_plan_dot(plan, to);
	fclose(to);
	says("  i0 -> i1 [taillabel=\"out\", label=\"64\"];\n");
	says("  i1 -> i2 [taillabel=\"match\", style=dashed];\n");
}

Test(print, quotes_names_in_a_drawing)
{
	FILE *to = open_memstream(&text, &size);

	add("a\"b\\c", &source);
	then("tx", &sink);
	make(&two_cpus);
	weir_plan_dot(plan, to);
	fclose(to);
	says("label=\"a\\\"b\\\\c\"");
}

Test(print, tells_programs_the_same)
{
	json_t *json, *edge;

	make_two_lcores();
	json = weir_plan_json(plan);
	edge = json_array_get(json_object_get(json, "edges"), 0);
	cr_expect_str_eq(
		json_string_value(json_object_get(edge, "join")), "ring");
	cr_expect_eq(json_integer_value(json_object_get(edge, "depth")), 64);
	cr_expect_str_eq(json_string_value(json_object_get(edge, "when_full")),
		"drop_oldest");
	edge = json_array_get(json_object_get(json, "edges"), 1);
	cr_expect_str_eq(
		json_string_value(json_object_get(edge, "join")), "call");
	cr_expect_null(json_object_get(edge, "depth"));
	json_decref(json);
}

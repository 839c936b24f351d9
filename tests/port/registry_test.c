// SPDX-License-Identifier: BSD-3-Clause
#include "port/port.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static const struct weir_port_kind file_kinds[] = {
	{.name = "file", .help = "this", .traits = {.one_way = true}}, {0}};
static const struct weir_port_kind soft_kinds[] = {
	{.name = "null", .help = "this", .traits = {.brief_calls = true}},
	{.name = "ring", .help = "that"}, {0}};

static void soft_traits(
	const char *kind, const char *value, struct weir_port_traits *traits)
{
	if (!strcmp(value, "slow"))
		traits->brief_calls = false;
}

static const struct weir_port_driver file = {
	.name = "file", .help = "files", .kinds = file_kinds};
static const struct weir_port_driver soft = {.name = "soft",
	.help = "soft",
	.kinds = soft_kinds,
	.traits = soft_traits};

Test(port_registry, a_driver_is_found_by_each_of_its_kinds)
{
	weir_port_register(&file);
	weir_port_register(&soft);
	cr_expect_eq(weir_port_find("file"), &file);
	cr_expect_eq(weir_port_find("null"), &soft);
	cr_expect_eq(weir_port_find("ring"), &soft);
	cr_expect_null(weir_port_find("soft"));
	cr_expect_eq(weir_port_at(0), &file);
	cr_expect_eq(weir_port_at(1), &soft);
	cr_expect_null(weir_port_at(2));
	cr_expect_str_eq(weir_port_kind_find("ring")->help, "that");
	cr_expect_null(weir_port_kind_find("soft"));
}

Test(port_registry, a_value_refines_the_traits_of_its_kind)
{
	weir_port_register(&file);
	weir_port_register(&soft);
	cr_expect(weir_port_traits_of("null", "").brief_calls);
	cr_expect(weir_port_traits_of("null", NULL).brief_calls);
	cr_expect_not(weir_port_traits_of("null", "slow").brief_calls);
	cr_expect(weir_port_traits_of("file", "slow").one_way);
	// The table is not what is refined.
	cr_expect(weir_port_traits_of("null", "").brief_calls);
}

Test(port_registry, a_kind_belongs_to_one_driver, .signal = SIGABRT)
{
	weir_port_register(&file);
	weir_port_register(&file);
}

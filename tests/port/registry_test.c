// SPDX-License-Identifier: BSD-3-Clause
#include "port/port.h"

#include <criterion/criterion.h>
#include <signal.h>

static const char *const file_kinds[] = {"file", NULL};
static const char *const soft_kinds[] = {"null", "ring", NULL};
static const char *const help[] = {"this", "that", NULL};

static const struct weir_port_driver file = {.name = "file",
	.help = "files",
	.kinds = file_kinds,
	.kind_help = help};
static const struct weir_port_driver soft = {
	.name = "soft", .help = "soft", .kinds = soft_kinds, .kind_help = help};

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
}

Test(port_registry, a_kind_belongs_to_one_driver, .signal = SIGABRT)
{
	weir_port_register(&file);
	weir_port_register(&file);
}

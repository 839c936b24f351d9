// SPDX-License-Identifier: BSD-3-Clause
#include "base/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(error, set_stores_and_answers_the_code)
{
	struct weir_error e = {0};

	cr_expect_eq(weir_error_set(&e, -ENOENT, "no file '%s'", "a"), -ENOENT);
	cr_expect_eq(e.code, -ENOENT);
	cr_expect_str_eq(e.text, "no file 'a'");
}

Test(error, the_first_code_stays_and_later_ones_add_a_line)
{
	struct weir_error e = {0};

	weir_error_set(&e, -ENOENT, "first");
	cr_expect_eq(weir_error_set(&e, -EINVAL, "second"), -EINVAL);
	cr_expect_eq(e.code, -ENOENT);
	cr_expect_str_eq(e.text, "first\nsecond");
}

Test(error, nobody_needs_to_listen)
{
	cr_expect_eq(weir_error_set(NULL, -EIO, "unheard"), -EIO);
}

Test(error, what_is_too_long_is_cut_and_terminated)
{
	struct weir_error e = {0};

	for (unsigned i = 0; i < sizeof(e.text) / 70 + 1; i++)
		weir_error_set(&e, -EIO, "%070u", i);
	cr_expect_lt(strlen(e.text), sizeof(e.text));
	cr_expect_gt(strlen(e.text), sizeof(e.text) - 80);
}

Test(error, cleared_is_empty_and_takes_a_new_first)
{
	struct weir_error e = {0};

	weir_error_set(&e, -EIO, "old");
	weir_error_clear(&e);
	cr_expect_eq(e.code, 0);
	cr_expect_str_eq(e.text, "");
	weir_error_set(&e, -EPERM, "new");
	cr_expect_eq(e.code, -EPERM);
	cr_expect_str_eq(e.text, "new");
}

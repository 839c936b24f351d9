// SPDX-License-Identifier: BSD-3-Clause
#include "base/error.h"

#include <criterion/criterion.h>

static const char *const words[] = {"filter", "shard", "rx", "tx", "count"};

static const char *near(const char *word)
{
	const char *found = weir_nearest(word, words, 5);

	return found ? found : "";
}

Test(nearest, a_slip_finds_the_word_that_was_meant)
{
	cr_expect_str_eq(near("fliter"), "filter");
	cr_expect_str_eq(near("filtre"), "filter");
	cr_expect_str_eq(near("filters"), "filter");
	cr_expect_str_eq(near("shrd"), "shard");
	cr_expect_str_eq(near("rxx"), "rx");
	cr_expect_str_eq(near("cuont"), "count");
}

Test(nearest, what_is_too_far_away_was_not_meant)
{
	cr_expect_str_eq(near("banana"), "");
	cr_expect_str_eq(near("a"), "");
	cr_expect_str_eq(near(""), "");
	cr_expect_str_eq(near("fiiiiii"), "");
}

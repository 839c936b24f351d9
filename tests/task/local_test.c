// SPDX-License-Identifier: BSD-3-Clause
//
// Task-local data.
#include "task/local.h"
#include "task/hand.h"

TestSuite(local, .init = open_executor, .fini = close_executor);

// freed says a value's letter.
static void freed(void *value)
{
	say(value);
}

WEIR_LOCAL(first, char, freed)
WEIR_LOCAL(second, char, freed)
WEIR_LOCAL(third, char, freed)
WEIR_LOCAL(fourth, char, freed)
WEIR_LOCAL(fifth, char, freed)
WEIR_LOCAL(loose, char, NULL)

static char a[] = "a", b[] = "b", c[] = "c", d[] = "d", e[] = "e";

static void two_values(void *arg)
{
	cr_assert_null(first_get());
	cr_assert_eq(first_set(a), 0);
	cr_assert_eq(second_set(b), 0);
	weir_yield();
	cr_assert_eq(first_get(), a);
	cr_assert_eq(second_get(), b);
	say("-");
}

Test(local, values_are_freed_at_the_end_the_last_first)
{
	start(two_values, NULL);
	settle();
	cr_assert_str_eq(said, "-ba");
}

static void others(void *arg)
{
	cr_assert_null(first_get());
	cr_assert_eq(first_set(arg), 0);
	weir_yield();
	cr_assert_eq(first_get(), arg);
}

Test(local, each_task_has_its_own)
{
	start(others, a);
	start(others, b);
	settle();
	cr_assert_str_eq(said, "ab");
}

Test(local, who_comes_after_in_the_same_place_has_none)
{
	for (int i = 0; i < 2 * STACKS; i++) {
		start(others, a);
		settle();
	}
}

static void replace(void *arg)
{
	cr_assert_eq(first_set(a), 0);
	cr_assert_eq(first_set(a), 0); // the same one is not freed
	say("-");
	cr_assert_eq(first_set(b), 0);
	say("-");
	cr_assert_eq(first_set(NULL), 0);
	cr_assert_null(first_get());
	say("-");
}

Test(local, another_value_frees_the_one_before)
{
	start(replace, NULL);
	settle();
	cr_assert_str_eq(said, "-a-b-");
}

static void fill(void *arg)
{
	cr_assert_eq(first_set(a), 0);
	cr_assert_eq(second_set(b), 0);
	cr_assert_eq(third_set(c), 0);
	cr_assert_eq(fourth_set(d), 0);
	cr_assert_eq(fifth_set(e), -ENOSPC);
	cr_assert_null(fifth_get());
	cr_assert_eq(second_set(NULL), 0);
	cr_assert_eq(fifth_set(e), 0);
	cr_assert_eq(fifth_get(), e);
	say("-");
}

Test(local, a_task_has_four_and_says_so)
{
	start(fill, NULL);
	settle();
	cr_assert_str_eq(said, "b-edca");
}

static void no_destroy(void *arg)
{
	cr_assert_eq(loose_set(a), 0);
	cr_assert_eq(loose_get(), a);
}

Test(local, a_value_that_nobody_frees)
{
	start(no_destroy, NULL);
	settle();
	cr_assert_str_eq(said, "");
}

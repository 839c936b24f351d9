// SPDX-License-Identifier: BSD-3-Clause
#include "base/random.h"
#include "seed.h"

#include <criterion/criterion.h>

Test(random, a_seed_gives_the_published_sequence)
{
	struct weir_random random = {1234567};

	cr_expect_eq(weir_random_next(&random), 6457827717110365317u);
	cr_expect_eq(weir_random_next(&random), 3203168211198807973u);
	cr_expect_eq(weir_random_next(&random), 9817491932198370423u);
}

Test(random, below_stays_below_and_reaches_every_value)
{
	struct weir_random random = random_of_test();
	unsigned seen[7] = {0};

	for (int i = 0; i < 7000; i++) {
		uint64_t value = weir_random_below(&random, 7);

		cr_assert_lt(value, 7);
		seen[value]++;
	}
	for (int i = 0; i < 7; i++)
		cr_expect(
			seen[i] > 700 && seen[i] < 1300, "%d: %u", i, seen[i]);
	cr_expect_eq(weir_random_below(&random, 1), 0);
}

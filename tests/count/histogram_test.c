// SPDX-License-Identifier: BSD-3-Clause
#include "count/histogram.h"
#include "seed.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#define MANY 20000

static struct weir_histogram one, two, both;

// A value of any magnitude that a bucket of its own counts.
static uint64_t any_value(struct weir_random *random)
{
	uint64_t bits = weir_random_below(random, WEIR_HISTOGRAM_VALUE_BITS);

	return weir_random_next(random) & ((UINT64_C(2) << bits) - 1);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

Test(histogram, of_one_value_answers_it_within_a_thirty_second)
{
	struct weir_random random = random_of_test();

	for (int i = 0; i < MANY; i++) {
		struct weir_histogram *h = &one;
		uint64_t value = any_value(&random), answer;

		h->count[weir_histogram_bucket(value)] = 1;
		h->max = UINT64_MAX; // or the answer would be cut to exact
		answer = weir_histogram_percentile(h, 1);
		h->count[weir_histogram_bucket(value)] = 0;
		if (weir_histogram_bucket(value) == WEIR_HISTOGRAM_BUCKETS - 1)
			continue; // it answers max
		cr_assert_geq(answer, value);
		cr_assert_leq((answer - value) * 32, value,
			"%" PRIu64 " for %" PRIu64, answer, value);
	}
}

Test(histogram, buckets_follow_each_other_without_gap_or_overlap)
{
	unsigned before = 0;

	for (uint64_t value = 0; value < 1 << 20; value++) {
		unsigned bucket = weir_histogram_bucket(value);

		cr_assert(bucket == before || bucket == before + 1, "%" PRIu64,
			value);
		before = bucket;
	}
	cr_expect_eq(weir_histogram_bucket(
			     (UINT64_C(1) << WEIR_HISTOGRAM_VALUE_BITS) - 1),
		WEIR_HISTOGRAM_BUCKETS - 1);
}

Test(histogram, counts_sums_and_keeps_the_exact_max)
{
	struct weir_random random = random_of_test();
	uint64_t sum = 0, max = 0;

	for (int i = 0; i < MANY; i++) {
		uint64_t value = any_value(&random);

		weir_histogram_record(&one, value);
		sum += value;
		max = value > max ? value : max;
	}
	cr_expect_eq(weir_histogram_count(&one), MANY);
	cr_expect_eq(one.sum, sum);
	cr_expect_eq(one.max, max);
	cr_expect_eq(weir_histogram_percentile(&one, 1), max);
}

Test(histogram, a_percentile_is_that_of_the_sorted_values_within_a_32nd)
{
	static const double shares[] = {
		0.0001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
	struct weir_random random = random_of_test();
	static uint64_t values[MANY];

	for (int i = 0; i < MANY; i++) {
		values[i] = any_value(&random);
		weir_histogram_record(&one, values[i]);
	}
	qsort(values, MANY, sizeof(values[0]), by_value);
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		uint64_t exact = values[(size_t)(shares[i] * MANY) - 1];
		uint64_t answer = weir_histogram_percentile(&one, shares[i]);

		cr_expect_geq(answer, exact);
		cr_expect_leq((answer - exact) * 32, exact, "p%f", shares[i]);
	}
}

Test(histogram, small_values_are_exact)
{
	for (uint64_t value = 1; value <= 63; value++)
		weir_histogram_record(&one, value);
	for (unsigned percent = 1; percent <= 63; percent++)
		cr_expect_eq(
			weir_histogram_percentile(&one, (percent - 0.5) / 63),
			percent);
}

Test(histogram, of_nothing_answers_nothing)
{
	cr_expect_eq(weir_histogram_count(&one), 0);
	cr_expect_eq(weir_histogram_percentile(&one, 0.5), 0);
}

Test(histogram, values_beyond_the_last_bucket_are_counted_and_max_is_exact)
{
	weir_histogram_record(&one, 10);
	weir_histogram_record(&one, UINT64_MAX / 2);
	weir_histogram_record(&one, UINT64_C(1) << WEIR_HISTOGRAM_VALUE_BITS);
	cr_expect_eq(weir_histogram_count(&one), 3);
	cr_expect_eq(one.max, UINT64_MAX / 2);
	cr_expect_eq(weir_histogram_percentile(&one, 0.9), UINT64_MAX / 2);
	cr_expect_eq(weir_histogram_percentile(&one, 0.3), 10);
}

Test(histogram, a_merge_is_what_one_would_have_counted_alone)
{
	struct weir_random random = random_of_test();

	for (int i = 0; i < MANY; i++) {
		uint64_t value = any_value(&random);

		weir_histogram_record(i % 3 ? &one : &two, value);
		weir_histogram_record(&both, value);
	}
	weir_histogram_merge(&one, &two);
	cr_expect_eq(memcmp(&one, &both, sizeof(one)), 0);
}

Test(histogram, a_share_of_nothing_is_our_fault, .signal = SIGABRT)
{
	weir_histogram_percentile(&one, 0);
}

Test(histogram, counts_exactly_what_is_beyond_its_limit)
{
	weir_histogram_set_limit(&one, 100);
	for (uint64_t value = 1; value <= 150; value++)
		cr_expect_eq(weir_histogram_record(&one, value), value > 100);
	cr_expect_not(weir_histogram_record(&one, 100));
	cr_expect(weir_histogram_record(&one, 101), "less than the greatest");
	cr_expect_eq(one.over_count, 51);
	cr_expect_eq(one.max, 150);
}

Test(histogram, a_limit_can_go_and_come_while_it_counts)
{
	weir_histogram_record(&one, 500);
	weir_histogram_set_limit(&one, 100);
	cr_expect(weir_histogram_record(&one, 200));
	weir_histogram_set_limit(&one, 0);
	cr_expect_not(weir_histogram_record(&one, 200));
	weir_histogram_record(&one, 900);
	cr_expect_eq(one.over_count, 1);
	cr_expect_eq(one.max, 900);
}

Test(histogram, a_merge_keeps_the_limit_and_adds_what_was_beyond)
{
	weir_histogram_set_limit(&one, 100);
	weir_histogram_set_limit(&two, 10);
	weir_histogram_record(&two, 50);
	weir_histogram_merge(&one, &two);
	cr_expect_eq(one.over_count, 1);
	cr_expect_eq(one.limit, 100);
	cr_expect(weir_histogram_record(&one, 120));
	weir_histogram_record(&one, 60);
	cr_expect_eq(one.max, 120);
}

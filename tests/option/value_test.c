// SPDX-License-Identifier: BSD-3-Clause
#include "base/random.h"
#include "option/value.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int parse_function(const char *text, uint64_t *v, struct weir_error *e);

static void expect(parse_function *parse, const char *text, uint64_t want)
{
	struct weir_error e = {0};
	uint64_t got = 0;

	cr_expect_eq(parse(text, &got, &e), 0, "%s: %s", text, e.text);
	cr_expect_eq(got, want, "%s: %" PRIu64, text, got);
}

static void refuse(parse_function *parse, const char *text, const char *words)
{
	struct weir_error e = {0};
	uint64_t got = 99;

	cr_expect_eq(parse(text, &got, &e), -EINVAL, "%s", text);
	cr_expect_not_null(strstr(e.text, words), "%s: %s", text, e.text);
	cr_expect_eq(got, 99);
}

Test(value, numbers_take_thousands_and_powers_of_two)
{
	expect(weir_number_parse, "0", 0);
	expect(weir_number_parse, "12", 12);
	expect(weir_number_parse, "0x10", 16);
	expect(weir_number_parse, "0xffffffffffffffff", UINT64_MAX);
	expect(weir_number_parse, "4k", 4000);
	expect(weir_number_parse, "1.5k", 1500);
	expect(weir_number_parse, "4Ki", 4096);
	expect(weir_number_parse, "18446744073709551615", UINT64_MAX);
	expect(weir_number_parse, "000000000000000000000000000000012", 12);
}

Test(value, numbers_that_are_none_are_refused_in_words)
{
	refuse(weir_number_parse, "", "is not a number");
	refuse(weir_number_parse, "-1", "is not a number");
	refuse(weir_number_parse, " 1", "is not a number");
	refuse(weir_number_parse, "1 ", "is not a number");
	refuse(weir_number_parse, "1.", "is not a number");
	refuse(weir_number_parse, "0x", "is not a number");
	refuse(weir_number_parse, "0xg", "is not a number");
	refuse(weir_number_parse, "4K", "is not a number");
	refuse(weir_number_parse, "1.5", "is finer than one");
	refuse(weir_number_parse, "18446744073709551616", "is too large");
	refuse(weir_number_parse, "0x10000000000000000", "is too large");
	refuse(weir_number_parse, "99999999999999999999999999999999999999999",
		"has too many digits");
}

Test(value, durations_need_a_unit_unless_they_are_zero)
{
	expect(weir_duration_parse, "0", 0);
	expect(weir_duration_parse, "0s", 0);
	expect(weir_duration_parse, "7ns", 7);
	expect(weir_duration_parse, "300us", 300000);
	expect(weir_duration_parse, "300µs", 300000);
	expect(weir_duration_parse, "1.5ms", 1500000);
	expect(weir_duration_parse, "2m", 120000000000);
	expect(weir_duration_parse, "1h", 3600000000000);
	refuse(weir_duration_parse, "300", "has no unit");
	refuse(weir_duration_parse, "0.5ns", "is finer than a nanosecond");
	refuse(weir_duration_parse, "1d", "is not a duration");
	refuse(weir_duration_parse, "9999999h", "is too large");
}

static void expect_rate(const char *text, uint64_t per_second, bool packets)
{
	struct weir_error e = {0};
	struct weir_rate rate = {0};
	char written[WEIR_VALUE_SIZE];

	cr_expect_eq(
		weir_rate_parse(text, &rate, &e), 0, "%s: %s", text, e.text);
	cr_expect_eq(rate.per_second, per_second, "%s: %" PRIu64, text,
		rate.per_second);
	cr_expect_eq(rate.packets, packets, "%s", text);
	cr_expect_eq(
		weir_rate_parse(weir_rate_format(&rate, written), &rate, &e), 0,
		"%s: %s", written, e.text);
	cr_expect_eq(rate.per_second, per_second, "%s: %s", text, written);
	cr_expect_eq(rate.packets, packets, "%s: %s", text, written);
}

static void refuse_rate(const char *text, const char *words)
{
	struct weir_error e = {0};
	struct weir_rate rate = {.per_second = 99, .packets = true};

	cr_expect_eq(weir_rate_parse(text, &rate, &e), -EINVAL, "%s", text);
	cr_expect_not_null(strstr(e.text, words), "%s: %s", text, e.text);
	cr_expect_eq(rate.per_second, 99);
	cr_expect(rate.packets);
}

Test(value, rates_are_bits_or_packets_in_a_second)
{
	expect_rate("0", 0, false);
	expect_rate("100Mbit/s", 100000000, false);
	expect_rate("1.5Gbps", 1500000000, false);
	expect_rate("12.5MB/s", 100000000, false);
	expect_rate("9bit/s", 9, false);
	expect_rate("1.000000001Gbit/s", 1000000001, false);
	expect_rate("10kpps", 10000, true);
	expect_rate("0pps", 0, true);
	expect_rate("14.88Mpps", 14880000, true);
	refuse_rate("100", "has no unit: write 100Mbit/s");
	refuse_rate("1.5pps", "is finer than one in a second");
	refuse_rate("10Mbit", "is not a rate");
	refuse_rate("pps", "is not a rate");
}

Test(value, sizes_are_bytes_with_or_without_a_unit)
{
	expect(weir_size_parse, "1500", 1500);
	expect(weir_size_parse, "64k", 64000);
	expect(weir_size_parse, "64KiB", 65536);
	expect(weir_size_parse, "256MiB", 256u << 20);
	expect(weir_size_parse, "1.5GiB", 3ull << 29);
	refuse(weir_size_parse, "16777216TiB", "is too large");
	refuse(weir_size_parse, "1Mib", "is not a size");
}

Test(value, a_quoted_text_is_short_and_tame)
{
	char quoted[WEIR_QUOTED_SIZE], text[400];

	cr_expect_str_eq(weir_quote("a\033[2Jb\n", quoted), "'a?[2Jb?'");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	cr_expect_lt(strlen(weir_quote(text, quoted)), 70);
	memcpy(text + 59, "ä", 2);
	cr_expect_not_null(strstr(weir_quote(text, quoted), "x…'"));
}

static uint64_t seed(void)
{
	const char *given = getenv("WEIR_SEED");
	uint64_t s = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	fprintf(stderr, "WEIR_SEED=%" PRIu64 "\n", s);
	return s;
}

// Any size of number, round ones often.
static uint64_t some(struct weir_random *r)
{
	static const uint64_t round[] = {1, 10, 1000, 1024, 1000000, 1048576,
		60000000000, 3600000000000};
	uint64_t value = weir_random_next(r) >> weir_random_below(r, 64);
	uint64_t by = round[weir_random_below(r, 8)];

	return value <= UINT64_MAX / by ? value * by : value;
}

Test(value_model, what_is_written_reads_back_exactly)
{
	struct weir_random r = {seed()};
	char text[WEIR_VALUE_SIZE];

	for (unsigned i = 0; i < 100000; i++) {
		uint64_t value = some(&r);

		expect(weir_number_parse, weir_number_format(value, text),
			value);
		expect(weir_duration_parse, weir_duration_format(value, text),
			value);
		expect(weir_size_parse, weir_size_format(value, text), value);
	}
}

// The plainest reader: a whole number and a unit, multiplied.
Test(value_model, a_whole_number_times_a_unit_is_their_product)
{
	static const struct {
		const char *name;
		uint64_t scale;
	} units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000},
		{"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
	struct weir_random r = {seed()};
	char text[64];

	for (unsigned i = 0; i < 100000; i++) {
		uint64_t count =
			weir_random_next(&r) >> weir_random_below(&r, 64);
		unsigned unit = (unsigned)weir_random_below(&r, 6);
		uint64_t product;

		snprintf(text, sizeof(text), "%" PRIu64 "%s", count,
			units[unit].name);
		if (__builtin_mul_overflow(count, units[unit].scale, &product))
			refuse(weir_duration_parse, text, "is too large");
		else
			expect(weir_duration_parse, text, product);
	}
}

Test(value_model, no_bytes_crash_a_reader)
{
	static const char letters[] = "0123456789.xkKMGiBnusmh -+e";
	struct weir_random r = {seed()};
	char text[48];
	uint64_t value;

	for (unsigned i = 0; i < 200000; i++) {
		unsigned size = (unsigned)weir_random_below(&r, sizeof(text));

		for (unsigned j = 0; j < size; j++)
			text[j] = letters[weir_random_below(
				&r, sizeof(letters) - 1)];
		text[size] = '\0';
		(void)weir_number_parse(text, &value, NULL);
		(void)weir_duration_parse(text, &value, NULL);
		(void)weir_size_parse(text, &value, NULL);
	}
}

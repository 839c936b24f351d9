// SPDX-License-Identifier: BSD-3-Clause
//
// Quantities: what the report is made of.
#include "pipeline/quantity.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static bool reads(struct weir_quantity q, const char *text)
{
	return strcmp(q.text, text) == 0;
}

Test(quantity, has_three_digits_and_a_unit)
{
	cr_assert(reads(weir_quantity_ns(0), "0 ns"));
	cr_assert(reads(weir_quantity_ns(999), "999 ns"));
	cr_assert(reads(weir_quantity_ns(1000), "1.00 µs"));
	cr_assert(reads(weir_quantity_ns(51436), "51.4 µs"));
	cr_assert(reads(weir_quantity_ns(999600), "1.00 ms"));
	cr_assert(reads(weir_quantity_ns(12000000000), "12.0 s"));
	cr_assert(reads(weir_quantity_of(812, "B"), "812 B"));
	cr_assert(reads(weir_quantity_of(7630000, "pps"), "7.63 Mpps"));
	cr_assert(reads(weir_quantity_of(999.6, "B"), "1.00 kB"));
}

Test(quantity, is_padded_by_what_is_seen)
{
	cr_assert(reads(
		weir_quantity_pad(weir_quantity_ns(1000), 9), "  1.00 µs"));
	cr_assert(
		reads(weir_quantity_pad(weir_quantity_ns(1000), 3), "1.00 µs"));
}

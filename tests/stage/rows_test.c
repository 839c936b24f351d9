// SPDX-License-Identifier: BSD-3-Clause
#include "stage/rows.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char said[4096];

static void say(void *arg, const char *table, const char *key, uint64_t packets,
	uint64_t bytes)
{
	size_t length = strlen(said);

	snprintf(said + length, sizeof(said) - length,
		"%s.%s=%" PRIu64 "/%" PRIu64 " ", table, key, packets, bytes);
}

static void row(struct weir_rows *rows, const char *table, const char *key,
	uint64_t packets, uint64_t bytes)
{
	struct weir_report_rows *to = weir_rows_of(rows);

	to->row(to, table, key, packets, bytes);
}

static const char *all(struct weir_rows *rows)
{
	said[0] = '\0';
	weir_rows_each(rows, say, NULL);
	return said;
}

Test(rows, of_replicas_with_one_key_are_added_up)
{
	struct weir_rows *rows = weir_rows_create();

	row(rows, "port", "80/tcp", 1, 60);
	row(rows, "port", "80/tcp", 2, 120);
	cr_assert_str_eq(all(rows), "port.80/tcp=3/180 ");
	weir_rows_destroy(rows);
}

Test(rows, of_two_tables_with_one_key_stay_apart)
{
	struct weir_rows *rows = weir_rows_create();

	row(rows, "b", "k", 1, 1);
	row(rows, "a", "k", 2, 2);
	cr_assert_str_eq(all(rows), "b.k=1/1 a.k=2/2 ");
	weir_rows_destroy(rows);
}

Test(rows, come_sorted_and_beyond_the_top_as_one)
{
	struct weir_rows *rows = weir_rows_create();

	weir_rows_of(rows)->top = 2;
	row(rows, "t", "(none)", 99, 99);
	row(rows, "t", "few", 1, 1);
	row(rows, "t", "many", 9, 9);
	row(rows, "t", "some", 5, 5);
	row(rows, "t", "fewer", 1, 2);
	cr_assert_str_eq(
		all(rows), "t.many=9/9 t.some=5/5 t.other=2/3 t.(none)=99/99 ");
	weir_rows_destroy(rows);
}

Test(rows, may_be_added_after_they_were_asked_for)
{
	struct weir_rows *rows = weir_rows_create();

	cr_assert_str_eq(all(rows), "");
	row(rows, "t", "a", 1, 1);
	row(rows, "t", "b", 2, 2);
	all(rows);
	row(rows, "t", "a", 4, 4);
	cr_assert_str_eq(all(rows), "t.a=5/5 t.b=2/2 ");
	weir_rows_destroy(rows);
}

Test(rows, are_as_many_as_there_are)
{
	struct weir_rows *rows = weir_rows_create();
	char key[16];

	for (unsigned i = 0; i < 3000; i++) {
		snprintf(key, sizeof(key), "%u", i % 1000);
		row(rows, "t", key, 1, i);
	}
	weir_rows_of(rows)->top = 1;
	cr_assert_str_eq(all(rows), "t.999=3/5997 t.other=2997/4492503 ");
	weir_rows_destroy(rows);
}

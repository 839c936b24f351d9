// SPDX-License-Identifier: BSD-3-Clause
#include "base/pages.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[] = "/tmp/weir-pages-XXXXXX";

static void make(void)
{
	cr_assert(mkdtemp(folder));
}

static void clean(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(pages, .init = make, .fini = clean);

static void add(const char *size, const char *free_count)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, size);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/free_hugepages", folder, size);
	file = fopen(path, "w");
	cr_assert(file);
	fputs(free_count, file);
	fclose(file);
}

Test(pages, counts_those_of_all_sizes)
{
	cr_expect_eq(weir_pages_free(folder), 0);
	add("hugepages-2048kB", "3\n");
	add("hugepages-1048576kB", "1\n");
	add("something", "7\n");
	cr_expect_eq(weir_pages_free(folder), (3ull << 21) + (1ull << 30));
}

Test(pages, counts_none_where_nothing_can_be_read)
{
	add("hugepages-2048kB", "many\n");
	cr_expect_eq(weir_pages_free(folder), 0);
	cr_expect_eq(weir_pages_free("/nowhere"), 0);
}

Test(pages, does_as_it_is_told)
{
	static const char *const ordinary[] = {"-v", "--no-huge", NULL};
	static const char *const huge[] = {"--huge-dir=/mnt", NULL};
	static const char *const other[] = {"--no-hugelike", NULL};
	struct weir_pages pages;

	weir_pages_choose(&pages, WEIR_PAGES_HUGE, 1, NULL);
	cr_expect(pages.huge);
	weir_pages_choose(&pages, WEIR_PAGES_ORDINARY, 1, other);
	cr_expect_not(pages.huge);
	weir_pages_choose(&pages, WEIR_PAGES_HUGE, 1, ordinary);
	cr_expect_not(pages.huge);
	weir_pages_choose(&pages, WEIR_PAGES_ORDINARY, 1, huge);
	cr_expect(pages.huge);
	weir_pages_settled(&pages);
}

Test(pages, are_ordinary_where_too_few_are_free)
{
	struct weir_pages pages;

	weir_pages_choose(&pages, WEIR_PAGES_AUTO, 1ull << 60, NULL);
	cr_expect_not(pages.huge);
	cr_expect(strstr(pages.why, "free"), "%s", pages.why);
	cr_expect_eq(pages.lock, -1);
}

Test(pages, does_not_wait_for_ever_for_its_lock)
{
	struct weir_pages one, two;

	// Where enough are free the first holds it; else nobody does.
	weir_pages_choose(&one, WEIR_PAGES_AUTO, 1, NULL);
	weir_pages_choose(&two, WEIR_PAGES_AUTO, 1, NULL);
	cr_expect_eq(one.huge, two.huge);
	cr_expect_eq(two.lock, -1);
	weir_pages_settled(&one);
	weir_pages_choose(&two, WEIR_PAGES_AUTO, 1, NULL);
	cr_expect_eq(two.lock >= 0, two.huge);
	weir_pages_settled(&two);
}

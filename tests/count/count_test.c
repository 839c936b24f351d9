// SPDX-License-Identifier: BSD-3-Clause
#include "count/segment.h"

Test(count, a_path_finds_what_was_added_under_it)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct block *block = add(segment, "stages.web[0]");
	struct weir_count_entry entry;

	block->in = 12;
	cr_assert(weir_count_find(reader, "stages.web[0].in", &entry));
	cr_expect_str_eq(entry.path, "stages.web[0].in");
	cr_expect_str_eq(entry.unit, "packets");
	cr_expect_eq(entry.kind, WEIR_COUNT_TOTAL);
	cr_expect_eq(entry.value, &block->in);
	cr_expect_not(weir_count_find(reader, "stages.web[0]", &entry));
	cr_expect_not(weir_count_find(reader, "stages.web[0].ins", &entry));
	weir_count_destroy(segment);
}

Test(count, a_value_is_read_by_its_path_and_0_where_there_is_none)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct block *block = add(segment, "a");

	count_add(&block->in, 7);
	block->depth = 3;
	weir_histogram_record(&block->steps, 100);
	weir_histogram_record(&block->steps, 200);
	cr_expect_eq(weir_count_value(reader, "a.in"), 7);
	cr_expect_eq(weir_count_value(reader, "a.depth"), 3);
	cr_expect_eq(weir_count_value(reader, "a.step"), 2);
	cr_expect_eq(weir_count_value(reader, "a.text"), 0);
	cr_expect_eq(weir_count_value(reader, "b.in"), 0);
	weir_count_destroy(segment);
}

Test(count, the_directory_keeps_the_order_of_adding)
{
	static const char *const paths[] = {"a.in", "a.depth", "a.text",
		"a.step", "in", "depth", "text", "step"};
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct weir_count_entry entry;

	add(segment, "a");
	add(segment, "");
	for (unsigned i = 0; i < 8; i++) {
		cr_assert(weir_count_at(reader, i, &entry));
		cr_expect_str_eq(entry.path, paths[i]);
	}
	cr_expect_not(weir_count_at(reader, 8, &entry));
	weir_count_destroy(segment);
}

Test(count, a_block_is_zeroed_and_has_cache_lines_of_its_own)
{
	static const struct weir_count_field field = {
		"in", "packets", WEIR_COUNT_TOTAL, 0};
	struct weir_count_segment *segment = segment_of(NULL);
	uint64_t *a = weir_count_add(segment, "a", 8, &field, 1, NULL);
	uint64_t *b = weir_count_add(segment, "b", 65, &field, 1, NULL);
	uint64_t *c = weir_count_add(segment, "c", 8, &field, 1, NULL);

	cr_expect_eq((uintptr_t)a % WEIR_CACHE_LINE, 0);
	cr_expect_eq((uintptr_t)b % WEIR_CACHE_LINE, 0);
	cr_expect_eq((char *)a - (char *)b, 2 * WEIR_CACHE_LINE);
	cr_expect_eq((char *)b - (char *)c, WEIR_CACHE_LINE);
	for (unsigned i = 0; i < 16; i++)
		cr_expect_eq(b[i], 0);
	weir_count_destroy(segment);
}

Test(count, a_full_segment_refuses_and_stays_whole)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct weir_error e = {0};
	unsigned blocks = 0;
	struct block *last = NULL, *block;
	struct weir_count_entry entry;
	char prefix[16];

	for (;;) {
		snprintf(prefix, sizeof(prefix), "s%u", blocks);
		block = weir_count_add(
			segment, prefix, sizeof(*block), fields, 4, &e);
		if (!block)
			break;
		memset(block, 0xff, sizeof(*block));
		last = block;
		blocks++;
	}
	cr_expect_eq(e.code, -ENOSPC);
	cr_expect(strstr(e.text, "is full at 's"), "%s", e.text);
	cr_expect_geq(blocks, SIZE / (sizeof(struct block) + 4 * 128));
	cr_expect_not(weir_count_at(reader, blocks * 4, &entry));
	for (unsigned i = 0; i < blocks * 4; i++) {
		cr_assert(weir_count_at(reader, i, &entry));
		cr_expect_eq(entry.path[0], 's');
	}
	cr_expect_eq((const char *)entry.value, (const char *)&last->steps);
	weir_count_destroy(segment);
}

Test(count, refuses_a_path_that_is_there_or_is_too_long)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_error e = {0};
	char prefix[200];

	add(segment, "a");
	cr_expect_null(weir_count_add(
		segment, "a", sizeof(struct block), fields, 4, &e));
	cr_expect_eq(e.code, -EEXIST);
	cr_expect_str_eq(
		e.text, "there are two counters 'a.in': give one another name");
	weir_error_clear(&e);
	memset(prefix, 'x', sizeof(prefix));
	prefix[WEIR_COUNT_PATH_SIZE - 3] = '\0';
	cr_expect_null(weir_count_add(
		segment, prefix, sizeof(struct block), fields, 1, &e));
	cr_expect_eq(e.code, -ENAMETOOLONG);
	prefix[WEIR_COUNT_PATH_SIZE - 4] = '\0';
	cr_expect_not_null(weir_count_add(
		segment, prefix, sizeof(struct block), fields, 1, &e));
	weir_count_destroy(segment);
}

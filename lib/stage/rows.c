// SPDX-License-Identifier: BSD-3-Clause
//
// Rows are kept as they come, beside an open hash over table and key; sorting
// happens when they are asked for. A report has some thousands at most.
#include "stage/rows.h"

#include <stdlib.h>
#include <string.h>

struct row {
	char *table, *key;
	unsigned place; // of its table: in order of first mention
	uint64_t packets, bytes;
};

struct weir_rows {
	struct weir_report_rows rows; // first: stages see this
	struct row *row;
	unsigned count, size;
	unsigned *slots; // index + 1 in row; 0: free
	unsigned slot_count, table_count;
};

static void add_row(struct weir_report_rows *to, const char *table,
	const char *key, uint64_t packets, uint64_t bytes);

struct weir_rows *weir_rows_create(void)
{
	struct weir_rows *rows = calloc(1, sizeof(*rows));

	if (rows)
		rows->rows.row = add_row;
	return rows;
}

void weir_rows_destroy(struct weir_rows *rows)
{
	if (!rows)
		return;
	for (unsigned i = 0; i < rows->count; i++) {
		free(rows->row[i].table);
		free(rows->row[i].key);
	}
	free(rows->row);
	free(rows->slots);
	free(rows);
}

struct weir_report_rows *weir_rows_of(struct weir_rows *rows)
{
	return &rows->rows;
}

static unsigned hash_text(unsigned hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash * 16777619u;
}

// slot_of answers where the row is, or the free slot where it would be.
static unsigned *slot_of(
	const struct weir_rows *rows, const char *table, const char *key)
{
	unsigned i = hash_text(hash_text(2166136261u, table), key);

	for (;; i++) {
		unsigned *slot = &rows->slots[i & (rows->slot_count - 1)];
		const struct row *row = *slot ? &rows->row[*slot - 1] : NULL;

		if (!row || (strcmp(row->key, key) == 0 &&
				    strcmp(row->table, table) == 0))
			return slot;
	}
}

static void index_rows(struct weir_rows *rows)
{
	memset(rows->slots, 0, rows->slot_count * sizeof(*rows->slots));
	for (unsigned i = 0; i < rows->count; i++)
		*slot_of(rows, rows->row[i].table, rows->row[i].key) = i + 1;
}

static bool grow(struct weir_rows *rows)
{
	unsigned size = rows->size ? 2 * rows->size : 64;
	struct row *row = realloc(rows->row, size * sizeof(*row));
	unsigned *slots = calloc(2 * size, sizeof(*slots));

	if (row)
		rows->row = row;
	if (!row || !slots) {
		free(slots);
		return false;
	}
	free(rows->slots);
	rows->slots = slots;
	rows->slot_count = 2 * size;
	rows->size = size;
	index_rows(rows);
	return true;
}

static unsigned place_of(struct weir_rows *rows, const char *table)
{
	for (unsigned i = rows->count; i > 0; i--) {
		if (strcmp(rows->row[i - 1].table, table) == 0)
			return rows->row[i - 1].place;
	}
	return rows->table_count++;
}

static bool new_row(struct weir_rows *rows, struct row *row, const char *table,
	const char *key)
{
	*row = (struct row){.table = strdup(table), .key = strdup(key)};
	if (!row->table || !row->key) {
		free(row->table);
		free(row->key);
		return false;
	}
	row->place = place_of(rows, table);
	return true;
}

// add_row leaves a row out when there is no memory for it: a report that lacks
// a row is better than a run without a report.
static void add_row(struct weir_report_rows *to, const char *table,
	const char *key, uint64_t packets, uint64_t bytes)
{
	struct weir_rows *rows = (struct weir_rows *)to;
	unsigned *slot;

	if (rows->count == rows->size && !grow(rows))
		return;
	slot = slot_of(rows, table, key);
	if (!*slot) {
		if (!new_row(rows, &rows->row[rows->count], table, key))
			return;
		*slot = ++rows->count;
	}
	rows->row[*slot - 1].packets += packets;
	rows->row[*slot - 1].bytes += bytes;
}

static bool is_key(const struct row *row)
{
	return row->key[0] != '(';
}

static int by_size(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (is_key(a) != is_key(b))
		return is_key(a) ? -1 : 1;
	if (a->packets != b->packets)
		return a->packets > b->packets ? -1 : 1;
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return strcmp(a->key, b->key);
}

typedef void each_row(void *arg, const char *table, const char *key,
	uint64_t packets, uint64_t bytes);

static bool same_table(const struct weir_rows *rows, unsigned i, unsigned first)
{
	return i < rows->count && rows->row[i].place == rows->row[first].place;
}

// each_of calls each for the sorted rows of the table that begins at first, and
// answers where the next table begins.
static unsigned each_of(
	const struct weir_rows *rows, unsigned first, each_row *each, void *arg)
{
	unsigned top = rows->rows.top ? rows->rows.top : rows->count;
	const struct row *row = rows->row;
	uint64_t packets = 0, bytes = 0;
	unsigned i = first;

	for (; same_table(rows, i, first) && is_key(&row[i]); i++) {
		if (i - first < top) {
			each(arg, row[i].table, row[i].key, row[i].packets,
				row[i].bytes);
			continue;
		}
		packets += row[i].packets;
		bytes += row[i].bytes;
	}
	if (packets)
		each(arg, row[first].table, "other", packets, bytes);
	for (; same_table(rows, i, first); i++)
		each(arg, row[i].table, row[i].key, row[i].packets,
			row[i].bytes);
	return i;
}

void weir_rows_each(struct weir_rows *rows,
	void (*each)(void *arg, const char *table, const char *key,
		uint64_t packets, uint64_t bytes),
	void *arg)
{
	if (!rows->count)
		return;
	qsort(rows->row, rows->count, sizeof(*rows->row), by_size);
	index_rows(rows);
	for (unsigned i = 0; i < rows->count;)
		i = each_of(rows, i, each, arg);
}

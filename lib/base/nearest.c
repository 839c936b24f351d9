// SPDX-License-Identifier: BSD-3-Clause
#include "base/error.h"

#include <string.h>

#define WORD_MAX 64 // longer ones are not compared

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

// Optimal string alignment: inserts, deletes, changes, swaps of neighbours.
// Three rows of the table are enough.
static unsigned distance(
	const char *a, size_t a_size, const char *b, size_t b_size)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2], *free_row;

	for (unsigned j = 0; j <= b_size; j++)
		above[j] = j;
	for (unsigned i = 1; i <= a_size; i++) {
		row[0] = i;
		for (unsigned j = 1; j <= b_size; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], above[j] + 1);
			row[j] = least(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		free_row = before;
		before = above;
		above = row;
		row = free_row;
	}
	return above[b_size];
}

// What may be wrong in a word and still be meant: a third, at least one.
static unsigned slips(size_t size)
{
	return size < 4 ? 1 : (unsigned)(size + 2) / 3;
}

const char *weir_nearest(
	const char *word, const char *const *words, unsigned count)
{
	size_t size = strlen(word);
	unsigned best = slips(size) + 1;
	const char *nearest = NULL;

	if (size < 2 || size > WORD_MAX)
		return NULL;
	for (unsigned i = 0; i < count; i++) {
		size_t other = strlen(words[i]);
		unsigned far;

		if (other > WORD_MAX)
			continue;
		far = distance(word, size, words[i], other);
		if (far < best && far < size && far < other) {
			best = far;
			nearest = words[i];
		}
	}
	return nearest;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "count/histogram.h"
#include "base/assert.h"

_Static_assert(WEIR_HISTOGRAM_BUCKETS ==
		       ((WEIR_HISTOGRAM_VALUE_BITS - WEIR_HISTOGRAM_SUB_BITS)
			       << WEIR_HISTOGRAM_SUB_BITS) +
			       WEIR_HISTOGRAM_SUB,
	"the last bucket is that of 2^VALUE_BITS - 1");

// The greatest value that the bucket counts.
static uint64_t upper_edge(unsigned bucket)
{
	if (bucket < WEIR_HISTOGRAM_SUB)
		return bucket;

	unsigned shift = (bucket >> WEIR_HISTOGRAM_SUB_BITS) - 1;
	uint64_t top = (bucket & (WEIR_HISTOGRAM_SUB - 1)) + WEIR_HISTOGRAM_SUB;

	return ((top + 1) << shift) - 1;
}

static uint64_t lesser(uint64_t max, uint64_t limit)
{
	return limit && limit < max ? limit : max;
}

bool weir_histogram_note(struct weir_histogram *h, uint64_t value)
{
	bool over = h->limit && value > h->limit;

	if (value > h->max)
		store_relaxed(&h->max, value);
	if (over)
		count_add(&h->over_count, 1);
	store_relaxed(&h->notable, lesser(h->max, h->limit));
	return over;
}

void weir_histogram_set_limit(struct weir_histogram *h, uint64_t limit)
{
	store_relaxed(&h->limit, limit);
	store_relaxed(&h->notable, lesser(h->max, limit));
}

void weir_histogram_merge(
	struct weir_histogram *into, const struct weir_histogram *from)
{
	uint64_t max = load_relaxed(&from->max);

	for (unsigned i = 0; i < WEIR_HISTOGRAM_BUCKETS; i++)
		count_add(&into->count[i], load_relaxed(&from->count[i]));
	count_add(&into->sum, load_relaxed(&from->sum));
	count_add(&into->over_count, load_relaxed(&from->over_count));
	if (max > into->max)
		store_relaxed(&into->max, max);
	store_relaxed(&into->notable, lesser(into->max, into->limit));
}

uint64_t weir_histogram_count(const struct weir_histogram *h)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < WEIR_HISTOGRAM_BUCKETS; i++)
		total += load_relaxed(&h->count[i]);
	return total;
}

// How many of total values must not exceed the answer: rounded up, at least 1.
static uint64_t rank_of(double share, uint64_t total)
{
	double exact = share * (double)total;
	uint64_t rank = (uint64_t)exact;

	if ((double)rank < exact)
		rank++;
	return rank < 1 ? 1 : rank > total ? total : rank;
}

uint64_t weir_histogram_percentile(const struct weir_histogram *h, double share)
{
	uint64_t total = weir_histogram_count(h);
	uint64_t max = load_relaxed(&h->max);
	uint64_t rank, seen = 0;
	unsigned i;

	weir_assert(share > 0 && share <= 1);
	if (total == 0)
		return 0;
	rank = rank_of(share, total);
	for (i = 0; i < WEIR_HISTOGRAM_BUCKETS - 1; i++) {
		seen += load_relaxed(&h->count[i]);
		if (seen >= rank)
			break;
	}
	if (i == WEIR_HISTOGRAM_BUCKETS - 1 || upper_edge(i) > max)
		return max; // the last bucket has no upper edge
	return upper_edge(i);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The tests of a match on a burst, in order: each sends the packets that have
// reached it to one of two later ones, as bits.
//
// Values are loaded into a row first and compared then: the compiler makes
// vectors of the second. While no packet is too short for a test, and more than
// a few reach it, it looks at all packets, whether they reach it or not: that
// costs less than to ask. Else it looks at those that do.
#include "base/atomic.h"
#include "builtin/match.h"

#include <string.h>

#define FEW 8 // packets: below that each is looked at by itself

struct row {
	uint32_t values[WEIR_MATCH_BURST];
};

// A burst on its way through the tests.
struct judged {
	const struct weir_match_packets *packets;
	unsigned n;
	uint32_t shortest;
	// What row holds of all packets, NULL: nothing; and of which it could
	// be had.
	const struct weir_match_value *loaded;
	uint32_t had;
	struct row row;
};

static inline __attribute__((always_inline)) uint32_t read_at(
	const uint8_t *bytes, unsigned width)
{
	uint32_t four;
	uint16_t two;

	switch (width) {
	case 1:
		return bytes[0];
	case 2:
		memcpy(&two, bytes, sizeof(two));
		return __builtin_bswap16(two);
	default:
		memcpy(&four, bytes, sizeof(four));
		return __builtin_bswap32(four);
	}
}

// behind answers where a value behind a header lies, NULL where the bytes end
// before it. header lies within them.
static inline __attribute__((always_inline)) const uint8_t *behind(
	const struct weir_match_packets *packets, unsigned i,
	const struct weir_match_value *value, unsigned width)
{
	const uint8_t *bytes = packets->bytes[i];
	uint64_t at = (uint64_t)value->at + (bytes[value->header] & 0xfu) * 4;

	return likely(at + width <= packets->sizes[i]) ? bytes + at : NULL;
}

// load_one loads a value of the i-th packet; false where it is not there.
static bool load_one(
	struct judged *judged, const struct weir_match_value *value, unsigned i)
{
	const struct weir_match_packets *packets = judged->packets;
	uint32_t *to = &judged->row.values[i];
	const uint8_t *at = packets->bytes[i];

	switch (value->from) {
	case WEIR_MATCH_LENGTH:
		*to = packets->lengths[i];
		return true;
	case WEIR_MATCH_AT:
		if ((uint64_t)value->at + value->width > packets->sizes[i])
			return false;
		*to = read_at(at + value->at, value->width);
		return true;
	default:
		if (value->header >= packets->sizes[i])
			return false;
		at = behind(packets, i, value, value->width);
		if (at)
			*to = read_at(at, value->width);
		return at != NULL;
	}
}

// load_some loads a value of those packets that are in which, and answers of
// which it could.
static uint32_t load_some(struct judged *judged,
	const struct weir_match_value *value, uint32_t which)
{
	uint32_t had = which;

	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);

		if (!load_one(judged, value, i))
			had &= ~(UINT32_C(1) << i);
	}
	return had;
}

static inline __attribute__((always_inline)) void load_at(struct judged *judged,
	const struct weir_match_value *value, unsigned width)
{
	const uint8_t *const *bytes = judged->packets->bytes;

	for (unsigned i = 0; i < judged->n; i++)
		judged->row.values[i] = read_at(bytes[i] + value->at, width);
	judged->had = UINT32_MAX;
}

static inline __attribute__((always_inline)) void load_behind(
	struct judged *judged, const struct weir_match_value *value,
	unsigned width)
{
	uint32_t had = 0;

	for (unsigned i = 0; i < judged->n; i++) {
		const uint8_t *at = behind(judged->packets, i, value, width);

		if (unlikely(!at))
			continue;
		judged->row.values[i] = read_at(at, width);
		had |= UINT32_C(1) << i;
	}
	judged->had = had;
}

// load_all loads a value of all packets, whose bytes reach as far as it, or as
// the header before it.
static void load_all(
	struct judged *judged, const struct weir_match_value *value)
{
	switch (value->from * 8 + value->width) {
	case WEIR_MATCH_AT * 8 + 1:
		load_at(judged, value, 1);
		break;
	case WEIR_MATCH_AT * 8 + 2:
		load_at(judged, value, 2);
		break;
	case WEIR_MATCH_AT * 8 + 4:
		load_at(judged, value, 4);
		break;
	case WEIR_MATCH_BEHIND * 8 + 1:
		load_behind(judged, value, 1);
		break;
	case WEIR_MATCH_BEHIND * 8 + 2:
		load_behind(judged, value, 2);
		break;
	case WEIR_MATCH_BEHIND * 8 + 4:
		load_behind(judged, value, 4);
		break;
	default:
		memcpy(judged->row.values, judged->packets->lengths,
			judged->n * sizeof(judged->row.values[0]));
		judged->had = UINT32_MAX;
	}
}

static bool is_long_enough(
	const struct judged *judged, const struct weir_match_value *value)
{
	switch (value->from) {
	case WEIR_MATCH_AT:
		return (uint64_t)value->at + value->width <= judged->shortest;
	case WEIR_MATCH_BEHIND:
		return value->header < judged->shortest;
	default:
		return true;
	}
}

static bool is_loaded(
	const struct judged *judged, const struct weir_match_value *value)
{
	const struct weir_match_value *loaded = judged->loaded;

	return loaded && loaded->from == value->from &&
	       loaded->width == value->width && loaded->at == value->at &&
	       loaded->header == value->header;
}

// load answers of which packets among those in which it has the value.
static uint32_t load(struct judged *judged,
	const struct weir_match_value *value, uint32_t which)
{
	if (is_loaded(judged, value))
		return which & judged->had;
	if (unlikely(__builtin_popcount(which) < FEW ||
		     !is_long_enough(judged, value))) {
		judged->loaded = NULL;
		return load_some(judged, value, which);
	}
	load_all(judged, value);
	judged->loaded = value;
	return which & judged->had;
}

#define BITS4(i) 1u << (i), 2u << (i), 4u << (i), 8u << (i)

static const uint32_t bits[WEIR_MATCH_BURST] = {BITS4(0), BITS4(4), BITS4(8),
	BITS4(12), BITS4(16), BITS4(20), BITS4(24), BITS4(28)};

static inline __attribute__((always_inline)) bool holds(
	uint32_t value, uint32_t k, enum weir_match_is is)
{
	switch (is) {
	case WEIR_MATCH_EQUAL:
		return value == k;
	case WEIR_MATCH_ABOVE:
		return value > k;
	case WEIR_MATCH_AT_LEAST:
		return value >= k;
	default:
		return value & k;
	}
}

// compare_as answers the bits of those values for which a test holds.
static inline __attribute__((always_inline)) uint32_t compare_as(
	const struct row *row, const struct weir_match_test *test,
	enum weir_match_is is)
{
	uint32_t mask = test->value.mask, k = test->k, those = 0;

	for (unsigned i = 0; i < WEIR_MATCH_BURST; i++)
		those |= holds(row->values[i] & mask, k, is) ? bits[i] : 0;
	return those;
}

static uint32_t compare(
	const struct row *row, const struct weir_match_test *test)
{
	switch (test->is) {
	case WEIR_MATCH_EQUAL:
		return compare_as(row, test, WEIR_MATCH_EQUAL);
	case WEIR_MATCH_ABOVE:
		return compare_as(row, test, WEIR_MATCH_ABOVE);
	case WEIR_MATCH_AT_LEAST:
		return compare_as(row, test, WEIR_MATCH_AT_LEAST);
	default:
		return compare_as(row, test, WEIR_MATCH_ANY_BIT);
	}
}

static uint32_t shortest_of(
	const struct weir_match_packets *packets, unsigned n)
{
	uint32_t shortest = UINT32_MAX;

	for (unsigned i = 0; i < n; i++)
		shortest = packets->sizes[i] < shortest ? packets->sizes[i]
							: shortest;
	return shortest;
}

uint32_t weir_match_run(const struct weir_match *match,
	const struct weir_match_packets *packets, unsigned n)
{
	struct judged judged = {
		packets, n, shortest_of(packets, n), NULL, 0, {{0}}};
	uint32_t reach[WEIR_MATCH_TESTS + 2];

	memset(reach, 0, (match->count + 2u) * sizeof(reach[0]));
	reach[match->first] =
		n < WEIR_MATCH_BURST ? (UINT32_C(1) << n) - 1 : UINT32_MAX;
	for (unsigned i = match->first; i < match->count; i++) {
		const struct weir_match_test *test = &match->tests[i];
		uint32_t which, yes;

		if (!reach[i])
			continue;
		which = load(&judged, &test->value, reach[i]);
		yes = compare(&judged.row, test) & which;
		reach[test->yes] |= yes;
		reach[test->no] |= which & ~yes;
	}
	return reach[match->count];
}

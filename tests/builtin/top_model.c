// SPDX-License-Identifier: BSD-3-Clause
//
// top against exact counts: every packet counted in a plain array by key.
#include "builtin/top.h"

#include "seed.h"

#include <criterion/criterion.h>
#include <string.h>

#define KEYS 512

struct model {
	uint64_t packets[KEYS], bytes[KEYS], all;
	const struct weir_top *top;
	uint64_t seen; // keys that each answered, by key
	bool there[KEYS];
};

static void count(
	struct weir_top *top, struct model *model, unsigned key, uint64_t bytes)
{
	weir_top_add(top,
		&(struct weir_top_key){.word = {key, key * 7}, key % 3}, bytes);
	model->packets[key]++;
	model->bytes[key] += bytes;
	model->all++;
}

static void check_key(void *arg, const struct weir_top_key *key,
	uint64_t packets, uint64_t bytes)
{
	struct model *model = arg;
	uint64_t i = key->word[0], error = weir_top_error(model->top);

	cr_assert_lt(i, KEYS);
	cr_assert_eq(key->word[1], i * 7);
	cr_assert_eq(key->kind, i % 3);
	cr_assert_not(model->there[i], "key %" PRIu64 " is there twice", i);
	model->there[i] = true;
	model->seen++;
	cr_assert_gt(packets, 0);
	cr_assert_leq(packets, model->packets[i]);
	cr_assert_leq(model->packets[i], packets + error);
	cr_assert_leq(bytes, model->bytes[i]);
	if (error == 0) {
		cr_assert_eq(packets, model->packets[i]);
		cr_assert_eq(bytes, model->bytes[i]);
	}
}

static void check(const struct weir_top *top, struct model *model,
	unsigned capacity, unsigned keys)
{
	uint64_t error = weir_top_error(top);

	model->top = top;
	model->seen = 0;
	memset(model->there, 0, sizeof(model->there));
	weir_top_each(top, check_key, model);
	cr_assert_leq(model->seen, capacity);
	cr_assert_leq(error, model->all / capacity);
	if (keys <= capacity)
		cr_assert_eq(error, 0);
	for (unsigned i = 0; i < KEYS; i++)
		cr_assert(model->there[i] || model->packets[i] <= error);
}

// Keys are drawn evenly, or so that low ones come much more often.
static void run(
	struct weir_random *draws, unsigned capacity, unsigned keys, bool even)
{
	struct weir_top *top =
		weir_top_create(capacity, weir_random_next(draws), -1);
	static struct model model;

	memset(&model, 0, sizeof(model));
	cr_assert_not_null(top);
	for (unsigned i = 0; i < 6000; i++) {
		uint64_t key = weir_random_below(draws, keys);

		if (!even)
			key = weir_random_below(draws, key + 1) * key / keys;
		count(top, &model, (unsigned)key,
			weir_random_below(draws, 1500));
		if (i % 500 == 0)
			check(top, &model, capacity, keys);
	}
	check(top, &model, capacity, keys);
	weir_top_destroy(top);
}

Test(top, keeps_its_bounds_at_every_capacity)
{
	static const unsigned capacities[] = {1, 2, 3, 4, 7, 64, 500, 512};
	static const unsigned keys[] = {1, 4, 5, 100, KEYS};
	struct weir_random draws = random_of_test();

	for (unsigned c = 0; c < sizeof(capacities) / sizeof(unsigned); c++) {
		for (unsigned k = 0; k < sizeof(keys) / sizeof(unsigned); k++) {
			run(&draws, capacities[c], keys[k], true);
			run(&draws, capacities[c], keys[k], false);
		}
	}
}

Test(top, finds_whoever_has_more_than_a_share_of_all)
{
	struct weir_random draws = random_of_test();
	struct weir_top *top = weir_top_create(10, 1, -1);
	static struct model model;

	// One in five is key 3; the others come once each in a while.
	for (unsigned i = 0; i < 20000; i++)
		count(top, &model,
			i % 5 ? (unsigned)weir_random_below(&draws, KEYS) : 3,
			1);
	check(top, &model, 10, KEYS);
	cr_assert(model.there[3]);
	weir_top_destroy(top);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "stage/kernel_test.h"

#include "stage/outputs.h"

#include "mem/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 256 // values of one option
#define SEED 0x77656972u

// What came out of one way and was not taken yet, and what was handed out last.
struct taken {
	struct rte_mbuf **packets, **given;
	unsigned count, size;
};

struct weir_kernel_test {
	const struct weir_stage *stage;
	struct weir_option_block *options, *changed;
	void *state;
	const struct weir_clock *clock;
	struct weir_out out;
	struct taken *taken; // one for each lane
	unsigned lane_count, output_count;
	unsigned burst, room;
	uint64_t in, put, made, consumed;
	uint64_t dropped[WEIR_STAGE_NAMES];
	bool ready; // init has answered 0
};

// set_option gives one option all values that options has for it.
static int set_option(struct weir_option_block *block,
	const struct weir_option *option, const char *const *options,
	struct weir_error *e)
{
	const char *texts[TEXTS_MAX];
	size_t length = strlen(option->name);
	unsigned count = 0;

	for (; *options; options++) {
		if (strncmp(*options, option->name, length) == 0 &&
			(*options)[length] == '=' && count < TEXTS_MAX)
			texts[count++] = *options + length + 1;
	}
	return count ? weir_option_set(block, option, texts, count, e) : 0;
}

static int check_names(const struct weir_option *table,
	const char *const *options, struct weir_error *e)
{
	for (; *options; options++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s",
			(int)strcspn(*options, "="), *options);
		if (!weir_option_find(table, name))
			return weir_error_set(
				e, -EINVAL, "unknown option '%s'", name);
	}
	return 0;
}

static int read_options(struct weir_option_block **block,
	const struct weir_stage *stage, const char *const *options,
	struct weir_error *e)
{
	static const char *const none[] = {NULL};
	const struct weir_option *option = stage->options, *missing;
	int err = weir_option_block_create(block, stage->state_size, option);

	if (err)
		return weir_error_set(e, err, "out of memory");
	options = options ? options : none;
	err = check_names(stage->options, options, e);
	for (; !err && option->type != WEIR_TYPE_END; option++)
		err = set_option(*block, option, options, e);
	missing = weir_option_missing(*block);
	if (!err && missing)
		err = weir_error_set(
			e, -EINVAL, "option '%s' must be given", missing->name);
	if (!err && stage->check &&
		stage->check(weir_option_block_data(*block), e))
		err = -EINVAL;
	if (err) {
		weir_option_block_destroy(*block);
		*block = NULL;
	}
	return err;
}

static unsigned most_copies(const struct weir_stage *stage)
{
	unsigned most = 1;

	for (unsigned i = 0; i < WEIR_STAGE_NAMES; i++)
		most = stage->out_max[i] > most ? stage->out_max[i] : most;
	return most;
}

static int open_lane(struct weir_lane *lane, unsigned size)
{
	lane->packets = calloc(size, sizeof(*lane->packets));
	lane->size = lane->packets ? size : 0;
	return lane->packets ? 0 : -ENOMEM;
}

// open_lanes gives each lane exactly what a burst may put there, so that the
// address sanitizer sees one packet too many. The trash takes what a burst
// brings and what the stage held.
static int open_lanes(struct weir_kernel_test *test, unsigned ways)
{
	const struct weir_stage *stage = test->stage;
	unsigned size = WEIR_BURST * most_copies(stage);
	unsigned each = stage->ways == WEIR_WAYS_ONE ? 1 : ways;
	struct weir_out *out = &test->out;
	int err;

	test->lane_count = test->output_count * each;
	for (unsigned i = 0; i <= WEIR_STAGE_NAMES; i++)
		out->first[i] =
			(uint16_t)(each *
				   (i < test->output_count
						   ? i
						   : test->output_count));
	out->lanes = calloc(test->lane_count + 1, sizeof(*out->lanes));
	test->taken = calloc(test->lane_count + 1, sizeof(*test->taken));
	if (!out->lanes || !test->taken)
		return -ENOMEM;
	err = open_lane(&out->trash, size + WEIR_BURST);
	for (unsigned i = 0; !err && i < test->lane_count; i++)
		err = open_lane(&out->lanes[i], size);
	return err;
}

static int init_state(struct weir_kernel_test *test, struct rte_mempool *pool,
	struct weir_error *e)
{
	struct weir_stage_setup setup = {
		.name = "test",
		.replicas = 1,
		.clock = test->clock,
		.pool = pool,
		.node = -1,
		.seed = SEED,
	};
	int err;

	for (unsigned i = 0; i < test->output_count; i++)
		setup.ways[i] = weir_out_ways(&test->out, i);
	err = test->stage->init ? test->stage->init(test->state, &setup, e) : 0;
	test->ready = !err;
	return err;
}

static int check_stage(const struct weir_stage *stage, struct weir_error *e)
{
	int err = weir_stage_check(stage, e);

	if (!err && !stage->kernel)
		err = weir_error_set(e, -EINVAL,
			"stage type '%s' is a task: try it in a pipeline, with "
			"`weir test`",
			stage->type);
	return err;
}

int weir_kernel_test_open(struct weir_kernel_test **test,
	const struct weir_stage *stage, const char *const *options,
	unsigned ways, struct rte_mempool *pool, const struct weir_clock *clock,
	struct weir_error *e)
{
	struct weir_kernel_test *t = calloc(1, sizeof(*t));
	const char *names[WEIR_STAGE_NAMES];
	int err;

	*test = NULL;
	if (!t)
		return weir_error_set(e, -ENOMEM, "out of memory");
	err = check_stage(stage, e);
	if (err)
		goto undo;
	t->stage = stage;
	t->clock = clock ? clock : weir_clock_real();
	err = -ENOMEM;
	pool = pool ? pool : weir_kernel_test_pool(e);
	if (!pool)
		goto undo;
	t->out.dropped = t->dropped;
	t->out.made = &t->made;
	t->out.consumed = &t->consumed;
	weir_kernel_test_limit(t, WEIR_BURST, WEIR_BURST);
	err = read_options(&t->options, stage, options, e);
	if (err)
		goto undo;
	t->state = weir_option_block_data(t->options);
	err = weir_stage_outputs(stage, t->state, names, e);
	if (err < 0)
		goto undo;
	t->output_count = (unsigned)err;
	err = open_lanes(t, ways);
	if (err) {
		weir_error_set(e, err, "out of memory");
		goto undo;
	}
	err = init_state(t, pool, e);
	if (err)
		goto undo;
	*test = t;
	return 0;
undo:
	weir_kernel_test_close(t);
	return err;
}

void weir_kernel_test_limit(
	struct weir_kernel_test *test, unsigned burst, unsigned room)
{
	weir_assert(burst >= 1 && burst <= WEIR_BURST);
	test->burst = burst;
	test->room = room;
}

static void keep(struct taken *taken, struct rte_mbuf **packets, unsigned count)
{
	if (taken->count + count > taken->size) {
		taken->size = 2 * (taken->count + count);
		taken->packets = realloc(
			taken->packets, taken->size * sizeof(*taken->packets));
		weir_assert(taken->packets != NULL);
	}
	memcpy(taken->packets + taken->count, packets,
		count * sizeof(*packets));
	taken->count += count;
}

static void begin(struct weir_kernel_test *test, uint64_t now, unsigned room)
{
	test->out.now = now;
	for (unsigned i = 0; i < test->lane_count; i++)
		test->out.lanes[i].room = room;
}

// end does what the shell does after each call.
static void end(struct weir_kernel_test *test)
{
	struct weir_lane *trash = &test->out.trash;

	for (unsigned i = 0; i < test->lane_count; i++) {
		struct weir_lane *lane = &test->out.lanes[i];

		if (lane->count)
			keep(&test->taken[i], lane->packets, lane->count);
		test->put += lane->count;
		lane->count = 0;
	}
	if (trash->count)
		rte_pktmbuf_free_bulk(trash->packets, trash->count);
	trash->count = 0;
}

static unsigned least_burst(const struct weir_kernel_test *test, unsigned n)
{
	const struct weir_stage *stage = test->stage;
	unsigned room = stage->room ? stage->room(test->state) : n;

	n = n < test->burst ? n : test->burst;
	return n < room ? n : room;
}

unsigned weir_test_kernel(
	struct weir_kernel_test *test, struct rte_mbuf **in, unsigned n)
{
	const struct weir_stage *stage = test->stage;
	unsigned done = 0, count;

	if (stage->source) {
		begin(test, weir_clock_now(test->clock), test->room);
		stage->kernel(test->state, in, 0, &test->out);
		end(test);
		return 0;
	}
	while ((count = least_burst(test, n - done)) > 0) {
		begin(test, weir_clock_now(test->clock),
			count * most_copies(stage));
		test->in += count;
		stage->kernel(test->state, in + done, count, &test->out);
		end(test);
		done += count;
	}
	return done;
}

void weir_kernel_test_tick(struct weir_kernel_test *test, uint64_t now)
{
	begin(test, now, test->room);
	if (test->stage->tick)
		test->stage->tick(test->state, now, &test->out);
	end(test);
}

void weir_kernel_test_drain(struct weir_kernel_test *test)
{
	begin(test, weir_clock_now(test->clock), test->room);
	if (test->stage->drain)
		test->stage->drain(test->state, &test->out);
	end(test);
}

int weir_kernel_test_change(struct weir_kernel_test *test,
	const char *const *options, struct weir_error *e)
{
	const struct weir_stage *stage = test->stage;
	struct weir_option_block *block;
	void *next = NULL, *old;
	int err = read_options(&block, stage, options, e);

	if (err)
		return err;
	err = stage->prepare(
		test->state, weir_option_block_data(block), &next, e);
	if (err) {
		weir_option_block_destroy(block);
		return err;
	}
	old = stage->commit(test->state, next);
	stage->retire(old);
	weir_option_block_destroy(test->changed);
	test->changed = block;
	return 0;
}

struct rte_mbuf **weir_kernel_test_taken(struct weir_kernel_test *test,
	unsigned output, unsigned way, unsigned *count)
{
	struct taken *taken = &test->taken[test->out.first[output] + way];

	weir_assert(way < weir_out_ways(&test->out, output));
	free(taken->given);
	taken->given = taken->packets;
	*count = taken->count;
	taken->packets = NULL;
	taken->count = taken->size = 0;
	return taken->given;
}

uint64_t weir_kernel_test_dropped(
	const struct weir_kernel_test *test, unsigned reason)
{
	return test->dropped[reason];
}

uint64_t weir_kernel_test_made(const struct weir_kernel_test *test)
{
	return test->made;
}

uint64_t weir_kernel_test_consumed(const struct weir_kernel_test *test)
{
	return test->consumed;
}

uint64_t weir_kernel_test_held(const struct weir_kernel_test *test)
{
	return test->stage->held ? test->stage->held(test->state) : 0;
}

void *weir_kernel_test_state(struct weir_kernel_test *test)
{
	return test->state;
}

uint64_t weir_kernel_test_counter(
	const struct weir_kernel_test *test, const char *name)
{
	const struct weir_stage_counter *counter = test->stage->counters;

	while (counter->name && strcmp(counter->name, name) != 0)
		counter++;
	weir_assert(counter->name != NULL);
	return *(const uint64_t *)((const char *)test->state + counter->offset);
}

static int64_t unaccounted(const struct weir_kernel_test *test)
{
	uint64_t gone =
		test->put + test->consumed + weir_kernel_test_held(test);

	for (unsigned i = 0; i < WEIR_STAGE_NAMES; i++)
		gone += test->dropped[i];
	// What a source gives came in with it.
	return test->stage->source ? 0
				   : (int64_t)(test->in + test->made - gone);
}

static void close_lanes(struct weir_kernel_test *test)
{
	for (unsigned i = 0; i < test->lane_count; i++) {
		struct taken *taken = &test->taken[i];

		if (taken->count)
			rte_pktmbuf_free_bulk(taken->packets, taken->count);
		free(taken->packets);
		free(taken->given);
		free(test->out.lanes[i].packets);
	}
	free(test->out.trash.packets);
	free(test->out.lanes);
	free(test->taken);
}

int64_t weir_kernel_test_close(struct weir_kernel_test *test)
{
	int64_t answer = 0;

	if (test->ready) {
		answer = unaccounted(test);
		if (test->stage->fini)
			test->stage->fini(test->state);
	}
	if (test->out.lanes && test->taken)
		close_lanes(test);
	weir_option_block_destroy(test->changed);
	weir_option_block_destroy(test->options);
	free(test);
	return answer;
}

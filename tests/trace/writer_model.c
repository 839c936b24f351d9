// SPDX-License-Identifier: BSD-3-Clause
//
// One thread passes points of random sizes, each with the next number in it,
// through memory that is written round. The model is that list of numbers: what
// is saved is its end, whole and in order, and what is missing is counted. The
// list is what trace.h promises: the newest stay, but for one chunk and a piece
// of another.
#include "trace/events.h"
#include "seed.h"

#include <criterion/criterion.h>

#define ROUNDS 300
#define EVENTS_MAX 30000
#define MEMORY WEIR_TRACE_MEMORY_MIN
#define CHUNK (MEMORY / 16)

static void pass(unsigned kind, uint64_t number)
{
	const void *object = (const void *)(uintptr_t)number;

	switch (kind) {
	case 0:
		WEIR_TRACE(task_resumed, object);
		break;
	case 1:
		WEIR_TRACE(chan_sent, object, 1, 2);
		break;
	case 2:
		WEIR_TRACE(task_spawned, object, "a task");
		break;
	case 3:
		WEIR_TRACE(task_parked, object, NULL, 0);
		break;
	default:
		WEIR_TRACE(chan_full, object, 1);
	}
}

static const struct {
	const char *name;
	size_t size;
} kinds[] = {{"task.resumed", 16}, {"chan.sent", 24}, {"task.spawned", 48},
	{"task.parked", 32}, {"chan.full", 20}};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static size_t size_of(const struct saved *saved, unsigned number)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (number_of(saved, kinds[i].name) == number)
			return kinds[i].size;
	cr_assert(false, "an event of number %u", number);
	return 0;
}

// check compares what was saved with the count numbers that were passed.
static void check(const struct saved *saved, uint64_t count)
{
	size_t size, at = HEAD_SIZE, sizes[KINDS];
	char *bytes = read_file(saved, "channel0_0", &size);
	unsigned numbers[KINDS], lost = number_of(saved, "trace.lost");
	uint64_t next = 0, tick = 0, overwritten = 0;

	for (unsigned i = 0; i < KINDS; i++) {
		numbers[i] = number_of(saved, kinds[i].name);
		sizes[i] = size_of(saved, numbers[i]);
	}
	if (at < size && event_at(bytes + at).number == lost) {
		struct event event = event_at(bytes + at);

		next = overwritten = field_u64(&event, 0);
		at += LOST_SIZE;
	}
	for (; at < size; next++) {
		struct event event;
		unsigned i = 0;

		at = begin_of(at);
		event = event_at(bytes + at);
		while (i < KINDS && numbers[i] != event.number)
			i++;
		cr_assert_lt(i, KINDS, "no such point %u", event.number);
		cr_assert_eq(field_u64(&event, 0), next);
		cr_assert_geq(event.tick, tick);
		tick = event.tick;
		at += sizes[i];
	}
	cr_assert_eq(at, size);
	cr_assert_eq(next, count);
	cr_assert_eq(saved->sum.overwritten, overwritten);
	cr_assert_eq(saved->sum.events + overwritten, count);
	// It is as full as it may be.
	if (overwritten)
		cr_assert_geq(size, MEMORY - 2 * CHUNK - 200);
	free(bytes);
}

Test(writer, keeps_the_newest_and_counts_the_others, .init = events_open,
	.fini = weir_eal_close)
{
	struct weir_random random = random_of_test();

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t count = weir_random_below(
			&random, round % 2 ? EVENTS_MAX : 2600);
		bool across = round % 4 < 2;
		size_t at = 0;
		struct saved saved;

		start_tracing(MEMORY, 1);
		for (uint64_t i = 0; i < count || across; i++) {
			unsigned kind = weir_random_below(&random, KINDS);

			pass(kind, i);
			at = begin_of(at) + kinds[kind].size;
			if (at > MEMORY)
				at = kinds[kind].size;
			// Every other time the newest reaches into a chunk.
			if (i >= count && at % CHUNK &&
				at % CHUNK < kinds[kind].size) {
				count = i + 1;
				across = false;
			}
		}
		weir_trace_stop();
		save(&saved);
		if (count)
			check(&saved, count);
		forget(&saved);
		weir_trace_drop();
	}
}

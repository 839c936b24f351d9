// SPDX-License-Identifier: BSD-3-Clause
//
// One thread adds blocks, one writes to the first, two read all the while: by
// the directory of the segment and by a mapping of their own. What they see
// may be old, but is whole and never goes back.
#include "base/assert.h"
#include "count/count.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS 200
#define ROUNDS 20000

struct block {
	uint64_t in;
	struct weir_histogram steps;
};

static const struct weir_count_field fields[] = {
	{"in", "packets", WEIR_COUNT_TOTAL, offsetof(struct block, in)},
	{"step", "ticks", WEIR_COUNT_HISTOGRAM, offsetof(struct block, steps)},
};

static struct weir_count_segment *segment;
static struct block *first;
static bool done;

static struct block *add(unsigned index)
{
	struct weir_error e = {0};
	char prefix[32];
	struct block *block;

	snprintf(prefix, sizeof(prefix), "stages.s[%u]", index);
	block = weir_count_add(segment, prefix, sizeof(*block), fields, 2, &e);
	weir_assert(block);
	return block;
}

static void *write_first(void *arg)
{
	for (uint64_t i = 0; i < ROUNDS; i++) {
		count_add(&first->in, 1);
		weir_histogram_record(&first->steps, i);
	}
	return arg;
}

static void *add_blocks(void *arg)
{
	for (unsigned i = 1; i < BLOCKS; i++)
		add(i);
	return arg;
}

static unsigned walk(const struct weir_count_reader *reader)
{
	struct weir_count_entry entry;
	unsigned count = 0;

	for (; weir_count_at(reader, count, &entry); count++) {
		weir_assert(strncmp(entry.path, "stages.s[", 9) == 0);
		weir_assert(entry.kind == WEIR_COUNT_TOTAL ||
			    entry.kind == WEIR_COUNT_HISTOGRAM);
		if (entry.kind == WEIR_COUNT_HISTOGRAM)
			weir_histogram_percentile(entry.value, 0.99);
	}
	return count;
}

static void *read_all(void *arg)
{
	struct weir_count_reader *reader = arg;
	uint64_t packets = 0;
	unsigned count = 0;

	while (!load_acquire(&done)) {
		uint64_t now = weir_count_value(reader, "stages.s[0].in");
		unsigned entries = walk(reader);

		weir_assert(now >= packets && entries >= count);
		weir_assert(entries % 2 == 0); // those of a block together
		packets = now;
		count = entries;
	}
	weir_assert(walk(reader) == 2 * BLOCKS);
	return NULL;
}

int main(void)
{
	struct weir_error e = {0};
	struct weir_count_reader *reader;
	pthread_t writer, adder, readers[2];
	char name[32];

	snprintf(name, sizeof(name), "race-%d", (int)getpid());
	weir_assert(weir_count_create(&segment, name, 4u << 20,
			    weir_clock_real(), &e) == 0);
	weir_assert(weir_count_open(&reader, name, &e) == 0);
	first = add(0);
	pthread_create(&readers[0], NULL, read_all, reader);
	pthread_create(&readers[1], NULL, read_all, weir_count_local(segment));
	pthread_create(&writer, NULL, write_first, NULL);
	pthread_create(&adder, NULL, add_blocks, NULL);
	pthread_join(writer, NULL);
	pthread_join(adder, NULL);
	store_release(&done, true);
	pthread_join(readers[0], NULL);
	pthread_join(readers[1], NULL);
	weir_assert(weir_count_value(reader, "stages.s[0].step") == ROUNDS);
	weir_count_close(reader);
	weir_count_destroy(segment);
	puts("no race");
	return 0;
}

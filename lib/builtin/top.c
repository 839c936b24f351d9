// SPDX-License-Identifier: BSD-3-Clause
//
// Entries with the same estimate hang on one bucket; buckets are a list in order
// of their estimate, so that the least is the first and one packet more is the
// next one or a new one beside it:
//
//	head ──▶ 1 ──▶ 2 ──▶ 7
//	         │     │     │
//	        d e    c    a b
//
// An entry's estimate is that of its bucket and never below the truth; what it
// took over from the key before it is the difference to its packets.
#include "builtin/top.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/random.h"
#include "builtin/fold.h"
#include "mem/mem.h"

#include <stdbool.h>
#include <string.h>

#define NONE 0 // index 0 of entries and buckets is nobody; of buckets, the head

struct entry {
	struct weir_top_key key;
	uint64_t packets, bytes; // since key came in
	uint32_t bucket;
	uint32_t prev, next; // round the bucket
	uint32_t chain;	     // next in the hash
};

struct bucket {
	uint64_t estimate;
	uint32_t first; // entry; the oldest
	uint32_t prev, next;
};

struct weir_top {
	uint64_t keys[3];
	uint64_t error;
	uint32_t capacity, used;
	uint32_t mask;	      // of slots
	uint32_t last;	      // entry that was counted last
	uint32_t free_bucket; // list through next
	uint32_t *slots;
	struct bucket *buckets;
	struct entry *entries;
};

// Slots are at least twice the capacity, to the power of two.
static uint32_t slot_count(uint32_t capacity)
{
	return 2u << (32 - __builtin_clz(capacity));
}

static size_t line_up(size_t size)
{
	return (size + WEIR_CACHE_LINE - 1) & ~(size_t)(WEIR_CACHE_LINE - 1);
}

struct weir_top *weir_top_create(uint32_t capacity, uint64_t seed, int node)
{
	size_t head = line_up(sizeof(struct weir_top));
	size_t entries = line_up((capacity + 1) * sizeof(struct entry));
	// One more than entries: while one moves, it has left none yet.
	size_t buckets = line_up((capacity + 2) * sizeof(struct bucket));
	size_t slots = slot_count(capacity) * sizeof(uint32_t);
	struct weir_random random = {seed};
	struct weir_top *top;

	weir_assert(capacity >= 1 && capacity <= 1u << 20);
	top = weir_mem_create(head + entries + buckets + slots, node);
	if (!top)
		return NULL;
	top->entries = (struct entry *)((char *)top + head);
	top->buckets = (struct bucket *)((char *)top->entries + entries);
	top->slots = (uint32_t *)((char *)top->buckets + buckets);
	top->capacity = capacity;
	top->mask = slot_count(capacity) - 1;
	for (unsigned i = 0; i < 3; i++)
		top->keys[i] = weir_random_next(&random);
	for (uint32_t i = 1; i <= capacity; i++)
		top->buckets[i].next = i + 1;
	top->free_bucket = 1;
	return top;
}

void weir_top_destroy(struct weir_top *top)
{
	weir_mem_destroy(top);
}

static inline uint32_t *slot_of(
	struct weir_top *top, const struct weir_top_key *key)
{
	uint64_t hash = weir_fold(
		key->word[0] ^ top->keys[0], key->word[1] ^ top->keys[1]);

	hash = weir_fold(hash ^ key->kind, top->keys[2]);
	return &top->slots[hash & top->mask];
}

static inline bool is_key(
	const struct entry *entry, const struct weir_top_key *key)
{
	return entry->key.word[0] == key->word[0] &&
	       entry->key.word[1] == key->word[1] &&
	       entry->key.kind == key->kind;
}

// bucket_after takes a free bucket and puts it behind another.
static uint32_t bucket_after(
	struct weir_top *top, uint32_t before, uint64_t estimate)
{
	uint32_t index = top->free_bucket;
	struct bucket *bucket = &top->buckets[index];
	uint32_t next = top->buckets[before].next;

	weir_debug_assert(index != NONE);
	top->free_bucket = bucket->next;
	*bucket = (struct bucket){
		.estimate = estimate, .prev = before, .next = next};
	top->buckets[before].next = index;
	top->buckets[next].prev = index;
	return index;
}

static void bucket_free(struct weir_top *top, uint32_t index)
{
	struct bucket *bucket = &top->buckets[index];

	top->buckets[bucket->prev].next = bucket->next;
	top->buckets[bucket->next].prev = bucket->prev;
	bucket->next = top->free_bucket;
	top->free_bucket = index;
}

static void link_entry(struct weir_top *top, uint32_t index, uint32_t to)
{
	struct bucket *bucket = &top->buckets[to];
	struct entry *entry = &top->entries[index];
	struct entry *first = &top->entries[bucket->first];

	entry->bucket = to;
	if (bucket->first == NONE) {
		bucket->first = entry->prev = entry->next = index;
		return;
	}
	entry->prev = first->prev;
	entry->next = bucket->first;
	top->entries[first->prev].next = index;
	first->prev = index;
}

// unlink_entry takes an entry, which is not the only one, out of its bucket.
static void unlink_entry(struct weir_top *top, uint32_t index)
{
	struct entry *entry = &top->entries[index];
	struct bucket *bucket = &top->buckets[entry->bucket];

	top->entries[entry->prev].next = entry->next;
	top->entries[entry->next].prev = entry->prev;
	if (bucket->first == index)
		bucket->first = entry->next;
}

// raise makes an entry's estimate one more.
static inline void raise(struct weir_top *top, uint32_t index)
{
	struct entry *entry = &top->entries[index];
	uint32_t from = entry->bucket;
	struct bucket *bucket = &top->buckets[from];
	uint64_t estimate = bucket->estimate + 1;
	uint32_t next = bucket->next;
	bool there = next != NONE && top->buckets[next].estimate == estimate;
	bool alone = entry->next == index;

	if (likely(alone && !there)) {
		bucket->estimate = estimate;
		return;
	}
	if (!there)
		next = bucket_after(top, from, estimate);
	if (alone)
		bucket_free(top, from);
	else
		unlink_entry(top, index);
	link_entry(top, index, next);
}

// least_out takes the least entry's place: out of the hash, not yet of its
// bucket.
static uint32_t least_out(struct weir_top *top)
{
	const struct bucket *bucket = &top->buckets[top->buckets[NONE].next];
	uint32_t index = bucket->first;
	uint32_t *at = slot_of(top, &top->entries[index].key);

	top->error = bucket->estimate;
	while (*at != index)
		at = &top->entries[*at].chain;
	*at = top->entries[index].chain;
	return index;
}

// first_in makes a place that nobody had, at an estimate of 0: raise follows.
static uint32_t first_in(struct weir_top *top)
{
	uint32_t index = ++top->used;
	uint32_t least = top->buckets[NONE].next;

	if (least == NONE || top->buckets[least].estimate != 0)
		least = bucket_after(top, NONE, 0);
	link_entry(top, index, least);
	return index;
}

static uint32_t come_in(struct weir_top *top, const struct weir_top_key *key)
{
	uint32_t index =
		top->used < top->capacity ? first_in(top) : least_out(top);
	uint32_t *slot = slot_of(top, key);
	struct entry *entry = &top->entries[index];

	entry->key = *key;
	entry->packets = entry->bytes = 0;
	entry->chain = *slot;
	*slot = index;
	return index;
}

static uint32_t find(struct weir_top *top, const struct weir_top_key *key)
{
	uint32_t index = *slot_of(top, key);

	while (index != NONE && !is_key(&top->entries[index], key))
		index = top->entries[index].chain;
	return index;
}

void weir_top_add(
	struct weir_top *top, const struct weir_top_key *key, uint64_t bytes)
{
	uint32_t index = top->last;

	if (!is_key(&top->entries[index], key) || index == NONE) {
		index = find(top, key);
		if (index == NONE)
			index = come_in(top, key);
		top->last = index;
	}
	raise(top, index);
	top->entries[index].packets++;
	top->entries[index].bytes += bytes;
}

uint64_t weir_top_error(const struct weir_top *top)
{
	return top->error;
}

void weir_top_each(const struct weir_top *top,
	void (*each)(void *arg, const struct weir_top_key *key,
		uint64_t packets, uint64_t bytes),
	void *arg)
{
	for (uint32_t i = 1; i <= top->used; i++)
		each(arg, &top->entries[i].key, top->entries[i].packets,
			top->entries[i].bytes);
}

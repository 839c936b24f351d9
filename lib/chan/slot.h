// SPDX-License-Identifier: BSD-3-Clause
//
// A slot holds a copied value under a number, which its reader knows: what it
// reads is that value whole, or it is told that the slot holds another.
//
//	writer ──▶ | 0 | words | number | ──▶ readers
//
// Threads.  One writes; any number read meanwhile.
// Memory.  The caller's: weir_slot_size bytes, aligned to 8.
// Ordering.  Each word is released by the writer and acquired by readers: who
// read a word of a later value sees, behind it, that the number is gone.
#ifndef WEIR_CHAN_SLOT_H
#define WEIR_CHAN_SLOT_H

#include "base/atomic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The most bytes of a value that is copied to each receiver.
#define WEIR_SLOT_VALUE_MAX 256

struct weir_slot {
	uint64_t number; // 0: none, or being written
	uint64_t words[];
};

static inline size_t weir_slot_size(unsigned value_size)
{
	return sizeof(struct weir_slot) + ((size_t)value_size + 7) / 8 * 8;
}

// weir_slot_write puts a value of size bytes there, under a number that is not 0.
static inline void weir_slot_write(struct weir_slot *slot, uint64_t number,
	const void *value, unsigned size)
{
	uint64_t words[WEIR_SLOT_VALUE_MAX / 8];
	unsigned count = (size + 7) / 8;

	words[count - 1] = 0;
	memcpy(words, value, size);
	store_relaxed(&slot->number, 0);
	for (unsigned i = 0; i < count; i++)
		store_release(&slot->words[i], words[i]);
	store_release(&slot->number, number);
}

// weir_slot_read copies the value to *value if it is there under that number;
// else false, and *value is as before.
static inline bool weir_slot_read(const struct weir_slot *slot, uint64_t number,
	void *value, unsigned size)
{
	uint64_t words[WEIR_SLOT_VALUE_MAX / 8];
	unsigned count = (size + 7) / 8;

	if (load_acquire(&slot->number) != number)
		return false;
	for (unsigned i = 0; i < count; i++)
		words[i] = load_acquire(&slot->words[i]);
	if (load_relaxed(&slot->number) != number)
		return false;
	memcpy(value, words, size);
	return true;
}

#endif

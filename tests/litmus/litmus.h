// SPDX-License-Identifier: BSD-3-Clause
//
// The frame of a litmus kernel: two threads that meet once over a few atomics,
// then a check, in plain C11 for a model checker. Compiled with -DREPEAT=N it is
// a race program that does so N times.
#ifndef TESTS_LITMUS_LITMUS_H
#define TESTS_LITMUS_LITMUS_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define load_relaxed(p) atomic_load_explicit((p), memory_order_relaxed)
#define load_acquire(p) atomic_load_explicit((p), memory_order_acquire)
#define store_relaxed(p, v) \
	atomic_store_explicit((p), (v), memory_order_relaxed)
#define store_release(p, v) \
	atomic_store_explicit((p), (v), memory_order_release)
#define exchange_acq_rel(p, v) \
	atomic_exchange_explicit((p), (v), memory_order_acq_rel)
#define add_acq_rel(p, v) \
	atomic_fetch_add_explicit((p), (v), memory_order_acq_rel)
#define sub_acq_rel(p, v) \
	atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel)
#define cas_acq_rel(p, expected, v)                                   \
	atomic_compare_exchange_strong_explicit((p), (expected), (v), \
		memory_order_acq_rel, memory_order_acquire)
#define fence_full() atomic_thread_fence(memory_order_seq_cst)

#ifndef REPEAT
#define REPEAT 1
#endif

// The kernel: each file defines these.
static void begin(void);
static void *one(void *arg);
static void *two(void *arg);
static void check(void);

int main(void)
{
	for (int i = 0; i < REPEAT; i++) {
		pthread_t a, b;

		begin();
		pthread_create(&a, NULL, one, NULL);
		pthread_create(&b, NULL, two, NULL);
		pthread_join(a, NULL);
		pthread_join(b, NULL);
		check();
	}
	return 0;
}

#endif

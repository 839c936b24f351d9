// SPDX-License-Identifier: BSD-3-Clause
//
// Two threads that count under a spin lock, some of the time by trying, over
// the wrap of its counters.
#include "base/assert.h"
#include "base/atomic.h"
#include "base/spin.h"

#include <pthread.h>
#include <stdio.h>

#define TIMES 100000

static struct weir_spin spin = {UINT32_MAX - TIMES, UINT32_MAX - TIMES};
static unsigned long count, inside; // under spin
static pthread_barrier_t begin;

static void *count_up(void *arg)
{
	pthread_barrier_wait(&begin);
	for (unsigned i = 0; i < TIMES;) {
		if (i % 3 == 0)
			weir_spin_lock(&spin);
		else if (!weir_spin_try_lock(&spin))
			continue;
		weir_assert(inside++ == 0);
		count++;
		for (unsigned k = 0; k < i % 8; k++)
			cpu_relax();
		weir_assert(--inside == 0);
		weir_spin_unlock(&spin);
		i++;
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[2];

	pthread_barrier_init(&begin, NULL, 2);
	for (unsigned i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, count_up, NULL);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	weir_assert(count == 2 * TIMES);
	weir_assert(spin.next == spin.serving);
	puts("each was counted");
	return 0;
}

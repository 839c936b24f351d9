// SPDX-License-Identifier: BSD-3-Clause
//
// A ticket lock: one takes a number and waits until it is called.
#include "base/spin.h"
#include "base/assert.h"
#include "base/atomic.h"

#include <sched.h>

#define SPINS 1024 // before the CPU is offered to others, each time

#ifdef WEIR_DEBUG

#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HELD_MAX 4
#define FRAMES 10

// What the thread holds, and from where it was taken. All threads pay for it, and
// a process has some 1600 bytes for all libraries that it loads while it runs.
static __thread struct {
	struct held {
		const struct weir_spin *spin;
		int frame_count;
		void *frames[FRAMES];
	} held[HELD_MAX];
	unsigned count;
} mine;

static __attribute__((noinline)) void remember(const struct weir_spin *spin)
{
	struct held *held = &mine.held[mine.count];

	weir_assert(mine.count < HELD_MAX); // so many at once is a mistake
	mine.count++;
	held->spin = spin;
	held->frame_count = backtrace(held->frames, FRAMES);
}

// The first backtrace loads a library, which is too much for a task's stack.
static __attribute__((constructor)) void load_backtrace(void)
{
	void *frame;

	backtrace(&frame, 1);
}

static struct held *find(const struct weir_spin *spin)
{
	for (unsigned i = 0; i < mine.count; i++)
		if (mine.held[i].spin == spin)
			return &mine.held[i];
	return NULL;
}

static void forget(const struct weir_spin *spin)
{
	struct held *held = find(spin);

	weir_assert(held); // only who took it gives it back
	*held = mine.held[--mine.count];
}

static void print_stack(const char *title, void *const *frames, int count)
{
	fputs(title, stderr);
	fflush(stderr);
	backtrace_symbols_fd(frames, count, STDERR_FILENO);
}

static __attribute__((noreturn, cold)) void held_over(const char *doing)
{
	const struct held *held = &mine.held[mine.count - 1];
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES);

	fprintf(stderr,
		"weir: bug: a step %s with a spin lock (%p) held: whoever "
		"spins for it stops. Give it back before, or use a mutex "
		"(sync/mutex.h).\n",
		doing, (const void *)held->spin);
	print_stack("where it was taken:\n", held->frames, held->frame_count);
	print_stack("where the step stands:\n", frames, count);
	abort();
}

void weir_spin_none_held(const char *doing)
{
	if (mine.count > 0)
		held_over(doing);
}

// By the same thread it would spin for ever.
static void not_mine(const struct weir_spin *spin)
{
	weir_assert(!find(spin)); // the caller does not hold it already
}

#else

static void remember(const struct weir_spin *spin)
{
}

static void forget(const struct weir_spin *spin)
{
}

static void not_mine(const struct weir_spin *spin)
{
}

void weir_spin_none_held(const char *doing)
{
}

#endif

void weir_spin_init(struct weir_spin *spin)
{
	store_relaxed(&spin->next, 0);
	store_relaxed(&spin->serving, 0);
}

static __attribute__((noinline)) void wait_for(
	struct weir_spin *spin, uint32_t number)
{
	for (unsigned i = 1; load_acquire(&spin->serving) != number; i++) {
		if (i % SPINS == 0)
			sched_yield();
		else
			cpu_relax();
	}
}

void weir_spin_lock(struct weir_spin *spin)
{
	uint32_t number;

	not_mine(spin);
	number = add_acq_rel(&spin->next, 1);
	if (unlikely(load_acquire(&spin->serving) != number))
		wait_for(spin, number);
	remember(spin);
}

bool weir_spin_try_lock(struct weir_spin *spin)
{
	uint32_t number = load_acquire(&spin->serving);

	// Nobody has it or asks for it if the next number is this one.
	if (!cas_acq_rel(&spin->next, &number, number + 1))
		return false;
	remember(spin);
	return true;
}

void weir_spin_unlock(struct weir_spin *spin)
{
	forget(spin);
	// Only who has it writes this.
	store_release(&spin->serving, load_relaxed(&spin->serving) + 1);
}

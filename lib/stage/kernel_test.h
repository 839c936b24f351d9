// SPDX-License-Identifier: BSD-3-Clause
//
// Runs a kernel alone on canned packets, for tests: no file, no lcore, no root.
//
//	weir_kernel_test_packet, _read ──▶ weir_test_kernel ──▶ _taken, _dropped
//
// It does what the shell does around a kernel: bursts, credit, room, trash and
// the books. What comes out is kept until it is taken. Any test framework will
// do: here is none.
//
// Threads.  One: EAL's main, or an lcore.
// Memory.  Packets come from weir_kernel_test_pool unless another is given.
#ifndef WEIR_STAGE_KERNEL_TEST_H
#define WEIR_STAGE_KERNEL_TEST_H

#include "stage/stage.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_KERNEL_TEST_PACKETS 1023 // in weir_kernel_test_pool
#define WEIR_KERNEL_TEST_SIZE 2048    // bytes in one piece of a packet

struct weir_kernel_test; // one instance of a stage under test

// weir_kernel_test_pool answers a pool for tests. The first call makes it, and
// starts EAL on ordinary pages unless the program has. NULL with words in e.
struct rte_mempool *weir_kernel_test_pool(struct weir_error *e);

// weir_kernel_test_packet makes a packet with these bytes, which is the
// caller's. NULL when the pool is empty or cannot be made.
struct rte_mbuf *weir_kernel_test_packet(const void *bytes, uint32_t size);

// weir_kernel_test_read makes packets of the first of a capture, count at most,
// with their times and link type. Answers how many, or -errno with words.
int weir_kernel_test_read(const char *file, struct rte_mbuf **packets,
	unsigned count, struct weir_error *e);

// weir_kernel_test_open makes an instance with options "name=value", NULL-ended
// (a list option: once for each value), with ways ways on every output of a
// stage that spreads or copies. clock and pool are borrowed; NULL: the real
// clock, weir_kernel_test_pool. Answers 0, or -errno with the words of the
// table, of the option, of check or of init.
int weir_kernel_test_open(struct weir_kernel_test **test,
	const struct weir_stage *stage, const char *const *options,
	unsigned ways, struct rte_mempool *pool, const struct weir_clock *clock,
	struct weir_error *e);

// weir_kernel_test_limit sets the largest burst (1 to WEIR_BURST, which it is
// at the start) and the room of each way in a tick or drain.
void weir_kernel_test_limit(
	struct weir_kernel_test *test, unsigned burst, unsigned room);

// weir_test_kernel gives packets to the kernel in bursts and answers how many
// it took: fewer than n only where the stage had no room. A source is called
// once, with n 0.
unsigned weir_test_kernel(
	struct weir_kernel_test *test, struct rte_mbuf **in, unsigned n);

// weir_kernel_test_tick and _drain call those, once.
void weir_kernel_test_tick(struct weir_kernel_test *test, uint64_t now);
void weir_kernel_test_drain(struct weir_kernel_test *test);

// weir_kernel_test_change does a live change to new options, which are all of
// them: what is not among them has its default.
int weir_kernel_test_change(struct weir_kernel_test *test,
	const char *const *options, struct weir_error *e);

// weir_kernel_test_taken answers what came out on a way of an output since the
// last call, *count of them, valid until the next call; they are the caller's.
struct rte_mbuf **weir_kernel_test_taken(struct weir_kernel_test *test,
	unsigned output, unsigned way, unsigned *count);

// weir_kernel_test_dropped, … answer what the books say so far.
uint64_t weir_kernel_test_dropped(
	const struct weir_kernel_test *test, unsigned reason);
uint64_t weir_kernel_test_made(const struct weir_kernel_test *test);
uint64_t weir_kernel_test_consumed(const struct weir_kernel_test *test);
uint64_t weir_kernel_test_held(const struct weir_kernel_test *test);
void *weir_kernel_test_state(struct weir_kernel_test *test);

// weir_kernel_test_counter answers the stage's own counter of that name.
uint64_t weir_kernel_test_counter(
	const struct weir_kernel_test *test, const char *name);

// weir_kernel_test_close ends it, frees what came out and was not taken, and
// answers what is unaccounted: 0 for a stage that keeps its promise.
int64_t weir_kernel_test_close(struct weir_kernel_test *test);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

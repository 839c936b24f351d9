// SPDX-License-Identifier: BSD-3-Clause
//
// Runs a kernel alone on canned packets, for tests: no file, no lcore. Needs
// EAL (a pool must be there), since packets are mbufs.
#ifndef WEIR_STAGE_KERNEL_TEST_H
#define WEIR_STAGE_KERNEL_TEST_H

#include "stage/stage.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weir_kernel_test; // one instance of a stage under test

// weir_kernel_test_open makes an instance with options "name=value", NULL-ended,
// ways ways on every output (1, or more for stages that spread or copy).
int weir_kernel_test_open(struct weir_kernel_test **test,
	const struct weir_stage *stage, const char *const *options,
	unsigned ways, struct rte_mempool *pool, const struct weir_clock *clock,
	struct weir_error *e);

// weir_test_kernel gives n packets, which it takes, to the kernel, in bursts.
void weir_test_kernel(
	struct weir_kernel_test *test, struct rte_mbuf **in, unsigned n);

// weir_kernel_test_tick and _drain call those.
void weir_kernel_test_tick(struct weir_kernel_test *test, uint64_t now);
void weir_kernel_test_drain(struct weir_kernel_test *test);

// weir_kernel_test_taken answers what came out on a way of an output since the
// last call, *count of them, valid until the next call; they are the caller's.
struct rte_mbuf **weir_kernel_test_taken(struct weir_kernel_test *test,
	unsigned output, unsigned way, unsigned *count);

uint64_t weir_kernel_test_dropped(
	const struct weir_kernel_test *test, unsigned reason);
uint64_t weir_kernel_test_made(const struct weir_kernel_test *test);
uint64_t weir_kernel_test_consumed(const struct weir_kernel_test *test);
void *weir_kernel_test_state(struct weir_kernel_test *test);

// weir_kernel_test_close ends it and answers what is unaccounted: 0 for a
// stage that keeps its promise.
int64_t weir_kernel_test_close(struct weir_kernel_test *test);

#ifdef __cplusplus
}
#endif

#endif

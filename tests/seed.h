// SPDX-License-Identifier: BSD-3-Clause
//
// The seed of a test with random input: from the environment variable
// WEIR_SEED, or a new one. Printed, so that a failure can be repeated.
#ifndef WEIR_TESTS_SEED_H
#define WEIR_TESTS_SEED_H

#include "base/clock.h"
#include "base/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static inline struct weir_random random_of_test(void)
{
	const char *given = getenv("WEIR_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : weir_ticks();

	fprintf(stderr, "WEIR_SEED=%" PRIu64 "\n", seed);
	return (struct weir_random){seed};
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Runs many worlds one after the other, from a seed on; prints how far it is,
// and the first seed that does not hold. tests/sim/nightly.sh calls it.
//
// Usage: sim_nightly FIRST COUNT
#include "sim.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EVERY 10000

static uint64_t seed;

static int say(const char *what)
{
	return dprintf(STDOUT_FILENO,
		"FAILED: %s\nWEIR_SEED=%" PRIu64 " replays it\n", what, seed);
}

// Where an assertion of the library, or worse, ended it.
static void died(int number)
{
	say(number == SIGABRT ? "it aborted" : "it crashed");
	_exit(1);
}

int main(int argc, char **argv)
{
	struct sim_report report;
	uint64_t first, count;

	if (argc != 3)
		return 2;
	first = strtoull(argv[1], NULL, 0);
	count = strtoull(argv[2], NULL, 0);
	signal(SIGABRT, died);
	signal(SIGSEGV, died);
	for (seed = first; seed - first < count; seed++) {
		if (!sim_run(seed, SIM_NO_PLANT, &report)) {
			say(report.fault);
			return 1;
		}
		if ((seed - first + 1) % EVERY)
			continue;
		printf("%" PRIu64 " worlds from %" PRIu64 " on hold\n",
			seed - first + 1, first);
		fflush(stdout);
	}
	return 0;
}

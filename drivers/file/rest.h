// SPDX-License-Identifier: BSD-3-Clause
//
// How a port's thread rests when it has nothing to do: for as long as it takes
// that a batch comes together, at most WEIR_REST_NS_MAX, so that the lcore at
// the other end of its belts need not wake it. Two threads that share a CPU
// would else take it from each other for a few packets.
#ifndef WEIR_DRIVERS_FILE_REST_H
#define WEIR_DRIVERS_FILE_REST_H

#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#define WEIR_REST_NS_MIN 5000u
#define WEIR_REST_NS_MAX 80000u // the timer's slack comes on top
#define WEIR_REST_BATCH 1024u	// packets that are worth a nap

struct weir_rest {
	uint32_t ns;   // of the next nap
	uint32_t done; // packets since the last
};

// weir_rest_begin prepares the calling thread: short sleeps are short, and
// signals go to others (SIGPIPE becomes an error of write).
static inline void weir_rest_begin(struct weir_rest *rest)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_TIMERSLACK, 1000ul);
	*rest = (struct weir_rest){.ns = WEIR_REST_NS_MIN};
}

// weir_rest_worked says that count packets have passed.
static inline void weir_rest_worked(struct weir_rest *rest, uint32_t count)
{
	rest->done += count;
}

// weir_rest_nap rests once.
static inline void weir_rest_nap(struct weir_rest *rest)
{
	struct timespec nap = {.tv_nsec = rest->ns};

	nanosleep(&nap, NULL);
	if (rest->done < WEIR_REST_BATCH)
		rest->ns *= 2;
	else
		rest->ns /= 2;
	if (rest->ns > WEIR_REST_NS_MAX)
		rest->ns = WEIR_REST_NS_MAX;
	if (rest->ns < WEIR_REST_NS_MIN)
		rest->ns = WEIR_REST_NS_MIN;
	rest->done = 0;
}

#endif

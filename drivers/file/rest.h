// SPDX-License-Identifier: BSD-3-Clause
//
// How a port's thread rests when it has nothing to do: it looks again ever
// more seldom, at least every WEIR_REST_NS_MAX, so that the lcore at the other
// end of its rings need not wake it.
#ifndef WEIR_DRIVERS_FILE_REST_H
#define WEIR_DRIVERS_FILE_REST_H

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#define WEIR_REST_NS_MIN 5000u
#define WEIR_REST_NS_MAX 80000u // the timer's slack comes on top

struct weir_rest {
	uint32_t ns; // of the next nap; 0: only let others run
};

// weir_rest_begin prepares the calling thread: short sleeps are short, and
// signals go to others (SIGPIPE becomes an error of write).
static inline void weir_rest_begin(struct weir_rest *rest)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_TIMERSLACK, 1000ul);
	rest->ns = 0;
}

// weir_rest_worked says that there was something to do.
static inline void weir_rest_worked(struct weir_rest *rest)
{
	rest->ns = 0;
}

// weir_rest_nap rests once.
static inline void weir_rest_nap(struct weir_rest *rest)
{
	struct timespec nap = {.tv_nsec = rest->ns};

	if (!rest->ns) {
		sched_yield();
		rest->ns = WEIR_REST_NS_MIN;
		return;
	}
	nanosleep(&nap, NULL);
	rest->ns *= 2;
	if (rest->ns > WEIR_REST_NS_MAX)
		rest->ns = WEIR_REST_NS_MAX;
}

#endif

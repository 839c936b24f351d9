// SPDX-License-Identifier: BSD-3-Clause
#include "base/thread.h"
#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

bool weir_waited(const char *path, uint64_t *ns, uint64_t *turns)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	char text[96], *at;
	ssize_t n;

	if (file < 0)
		return false;
	n = read(file, text, sizeof(text) - 1);
	close(file);
	text[n > 0 ? n : 0] = '\0';
	// "TIME-ON-A-CPU WAITED TURNS"
	(void)strtoull(text, &at, 10);
	*ns = strtoull(at, &at, 10);
	*turns = strtoull(at, NULL, 10);
	return *turns > 0;
}

void weir_own_reading(struct weir_reading *reading)
{
	uint64_t begin = weir_ticks(), turns;
	struct timespec cpu = {0};

	reading->waits = weir_waited(
		"/proc/thread-self/schedstat", &reading->waited_ns, &turns);
	reading->sleeps = weir_own_sleeps();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	reading->cpu_ns =
		(uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec;
	reading->tick = weir_ticks();
	reading->width = reading->tick - begin;
}

void weir_thread_quiet(pthread_attr_t *attributes)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	pthread_attr_setsigmask_np(attributes, &all);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Whether a program ends with a sentence: run in a child, whose standard error
// is read.
#ifndef TESTS_CHAN_DIES_H
#define TESTS_CHAN_DIES_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// dies runs fn in a child and tells whether it aborted; said is what it wrote.
static inline bool dies(void (*fn)(void), char *said, size_t size)
{
	size_t got = 0;
	ssize_t n;
	int ends[2], status;
	pid_t child;

	if (pipe(ends))
		return false;
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], said + got, size - 1 - got)) > 0)
		got += (size_t)n;
	said[got] = '\0';
	close(ends[0]);
	return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// The threads of this process, by their names.
#ifndef WEIR_TESTS_WATCH_THREADS_H
#define WEIR_TESTS_WATCH_THREADS_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// each_thread answers how many threads of this name the process has; *tid is one.
static inline unsigned each_thread(const char *wanted, int *tid)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *task;
	unsigned count = 0;
	char line[32];

	cr_assert(tasks);
	snprintf(line, sizeof(line), "%s\n", wanted);
	while ((task = readdir(tasks))) {
		char path[300], name[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strcmp(name, line)) {
			count++;
			*tid = atoi(task->d_name);
		}
		fclose(file);
	}
	closedir(tasks);
	return count;
}

static inline unsigned threads(const char *wanted)
{
	int tid;

	return each_thread(wanted, &tid);
}

static inline int thread_named(const char *wanted)
{
	int tid = 0;

	cr_assert_eq(each_thread(wanted, &tid), 1);
	return tid;
}

#endif

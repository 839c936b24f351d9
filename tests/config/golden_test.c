// SPDX-License-Identifier: BSD-3-Clause
//
// Each errors/NAME.yaml has beside it, in errors/NAME.expected, what is said
// of it. A new pair of files is a new case. Where a NAME.set lies beside them,
// its lines are given as --set.
#include "config/config.h"
#include "config/types.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETS_MAX 8

TestSuite(golden, .init = types_register);

// Answers the text of errors/NAME ENDING without a newline at its end, or NULL.
static char *slurp(const char *name, const char *ending)
{
	char path[512], *text = calloc(1, 1 << 17);
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), WEIR_TESTS "/config/errors/%s%s", name,
		ending);
	file = fopen(path, "r");
	if (!file) {
		free(text);
		return NULL;
	}
	size = fread(text, 1, (1 << 17) - 1, file);
	fclose(file);
	while (size && text[size - 1] == '\n')
		text[--size] = '\0';
	return text;
}

static void check(const char *name)
{
	char *expected = slurp(name, ".expected");
	char *set_lines = slurp(name, ".set");
	const char *sets[SETS_MAX + 1] = {NULL};
	struct weir_config *config;
	struct weir_error e = {0};
	char file[300];
	char *line = set_lines;

	for (unsigned i = 0; line && i < SETS_MAX; i++)
		sets[i] = strsep(&line, "\n");
	snprintf(file, sizeof(file), "%s.yaml", name);
	cr_assert_not_null(expected, "%s.expected is missing", name);
	cr_expect_eq(
		weir_config_read(&config, file, sets, &e), -EINVAL, "%s", name);
	cr_expect_null(config);
	cr_expect(!strcmp(e.text, expected), "%s:\n%s\nexpected:\n%s", name,
		e.text, expected);
	free(expected);
	free(set_lines);
}

Test(golden, what_is_wrong_is_said_as_expected)
{
	DIR *folder;
	unsigned count = 0;

	cr_assert_eq(chdir(WEIR_TESTS "/config/errors"), 0);
	folder = opendir(".");
	cr_assert_not_null(folder);
	unsetenv("WEIR_TEST_UNSET");
	for (struct dirent *entry; (entry = readdir(folder));) {
		char *dot = strstr(entry->d_name, ".yaml");

		if (!dot || dot[5])
			continue;
		*dot = '\0';
		check(entry->d_name);
		count++;
	}
	closedir(folder);
	cr_expect_gt(count, 40, "only %u cases were found", count);
}

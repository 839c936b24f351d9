// SPDX-License-Identifier: BSD-3-Clause
#include "host/sys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool join(char path[WEIR_SYS_PATH_SIZE], const char *root,
	const char *format, va_list args)
{
	int used = snprintf(path, WEIR_SYS_PATH_SIZE, "%s", root);
	int more;

	if (used >= WEIR_SYS_PATH_SIZE)
		return false;
	more = vsnprintf(
		path + used, (size_t)(WEIR_SYS_PATH_SIZE - used), format, args);
	return more >= 0 && used + more < WEIR_SYS_PATH_SIZE;
}

#define JOIN(path, root, format)                               \
	({                                                     \
		va_list args_;                                 \
		bool fits_;                                    \
		va_start(args_, format);                       \
		fits_ = join((path), (root), (format), args_); \
		va_end(args_);                                 \
		fits_;                                         \
	})

bool weir_sys_path(char path[WEIR_SYS_PATH_SIZE], const char *root,
	const char *format, ...)
{
	return JOIN(path, root, format);
}

static bool first_line(char *text, size_t size, const char *path)
{
	FILE *file = fopen(path, "re");
	bool got;

	text[0] = '\0';
	if (!file)
		return false;
	got = fgets(text, (int)size, file);
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return got;
}

bool weir_sys_text(
	char *text, size_t size, const char *root, const char *format, ...)
{
	char path[WEIR_SYS_PATH_SIZE] = "";

	text[0] = '\0';
	return JOIN(path, root, format) && first_line(text, size, path);
}

long weir_sys_number(long missing, const char *root, const char *format, ...)
{
	char path[WEIR_SYS_PATH_SIZE] = "", text[64], *end;
	long number;

	if (!JOIN(path, root, format) || !first_line(text, sizeof(text), path))
		return missing;
	number = strtol(text, &end, 0);
	return end == text ? missing : number;
}

bool weir_sys_link(
	char *name, size_t size, const char *root, const char *format, ...)
{
	char path[WEIR_SYS_PATH_SIZE], to[WEIR_SYS_PATH_SIZE];
	const char *last;
	ssize_t length;

	name[0] = '\0';
	if (!JOIN(path, root, format))
		return false;
	length = readlink(path, to, sizeof(to) - 1);
	if (length <= 0)
		return false;
	to[length] = '\0';
	last = strrchr(to, '/');
	snprintf(name, size, "%s", last ? last + 1 : to);
	return true;
}

bool weir_sys_is(const char *root, const char *format, ...)
{
	char path[WEIR_SYS_PATH_SIZE];

	return JOIN(path, root, format) && access(path, F_OK) == 0;
}

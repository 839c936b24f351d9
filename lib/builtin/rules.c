// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_SIZE 1024
#define BLANKS " \t\r\n"

static int add(struct weir_rules *rules, const char *text,
	const char *const *names, struct weir_error *e)
{
	struct weir_rule *grown;

	if (rules->count == WEIR_RULES_MAX)
		return weir_error_set(e, -E2BIG,
			"more than %u rules are too "
			"many",
			WEIR_RULES_MAX);
	if (rules->count == rules->size) {
		rules->size = rules->size ? 2 * rules->size : 64;
		grown = realloc(rules->at, rules->size * sizeof(*grown));
		if (!grown)
			return weir_error_set(e, -ENOMEM, "out of memory");
		rules->at = grown;
	}
	return weir_rule_parse(&rules->at[rules->count++], text, names, e);
}

// add_line takes one line of a file; blanks at either end and a comment do not
// count.
static int add_line(struct weir_rules *rules, char *line,
	const char *const *names, struct weir_error *e)
{
	size_t size;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, BLANKS);
	for (size = strlen(line); size && strchr(BLANKS, line[size - 1]);)
		line[--size] = '\0';
	return *line ? add(rules, line, names, e) : 0;
}

static int read_lines(struct weir_rules *rules, FILE *from, const char *file,
	const char *const *names, struct weir_error *e)
{
	char line[LINE_SIZE];
	struct weir_error why = {0};
	unsigned number = 0;
	int err = 0;

	while (!err && fgets(line, sizeof(line), from)) {
		number++;
		if (!strchr(line, '\n') && !feof(from))
			err = weir_error_set(&why, -EINVAL,
				"the line is longer than %d bytes, or binary",
				LINE_SIZE - 2);
		else
			err = add_line(rules, line, names, &why);
	}
	if (err)
		return weir_error_set(
			e, err, "%s:%u: %s", file, number, why.text);
	if (ferror(from))
		return weir_error_set(
			e, -errno, "cannot read %s: %s", file, strerror(errno));
	return 0;
}

// The rules are read several times: when the file is checked, planned and run.
// What gives its bytes once only, a pipe, would have none left.
static FILE *open_regular(const char *path)
{
	struct stat about;

	if (stat(path, &about))
		return NULL;
	if (!S_ISREG(about.st_mode)) {
		errno = S_ISDIR(about.st_mode) ? EISDIR : ESPIPE;
		return NULL;
	}
	return fopen(path, "re");
}

int weir_rules_read(struct weir_rules *rules, const char *const *texts,
	const char *file, const char *const *names, struct weir_error *e)
{
	FILE *from;
	int err = 0;

	*rules = (struct weir_rules){0};
	for (; !err && texts && *texts; texts++)
		err = add(rules, *texts, names, e);
	if (!err && file && *file) {
		from = open_regular(file);
		err = from ? read_lines(rules, from, file, names, e)
			   : weir_error_set(e, -errno, "cannot read %s: %s",
				     file, strerror(errno));
		if (from)
			fclose(from);
	}
	if (err)
		weir_rules_free(rules);
	return err;
}

void weir_rules_free(struct weir_rules *rules)
{
	free(rules->at);
	*rules = (struct weir_rules){0};
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as a pipeline: a file, "\0" and what is set, again and again. What
// begins with '!' is a short form instead. Whatever they are, reading ends in a
// config or in words.
#include "config/config.h"
#include "config/types.h"

#include <stdlib.h>
#include <string.h>

#define SETS_MAX 8

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	types_register();
	return 0;
}

static void check(struct weir_config *config, int error, struct weir_error *e)
{
	weir_assert((error == 0) == (config != NULL));
	weir_assert((error == 0) == (e->text[0] == '\0'));
	weir_config_destroy(config);
}

static void read_short(const char *expression)
{
	struct weir_config *config = NULL;
	struct weir_error e = {0};
	char *text;
	int error = weir_config_short(&text, expression, &e);

	if (!error)
		error = weir_config_parse(
			&config, "-e", text, strlen(text), NULL, &e);
	free(text);
	check(config, error, &e);
}

static void read_file(const char *text, size_t size)
{
	const char *end = text + size, *sets[SETS_MAX + 1] = {NULL};
	const char *next = memchr(text, '\0', size);
	struct weir_config *config;
	struct weir_error e = {0};
	int error;

	size = next ? (size_t)(next - text) : size;
	for (unsigned i = 0; i < SETS_MAX && next && next + 1 < end; i++) {
		sets[i] = next + 1;
		next = memchr(next + 1, '\0', (size_t)(end - next - 1));
	}
	error = weir_config_parse(&config, "fuzz", text, size, sets, &e);
	check(config, error, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (*text == '!')
		read_short(text + 1);
	else
		read_file(text, size);
	free(text);
	return 0;
}

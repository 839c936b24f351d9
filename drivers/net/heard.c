// SPDX-License-Identifier: BSD-3-Clause
#include "net/heard.h"

#include <rte_log.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Lines that only say that what is below them failed.
static const char *const empty[] = {
	"Driver cannot attach the device",
	"Failed to attach device on primary process",
	"failed to initialize",
	"Failed to initialize",
	"probe failed",
};

// The stream is made once and never closed: other threads of DPDK may be about
// to write to it at any time. The text is written under the stream's lock.
static FILE *stream;
static struct {
	bool on;
	char text[2000];
	size_t size;
} said;

static ssize_t hear(void *cookie, const char *text, size_t size)
{
	size_t room = sizeof(said.text) - 1 - said.size;
	size_t take = size < room ? size : room;

	if (!said.on)
		return (ssize_t)fwrite(text, 1, size, stderr);
	memcpy(said.text + said.size, text, take);
	said.size += take;
	said.text[said.size] = '\0';
	return (ssize_t)size;
}

void weir_heard_begin(struct weir_heard *heard)
{
	*heard = (struct weir_heard){0};
	if (!stream)
		stream = fopencookie(
			NULL, "w", (cookie_io_functions_t){.write = hear});
	if (!stream)
		return;
	setvbuf(stream, NULL, _IOLBF, 0);
	flockfile(stream);
	said.on = true;
	said.size = 0;
	said.text[0] = '\0';
	funlockfile(stream);
	rte_openlog_stream(stream);
}

static bool says_something(const char *line)
{
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		if (strstr(line, empty[i]))
			return false;
	return *line != '\0';
}

// after_prefix skips "EAL: " and "pmd_function(): ": names of no use to a user.
static const char *after_prefix(const char *line)
{
	const char *end;

	while ((end = strstr(line, ": ")) &&
		!memchr(line, ' ', (size_t)(end - line)))
		line = end + 2;
	return line;
}

const char *weir_heard_why(struct weir_heard *heard)
{
	char text[sizeof(said.text)], *rest, *line;

	heard->line[0] = '\0';
	if (!stream)
		return "";
	fflush(stream);
	flockfile(stream);
	memcpy(text, said.text, sizeof(text));
	funlockfile(stream);
	for (line = strtok_r(text, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		if (!says_something(line))
			continue;
		snprintf(heard->line, sizeof(heard->line), "; it says: %s",
			after_prefix(line));
		break;
	}
	return heard->line;
}

void weir_heard_end(struct weir_heard *heard)
{
	rte_openlog_stream(NULL);
	if (!stream)
		return;
	fflush(stream);
	flockfile(stream);
	said.on = false;
	funlockfile(stream);
}

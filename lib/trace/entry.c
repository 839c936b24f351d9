// SPDX-License-Identifier: BSD-3-Clause
#include "trace/entry.h"
#include "base/text.h"

#include <inttypes.h>

// A byte that is in no letter of UTF-8 becomes U+FFFD.
void weir_entry_text(FILE *file, const char *text)
{
	unsigned letter;

	fputc('"', file);
	for (const char *c = text; *c; c += letter ? letter : 1) {
		unsigned char byte = (unsigned char)*c;

		letter = weir_text_letter(c);
		if (byte == '"' || byte == '\\')
			fprintf(file, "\\%c", byte);
		else if (!letter || byte < 0x20 || byte == 0x7f)
			fprintf(file, "\\u%04x", letter ? byte : 0xfffd);
		else
			fwrite(c, 1, letter, file);
	}
	fputc('"', file);
}

// In microseconds, and exact to the nanosecond: from the first event on, since
// readers keep 53 bits.
static void write_time(
	struct weir_entries *entries, const char *key, uint64_t ns)
{
	fprintf(entries->file, ",\"%s\":%" PRIu64 ".%03u", key, ns / 1000,
		(unsigned)(ns % 1000));
}

static uint64_t since_origin(const struct weir_entries *entries, uint64_t ns)
{
	return ns > entries->origin ? ns - entries->origin : 0;
}

void weir_entry_begin(struct weir_entries *entries, const char *phase,
	const char *name, unsigned thread, uint64_t ns)
{
	fputs(entries->begun ? ",\n" : "\n", entries->file);
	entries->begun = true;
	fprintf(entries->file,
		"{\"ph\":\"%s\",\"pid\":1,\"tid\":%u,\"name\":", phase, thread);
	weir_entry_text(entries->file, name);
	write_time(entries, "ts", since_origin(entries, ns));
}

void weir_entry_end(struct weir_entries *entries)
{
	fputc('}', entries->file);
}

// write_duration writes a tenth of a nanosecond less: readers add it to the time as
// floating point, or cut both to nanoseconds, and a slice that ends behind the
// beginning of the next would contain it, and all that follow.
static void write_duration(struct weir_entries *entries, uint64_t ns)
{
	if (ns == 0)
		fputs(",\"dur\":0", entries->file);
	else
		fprintf(entries->file, ",\"dur\":%" PRIu64 ".%03u9",
			(ns - 1) / 1000, (unsigned)((ns - 1) % 1000));
}

void weir_entry_slice(struct weir_entries *entries, const char *name,
	const char *category, unsigned thread, uint64_t from, uint64_t to)
{
	weir_entry_begin(entries, "X", name, thread, from);
	write_duration(entries,
		since_origin(entries, to) - since_origin(entries, from));
	fprintf(entries->file, ",\"cat\":\"%s\"", category);
}

void weir_entry_arrow(struct weir_entries *entries, const char *name,
	const struct weir_moment *from, const struct weir_moment *to)
{
	entries->arrows++;
	weir_entry_begin(entries, "s", name, from->thread, from->ns);
	fprintf(entries->file, ",\"cat\":\"%s\",\"id\":%" PRIu64, name,
		entries->arrows);
	weir_entry_end(entries);
	weir_entry_begin(entries, "f", name, to->thread, to->ns);
	fprintf(entries->file, ",\"bp\":\"e\",\"cat\":\"%s\",\"id\":%" PRIu64,
		name, entries->arrows);
	weir_entry_end(entries);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "trace/mark.h"

#include <inttypes.h>
#include <string.h>

static void write_field(FILE *file, struct weir_objects *objects,
	const struct weir_chrome_event *event, unsigned i)
{
	char text[64];
	const char *name;

	weir_entry_text(file, event->field[i] ? event->field[i] : "?");
	fputc(':', file);
	name = event->text[i] ? event->text[i]
			      : weir_objects_known(objects, event->number[i]);
	if (!name) {
		snprintf(text, sizeof(text),
			event->number[i] > UINT32_MAX ? "0x%" PRIx64
						      : "%" PRIu64,
			event->number[i]);
		name = text;
	}
	weir_entry_text(file, name);
}

void weir_mark_event(struct weir_entries *out, struct weir_objects *objects,
	const struct weir_chrome_event *event)
{
	const char *point = event->point;

	if (strncmp(point, "weir.", 5) == 0)
		point += 5;
	weir_entry_begin(out, "i", point, event->thread, event->ns);
	fputs(",\"s\":\"t\",\"args\":{", out->file);
	for (unsigned i = 0; i < event->count; i++) {
		if (i)
			fputc(',', out->file);
		write_field(out->file, objects, event, i);
	}
	fputc('}', out->file);
	weir_entry_end(out);
}

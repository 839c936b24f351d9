// SPDX-License-Identifier: BSD-3-Clause
//
// The entries of a file in the Trace Event Format, as text. For
// lib/trace/chrome.c.
//
// Threads.  One.
// Memory.  The caller's; the file is borrowed.
#ifndef WEIR_TRACE_ENTRY_H
#define WEIR_TRACE_ENTRY_H

#include "trace/objects.h"

struct weir_entries {
	FILE *file;
	bool begun;	 // something was written
	uint64_t origin; // ns that times are counted from
	uint64_t arrows;
};

// weir_entry_text writes a JSON string, whatever text holds.
void weir_entry_text(FILE *file, const char *text);

// weir_entry_begin writes what each entry has; the caller adds members to
// entries->file and calls weir_entry_end.
void weir_entry_begin(struct weir_entries *entries, const char *phase,
	const char *name, unsigned thread, uint64_t ns);
void weir_entry_end(struct weir_entries *entries);

// weir_entry_slice begins one that lasts from one time to another.
void weir_entry_slice(struct weir_entries *entries, const char *name,
	const char *category, unsigned thread, uint64_t from, uint64_t to);

// weir_entry_arrow writes both ends of an arrow.
void weir_entry_arrow(struct weir_entries *entries, const char *name,
	const struct weir_moment *from, const struct weir_moment *to);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Points that have no form of their own in a trace: a mark each, with what they say.
// For lib/trace/chrome.c.
//
// Threads.  One.
// Memory.  The caller's entries and objects.
#ifndef WEIR_TRACE_MARK_H
#define WEIR_TRACE_MARK_H

#include "trace/chrome.h"
#include "trace/entry.h"

// weir_mark_event writes a point with all its fields; an object that has a name is
// called so.
void weir_mark_event(struct weir_entries *out, struct weir_objects *objects,
	const struct weir_chrome_event *event);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Descriptors of a reactor in a trace: a track each, from where it was opened to where
// it was closed, on which its connection waits for a stack and has one. For
// lib/trace/chrome.c.
//
// Threads.  One.
// Memory.  The caller's entries and objects.
#ifndef WEIR_TRACE_DESCRIPTOR_H
#define WEIR_TRACE_DESCRIPTOR_H

#include "trace/chrome.h"
#include "trace/entry.h"

// weir_descriptor_event writes what a point of weir.fd or weir.connection says.
void weir_descriptor_event(struct weir_entries *out,
	struct weir_objects *objects, const struct weir_chrome_event *event);

// weir_descriptor_end ends what is open on the track of an object, which may be
// another thing than a descriptor.
void weir_descriptor_end(struct weir_entries *out, struct weir_object *object,
	unsigned thread, uint64_t ns);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Makes of a trace what ui.perfetto.dev and chrome://tracing show: the Trace
// Event Format, JSON.
//
//	track of a thread   steps of tasks, bursts through stages, "(idle)": slices
//	track of a wait     from park to wake, named by what is waited for
//	track of a counter  how many messages are in a channel
//	arrow               from who woke a task, or sent, to where that goes on
//	mark                everything else
//
// Events are given in the order of time. What began before the trace did, or was
// overwritten, is left open at that end.
//
// Threads.  One.
// Memory.  It keeps the objects that it has seen, and of each channel the latest
// WEIR_CHROME_SENDS sends.
#ifndef WEIR_TRACE_CHROME_H
#define WEIR_TRACE_CHROME_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define WEIR_CHROME_FIELDS 4
#define WEIR_CHROME_SENDS 64

struct weir_chrome;

// An event of a trace; its texts are borrowed while it is given.
struct weir_chrome_event {
	uint64_t ns;
	unsigned thread;   // a small number
	const char *point; // "weir.task.resumed"; others are marks
	unsigned count;	   // of fields, in the order of the table of points
	uint64_t number[WEIR_CHROME_FIELDS];
	const char *text[WEIR_CHROME_FIELDS]; // NULL: a number
	const char *field[WEIR_CHROME_FIELDS];
};

// weir_chrome_open begins to write to file, which it borrows; NULL: no memory.
struct weir_chrome *weir_chrome_open(FILE *file, const char *process);

// weir_chrome_thread names a thread.
void weir_chrome_thread(
	struct weir_chrome *chrome, unsigned thread, const char *name);

void weir_chrome_event(
	struct weir_chrome *chrome, const struct weir_chrome_event *event);

// What the trace says that it lacks.
struct weir_chrome_lost {
	uint64_t overwritten; // by newer events
	uint64_t nested;      // passed in a signal handler within another
};

// weir_chrome_close ends what is open, and the file's text, and says what was lost.
// Answers 0, or -ENOMEM when memory was too little for all.
int weir_chrome_close(
	struct weir_chrome *chrome, struct weir_chrome_lost *lost);

#endif

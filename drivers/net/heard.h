// SPDX-License-Identifier: BSD-3-Clause
//
// EAL and its drivers say why something failed only in their log. While a
// device is set up the log is heard, and its first line that tells something
// becomes part of our sentence.
//
// Threads.  Set-up only: one thread at a time; what other threads log
// meanwhile is heard too.
// Memory.  The caller's. A stream is made once for the process.
#ifndef WEIR_DRIVERS_NET_HEARD_H
#define WEIR_DRIVERS_NET_HEARD_H

struct weir_heard {
	char line[300]; // of weir_heard_why
};

// weir_heard_begin starts to hear.
void weir_heard_begin(struct weir_heard *heard);

// weir_heard_why answers "; it says: …", or "" where nothing was said that
// helps.
const char *weir_heard_why(struct weir_heard *heard);

// weir_heard_end goes back to where EAL logs by itself.
void weir_heard_end(struct weir_heard *heard);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// The objects of a trace by their addresses: what they are called, and what is
// known of them so far. For lib/trace/chrome.c.
//
// An address is used again when what lay there has gone.
#ifndef WEIR_TRACE_OBJECTS_H
#define WEIR_TRACE_OBJECTS_H

#include "trace/chrome.h"

// Where something happened, in time and on which thread.
struct weir_moment {
	uint64_t ns;
	unsigned thread;
};

struct weir_send {
	uint64_t first, last; // its messages' numbers, last exclusive
	struct weir_moment at;
};

struct weir_object {
	uint64_t address;
	struct weir_object *next; // in its bucket
	char name[48];		  // "": not known

	// A task's.
	struct weir_moment made_ready; // ns 0: an arrow has gone from there
	bool waits;
	char waits_for[128];

	// A descriptor's: what is open on its track.
	bool is_open;
	const char *does; // as a connection; NULL: nothing

	// A channel's: messages by number, from 0 at the trace's first look.
	bool counted;
	uint64_t sent, received;
	unsigned first_send, send_count;
	struct weir_send *sends; // WEIR_CHROME_SENDS; NULL: none was seen
};

#define WEIR_OBJECT_BUCKETS 16384

struct weir_objects {
	struct weir_object *buckets[WEIR_OBJECT_BUCKETS];
	bool failed; // memory was too little
	char unknown[32];
};

// weir_objects_get answers the object of an address, new ones too; NULL: no
// memory.
struct weir_object *weir_objects_get(
	struct weir_objects *objects, uint64_t address);

// weir_objects_call gives it a name; weir_objects_forget takes it away, with all
// else: what lies there next is another.
void weir_objects_call(
	struct weir_objects *objects, uint64_t address, const char *name);
void weir_objects_forget(struct weir_objects *objects, uint64_t address);

// weir_objects_known answers its name, NULL when it has none;
// weir_objects_name, a name in any case, until the next call.
const char *weir_objects_known(struct weir_objects *objects, uint64_t address);
const char *weir_objects_name(struct weir_objects *objects, uint64_t address);

void weir_objects_each(struct weir_objects *objects,
	void (*each)(struct weir_object *object, void *arg), void *arg);
void weir_objects_fini(struct weir_objects *objects);

// weir_object_sent counts messages into a channel that holds depth then.
// weir_object_received counts them out, and tells when the first of them was
// sent, if that is known.
void weir_object_sent(struct weir_object *channel, uint64_t count,
	uint64_t depth, const struct weir_moment *at);
bool weir_object_received(struct weir_object *channel, uint64_t count,
	uint64_t depth, struct weir_moment *from);

#endif

// SPDX-License-Identifier: BSD-3-Clause
#include "trace/descriptor.h"

#include <inttypes.h>
#include <string.h>

// Where an event is, and what it is of.
struct at {
	struct weir_entries *out;
	struct weir_object *fd;
	const struct weir_chrome_event *event;
};

static void write_on_track(struct weir_entries *out, const char *phase,
	const char *name, const struct weir_object *fd, unsigned thread,
	uint64_t ns)
{
	weir_entry_begin(out, phase, name, thread, ns);
	fprintf(out->file, ",\"cat\":\"descriptor\",\"id\":\"0x%" PRIx64 "\"",
		fd->address);
	weir_entry_end(out);
}

static void on_track(const struct at *at, const char *phase, const char *name)
{
	write_on_track(
		at->out, phase, name, at->fd, at->event->thread, at->event->ns);
}

// begin begins the track with the first event that is seen of it.
static void begin(const struct at *at)
{
	struct weir_object *fd = at->fd;

	if (fd->is_open)
		return;
	snprintf(fd->name, sizeof(fd->name), "descriptor %" PRIu64,
		at->event->number[1]);
	fd->is_open = true;
	on_track(at, "b", fd->name);
}

// does ends what the connection did and begins another; NULL: nothing.
static void does(const struct at *at, const char *what)
{
	begin(at);
	if (at->fd->does)
		on_track(at, "e", at->fd->does);
	at->fd->does = what;
	if (what)
		on_track(at, "b", what);
}

void weir_descriptor_end(struct weir_entries *out, struct weir_object *object,
	unsigned thread, uint64_t ns)
{
	if (object->does)
		write_on_track(out, "e", object->does, object, thread, ns);
	if (object->is_open)
		write_on_track(out, "e", object->name, object, thread, ns);
	object->does = NULL;
	object->is_open = false;
}

static void on_opened(const struct at *at)
{
	// If its close was overwritten.
	weir_descriptor_end(at->out, at->fd, at->event->thread, at->event->ns);
	begin(at);
}

static void on_ready(const struct at *at)
{
	static const char *const ways[] = {"neither", "can be read",
		"can be written", "can be read and written"};
	uint64_t told = at->event->count > 2 ? at->event->number[2] : 0;

	begin(at);
	on_track(at, "n", ways[told % 4]);
}

static void on_closed(const struct at *at)
{
	begin(at);
	weir_descriptor_end(at->out, at->fd, at->event->thread, at->event->ns);
}

static void on_queues(const struct at *at)
{
	does(at, "waits for a stack");
}

static void on_borrows(const struct at *at)
{
	does(at, "has a stack");
}

static void on_returns(const struct at *at)
{
	does(at, NULL);
}

static const struct {
	const char *point;
	void (*on)(const struct at *at);
} handlers[] = {
	{"weir.fd.opened", on_opened},
	{"weir.fd.ready", on_ready},
	{"weir.fd.closed", on_closed},
	{"weir.connection.queues", on_queues},
	{"weir.connection.borrows", on_borrows},
	{"weir.connection.returns", on_returns},
};

void weir_descriptor_event(struct weir_entries *out,
	struct weir_objects *objects, const struct weir_chrome_event *event)
{
	const struct at at = {
		out, weir_objects_get(objects, event->number[0]), event};

	for (size_t i = 0; i < sizeof(handlers) / sizeof(*handlers); i++)
		if (at.fd && strcmp(handlers[i].point, event->point) == 0)
			handlers[i].on(&at);
	if (strcmp(event->point, "weir.fd.closed") == 0)
		weir_objects_forget(objects, event->number[0]);
}

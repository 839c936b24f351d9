// SPDX-License-Identifier: BSD-3-Clause
#include "trace/chrome.h"
#include "base/assert.h"
#include "trace/descriptor.h"
#include "trace/entry.h"
#include "trace/mark.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 512
#define NEVER UINT64_MAX

// What a thread is doing.
struct thread {
	uint64_t task, since;		 // whose step, since when
	uint64_t idle_since;		 // NEVER: it is not
	uint64_t asleep_since;		 // likewise
	uint64_t burst_begin, burst_end; // of the last one; 0: none
	uint64_t parks_for;		 // channel, said just before the park
	unsigned parks_side;
};

struct weir_chrome {
	struct weir_entries out;
	bool timed; // out.origin is known
	uint64_t now;
	struct weir_chrome_lost lost;
	struct weir_objects objects;
	struct thread threads[THREADS];
};

// ---- what a thread does ----

static struct thread *thread_of(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	return &chrome->threads[event->thread % THREADS];
}

static void end_idle(
	struct weir_chrome *chrome, unsigned thread, uint64_t until)
{
	struct thread *t = &chrome->threads[thread % THREADS];

	if (t->idle_since == NEVER)
		return;
	if (until > t->idle_since) {
		weir_entry_slice(&chrome->out, "(idle)", "idle", thread,
			t->idle_since, until);
		weir_entry_end(&chrome->out);
	}
	t->idle_since = NEVER;
}

static void end_step(struct weir_chrome *chrome, unsigned thread, uint64_t ns,
	const char *how)
{
	struct thread *t = &chrome->threads[thread % THREADS];

	if (!t->task)
		return;
	weir_entry_slice(&chrome->out,
		weir_objects_name(&chrome->objects, t->task), "task", thread,
		t->since, ns);
	fprintf(chrome->out.file, ",\"args\":{\"end\":\"%s\"}", how);
	weir_entry_end(&chrome->out);
	t->task = 0;
}

static void on_step(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	struct thread *t = thread_of(chrome, event);
	struct weir_object *task =
		weir_objects_get(&chrome->objects, event->number[0]);

	end_idle(chrome, event->thread, event->ns);
	end_step(chrome, event->thread, event->ns, "?");
	t->task = event->number[0];
	t->since = event->ns;
	if (!task || !task->made_ready.ns)
		return;
	weir_entry_arrow(&chrome->out, "wakes", &task->made_ready,
		&(struct weir_moment){event->ns, event->thread});
	task->made_ready.ns = 0;
}

// ---- waits ----

static void wait_entry(struct weir_chrome *chrome, const char *phase,
	const struct weir_object *task, unsigned thread, uint64_t ns)
{
	weir_entry_begin(&chrome->out, phase, task->waits_for, thread, ns);
	fprintf(chrome->out.file, ",\"cat\":\"wait\",\"id\":\"0x%" PRIx64 "\"",
		task->address);
	weir_entry_end(&chrome->out);
}

static void end_wait(struct weir_chrome *chrome, struct weir_object *task,
	unsigned thread, uint64_t ns)
{
	if (!task->waits)
		return;
	task->waits = false;
	wait_entry(chrome, "e", task, thread, ns);
}

static void on_park(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	static const char *const sides[] = {
		"a message of", "room in", "the end of"};
	struct thread *t = thread_of(chrome, event);
	struct weir_object *task =
		weir_objects_get(&chrome->objects, event->number[0]);
	char for_what[96] = "a sleep";

	end_step(chrome, event->thread, event->ns, "parked");
	if (t->parks_for)
		snprintf(for_what, sizeof(for_what), "%s %s",
			sides[t->parks_side % 3],
			weir_objects_name(&chrome->objects, t->parks_for));
	else if (event->number[1])
		snprintf(for_what, sizeof(for_what), "%s",
			weir_objects_name(&chrome->objects, event->number[1]));
	t->parks_for = 0;
	if (!task)
		return;
	end_wait(chrome, task, event->thread, event->ns);
	snprintf(task->waits_for, sizeof(task->waits_for),
		"%.40s waits for %.70s",
		weir_objects_name(&chrome->objects, task->address), for_what);
	task->waits = true;
	wait_entry(chrome, "b", task, event->thread, event->ns);
}

static void on_chan_parked(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	thread_of(chrome, event)->parks_for = event->number[0];
	thread_of(chrome, event)->parks_side = (unsigned)event->number[1];
}

static void on_lock(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	char name[64];

	snprintf(name, sizeof(name), "a %s",
		event->text[1] ? event->text[1] : "lock");
	if (!weir_objects_known(&chrome->objects, event->number[0]))
		weir_objects_call(&chrome->objects, event->number[0], name);
	thread_of(chrome, event)->parks_for = 0;
	weir_mark_event(&chrome->out, &chrome->objects, event);
}

static void make_ready(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	struct weir_object *task =
		weir_objects_get(&chrome->objects, event->number[0]);

	if (!task)
		return;
	end_wait(chrome, task, event->thread, event->ns);
	task->made_ready = (struct weir_moment){event->ns, event->thread};
}

static void on_spawn(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	if (event->text[1])
		weir_objects_call(
			&chrome->objects, event->number[0], event->text[1]);
	make_ready(chrome, event);
	weir_mark_event(&chrome->out, &chrome->objects, event);
}

static void on_yield(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	end_step(chrome, event->thread, event->ns, "yielded");
}

static void on_end(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	struct weir_object *task =
		weir_objects_get(&chrome->objects, event->number[0]);

	end_step(chrome, event->thread, event->ns, "ended");
	if (task)
		end_wait(chrome, task, event->thread, event->ns);
	weir_objects_forget(&chrome->objects, event->number[0]);
}

static void on_turn(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	// A stepper has no event of its own for a step that neither parks nor
	// ends.
	end_step(chrome, event->thread, event->ns, "turn");
	end_idle(chrome, event->thread, event->ns);
}

static void on_idle(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	end_step(chrome, event->thread, event->ns, "turn");
	thread_of(chrome, event)->idle_since = event->ns;
}

// Asleep is a part of being idle.
static void on_sleep(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	thread_of(chrome, event)->asleep_since = event->ns;
}

static void on_wake(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	struct thread *t = thread_of(chrome, event);

	if (t->asleep_since != NEVER) {
		weir_entry_slice(&chrome->out, "(asleep)", "idle",
			event->thread, t->asleep_since, event->ns);
		weir_entry_end(&chrome->out);
	}
	t->asleep_since = NEVER;
}

// ---- channels ----

static void on_opened(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	if (event->text[1] && event->text[1][0])
		weir_objects_call(
			&chrome->objects, event->number[0], event->text[1]);
	weir_mark_event(&chrome->out, &chrome->objects, event);
}

static void depth(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	char name[80];

	snprintf(name, sizeof(name), "in %s",
		weir_objects_name(&chrome->objects, event->number[0]));
	weir_entry_begin(&chrome->out, "C", name, 0, event->ns);
	fprintf(chrome->out.file, ",\"args\":{\"messages\":%" PRIu64 "}",
		event->number[2]);
	weir_entry_end(&chrome->out);
}

// sent_at answers when a send was, as an arrow has it. What a burst is sent with
// comes behind its end, and viewers leave out arrows that begin at no slice.
static uint64_t sent_at(
	const struct thread *t, const struct weir_chrome_event *event)
{
	if (t->task || t->idle_since != NEVER ||
		t->burst_end == t->burst_begin || event->ns < t->burst_end)
		return event->ns;
	return t->burst_end - 1;
}

static void on_sent(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	struct weir_object *channel =
		weir_objects_get(&chrome->objects, event->number[0]);

	depth(chrome, event);
	if (channel)
		weir_object_sent(channel, event->number[1], event->number[2],
			&(struct weir_moment){
				sent_at(thread_of(chrome, event), event),
				event->thread});
}

static void on_received(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	const struct weir_moment here = {event->ns, event->thread};
	struct weir_object *channel =
		weir_objects_get(&chrome->objects, event->number[0]);
	struct weir_moment from;

	depth(chrome, event);
	if (channel && weir_object_received(channel, event->number[1],
			       event->number[2], &from))
		weir_entry_arrow(&chrome->out, "message", &from, &here);
}

static void on_descriptor(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	weir_descriptor_event(&chrome->out, &chrome->objects, event);
}

// ---- stages ----

static void on_burst(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	uint64_t ns = event->number[2]; // ticks were made nanoseconds of

	end_idle(chrome, event->thread, event->ns - ns);
	thread_of(chrome, event)->burst_begin = event->ns - ns;
	thread_of(chrome, event)->burst_end = event->ns;
	weir_entry_slice(&chrome->out,
		weir_objects_name(&chrome->objects, event->number[0]), "stage",
		event->thread, event->ns - ns, event->ns);
	fprintf(chrome->out.file, ",\"args\":{\"packets\":%" PRIu64 "}",
		event->number[1]);
	weir_entry_end(&chrome->out);
}

// ---- the trace itself ----

static void on_named(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	if (event->text[2])
		weir_objects_call(
			&chrome->objects, event->number[0], event->text[2]);
}

static void on_lost(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	chrome->lost.overwritten += event->number[0];
	chrome->lost.nested += event->count > 1 ? event->number[1] : 0;
	weir_mark_event(&chrome->out, &chrome->objects, event);
}

static const struct {
	const char *point;
	unsigned fields; // that it needs
	void (*on)(struct weir_chrome *chrome,
		const struct weir_chrome_event *event);
} handlers[] = {
	{"weir.stage.burst", 3, on_burst},
	{"weir.executor.turn", 2, on_turn},
	{"weir.task.resumed", 1, on_step},
	{"weir.task.yielded", 1, on_yield},
	{"weir.task.parked", 3, on_park},
	{"weir.task.woken", 2, make_ready},
	{"weir.task.spawned", 2, on_spawn},
	{"weir.task.ended", 2, on_end},
	{"weir.stepper.started", 2, make_ready},
	{"weir.stepper.stepped", 1, on_step},
	{"weir.stepper.parked", 3, on_park},
	{"weir.stepper.woken", 2, make_ready},
	{"weir.stepper.ended", 2, on_end},
	{"weir.executor.idle", 1, on_idle},
	{"weir.chan.opened", 3, on_opened},
	{"weir.chan.sent", 3, on_sent},
	{"weir.chan.received", 3, on_received},
	{"weir.chan.parked", 2, on_chan_parked},
	{"weir.fd.opened", 2, on_descriptor},
	{"weir.fd.ready", 3, on_descriptor},
	{"weir.fd.closed", 2, on_descriptor},
	{"weir.connection.queues", 2, on_descriptor},
	{"weir.connection.borrows", 2, on_descriptor},
	{"weir.connection.returns", 2, on_descriptor},
	{"weir.executor.sleeps", 2, on_sleep},
	{"weir.executor.wakes", 1, on_wake},
	{"weir.lock.contended", 2, on_lock},
	{"weir.trace.named", 3, on_named},
	{"weir.trace.lost", 1, on_lost},
};

// begin_of answers when what an event tells of began: a burst is told of at its end.
static uint64_t begin_of(const struct weir_chrome_event *event)
{
	bool burst = strcmp(event->point, "weir.stage.burst") == 0 &&
		     event->count >= 3 && event->number[2] < event->ns;

	return burst ? event->ns - event->number[2] : event->ns;
}

void weir_chrome_event(
	struct weir_chrome *chrome, const struct weir_chrome_event *event)
{
	const size_t count = sizeof(handlers) / sizeof(*handlers);

	if (strcmp(event->point, "weir.trace.named") && !chrome->timed) {
		chrome->out.origin = begin_of(event);
		chrome->timed = true;
	}
	chrome->now = event->ns;
	for (size_t i = 0; i < count; i++)
		if (strcmp(handlers[i].point, event->point) == 0 &&
			event->count >= handlers[i].fields) {
			handlers[i].on(chrome, event);
			return;
		}
	weir_mark_event(&chrome->out, &chrome->objects, event);
}

// ---- begin and end ----

static void metadata(struct weir_chrome *chrome, const char *what,
	unsigned thread, const char *name)
{
	weir_entry_begin(&chrome->out, "M", what, thread, 0);
	fputs(",\"args\":{\"name\":", chrome->out.file);
	weir_entry_text(chrome->out.file, name);
	fputc('}', chrome->out.file);
	weir_entry_end(&chrome->out);
}

struct weir_chrome *weir_chrome_open(FILE *file, const char *process)
{
	struct weir_chrome *chrome = calloc(1, sizeof(*chrome));

	if (!chrome)
		return NULL;
	chrome->out.file = file;
	for (unsigned i = 0; i < THREADS; i++)
		chrome->threads[i].idle_since =
			chrome->threads[i].asleep_since = NEVER;
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", file);
	metadata(chrome, "process_name", 0, process);
	return chrome;
}

void weir_chrome_thread(
	struct weir_chrome *chrome, unsigned thread, const char *name)
{
	metadata(chrome, "thread_name", thread, name);
}

static void end_all_of(struct weir_object *object, void *arg)
{
	struct weir_chrome *chrome = arg;

	end_wait(chrome, object, 0, chrome->now);
	weir_descriptor_end(&chrome->out, object, 0, chrome->now);
}

int weir_chrome_close(struct weir_chrome *chrome, struct weir_chrome_lost *lost)
{
	int answer;

	for (unsigned i = 0; i < THREADS; i++) {
		end_step(chrome, i, chrome->now, "the trace's end");
		end_idle(chrome, i, chrome->now);
	}
	weir_objects_each(&chrome->objects, end_all_of, chrome);
	fprintf(chrome->out.file,
		"\n],\"otherData\":{\"overwritten\":\"%" PRIu64
		"\",\"nested\":\"%" PRIu64 "\"}}\n",
		chrome->lost.overwritten, chrome->lost.nested);
	*lost = chrome->lost;
	answer = chrome->objects.failed ? -ENOMEM : 0;
	weir_objects_fini(&chrome->objects);
	free(chrome);
	return answer;
}

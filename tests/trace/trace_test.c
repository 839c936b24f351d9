// SPDX-License-Identifier: BSD-3-Clause
#include "trace/events.h"

#include "chan/latest.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>

#define OBJECT ((const void *)0x1234)
#define CHAN_FULL (8 + 8 + 4) // bytes of this point's event

static void stop_and_close(void)
{
	weir_trace_stop();
	weir_trace_drop();
	weir_eal_close();
}

#define TestTrace(name) \
	Test(trace, name, .init = events_open, .fini = stop_and_close)

// only answers the file of the one thread that wrote.
static char *only(const struct saved *saved, size_t *size)
{
	return read_file(saved, "channel0_0", size);
}

Test(trace, needs_eal_and_says_so)
{
	const struct weir_trace_options options = {.threads = 1};
	struct weir_error e = {0};

	WEIR_TRACE(chan_full, OBJECT, 1); // harmless
	cr_expect_eq(weir_trace_start(&options, &e), -ENOTSUP);
	cr_expect_str_eq(
		e.text, "a trace needs EAL, which this program did not start");
	cr_expect_not(weir_trace_is_on());
	weir_trace_stop();
	weir_trace_drop();
}

TestTrace(holds_what_was_passed_while_it_was_on)
{
	struct saved saved;
	struct event event;
	size_t size;
	char *bytes;

	WEIR_TRACE(chan_full, OBJECT, 1);
	start_tracing(0, 1);
	WEIR_TRACE(chan_full, OBJECT, 2);
	weir_trace_stop();
	WEIR_TRACE(chan_full, OBJECT, 3);
	save(&saved);
	bytes = only(&saved, &size);
	cr_assert_eq(size, HEAD_SIZE + CHAN_FULL);
	event = event_at(bytes + HEAD_SIZE);
	cr_expect_eq(event.number, number_of(&saved, "chan.full"));
	cr_expect_eq(field_u64(&event, 0), (uintptr_t)OBJECT);
	cr_expect_eq(field_u32(&event, 8), 2);
	cr_expect_eq(saved.sum.events, 1);
	cr_expect_eq(saved.sum.overwritten, 0);
	cr_expect_eq(saved.sum.threads, 1);
	free(bytes);
	forget(&saved);
}

TestTrace(more_memory_than_there_is_is_refused)
{
	const struct weir_trace_options options = {
		.memory_size = UINT32_MAX / 2, .threads = 4096};
	struct weir_error e = {0};

	cr_expect_eq(weir_trace_start(&options, &e), -ENOMEM);
	cr_expect(strstr(e.text, "no memory for a trace of 4096 threads"), "%s",
		e.text);
	cr_expect_not(weir_trace_is_on());
}

TestTrace(strings_are_cut_and_ended)
{
	struct saved saved;
	struct event event;
	size_t size;
	char *bytes;

	start_tracing(0, 1);
	WEIR_TRACE(task_spawned, OBJECT,
		"a name that is longer than thirty-two characters are");
	weir_trace_stop();
	save(&saved);
	bytes = only(&saved, &size);
	event = event_at(bytes + HEAD_SIZE);
	cr_expect_str_eq(event.fields + 8, "a name that is longer than thir");
	cr_expect_eq(size, HEAD_SIZE + 8 + 8 + 32);
	free(bytes);
	forget(&saved);
}

TestTrace(time_does_not_go_back)
{
	struct saved saved;
	size_t size;
	char *bytes;

	start_tracing(0, 1);
	WEIR_TRACE_AT(task_resumed, 1000, OBJECT);
	WEIR_TRACE_AT(task_resumed, 900, OBJECT);
	WEIR_TRACE_AT(task_resumed, 1001, OBJECT);
	weir_trace_stop();
	save(&saved);
	bytes = only(&saved, &size);
	cr_assert_eq(size, HEAD_SIZE + 3 * 16);
	cr_expect_eq(event_at(bytes + HEAD_SIZE).tick, 1000);
	cr_expect_eq(event_at(bytes + HEAD_SIZE + 16).tick, 1000);
	cr_expect_eq(event_at(bytes + HEAD_SIZE + 32).tick, 1001);
	free(bytes);
	forget(&saved);
}

TestTrace(a_second_one_begins_empty)
{
	struct saved saved;
	size_t size;
	char *bytes;

	for (unsigned i = 0; i < 3; i++) {
		start_tracing(0, 1);
		WEIR_TRACE(chan_full, OBJECT, i);
		weir_trace_stop();
	}
	save(&saved);
	bytes = only(&saved, &size);
	cr_expect_eq(size, HEAD_SIZE + CHAN_FULL);
	free(bytes);
	forget(&saved);
}

// pass_… passes a point, whatever it takes.
#define VALUE_ptr OBJECT
#define VALUE_u64 1
#define VALUE_u32 1
#define VALUE_string "text"
#define POINT(call, name, parameters, fields, meaning) \
	static void pass_##call(void)                  \
	{                                              \
		weir_trace_##call(0 fields);           \
	}
#define FIELD(type, field) , VALUE_##type
#include "trace/points.h"

static const struct {
	const char *name;
	void (*pass)(void);
} points[] = {
#define POINT(call, name, parameters, fields, meaning) {#name, pass_##call},
#define FIELD(type, field)
#include "trace/points.h"
};

#define SIZE_ptr 8
#define SIZE_u64 8
#define SIZE_u32 4
#define SIZE_string 32
static const size_t sizes[] = {
#define POINT(call, name, parameters, fields, meaning) 8 fields,
#define FIELD(type, field) +SIZE_##type
#include "trace/points.h"
};

#define POINTS (sizeof(sizes) / sizeof(*sizes))

// Readers take what lies behind the last event for the beginning of another.
TestTrace(ends_where_its_last_event_does_whichever_that_is)
{
	for (unsigned i = 0; i < POINTS; i++) {
		struct saved saved;
		size_t size;
		char *bytes;

		start_tracing(0, 1);
		for (unsigned j = 0; j < 3; j++)
			points[i].pass();
		weir_trace_stop();
		save(&saved);
		bytes = only(&saved, &size);
		cr_expect_eq(size,
			HEAD_SIZE + 2 * begin_of(sizes[i]) + sizes[i],
			"%s: %zu", points[i].name, size);
		cr_expect_eq(
			event_at(bytes + HEAD_SIZE + 2 * begin_of(sizes[i]))
				.number,
			number_of(&saved, points[i].name));
		free(bytes);
		forget(&saved);
	}
}

TestTrace(only_one_is_taken_at_a_time)
{
	const struct weir_trace_options options = {.threads = 1};
	struct weir_error e = {0};

	start_tracing(0, 1);
	cr_expect_eq(weir_trace_start(&options, &e), -EALREADY);
	cr_expect_str_eq(
		e.text, "a trace is being taken already: wait until it ends");
	cr_expect(weir_trace_is_on());
}

TestTrace(a_pattern_chooses_points)
{
	const struct weir_trace_options options = {
		.threads = 1, .pattern = "weir.chan.*"};
	struct saved saved;
	size_t size;
	char *bytes;

	cr_assert_eq(weir_trace_start(&options, NULL), 0);
	WEIR_TRACE(task_resumed, OBJECT);
	WEIR_TRACE(chan_full, OBJECT, 1);
	weir_trace_stop();
	save(&saved);
	bytes = only(&saved, &size);
	cr_expect_eq(size, HEAD_SIZE + CHAN_FULL);
	free(bytes);
	forget(&saved);
}

TestTrace(a_pattern_that_fits_nothing_is_refused)
{
	const struct weir_trace_options options = {
		.threads = 1, .pattern = "weir.chans.*"};
	struct weir_error e = {0};

	cr_expect_eq(weir_trace_start(&options, &e), -ENOTSUP);
	cr_expect_str_eq(e.text,
		"no trace point is called 'weir.chans.*': docs/tracing.md "
		"lists them");
	cr_expect_not(weir_trace_is_on());
}

static void *pass_a_point(void *arg)
{
	weir_trace_thread("passer");
	WEIR_TRACE(chan_full, OBJECT, 1);
	return NULL;
}

TestTrace(threads_have_names_and_those_without_memory_are_counted)
{
	struct saved saved;
	pthread_t threads[3];
	size_t size;
	char *bytes;

	start_tracing(0, 2);
	for (unsigned i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, pass_a_point, NULL);
		pthread_join(threads[i], NULL);
	}
	weir_trace_stop();
	save(&saved);
	cr_expect_eq(saved.sum.threads, 2);
	cr_expect_eq(saved.sum.unheard, 1);
	cr_expect_eq(saved.sum.events, 2);
	bytes = only(&saved, &size);
	cr_expect_str_eq(bytes + HEAD_SIZE - 32, "passer");
	free(bytes);
	forget(&saved);
}

#define CROWD (WEIR_TRACE_WRITERS + 40)

TestTrace(threads_that_there_is_no_writer_for_are_counted_too)
{
	struct saved saved;

	for (unsigned round = 1; round < 3; round++) {
		start_tracing(0, 1);
		for (unsigned i = 0; i < round * CROWD; i++) {
			pthread_t thread;

			pthread_create(&thread, NULL, pass_a_point, NULL);
			pthread_join(thread, NULL);
		}
		weir_trace_stop();
		save(&saved);
		cr_expect_eq(saved.sum.unheard, round * CROWD - (round == 1),
			"%u", saved.sum.unheard);
		forget(&saved);
	}
}

static uint64_t handled;

static void on_signal(int number)
{
	WEIR_TRACE(chan_closed, OBJECT, ++handled);
}

static void *signal_it(void *arg)
{
	const pthread_t *whom = arg;

	for (unsigned i = 0; i < 20000; i++)
		pthread_kill(*whom, SIGUSR1);
	return NULL;
}

// A handler finds its thread within a point, now and then, and writes where that
// does, or says that nobody is inside.
TestTrace(points_in_signal_handlers_keep_out_of_those_they_interrupt)
{
	unsigned outer, inner;
	uint64_t next = 0, last = 0, count = 0;
	pthread_t self = pthread_self(), other;
	struct saved saved;
	size_t size, at;
	char *bytes;

	signal(SIGUSR1, on_signal);
	start_tracing(WEIR_TRACE_MEMORY_MIN * 512, 1);
	pthread_create(&other, NULL, signal_it, &self);
	while (load_relaxed(&handled) < 3000 && count < 1000000)
		WEIR_TRACE(executor_turn, OBJECT, ++count);
	pthread_join(other, NULL);
	weir_trace_stop();
	save(&saved);
	outer = number_of(&saved, "executor.turn");
	inner = number_of(&saved, "chan.closed");
	bytes = only(&saved, &size);
	at = HEAD_SIZE;
	if (event_at(bytes + at).number == number_of(&saved, "trace.lost"))
		at += LOST_SIZE;
	while (at < size) {
		struct event event;

		at = begin_of(at);
		event = event_at(bytes + at);
		cr_assert_geq(event.tick, last);
		last = event.tick;
		cr_assert(event.number == outer || event.number == inner, "%u",
			event.number);
		if (event.number == outer)
			cr_assert_eq(field_u64(&event, 8), ++next);
		at += event.number == outer ? 24 : 20;
	}
	cr_expect_eq(next, count);
	cr_expect_eq(saved.sum.events + saved.sum.nested, count + handled);
	cr_expect_gt(saved.sum.nested, 0);
	free(bytes);
	forget(&saved);
}

TestTrace(names_are_added_when_it_is_stopped)
{
	struct saved saved;
	struct event event;
	size_t size;
	char *bytes;

	start_tracing(0, 1);
	weir_trace_stop();
	for (unsigned i = 0; i < 1000; i++)
		weir_trace_name(OBJECT, "stage", "web[0]");
	save(&saved);
	bytes = read_file(&saved, "names", &size);
	cr_assert_eq(size, HEAD_SIZE + 1000 * 80);
	event = event_at(bytes + HEAD_SIZE + 999 * 80);
	cr_expect_eq(event.number, number_of(&saved, "trace.named"));
	cr_expect_str_eq(event.fields + 8, "stage");
	cr_expect_str_eq(event.fields + 8 + 32, "web[0]");
	free(bytes);
	forget(&saved);
}

TestTrace(a_folder_that_cannot_be_written_is_named_in_words)
{
	struct weir_trace_sum sum;
	struct weir_error e = {0};
	int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	start_tracing(0, 1);
	weir_trace_stop();
	cr_expect_lt(weir_trace_save(fd, &sum, &e), 0);
	cr_expect(strstr(e.text, "cannot write 'names' of the trace: "), "%s",
		e.text);
	close(fd);
}

TestTrace(a_latest_value_is_received_each_time_that_it_is_read)
{
	uint64_t value = 7, channel;
	struct weir_latest_tx tx;
	struct weir_latest_rx rx;
	struct saved saved;
	struct event event;
	size_t size;
	char *bytes;

	cr_assert_eq(weir_latest_open(sizeof(value), NULL, &tx, &rx), 0);
	start_tracing(0, 1);
	weir_latest_read(&rx, &value); // there is none yet
	weir_latest_write(&tx, &value);
	weir_latest_read(&rx, &value);
	weir_trace_stop();
	save(&saved);
	bytes = only(&saved, &size);
	cr_assert_eq(size, HEAD_SIZE + 2 * 24);
	event = event_at(bytes + HEAD_SIZE);
	cr_expect_eq(event.number, number_of(&saved, "chan.sent"));
	channel = field_u64(&event, 0);
	event = event_at(bytes + HEAD_SIZE + 24);
	cr_expect_eq(event.number, number_of(&saved, "chan.received"));
	cr_expect_eq(field_u64(&event, 0), channel);
	cr_expect_eq(field_u32(&event, 8), 1);
	cr_expect_eq(field_u32(&event, 12), 0);
	free(bytes);
	forget(&saved);
	weir_latest_tx_close(&tx);
	weir_latest_rx_close(&rx);
}

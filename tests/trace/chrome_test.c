// SPDX-License-Identifier: BSD-3-Clause
#include "trace/chrome.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static char *text;
static size_t size;
static FILE *file;
static struct weir_chrome *chrome;

static void start(void)
{
	file = open_memstream(&text, &size);
	chrome = weir_chrome_open(file, "test");
	cr_assert(chrome);
}

static void stop(void)
{
	free(text);
	text = NULL;
}

#define TestChrome(name) Test(chrome, name, .init = start, .fini = stop)

#define AT(when, where, what, ...)                                          \
	weir_chrome_event(chrome, &(struct weir_chrome_event){.ns = (when), \
					  .thread = (where),                \
					  .point = "weir." what,            \
					  __VA_ARGS__})
#define NUMBERS(n, ...) .count = (n), .number = {__VA_ARGS__}

// entries closes the trace and answers what it holds.
static struct weir_chrome_lost lost;

static json_t *entries(uint64_t overwritten)
{
	json_error_t error;
	json_t *root, *array;

	cr_expect_eq(weir_chrome_close(chrome, &lost), 0);
	cr_expect_eq(lost.overwritten, overwritten);
	fclose(file);
	root = json_loads(text, 0, &error);
	cr_assert(root, "%s at %d: %s", error.text, error.line, text);
	array = json_incref(json_object_get(root, "traceEvents"));
	json_decref(root);
	return array;
}

// find answers the index-th entry of that phase and name; NULL: none.
static json_t *find(
	json_t *array, const char *phase, const char *name, int index)
{
	size_t i;
	json_t *entry;

	json_array_foreach(array, i,
		entry) if (!strcmp(json_string_value(json_object_get(entry,
					   "ph")),
				   phase) &&
			   (!name || !strcmp(json_string_value(json_object_get(
						     entry, "name")),
					     name)) &&
			   index-- == 0) return entry;
	return NULL;
}

// value answers it in microseconds, to the nanosecond.
static double value(json_t *entry, const char *key)
{
	cr_assert(entry);
	return round(json_number_value(json_object_get(entry, key)) * 1000) /
	       1000;
}

static void name(uint64_t object, const char *what)
{
	AT(0, 0, "trace.named", .count = 3, .number = {object},
		.text = {NULL, "task", what});
}

TestChrome(a_step_is_a_slice_of_its_thread)
{
	json_t *array, *slice;

	name(7, "tick");
	AT(1000, 3, "task.resumed", NUMBERS(1, 7));
	AT(3500, 3, "task.yielded", NUMBERS(1, 7));
	array = entries(0);
	slice = find(array, "X", "tick", 0);
	cr_expect_eq(value(slice, "ts"), 0);
	cr_expect_eq(value(slice, "dur"), 2.5);
	cr_expect_eq(value(slice, "tid"), 3);
	cr_expect_not(find(array, "X", NULL, 1));
	json_decref(array);
}

TestChrome(an_object_without_a_name_is_its_address)
{
	json_t *array;

	AT(0, 1, "task.resumed", NUMBERS(1, 0xabc));
	AT(1, 1, "task.yielded", NUMBERS(1, 0xabc));
	array = entries(0);
	cr_expect(find(array, "X", "0xabc", 0));
	json_decref(array);
}

TestChrome(a_wait_has_a_track_of_its_own_and_says_for_what)
{
	json_t *array, *begin, *end;

	name(7, "reader");
	name(9, "queries");
	AT(1000, 1, "task.resumed", NUMBERS(1, 7));
	AT(2000, 1, "chan.parked", NUMBERS(2, 9, 0));
	AT(2000, 1, "task.parked", NUMBERS(3, 7, 0x55, UINT64_MAX));
	AT(9000, 1, "task.woken", NUMBERS(2, 7, 0));
	array = entries(0);
	begin = find(array, "b", "reader waits for a message of queries", 0);
	end = find(array, "e", "reader waits for a message of queries", 0);
	cr_expect_eq(value(begin, "ts"), 1);
	cr_expect_eq(value(end, "ts"), 8);
	cr_expect_str_eq(json_string_value(json_object_get(begin, "id")),
		json_string_value(json_object_get(end, "id")));
	json_decref(array);
}

TestChrome(an_arrow_leads_from_who_woke_to_where_it_goes_on)
{
	json_t *array, *from, *to;

	AT(1000, 1, "task.woken", NUMBERS(2, 7, 0));
	AT(4000, 2, "task.resumed", NUMBERS(1, 7));
	AT(5000, 2, "task.yielded", NUMBERS(1, 7));
	AT(6000, 2, "task.resumed", NUMBERS(1, 7)); // nobody woke it
	AT(7000, 2, "task.ended", NUMBERS(2, 7, 0));
	array = entries(0);
	from = find(array, "s", "wakes", 0);
	to = find(array, "f", "wakes", 0);
	cr_expect_eq(value(from, "tid"), 1);
	cr_expect_eq(value(from, "ts"), 0);
	cr_expect_eq(value(to, "tid"), 2);
	cr_expect_eq(value(to, "ts"), 3);
	cr_expect_eq(value(from, "id"), value(to, "id"));
	cr_expect_not(find(array, "s", NULL, 1));
	json_decref(array);
}

TestChrome(a_message_is_an_arrow_from_the_send_that_it_was_of)
{
	json_t *array;

	AT(1000, 1, "chan.sent", NUMBERS(3, 9, 2, 2));
	AT(2000, 1, "chan.sent", NUMBERS(3, 9, 2, 4));
	AT(3000, 2, "chan.received", NUMBERS(3, 9, 3, 1));
	AT(4000, 2, "chan.received", NUMBERS(3, 9, 1, 0));
	array = entries(0);
	cr_expect_eq(value(find(array, "s", "message", 0), "ts"), 0);
	cr_expect_eq(value(find(array, "f", "message", 0), "ts"), 2);
	cr_expect_eq(value(find(array, "s", "message", 1), "ts"), 1);
	cr_expect_eq(value(find(array, "f", "message", 1), "ts"), 3);
	json_decref(array);
}

TestChrome(what_a_burst_is_sent_with_begins_in_its_slice)
{
	json_t *array, *burst, *step;
	double in_burst, in_step;

	AT(500, 1, "chan.full", NUMBERS(2, 9, 1)); // time begins here
	AT(2000, 1, "stage.burst", NUMBERS(3, 5, 32, 1000));
	AT(2030, 1, "chan.sent", NUMBERS(3, 9, 1, 1));
	AT(2500, 2, "task.resumed", NUMBERS(1, 7));
	AT(2600, 2, "chan.received", NUMBERS(3, 9, 1, 0));
	AT(2700, 2, "chan.sent", NUMBERS(3, 8, 1, 1)); // in a step: as it is
	AT(3000, 2, "task.yielded", NUMBERS(1, 7));
	AT(4000, 1, "chan.received", NUMBERS(3, 8, 1, 0));
	array = entries(0);
	burst = find(array, "X", "0x5", 0);
	step = find(array, "X", "0x7", 0);
	in_burst = value(find(array, "s", "message", 0), "ts") -
		   value(burst, "ts");
	in_step =
		value(find(array, "s", "message", 1), "ts") - value(step, "ts");
	cr_expect_lt(in_burst, value(burst, "dur"));
	cr_expect_gt(in_burst, value(burst, "dur") - 0.0015);
	cr_expect_gt(in_step, 0.1995);
	cr_expect_lt(in_step, 0.2005);
	json_decref(array);
}

TestChrome(no_arrow_is_made_up_for_what_was_sent_before)
{
	json_t *array;

	AT(1000, 2, "chan.received", NUMBERS(3, 9, 4, 6));
	AT(2000, 1, "chan.sent", NUMBERS(3, 9, 1, 7));
	AT(3000, 2, "chan.received", NUMBERS(3, 9, 6, 1)); // all from before
	AT(4000, 2, "chan.received", NUMBERS(3, 9, 1, 0));
	array = entries(0);
	cr_expect_eq(value(find(array, "s", "message", 0), "ts"), 1);
	cr_expect_eq(value(find(array, "f", "message", 0), "ts"), 3);
	cr_expect_not(find(array, "s", "message", 1));
	json_decref(array);
}

TestChrome(messages_are_found_again_where_sends_are_missing)
{
	json_t *array;

	AT(0, 2, "chan.received", NUMBERS(3, 9, 32, 0));
	AT(1000, 1, "chan.sent", NUMBERS(3, 9, 32, 1032));
	AT(2000, 2, "chan.received", NUMBERS(3, 9, 1000, 32));
	AT(3000, 2, "chan.received", NUMBERS(3, 9, 32, 0));
	array = entries(0);
	cr_expect_eq(value(find(array, "s", "message", 0), "ts"), 1);
	cr_expect_eq(value(find(array, "f", "message", 0), "ts"), 3);
	cr_expect_not(find(array, "s", "message", 1));
	json_decref(array);
}

TestChrome(a_channels_depth_is_a_counter)
{
	json_t *array, *counter;

	name(9, "rx->tx");
	AT(1000, 1, "chan.sent", NUMBERS(3, 9, 32, 96));
	array = entries(0);
	counter = find(array, "C", "in rx->tx", 0);
	cr_expect_eq(value(json_object_get(counter, "args"), "messages"), 96);
	json_decref(array);
}

TestChrome(a_burst_ends_where_it_was_written_down)
{
	json_t *array, *slice;

	name(5, "web[0]");
	AT(0, 1, "executor.idle", NUMBERS(1, 3));
	AT(9000, 1, "stage.burst", NUMBERS(3, 5, 32, 2000));
	array = entries(0);
	slice = find(array, "X", "web[0]", 0);
	cr_expect_eq(value(slice, "ts"), 7);
	cr_expect_eq(value(slice, "dur"), 2);
	slice = find(array, "X", "(idle)", 0);
	cr_expect_eq(value(slice, "dur"), 7);
	json_decref(array);
}

TestChrome(what_is_open_ends_with_the_trace)
{
	json_t *array;

	AT(1000, 1, "task.parked", NUMBERS(3, 8, 0, 0));
	AT(1000, 1, "task.resumed", NUMBERS(1, 7));
	AT(3000, 2, "timer.fired", NUMBERS(2, 1, 2));
	array = entries(0);
	cr_expect_eq(value(find(array, "X", "0x7", 0), "dur"), 2);
	cr_expect_eq(value(find(array, "e", NULL, 0), "ts"), 2);
	json_decref(array);
}

// A slice that seems to end later than the next begins would contain it.
TestChrome(slices_one_after_the_other_do_not_overlap_for_who_rounds)
{
	double end = 0;
	int64_t end_ns = 0;
	json_t *array;

	name(7, "gen");
	for (uint64_t i = 1; i < 1000; i++)
		AT(1000 + i * i * 10, 1, "stage.burst",
			NUMBERS(3, 7, 32, (2 * i - 1) * 10));
	array = entries(0);
	cr_expect_eq(value(find(array, "X", "gen", 0), "dur"), 0.01);
	for (int i = 0; i < 999; i++) {
		json_t *slice = find(array, "X", "gen", i);
		double ts = json_number_value(json_object_get(slice, "ts"));
		double dur = json_number_value(json_object_get(slice, "dur"));

		cr_assert_leq(end, ts, "slice %d", i);
		cr_assert_leq(end_ns, (int64_t)(ts * 1000), "slice %d", i);
		cr_assert_lt(value(slice, "ts") - end, 0.001);
		end = ts + dur;
		end_ns = (int64_t)(ts * 1000) + (int64_t)(dur * 1000);
	}
	json_decref(array);
}

TestChrome(what_was_lost_is_added_up)
{
	json_t *array;

	AT(1, 1, "trace.lost", NUMBERS(1, 40));
	AT(2, 2, "trace.lost", NUMBERS(2, 2, 3));
	AT(3, 3, "trace.lost", NUMBERS(2, 0, 4));
	array = entries(42);
	cr_expect_eq(lost.nested, 7);
	cr_expect(find(array, "i", "trace.lost", 1));
	json_decref(array);
}

TestChrome(names_are_json_whatever_they_hold)
{
	json_t *array;

	name(7, "für \"b\" \\ \n \xff");
	AT(1, 1, "task.resumed", NUMBERS(1, 7));
	array = entries(0);
	cr_expect(find(array, "X", "für \"b\" \\ \n \xef\xbf\xbd", 0));
	json_decref(array);
}

TestChrome(an_event_with_too_few_fields_is_a_mark)
{
	json_t *array;

	AT(1, 1, "task.parked", NUMBERS(1, 7));
	AT(1, 1, "of.something.else", .count = 1, .field = {"n"});
	array = entries(0);
	cr_expect(find(array, "i", "task.parked", 0));
	cr_expect(find(array, "i", "of.something.else", 0));
	json_decref(array);
}

TestChrome(a_task_that_lies_where_another_lay_is_another)
{
	json_t *array;

	name(7, "first");
	AT(1, 1, "task.resumed", NUMBERS(1, 7));
	AT(2, 1, "task.ended", NUMBERS(2, 7, 0));
	AT(3, 1, "task.spawned", .count = 2, .number = {7},
		.text = {NULL, "second"});
	AT(4, 1, "task.resumed", NUMBERS(1, 7));
	AT(5, 1, "task.ended", NUMBERS(2, 7, 0));
	array = entries(0);
	cr_expect(find(array, "X", "first", 0));
	cr_expect(find(array, "X", "second", 0));
	json_decref(array);
}

TestChrome(a_descriptor_is_a_track_on_which_its_connection_has_a_stack)
{
	json_t *array, *entry;

	AT(1000, 1, "fd.opened", NUMBERS(2, 9, 5));
	AT(2000, 1, "fd.ready", NUMBERS(3, 9, 5, 1));
	AT(2000, 1, "connection.queues", NUMBERS(2, 9, 5));
	AT(3000, 1, "connection.borrows", NUMBERS(2, 9, 5));
	AT(4000, 1, "connection.returns", NUMBERS(2, 9, 5));
	AT(5000, 1, "fd.closed", NUMBERS(2, 9, 5));
	AT(6000, 1, "fd.opened", NUMBERS(2, 9, 6)); // another, where it lay
	AT(7000, 1, "connection.borrows", NUMBERS(2, 8, 7)); // opened before
	AT(9000, 1, "timer.fired", NUMBERS(2, 1, 2));
	array = entries(0);
	cr_expect_eq(value(find(array, "b", "descriptor 5", 0), "ts"), 0);
	cr_expect_eq(value(find(array, "n", "can be read", 0), "ts"), 1);
	cr_expect_eq(value(find(array, "b", "waits for a stack", 0), "ts"), 1);
	cr_expect_eq(value(find(array, "e", "waits for a stack", 0), "ts"), 2);
	cr_expect_eq(value(find(array, "b", "has a stack", 0), "ts"), 2);
	cr_expect_eq(value(find(array, "e", "has a stack", 0), "ts"), 3);
	cr_expect_eq(value(find(array, "e", "descriptor 5", 0), "ts"), 4);
	cr_expect_eq(value(find(array, "b", "descriptor 6", 0), "ts"), 5);
	cr_expect_eq(value(find(array, "e", "descriptor 6", 0), "ts"), 8);
	cr_expect_eq(value(find(array, "b", "descriptor 7", 0), "ts"), 6);
	cr_expect_eq(value(find(array, "e", "has a stack", 1), "ts"), 8);
	cr_expect_eq(value(find(array, "e", "descriptor 7", 0), "ts"), 8);
	entry = find(array, "e", "has a stack", 0);
	cr_expect_str_eq(
		json_string_value(json_object_get(entry, "id")), "0x9");
	json_decref(array);
}

TestChrome(an_executor_that_sleeps_is_asleep_within_being_idle)
{
	json_t *array;

	AT(0, 1, "executor.idle", NUMBERS(1, 3));
	AT(1000, 1, "executor.sleeps", NUMBERS(2, 3, 8));
	AT(5000, 1, "executor.wakes", NUMBERS(1, 3));
	AT(6000, 1, "executor.turn", NUMBERS(2, 3, 1));
	array = entries(0);
	cr_expect_eq(value(find(array, "X", "(asleep)", 0), "ts"), 1);
	cr_expect_eq(value(find(array, "X", "(asleep)", 0), "dur"), 4);
	cr_expect_eq(value(find(array, "X", "(idle)", 0), "dur"), 6);
	json_decref(array);
}

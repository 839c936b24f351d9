// SPDX-License-Identifier: BSD-3-Clause
//
// A graph of three components: the library's reader of folders, its muxer, which
// puts all threads in the order of time, and a sink of ours.
#include "ctf.h"

#include <babeltrace2/babeltrace.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define THREADS 512

struct reading {
	struct weir_chrome *chrome;
	struct weir_ctf_sum *sum;
	bt_message_iterator *iterator;
	const bt_stream *streams[THREADS];
	unsigned count;
};

bool weir_ctf_is_there(void)
{
	return true;
}

// ---- errors ----

static int failed(const char *folder, struct weir_error *e)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *why = "babeltrace2 does not say why";

	// The first cause is the deepest.
	if (error && bt_error_get_cause_count(error))
		why = bt_error_cause_get_message(
			bt_error_borrow_cause_by_index(error, 0));
	weir_error_set(
		e, -EINVAL, "'%s' cannot be read as a trace: %s", folder, why);
	if (error)
		bt_error_release(error);
	return -EINVAL;
}

// ---- events ----

static const char *text_of(const bt_field *field)
{
	return bt_field_get_class_type(field) == BT_FIELD_CLASS_TYPE_STRING
		       ? bt_field_string_get_value(field)
		       : NULL;
}

static uint64_t number_of(const bt_field *field)
{
	bt_field_class_type type = bt_field_get_class_type(field);

	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		return bt_field_integer_unsigned_get_value(field);
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		return (uint64_t)bt_field_integer_signed_get_value(field);
	return 0;
}

static void name_thread(struct reading *reading, const bt_event *event)
{
	const bt_field *context = bt_packet_borrow_context_field_const(
		bt_event_borrow_packet_const(event));
	const bt_field *name =
		context ? bt_field_structure_borrow_member_field_by_name_const(
				  context, "name")
			: NULL;
	const char *text = name ? text_of(name) : NULL;
	char number[32];

	snprintf(number, sizeof(number), "thread %u", reading->count);
	weir_chrome_thread(
		reading->chrome, reading->count, text && *text ? text : number);
}

// thread_of answers the number of the event's thread.
static unsigned thread_of(struct reading *reading, const bt_event *event)
{
	const bt_stream *stream = bt_event_borrow_stream_const(event);

	for (unsigned i = 0; i < reading->count; i++)
		if (reading->streams[i] == stream)
			return i + 1;
	if (reading->count == THREADS)
		return 0;
	reading->streams[reading->count++] = stream;
	name_thread(reading, event);
	reading->sum->threads++;
	return reading->count;
}

// ns_of makes nanoseconds of ticks.
static uint64_t ns_of(const bt_event *event, uint64_t ticks)
{
	const bt_clock_class *clock =
		bt_stream_class_borrow_default_clock_class_const(
			bt_stream_borrow_class_const(
				bt_event_borrow_stream_const(event)));
	uint64_t hz = clock ? bt_clock_class_get_frequency(clock) : 0;

	return hz ? (uint64_t)((unsigned __int128)ticks * 1000000000 / hz)
		  : ticks;
}

static void fill_fields(struct weir_chrome_event *to, const bt_event *event)
{
	const bt_field *payload = bt_event_borrow_payload_field_const(event);
	const bt_field_class *class_ =
		payload ? bt_field_borrow_class_const(payload) : NULL;
	uint64_t count =
		class_ ? bt_field_class_structure_get_member_count(class_) : 0;

	to->count = count < WEIR_CHROME_FIELDS ? (unsigned)count
					       : WEIR_CHROME_FIELDS;
	for (unsigned i = 0; i < to->count; i++) {
		const bt_field *field =
			bt_field_structure_borrow_member_field_by_index_const(
				payload, i);

		to->field[i] = bt_field_class_structure_member_get_name(
			bt_field_class_structure_borrow_member_by_index_const(
				class_, i));
		to->text[i] = text_of(field);
		to->number[i] = number_of(field);
		if (strcmp(to->field[i], "ticks") == 0)
			to->number[i] = ns_of(event, to->number[i]);
	}
}

static void give(struct reading *reading, const bt_message *message)
{
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const char *point =
		bt_event_class_get_name(bt_event_borrow_class_const(event));
	struct weir_chrome_event to = {.point = point ? point : "?"};
	int64_t ns = 0;

	if (bt_clock_snapshot_get_ns_from_origin(
		    bt_message_event_borrow_default_clock_snapshot_const(
			    message),
		    &ns))
		return;
	to.ns = (uint64_t)ns;
	// What names are on is no thread.
	if (strcmp(to.point, "weir.trace.named")) {
		to.thread = thread_of(reading, event);
		reading->sum->events++;
	}
	fill_fields(&to, event);
	weir_chrome_event(reading->chrome, &to);
}

// ---- the sink ----

static bt_graph_simple_sink_component_initialize_func_status on_begin(
	bt_message_iterator *iterator, void *data)
{
	struct reading *reading = data;

	reading->iterator = iterator;
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_INITIALIZE_FUNC_STATUS_OK;
}

static bt_graph_simple_sink_component_consume_func_status on_messages(
	bt_message_iterator *iterator, void *data)
{
	bt_message_array_const messages;
	uint64_t count;
	bt_message_iterator_next_status status =
		bt_message_iterator_next(iterator, &messages, &count);

	if (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_END)
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_END;
	if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_ERROR;
	for (uint64_t i = 0; i < count; i++) {
		if (bt_message_get_type(messages[i]) == BT_MESSAGE_TYPE_EVENT)
			give(data, messages[i]);
		bt_message_put_ref(messages[i]);
	}
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
}

// ---- the graph ----

static const bt_component_source *add_source(
	bt_graph *graph, const bt_plugin *plugin, const char *folder)
{
	const bt_component_source *source = NULL;
	bt_value *parameters = bt_value_map_create(), *inputs;

	if (parameters &&
		bt_value_map_insert_empty_array_entry(
			parameters, "inputs", &inputs) == 0 &&
		bt_value_array_append_string_element(inputs, folder) == 0)
		bt_graph_add_source_component(graph,
			bt_plugin_borrow_source_component_class_by_name_const(
				plugin, "fs"),
			"trace", parameters, BT_LOGGING_LEVEL_NONE, &source);
	bt_value_put_ref(parameters);
	return source;
}

static const bt_component_filter *add_muxer(
	bt_graph *graph, const bt_plugin *plugin)
{
	const bt_component_filter *muxer = NULL;

	bt_graph_add_filter_component(graph,
		bt_plugin_borrow_filter_component_class_by_name_const(
			plugin, "muxer"),
		"muxer", NULL, BT_LOGGING_LEVEL_NONE, &muxer);
	return muxer;
}

// connect_all leads each thread's port into the muxer, which has a free one each
// time, and the muxer into the sink.
static bool connect_all(bt_graph *graph, const bt_component_source *source,
	const bt_component_filter *muxer, const bt_component_sink *sink)
{
	uint64_t count = bt_component_source_get_output_port_count(source);
	int err = 0;

	for (uint64_t i = 0; i < count && !err; i++)
		err = bt_graph_connect_ports(graph,
			bt_component_source_borrow_output_port_by_index_const(
				source, i),
			bt_component_filter_borrow_input_port_by_index_const(
				muxer, i),
			NULL);
	if (!err)
		err = bt_graph_connect_ports(graph,
			bt_component_filter_borrow_output_port_by_index_const(
				muxer, 0),
			bt_component_sink_borrow_input_port_by_index_const(
				sink, 0),
			NULL);
	return !err;
}

static bool run(bt_graph *graph, const bt_plugin *ctf, const bt_plugin *utils,
	const char *folder, struct reading *reading)
{
	const bt_component_source *source = add_source(graph, ctf, folder);
	const bt_component_filter *muxer =
		source ? add_muxer(graph, utils) : NULL;
	const bt_component_sink *sink = NULL;

	return muxer &&
	       bt_graph_add_simple_sink_component(graph, "weir", on_begin,
		       on_messages, NULL, reading, &sink) == 0 &&
	       connect_all(graph, source, muxer, sink) &&
	       bt_graph_run(graph) == BT_GRAPH_RUN_STATUS_OK;
}

static const bt_plugin *find_plugin(const char *name)
{
	const bt_plugin *plugin = NULL;

	bt_plugin_find(
		name, BT_TRUE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, &plugin);
	return plugin;
}

int weir_ctf_read(const char *folder, struct weir_chrome *chrome,
	struct weir_ctf_sum *sum, struct weir_error *e)
{
	struct reading reading = {.chrome = chrome, .sum = sum};
	const bt_plugin *ctf = find_plugin("ctf"),
			*utils = find_plugin("utils");
	bt_graph *graph = bt_graph_create(0);
	int err = 0;

	*sum = (struct weir_ctf_sum){0};
	if (!ctf || !utils || !graph)
		err = weir_error_set(e, -ENOTSUP,
			"libbabeltrace2 does not find its plugins 'ctf' and "
			"'utils': install babeltrace2");
	else if (!run(graph, ctf, utils, folder, &reading))
		err = failed(folder, e);
	bt_graph_put_ref(graph);
	bt_plugin_put_ref(utils);
	bt_plugin_put_ref(ctf);
	return err;
}

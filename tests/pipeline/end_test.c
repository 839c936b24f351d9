// SPDX-License-Identifier: BSD-3-Clause
//
// How runs end: their books, verdicts and reports, also where a stage does not
// do what it promised.
#include "pipeline/rig.h"

#define GEN_TO_SINK(pass)                              \
	"stages:\n"                                    \
	"  gen: {type: numbers}\n"                     \
	"  web: {type: pass, inputs: gen, " pass "}\n" \
	"  sink: {type: bin, inputs: web}\n"

Test(end, misses_a_packet_that_a_stage_freed_itself)
{
	struct rig rig;

	rig_run(&rig, GEN_TO_SINK("leak: 5000"), NULL);
	cr_assert(said(named(&rig, "stages", "web"), "in") == 100000);
	cr_assert(said(named(&rig, "stages", "web"), "out") == 99999);
	cr_assert(said(named(&rig, "stages", "web"), "unaccounted") == 1);
	cr_assert(said(named(&rig, "stages", "gen"), "unaccounted") == 0);
	cr_assert(said(named(&rig, "stages", "sink"), "unaccounted") == 0);
	cr_assert(
		said(json_object_get(rig.report, "pool"), "unaccounted") == 0);
	cr_assert(finds(&rig, "'web': 1 unaccounted"));
	cr_assert(rig.verdict == 1);
	rig_close(&rig);
}

Test(end, misses_a_packet_that_a_stage_lost_to_the_pool)
{
	struct rig rig;

	rig_run(&rig, GEN_TO_SINK("lose: 5000"), NULL);
	cr_assert(said(named(&rig, "stages", "web"), "unaccounted") == 1);
	cr_assert(
		said(json_object_get(rig.report, "pool"), "unaccounted") == 1);
	cr_assert(finds(&rig, "pool"));
	cr_assert(rig.verdict == 1);
	rig_close(&rig);
}

Test(end, blames_a_drop_that_nobody_asked_for)
{
	struct rig rig;

	rig_run(&rig, GEN_TO_SINK("drops: 7"), NULL);
	balanced(&rig);
	cr_assert(finds(&rig, "unwanted"));
	cr_assert(rig.verdict == 1);
	rig_close(&rig);
}

Test(end, names_the_stage_with_the_longest_step)
{
	struct rig rig;
	int64_t longest;

	rig_run(&rig, GEN_TO_SINK("spin: 5000, spin_for: 300ms"), NULL);
	longest = said(named(&rig, "stages", "web"), "step_longest_ns");
	cr_assert(longest >= 300000000, "%" PRId64 " ns", longest);
	cr_assert(said(named(&rig, "stages", "gen"), "step_longest_ns") <
		  longest);
	cr_assert(said(named(&rig, "stages", "sink"), "step_longest_ns") <
		  longest);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

#define ENDLESS                                             \
	"stages:\n"                                         \
	"  gen: {type: numbers, count: 1000000000000}\n"    \
	"  keep: {type: keep, inputs: gen}\n"               \
	"  web: {type: pass, inputs: keep, place: lcore}\n" \
	"  sink: {type: bin, inputs: web}\n"

static void run_a_while(struct rig *rig, const char *text)
{
	rig_begin(rig, text, NULL);
	while (!load_relaxed(&seen[0].count))
		cr_assert(weir_pipeline_poll(rig->pipeline));
}

Test(end, stops_softly_with_all_drained)
{
	struct rig rig;

	run_a_while(&rig, ENDLESS);
	weir_pipeline_stop(rig.pipeline, false);
	rig_finish(&rig);
	balanced(&rig);
	cr_assert(said(json_object_get(rig.report, "total"), "held") == 0);
	cr_assert(seen[0].sum == seen[0].count * (seen[0].count - 1) / 2);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(end, stops_at_once_with_what_is_inside_held)
{
	struct rig rig;

	run_a_while(&rig, ENDLESS);
	weir_pipeline_stop(rig.pipeline, true);
	rig_finish(&rig);
	balanced(&rig);
	cr_assert(said(json_object_get(rig.report, "total"), "held") > 0);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(end, stops_after_the_time_asked_for)
{
	struct weir_pipeline_options options = {.duration_ns = 10000000};
	struct rig rig;

	rig_run(&rig, ENDLESS, &options);
	balanced(&rig);
	cr_assert(said(rig.report, "duration_ns") >= 10000000);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(end, divides_the_time_of_an_lcore_without_a_rest)
{
	json_t *executors, *value;
	double sum = 0;
	struct rig rig;
	const char *key;

	rig_run(&rig, GEN_TO_SINK("place: lcore"), NULL);
	executors = json_object_get(rig.report, "executors");
	json_object_foreach(
		json_object_get(json_array_get(executors, 0), "time_percent"),
		key, value) sum += json_number_value(value);
	cr_assert(sum > 99.999 && sum < 100.001, "%f", sum);
	cr_assert(json_array_size(executors) == 2);
	rig_close(&rig);
}

Test(end, refuses_an_edge_that_is_too_shallow_for_one_packet)
{
	struct rig rig;

	cr_assert(rig_open(&rig,
			  "stages:\n"
			  "  gen: {type: numbers}\n"
			  "  tee: {type: tee, inputs: gen}\n"
			  "  one: {type: pass, inputs: tee}\n"
			  "  two: {type: pass, inputs: tee}\n"
			  "  join: {type: merge, inputs: [one, two]}\n"
			  "  sink: {type: bin, inputs: [{from: join, depth: "
			  "1}], place: lcore}\n",
			  NULL) != 0);
	cr_assert(strstr(rig.error.text, "join->sink: depth 1") != NULL, "%s",
		rig.error.text);
	rig_close(&rig);
}

Test(end, publishes_its_counters_while_it_runs)
{
	struct weir_count_reader *reader;
	struct rig rig;

	run_a_while(&rig, ENDLESS);
	reader = weir_pipeline_reader(rig.pipeline);
	cr_assert(weir_count_value(reader, "stages.sink.in") > 0);
	cr_assert(weir_count_value(reader, "stages.gen.out.out") > 0);
	cr_assert(weir_count_value(reader, "edges.keep->web.capacity") > 0);
	cr_assert(weir_count_value(reader, "pool.packets.size") > 0);
	cr_assert(weir_count_value(reader, "lcores.1.turns") > 0);
	weir_pipeline_stop(rig.pipeline, false);
	rig_finish(&rig);
	rig_close(&rig);
}

Test(end, refuses_a_name_that_a_living_process_has)
{
	struct weir_pipeline_options options = {.instance = NULL};
	struct weir_count_segment *segment;
	struct weir_error e = {0};
	struct rig rig;
	char name[64];

	snprintf(name, sizeof(name), "end-test-%d", (int)getpid());
	options.instance = name;
	cr_assert(weir_count_create(
			  &segment, name, 1 << 16, weir_clock_real(), &e) == 0);
	cr_assert(rig_open(&rig, GEN_TO_SINK(""), &options) == -EEXIST);
	cr_assert(strstr(rig.error.text, name) != NULL);
	weir_count_destroy(segment);
	rig_close(&rig);
}

Test(end, refuses_a_port_that_does_not_open)
{
	struct rig rig;

	cr_assert(rig_open(&rig,
			  "ports:\n"
			  "  in: {file: /nowhere/at/all.pcap}\n"
			  "  out: {null: \"\"}\n"
			  "stages:\n"
			  "  rx: {type: rx, port: in}\n"
			  "  tx: {type: tx, inputs: rx, port: out}\n",
			  NULL) != 0);
	cr_assert(strstr(rig.error.text, "/nowhere/at/all.pcap") != NULL);
	// Where the file says it.
	cr_assert(strncmp(rig.error.text, "test.yaml:3:3: error: port 'in'",
			  31) == 0,
		"%s", rig.error.text);
	rig_close(&rig);
}

Test(end, tells_a_device_that_is_taken_from_a_name_that_is)
{
	struct rig rig;

	cr_assert(rig_open(&rig,
			  "ports:\n"
			  "  a: {vdev: net_null7}\n"
			  "  b: {vdev: \"net_null7,size=80\"}\n"
			  "stages:\n"
			  "  one: {type: rx, port: a}\n"
			  "  two: {type: rx, port: b}\n"
			  "  drop: {type: drop, inputs: [one, two]}\n",
			  NULL) == -EBUSY,
		"%s", rig.error.text);
	rig_close(&rig);
}

// ---- a port that misses packets ----

static unsigned deaf_rx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	(void)state;
	(void)queue;
	(void)packets;
	(void)count;
	return 0;
}

static int deaf_open(void *state, const char *kind, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	(void)state;
	(void)kind;
	(void)value;
	(void)setup;
	(void)e;
	return 0;
}

static void deaf_stats(void *state, struct weir_port_stats *stats)
{
	(void)state;
	*stats = (struct weir_port_stats){.rx_missed = 7};
}

static bool deaf_may_miss(const void *state)
{
	return *(const bool *)state;
}

struct deaf {
	bool allow; // option
};

static void run_deaf(struct rig *rig, const char *allow)
{
	static const struct weir_port_kind kinds[] = {
		{.name = "deaf", .help = "nothing"}, {0}};
	static const struct weir_option options[] = {
		WEIR_OPTION_BOOL(struct deaf, allow, "allow_missed", "false",
			"misses are no failure"),
		{0}};
	static const struct weir_port_driver driver = {
		.name = "deaf",
		.help = "misses packets",
		.kinds = kinds,
		.state_size = sizeof(struct deaf),
		.options = options,
		.open = deaf_open,
		.rx = deaf_rx,
		.stats = deaf_stats,
		.may_miss = deaf_may_miss,
	};
	struct weir_pipeline_options short_run = {.duration_ns = 1000000};
	char text[256];

	weir_port_register(&driver);
	snprintf(text, sizeof(text),
		"ports: {in: {deaf: \"\", allow_missed: %s}}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  drop: {type: drop, inputs: rx}\n",
		allow);
	rig_run(rig, text, &short_run);
	cr_assert(finds(rig, "7 packets missed"));
}

Test(end, fails_a_run_whose_port_missed_packets)
{
	struct rig rig;

	run_deaf(&rig, "false");
	cr_assert(rig.verdict == 1);
	rig_close(&rig);
}

Test(end, allows_a_port_to_miss_packets_where_the_file_does)
{
	struct rig rig;

	run_deaf(&rig, "true");
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

// columns answers the widest line of text, in characters.
static size_t columns(const char *text)
{
	size_t widest = 0, width = 0;

	for (; *text; text++) {
		if (*text == '\n')
			width = 0;
		else if ((*text & 0xc0) != 0x80)
			width++;
		widest = width > widest ? width : widest;
	}
	return widest;
}

Test(end, prints_a_report_of_80_columns_with_the_equations)
{
	struct rig rig;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	rig_run(&rig, GEN_TO_SINK("leak: 5000, place: lcore"), NULL);
	weir_report_print(rig.report, to, false);
	fclose(to);
	cr_assert(columns(text) <= 80, "%zu columns", columns(text));
	cr_assert(strstr(text, "in 100000 out 99999 dropped 0 held 0: 1 "
			       "unaccounted") != NULL);
	cr_assert(strchr(text, '\033') == NULL, "no colours");
	free(text);
	rig_close(&rig);
}

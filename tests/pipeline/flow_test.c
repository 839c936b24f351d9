// SPDX-License-Identifier: BSD-3-Clause
//
//	numbers ──▶ … ──▶ bin
//
// What goes in comes out, however it is joined, and however slow its consumer.
#include "pipeline/rig.h"

#define COUNT 100000u

static void all_came(const struct seen *s, uint64_t count)
{
	cr_assert(s->count == count, "%" PRIu64 " came", s->count);
	cr_assert(s->sum == count * (count - 1) / 2);
	cr_assert(not(s->disordered));
}

static void run_joined(const char *how)
{
	struct rig rig;
	char text[512];

	snprintf(text, sizeof(text),
		"stages:\n"
		"  gen: {type: numbers}\n"
		"  pass: {type: pass, inputs: [{from: gen, depth: 64}], %s}\n"
		"  sink: {type: bin, inputs: pass}\n",
		how);
	rig_run(&rig, text, NULL);
	all_came(&seen[0], COUNT);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	cr_assert(said(named(&rig, "stages", "pass"), "in") == COUNT);
	cr_assert(said(named(&rig, "stages", "sink"), "in") == COUNT);
	rig_close(&rig);
}

Test(flow, passes_all_through_calls)
{
	run_joined("place: fused");
}

Test(flow, passes_all_across_lcores)
{
	run_joined("place: lcore");
}

Test(flow, passes_all_through_a_thread)
{
	run_joined("place: thread");
}

Test(flow, passes_all_through_a_ring_on_one_lcore)
{
	run_joined("place: lcore, lcore: 1");
}

static void run_slow(const char *input, const char *place)
{
	struct rig rig;
	char text[512];

	snprintf(text, sizeof(text),
		"stages:\n"
		"  gen: {type: numbers, count: 3000}\n"
		"  pass: {type: pass, inputs: [{from: gen, %s}], %s}\n"
		"  slow: {type: slow, inputs: pass}\n",
		input, place);
	rig_run(&rig, text, NULL);
	all_came(&seen[0], 3000);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(flow, waits_for_a_slow_consumer_that_is_called)
{
	run_slow("depth: 4", "place: fused");
}

Test(flow, waits_for_a_slow_consumer_behind_a_ring_of_four)
{
	run_slow("depth: 4", "place: lcore");
}

Test(flow, waits_for_a_slow_consumer_behind_a_thread)
{
	run_slow("depth: 4", "place: thread");
}

Test(flow, copies_through_a_tee_need_credit_for_each)
{
	struct rig rig;

	rig_run(&rig,
		"stages:\n"
		"  gen: {type: numbers, count: 5000}\n"
		"  tee: {type: tee, inputs: gen}\n"
		"  one: {type: pass, inputs: tee}\n"
		"  two: {type: pass, inputs: tee}\n"
		"  join: {type: merge, inputs: [one, two]}\n"
		"  sink: {type: bin, inputs: [{from: join, depth: 3}], "
		"place: lcore}\n",
		NULL);
	cr_assert(seen[0].count == 10000, "%" PRIu64, seen[0].count);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	cr_assert(said(named(&rig, "stages", "tee"), "made") == 5000);
	rig_close(&rig);
}

Test(flow, gives_a_stage_that_writes_packets_of_its_own)
{
	struct rig rig;

	rig_run(&rig,
		"stages:\n"
		"  gen: {type: numbers, count: 1000}\n"
		"  tee: {type: tee, inputs: gen}\n"
		"  scribe: {type: scribe, inputs: tee}\n"
		"  written: {type: bin, inputs: scribe, id: 1}\n"
		"  read: {type: bin, inputs: tee, id: 0}\n",
		NULL);
	all_came(&seen[0], 1000);
	cr_assert(seen[1].count == 1000);
	cr_assert(seen[1].sum == 1000 * 999 / 2 + 1000 * 1000000ull);
	balanced(&rig);
	rig_close(&rig);
}

Test(flow, drains_what_is_kept_in_order)
{
	struct rig rig;

	rig_run(&rig,
		"stages:\n"
		"  gen: {type: numbers, count: 5000}\n"
		"  first: {type: keep, inputs: gen}\n"
		"  second: {type: keep, inputs: first}\n"
		"  third: {type: keep, inputs: second, place: lcore}\n"
		"  sink: {type: bin, inputs: third}\n",
		NULL);
	all_came(&seen[0], 5000);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

static json_t *edge_of(const struct rig *rig)
{
	return named(rig, "edges", "gen->slow");
}

static void run_dropping(struct rig *rig, const char *when_full)
{
	char text[512];

	snprintf(text, sizeof(text),
		"stages:\n"
		"  gen: {type: numbers, count: 20000}\n"
		"  slow:\n"
		"    type: slow\n"
		"    place: lcore\n"
		"    inputs: [{from: gen, depth: 8, when_full: %s}]\n",
		when_full);
	rig_run(rig, text, NULL);
	balanced(rig);
	cr_assert(not(seen[0].disordered));
	cr_assert(said(edge_of(rig), "in") == 20000);
	cr_assert(said(edge_of(rig), "out") == (int64_t)seen[0].count);
	cr_assert(rig->verdict == 0, "the file asked for these drops");
}

Test(flow, drops_the_newest_where_the_file_says_so)
{
	struct rig rig;

	run_dropping(&rig, "drop_newest");
	cr_assert(said(edge_of(&rig), "full") > 0);
	cr_assert(said(edge_of(&rig), "overrun") == 0);
	rig_close(&rig);
}

Test(flow, drops_the_oldest_where_the_file_says_so)
{
	struct rig rig;

	run_dropping(&rig, "drop_oldest");
	cr_assert(said(edge_of(&rig), "overrun") > 0);
	rig_close(&rig);
}

Test(flow, drops_what_the_file_drops)
{
	struct rig rig;

	rig_run(&rig,
		"stages:\n"
		"  gen: {type: numbers, count: 1000}\n"
		"  pass: {type: pass, inputs: gen, drop: out}\n",
		NULL);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	cr_assert(said(json_object_get(named(&rig, "stages", "pass"), "drops"),
			  "out") == 1000);
	rig_close(&rig);
}

Test(flow, ends_at_the_number_of_packets_asked_for)
{
	struct weir_pipeline_options options = {.packets = 1001};
	struct rig rig;

	rig_run(&rig,
		"ports: {in: {null: \"\"}}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  drop: {type: drop, inputs: rx}\n",
		&options);
	cr_assert(said(rig.report, "in") == 1001, "%" PRId64,
		said(rig.report, "in"));
	cr_assert(
		said(json_object_get(rig.report, "total"), "dropped") == 1001);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(flow, goes_from_port_to_port)
{
	struct weir_pipeline_options options = {.packets = 100000};
	struct rig rig;

	rig_run(&rig,
		"ports: {in: {null: \"\"}, out: {null: \"\"}}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  tx: {type: tx, inputs: rx, port: out}\n",
		&options);
	cr_assert(said(rig.report, "in") == 100000);
	cr_assert(said(rig.report, "out") == 100000);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(flow, keeps_what_a_ring_port_holds_in_the_books)
{
	// Fewer than the ring holds: at the end nobody reads it.
	struct weir_pipeline_options options = {.packets = 900};
	struct rig rig;

	rig_run(&rig,
		"ports: {in: {null: \"\"}, loop: {ring: \"\"}}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  tx: {type: tx, inputs: rx, port: loop}\n"
		"  again: {type: rx, port: loop}\n"
		"  sink: {type: drop, inputs: again}\n",
		&options);
	balanced(&rig);
	cr_assert(said(rig.report, "in") > 0);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(flow, ends_when_a_port_takes_no_more)
{
	struct weir_pipeline_options options = {.duration_ns = 300000000};
	struct rig rig;

	rig_run(&rig,
		"ports: {in: {null: \"\"}, full: {ring: \"\"}}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  tx: {type: tx, inputs: rx, port: full}\n",
		&options);
	balanced(&rig);
	cr_assert(finds(&rig, "nobody asked it to: refused"));
	cr_assert(rig.verdict == 1);
	rig_close(&rig);
}

static int64_t latencies(const char *runtime)
{
	struct weir_pipeline_options options = {.packets = 6400};
	struct rig rig;
	char text[512];
	int64_t count;

	snprintf(text, sizeof(text),
		"%s"
		"ports: {in: {null: \"\"}, out: {null: \"\"}}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  tx: {type: tx, inputs: rx, port: out}\n",
		runtime);
	rig_run(&rig, text, &options);
	count = said(json_array_get(json_object_get(rig.report, "latency"), 0),
		"packets");
	rig_close(&rig);
	return count;
}

Test(flow, samples_one_latency_a_burst)
{
	int64_t count = latencies("");

	cr_assert(count >= 200 && count < 6400, "%" PRId64, count);
}

Test(flow, measures_every_latency_if_asked)
{
	cr_assert(latencies("runtime: {latency_all: true}\n") == 6400);
}

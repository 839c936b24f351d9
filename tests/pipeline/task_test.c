// SPDX-License-Identifier: BSD-3-Clause
//
//	numbers ──▶ echo (a task) ──▶ bin
//
// Stages that are tasks: they receive, send, drop, wait, end and are cancelled.
#include "pipeline/rig.h"

// ---- maker and taker: a source and a sink that are tasks ----

struct maker {
	uint64_t count; // option
	uint64_t next;
	struct rte_mempool *pool;
};

static int maker_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	(void)e;
	((struct maker *)state)->pool = setup->pool;
	return 0;
}

static void maker_task(void *state, struct weir_stage_io *io)
{
	struct maker *maker = state;
	struct rte_mbuf *packets[20];
	unsigned sent = 20;

	while (sent == 20 && maker->next < maker->count) {
		if (rte_pktmbuf_alloc_bulk(maker->pool, packets, 20)) {
			weir_yield();
			continue;
		}
		for (unsigned i = 0; i < 20; i++) {
			rte_pktmbuf_append(packets[i], 64);
			*number_of(packets[i]) = maker->next++;
		}
		weir_stage_made(io, 20);
		sent = weir_stage_send(io, 0, packets, 20);
		weir_stage_drop(io, 0, packets + sent, 20 - sent);
	}
}

static const struct weir_stage maker_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "maker",
	.help = "a source that is a task",
	.state_size = sizeof(struct maker),
	.options = {WEIR_OPTION_U64(
		struct maker, count, "count", 20000, "packets that it makes")},
	.outputs = {"out"},
	.drops = {"asked"},
	.source = true,
	.no_replicas = true,
	.init = maker_init,
	.task = maker_task,
};

static void taker_task(void *state, struct weir_stage_io *io)
{
	struct rte_mbuf *packets[WEIR_BURST];
	unsigned n;

	(void)state;
	while ((n = weir_stage_recv(io, packets, WEIR_BURST)) > 0) {
		for (unsigned i = 0; i < n; i++)
			seen[1].sum += *number_of(packets[i]);
		seen[1].count += n;
		weir_stage_consumed(io, packets, n);
	}
}

static const struct weir_stage taker_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "taker",
	.help = "a sink that is a task",
	.task = taker_task,
};

static void register_ends(void)
{
	struct weir_error e = {0};

	cr_assert(weir_stage_register(&maker_stage, &e) == 0, "%s", e.text);
	cr_assert(weir_stage_register(&taker_stage, &e) == 0, "%s", e.text);
}

// ---- tests ----

static void run_task(struct rig *rig, const char *echo, const char *sink)
{
	char text[512];

	snprintf(text, sizeof(text),
		"stages:\n"
		"  gen: {type: numbers, count: 20000}\n"
		"  echo: {type: echo, inputs: [{from: gen, depth: 64}], %s}\n"
		"  sink: {inputs: [{from: echo, depth: 4}], %s}\n",
		echo, sink);
	rig_run(rig, text, NULL);
	balanced(rig);
}

static void all_came(struct rig *rig, uint64_t count)
{
	cr_assert(seen[0].count == count, "%" PRIu64, seen[0].count);
	cr_assert(not(seen[0].disordered));
	cr_assert(rig->verdict == 0);
	cr_assert(said(named(rig, "stages", "echo"), "in") == 20000);
	rig_close(rig);
}

Test(task, hands_on_to_a_stage_it_calls)
{
	struct rig rig;

	run_task(&rig, "place: auto", "type: bin");
	all_came(&rig, 20000);
}

Test(task, waits_for_room_in_a_ring)
{
	struct rig rig;

	run_task(&rig, "place: auto", "type: bin, place: lcore");
	all_came(&rig, 20000);
}

Test(task, waits_for_a_stage_that_has_no_room)
{
	struct rig rig;

	run_task(&rig, "place: auto", "type: slow");
	all_came(&rig, 20000);
}

Test(task, runs_on_a_thread)
{
	struct rig rig;

	run_task(&rig, "place: thread", "type: bin");
	all_came(&rig, 20000);
}

Test(task, runs_on_an_lcore_of_its_own)
{
	struct rig rig;

	run_task(&rig, "place: lcore", "type: bin");
	all_came(&rig, 20000);
}

Test(task, may_sleep)
{
	struct rig rig;

	run_task(&rig, "sleeps: true", "type: bin");
	all_came(&rig, 20000);
}

Test(task, drops_what_it_says_it_drops)
{
	struct rig rig;

	run_task(&rig, "drops: 3", "type: bin");
	cr_assert(said(named(&rig, "stages", "echo"), "dropped") +
			  (int64_t)seen[0].count ==
		  20000);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(task, drops_on_a_thread_too)
{
	struct rig rig;

	run_task(&rig, "drops: 2, place: thread", "type: bin");
	cr_assert(said(named(&rig, "stages", "echo"), "dropped") > 0);
	rig_close(&rig);
}

Test(task, that_returns_early_lets_the_run_end_with_a_finding)
{
	struct rig rig;

	rig_run(&rig,
		"stages:\n"
		"  gen: {type: numbers, count: 20000}\n"
		"  idler: {type: idler, inputs: [{from: gen, depth: 64}]}\n",
		NULL);
	balanced(&rig);
	cr_assert(said(named(&rig, "edges", "gen->idler"), "ended") == 20000);
	cr_assert(finds(&rig, "had returned"));
	cr_assert(rig.verdict == 1);
	rig_close(&rig);
}

Test(task, is_cancelled_when_the_run_stops_at_once)
{
	struct rig rig;

	rig_begin(&rig,
		"stages:\n"
		"  gen: {type: numbers, count: 1000000000000}\n"
		"  echo: {type: echo, inputs: [{from: gen, depth: 64}]}\n"
		"  slow: {type: slow, inputs: [{from: echo, depth: 4}], place: "
		"lcore}\n",
		NULL);
	while (!load_relaxed(&seen[0].count))
		cr_assert(weir_pipeline_poll(rig.pipeline));
	weir_pipeline_stop(rig.pipeline, true);
	rig_finish(&rig);
	balanced(&rig);
	cr_assert(not(finds(&rig, "did not return")));
	// What it had not received is held, not dropped.
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(task, never_receives_more_than_a_burst)
{
	struct rig rig;

	run_task(&rig, "asks: 100000", "type: bin");
	all_came(&rig, 20000);
}

Test(task, may_be_cancelled_before_it_ever_ran)
{
	struct rig rig;

	rig_begin(&rig,
		"stages:\n"
		"  gen: {type: numbers, count: 1000000000000}\n"
		"  echo: {type: echo, inputs: [{from: gen, depth: 64}], "
		"place: thread}\n"
		"  sink: {type: bin, inputs: echo}\n",
		NULL);
	weir_pipeline_stop(rig.pipeline, true);
	rig_finish(&rig);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

static void run_ends(struct rig *rig, const char *count, const char *place,
	const struct weir_pipeline_options *options)
{
	char text[512];

	snprintf(text, sizeof(text),
		"stages:\n"
		"  maker: {type: maker, count: %s}\n"
		"  taker: {type: taker, inputs: maker, place: %s}\n",
		count, place);
	register_ends();
	rig_run(rig, text, options);
	balanced(rig);
	cr_assert(rig->verdict == 0);
	cr_assert(seen[1].sum == seen[1].count * (seen[1].count - 1) / 2);
	cr_assert(said(named(rig, "stages", "taker"), "consumed") ==
		  (int64_t)seen[1].count);
}

Test(task, may_be_a_source_and_a_sink)
{
	struct rig rig;

	run_ends(&rig, "20000", "auto", NULL);
	cr_assert(seen[1].count == 20000);
	cr_assert(said(named(&rig, "stages", "maker"), "made") == 20000);
	rig_close(&rig);
}

Test(task, may_be_a_sink_on_a_thread)
{
	struct rig rig;

	run_ends(&rig, "20000", "thread", NULL);
	cr_assert(seen[1].count == 20000);
	rig_close(&rig);
}

Test(task, that_is_a_source_keeps_to_the_packets_asked_for)
{
	struct weir_pipeline_options options = {.packets = 1001};
	struct rig rig;

	run_ends(&rig, "1000000000000", "lcore", &options);
	cr_assert(seen[1].count == 1001, "%" PRIu64, seen[1].count);
	rig_close(&rig);
}

Test(task, that_is_a_source_ends_when_the_run_is_stopped)
{
	// Long enough for the lcore to get a turn on a busy machine.
	struct weir_pipeline_options options = {.duration_ns = 500000000};
	struct rig rig;

	run_ends(&rig, "1000000000000", "auto", &options);
	cr_assert(seen[1].count > 0);
	rig_close(&rig);
}

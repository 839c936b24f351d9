// SPDX-License-Identifier: BSD-3-Clause
//
//	gen ──▶ echo (a task) ──▶ sink
//
// Stages that are tasks: they receive, send, drop, wait, end and are cancelled.
#include "pipeline/rig.h"

static void run_task(struct rig *rig, const char *echo, const char *sink)
{
	char text[512];

	snprintf(text, sizeof(text),
		"stages:\n"
		"  gen: {type: gen, count: 20000}\n"
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

	run_task(&rig, "place: auto", "type: sink");
	all_came(&rig, 20000);
}

Test(task, waits_for_room_in_a_ring)
{
	struct rig rig;

	run_task(&rig, "place: auto", "type: sink, place: lcore");
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

	run_task(&rig, "place: thread", "type: sink");
	all_came(&rig, 20000);
}

Test(task, runs_on_an_lcore_of_its_own)
{
	struct rig rig;

	run_task(&rig, "place: lcore", "type: sink");
	all_came(&rig, 20000);
}

Test(task, may_sleep)
{
	struct rig rig;

	run_task(&rig, "sleeps: true", "type: sink");
	all_came(&rig, 20000);
}

Test(task, drops_what_it_says_it_drops)
{
	struct rig rig;

	run_task(&rig, "drops: 3", "type: sink");
	cr_assert(said(named(&rig, "stages", "echo"), "dropped") +
			  (int64_t)seen[0].count ==
		  20000);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

Test(task, drops_on_a_thread_too)
{
	struct rig rig;

	run_task(&rig, "drops: 2, place: thread", "type: sink");
	cr_assert(said(named(&rig, "stages", "echo"), "dropped") > 0);
	rig_close(&rig);
}

Test(task, that_returns_early_lets_the_run_end_with_a_finding)
{
	struct rig rig;

	rig_run(&rig,
		"stages:\n"
		"  gen: {type: gen, count: 20000}\n"
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
		"  gen: {type: gen, count: 1000000000000}\n"
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

	run_task(&rig, "asks: 100000", "type: sink");
	all_came(&rig, 20000);
}

Test(task, may_be_cancelled_before_it_ever_ran)
{
	struct rig rig;

	rig_begin(&rig,
		"stages:\n"
		"  gen: {type: gen, count: 1000000000000}\n"
		"  echo: {type: echo, inputs: [{from: gen, depth: 64}], "
		"place: thread}\n"
		"  sink: {type: sink, inputs: echo}\n",
		NULL);
	weir_pipeline_stop(rig.pipeline, true);
	rig_finish(&rig);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

// SPDX-License-Identifier: BSD-3-Clause
//
//	gen ──▶ shape (a task) ──▶ sink
//
// How long it takes says whether the rate was kept: never less than it must. No
// test here asserts that the machine was fast.
#include "pipeline/rig.h"

#define MS UINT64_C(1000000)

static uint64_t duration_ns(const struct rig *rig)
{
	json_t *run = json_object_get(rig->report, "run");
	json_t *said_ns =
		json_object_get(run ? run : rig->report, "duration_ns");

	cr_assert(said_ns != NULL);
	return (uint64_t)json_integer_value(said_ns);
}

static void expect_in_order(const struct rig *rig, int64_t count)
{
	json_t *own = json_object_get(named(rig, "stages", "sink"), "counters");

	cr_assert(said(own, "numbered") == count);
	cr_assert(said(own, "lost") == 0);
	cr_assert(said(own, "late") == 0);
	cr_assert(said(own, "twice") == 0);
}

static void run_shape(
	const char *gen, const char *shape, int64_t count, uint64_t least_ms)
{
	struct rig rig;
	char text[400];

	snprintf(text, sizeof(text),
		"stages:\n"
		"  gen: {type: gen, %s}\n"
		"  it: {type: shape, inputs: gen, %s}\n"
		"  sink: {type: sink, inputs: it, sequence: yes}\n",
		gen, shape);
	rig_run(&rig, text, NULL);
	balanced(&rig);
	cr_assert(rig.verdict == 0);
	expect_in_order(&rig, count);
	cr_assert(duration_ns(&rig) >= least_ms * MS, "%" PRIu64 " ns",
		duration_ns(&rig));
	rig_close(&rig);
}

// The first packet goes at once, the others each when it is their turn.
Test(shape, lets_packets_go_no_faster_than_the_rate)
{
	run_shape("count: 401", "rate: 1kpps", 401, 400);
}

Test(shape, keeps_the_rate_on_a_thread)
{
	run_shape("count: 401", "rate: 1kpps, place: thread", 401, 400);
}

// 500 frames of 1000 bytes and 24 beside each are 4.096 Mbit.
Test(shape, counts_bits_and_what_comes_beside_a_frame)
{
	run_shape("count: 501, size: 1000", "rate: 10Mbit/s, overhead: 24", 501,
		409);
}

// The rate is that of the whole run: what a preemption took is made up for, as
// far as the burst goes, and what was not used before is no credit.
Test(shape, gives_no_credit_for_what_comes_late)
{
	run_shape("count: 201, rate: 500pps", "rate: 1kpps", 201, 400);
}

Test(shape, holds_what_it_has_received_when_it_is_cut_short)
{
	struct rig rig;
	json_t *it;

	rig_begin(&rig,
		"stages:\n"
		"  gen: {type: gen}\n"
		"  it: {type: shape, inputs: gen, rate: 1pps}\n"
		"  sink: {type: sink, inputs: it}\n",
		NULL);
	while (!weir_count_value(
		weir_pipeline_reader(rig.pipeline), "stages.it.in"))
		usleep(1000);
	weir_pipeline_stop(rig.pipeline, true);
	rig_finish(&rig);
	balanced(&rig);
	it = named(&rig, "stages", "it");
	cr_assert(said(it, "held") > 0);
	cr_assert(said(it, "held") < WEIR_BURST);
	rig_close(&rig);
}

// From a packet in eight minutes to a million in a second.
Test(shape, a_change_of_rate_is_seen_while_it_sleeps)
{
	static const char *const faster[] = {"rate=1Gbit/s", NULL};
	struct rig rig;

	rig_begin(&rig,
		"stages:\n"
		"  gen: {type: gen, count: 1000}\n"
		"  it: {type: shape, inputs: gen, rate: 1bit/s, burst: 1}\n"
		"  sink: {type: sink, inputs: it, sequence: yes}\n",
		NULL);
	while (!weir_count_value(
		weir_pipeline_reader(rig.pipeline), "stages.it.out.out"))
		usleep(1000);
	cr_assert(weir_pipeline_change(
			  rig.pipeline, "it", faster, &rig.error) == 0,
		"%s", rig.error.text);
	rig_finish(&rig);
	balanced(&rig);
	expect_in_order(&rig, 1000);
	cr_assert(duration_ns(&rig) < 100000 * MS);
	rig_close(&rig);
}

Test(shape, refuses_a_rate_of_nothing)
{
	struct rig rig;

	cr_assert(rig_open(&rig,
			  "stages:\n"
			  "  gen: {type: gen}\n"
			  "  it: {type: shape, inputs: gen, rate: 0}\n"
			  "  sink: {type: sink, inputs: it}\n",
			  NULL) != 0);
	cr_assert(strstr(rig.error.text, "test.yaml:4:40: error: stage 'it': "
					 "at a rate of 0") != NULL,
		"%s", rig.error.text);
	rig_close(&rig);
}

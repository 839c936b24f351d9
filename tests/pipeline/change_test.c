// SPDX-License-Identifier: BSD-3-Clause
//
//	gen ──▶ shard ──▶ tuned[0..1] (lcores, or threads) ──▶ sink
//
// Options of stages that run are changed, and what was there before is freed
// when nobody can look at it any more.
#include "pipeline/rig.h"

#include <errno.h>
#include <stdlib.h>

#define GOOD 0x600d

// What tuned works with: a piece of memory that it looks at for each packet.
struct tuning {
	uint64_t sound, number;
};

struct tuned {
	uint32_t number, fixed; // options
	struct tuning *tuning;
	unsigned index;
	uint64_t seen, unsound, backwards;
};

static unsigned made, retired, fail_at;

static int tuned_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	struct tuning *tuning = malloc(sizeof(*tuning));

	(void)state;
	cr_assert_not_null(tuning);
	if (fail_at && made + 1 == fail_at) {
		free(tuning);
		return weir_error_set(e, -ENOMEM, "no more tunings");
	}
	made++;
	*tuning =
		(struct tuning){GOOD, ((const struct tuned *)options)->number};
	*next = tuning;
	return 0;
}

static void *tuned_commit(void *state, void *next)
{
	struct tuned *tuned = state;
	void *old = tuned->tuning;

	tuned->tuning = next;
	return old;
}

static void tuned_retire(void *old)
{
	// Whoever looks from now on shall see it: no store before free may go.
	*(volatile uint64_t *)&((struct tuning *)old)->sound = 0;
	retired++;
	free(old);
}

static int tuned_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct tuned *tuned = state;

	tuned->index = setup->index;
	return tuned_prepare(state, state, (void **)&tuned->tuning, e);
}

static void tuned_fini(void *state)
{
	tuned_retire(((struct tuned *)state)->tuning);
}

static void tuned_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct tuned *tuned = state;

	for (unsigned i = 0; i < n; i++) {
		uint64_t number = *(volatile uint64_t *)&tuned->tuning->number;

		tuned->unsound += tuned->tuning->sound != GOOD;
		tuned->backwards += number < tuned->seen;
		tuned->seen = number;
		weir_out_put(out, 0, in[i]);
	}
}

static const struct weir_stage tuned_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "tuned",
	.help = "looks at its tuning",
	.state_size = sizeof(struct tuned),
	.options = {WEIR_OPTION_U32(struct tuned, number, "number", 0,
			    "only grows", .max = 1000, .live = true),
		WEIR_OPTION_U32(struct tuned, fixed, "fixed", 0, "stays")},
	.outputs = {"out"},
	.counters = {{"unsound", "packets", offsetof(struct tuned, unsound),
			     "met a tuning that was freed"},
		{"backwards", "packets", offsetof(struct tuned, backwards),
			"met an older tuning"},
		{"seen", "", offsetof(struct tuned, seen), "its number"}},
	.init = tuned_init,
	.fini = tuned_fini,
	.kernel = tuned_burst,
	.prepare = tuned_prepare,
	.commit = tuned_commit,
	.retire = tuned_retire,
};

#define CHANGE(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static int change(struct rig *rig, const char *stage, const char *const *to)
{
	rig->error = (struct weir_error){0};
	return weir_pipeline_change(rig->pipeline, stage, to, &rig->error);
}

static void begin(struct rig *rig, const char *place)
{
	char text[400];

	made = retired = 0;
	cr_assert(register_stages(&rig->error) == 0);
	cr_assert(weir_stage_register(&tuned_stage, &rig->error) == 0 ||
		  weir_stage_find("tuned"));
	snprintf(text, sizeof(text),
		"stages:\n"
		"  gen: {type: gen, flows: 100}\n"
		"  shard: {type: shard, inputs: gen}\n"
		"  it: {type: tuned, inputs: shard, replicas: 2, %s}\n"
		"  sink: {type: sink, inputs: it, sequence: yes}\n",
		place);
	cr_assert(rig_open(rig, text, NULL) == 0, "%s", rig->error.text);
}

static uint64_t value(struct rig *rig, const char *path)
{
	weir_pipeline_poll(rig->pipeline);
	return weir_count_value(weir_pipeline_reader(rig->pipeline), path);
}

static void wait_for_packets(struct rig *rig, const char *path)
{
	uint64_t before = value(rig, path);

	while (value(rig, path) < before + 100)
		usleep(100);
}

static void end(struct rig *rig)
{
	weir_pipeline_stop(rig->pipeline, false);
	rig_finish(rig);
	balanced(rig);
	cr_assert(rig->verdict == 0);
}

static void change_often(const char *place)
{
	struct rig rig;

	begin(&rig, place);
	cr_assert(weir_pipeline_start(rig.pipeline, &rig.error) == 0, "%s",
		rig.error.text);
	for (unsigned i = 1; i <= 100; i++) {
		char number[32];

		snprintf(number, sizeof(number), "number=%u", i);
		if (i % 10 == 0)
			wait_for_packets(&rig, "stages.it[0].in");
		cr_assert(change(&rig, "it", CHANGE(number)) == 0, "%s",
			rig.error.text);
		cr_assert(made == 2 * (i + 1) && retired == 2 * i);
	}
	wait_for_packets(&rig, "stages.it[0].in");
	wait_for_packets(&rig, "stages.it[1].in");
	end(&rig);
	for (unsigned i = 0; i < 2; i++) {
		json_t *own = json_object_get(
			named(&rig, "stages", i ? "it[1]" : "it[0]"),
			"counters");

		cr_assert(said(own, "seen") == 100);
		cr_assert(said(own, "unsound") == 0);
		cr_assert(said(own, "backwards") == 0);
	}
	rig_close(&rig);
	cr_assert(made == 202 && retired == made);
}

Test(change, reaches_every_replica_while_packets_flow)
{
	change_often("place: auto");
}

Test(change, reaches_replicas_on_lcores_of_their_own)
{
	change_often("place: lcore");
}

Test(change, reaches_replicas_on_threads)
{
	change_often("place: thread");
}

// From the moment that change returns, no packet is treated as before.
Test(change, holds_when_it_returns)
{
	struct rig rig;
	uint64_t rest;

	rig_begin(&rig,
		"stages:\n"
		"  gen: {type: gen}\n"
		"  it: {type: sample, inputs: gen, one_in: 1000000}\n"
		"  some: {type: sink, inputs: it.sample}\n"
		"  others: {type: sink, inputs: it.rest}\n",
		NULL);
	wait_for_packets(&rig, "stages.it.out.rest");
	cr_assert(change(&rig, "it", CHANGE("one_in=1")) == 0, "%s",
		rig.error.text);
	rest = value(&rig, "stages.it.out.rest");
	wait_for_packets(&rig, "stages.it.out.sample");
	cr_assert(value(&rig, "stages.it.out.rest") == rest);
	end(&rig);
	rig_close(&rig);
}

Test(change, works_before_the_start_and_not_after_the_end)
{
	struct rig rig;

	begin(&rig, "place: auto");
	cr_assert(change(&rig, "it", CHANGE("number=5")) == 0, "%s",
		rig.error.text);
	cr_assert(weir_pipeline_start(rig.pipeline, &rig.error) == 0);
	wait_for_packets(&rig, "stages.it[0].in");
	end(&rig);
	cr_assert(said(json_object_get(
			       named(&rig, "stages", "it[0]"), "counters"),
			  "seen") == 5);
	cr_assert(change(&rig, "it", CHANGE("number=6")) == -EALREADY);
	rig_close(&rig);
	cr_assert(retired == made);
}

static void refuse(struct rig *rig, const char *stage, const char *const *to,
	int err, const char *words)
{
	cr_assert(change(rig, stage, to) == err, "%d: %s", rig->error.code,
		rig->error.text);
	cr_assert(
		strstr(rig->error.text, words) != NULL, "%s", rig->error.text);
}

Test(change, that_cannot_be_made_changes_nothing)
{
	struct rig rig;

	begin(&rig, "place: auto");
	cr_assert(weir_pipeline_start(rig.pipeline, &rig.error) == 0);
	cr_assert(change(&rig, "it", CHANGE("number=7")) == 0);
	refuse(&rig, "that", CHANGE(), -ENOENT, "there is no stage 'that'");
	refuse(&rig, "shard", CHANGE("by=flow"), -ENOTSUP,
		"a shard has nothing that may be changed");
	refuse(&rig, "it", CHANGE("numbre=1"), -EINVAL,
		"stage 'it': tuned has no option 'numbre'");
	refuse(&rig, "it", CHANGE("number"), -EINVAL, "write number=VALUE");
	refuse(&rig, "it", CHANGE("number=9", "fixed=1"), -EPERM,
		"stage 'it': fixed cannot be changed while it runs");
	refuse(&rig, "it", CHANGE("number=1001"), -EINVAL,
		"number: must be at most 1000");
	// The second replica's fails: the first one's is not used.
	fail_at = made + 2;
	refuse(&rig, "it", CHANGE("number=8"), -ENOMEM, "no more tunings");
	fail_at = 0;
	cr_assert(retired == made - 2);
	wait_for_packets(&rig, "stages.it[0].in");
	end(&rig);
	cr_assert(said(json_object_get(
			       named(&rig, "stages", "it[0]"), "counters"),
			  "seen") == 7);
	rig_close(&rig);
	cr_assert(retired == made);
}

// A change gives what is to be new; what the file and earlier changes said stays.
Test(change, leaves_what_it_does_not_name)
{
	struct rig rig;

	rig_begin(&rig,
		"stages:\n"
		"  gen: {type: gen, rate: 1kpps}\n"
		"  it: {type: meter, inputs: gen, rate: 1pps, burst: 1,\n"
		"    algorithm: rfc4115, peak: 1pps, drop: [yellow, red]}\n"
		"  sink: {type: sink, inputs: it.green}\n",
		NULL);
	cr_assert(change(&rig, "it", CHANGE("rate=1Mpps")) == 0, "%s",
		rig.error.text);
	cr_assert(change(&rig, "it", CHANGE("burst=1k")) == 0, "%s",
		rig.error.text);
	wait_for_packets(&rig, "stages.it.out.green");
	end(&rig);
	rig_close(&rig);
}

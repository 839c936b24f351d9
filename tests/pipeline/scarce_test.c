// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends a plan is not made and a pipeline does not open: each says
// so, and leaves nothing behind.
#include "scarce.h"
#include "pipeline/rig.h"

static const char text[] = "stages:\n"
			   "  gen:  {type: numbers, count: 100}\n"
			   "  tee:  {type: tee, inputs: gen}\n"
			   "  pass: {type: pass, inputs: tee, place: lcore}\n"
			   "  echo: {type: echo, inputs: pass, place: thread}\n"
			   "  bin:  {type: bin, inputs: [tee, echo]}\n";

static struct rig rig;

static int plan_again(struct weir_error *e)
{
	struct weir_plan *plan = NULL;
	int err = weir_plan_create(&plan, rig.config, NULL, e);

	if (err) {
		cr_assert(strstr(e->text, "memory") != NULL, "%s", e->text);
		cr_assert(plan == NULL);
		return err;
	}
	weir_plan_destroy(plan);
	return 0;
}

static int open_again(struct weir_error *e)
{
	struct weir_pipeline *pipeline = NULL;
	int err = weir_pipeline_open(&pipeline, rig.plan, NULL, e);

	if (err) {
		cr_assert(strstr(e->text, "memory") != NULL ||
				  strstr(e->text, "cannot map") != NULL,
			"%s", e->text);
		cr_assert(pipeline == NULL);
		return err;
	}
	weir_pipeline_close(pipeline);
	return 0;
}

Test(scarce, a_pipeline_is_planned_and_opened_whole_or_not_at_all)
{
	cr_assert(rig_open(&rig, text, NULL) == 0, "%s", rig.error.text);
	weir_pipeline_close(rig.pipeline); // EAL stays
	rig.pipeline = NULL;
	cr_assert(in_want_of_memory(plan_again) >= 5);
	cr_assert(in_want_of_memory(open_again) >= 20);
	rig_close(&rig);
}

static const char limited[] = "runtime: {max_exec: 1us}\n"
			      "stages:\n"
			      "  gen:  {type: numbers, count: 100}\n"
			      "  bin:  {type: bin, inputs: gen}\n";

// finish_without ends a run in which that allocation fails; false when there is
// none of this number.
static bool finish_without(unsigned allocation)
{
	struct weir_pipeline *pipeline = NULL;
	struct weir_error e = {0};
	bool failed;
	int err;

	cr_assert_eq(weir_pipeline_open(&pipeline, rig.plan, NULL, &e), 0);
	cr_assert_eq(weir_pipeline_start(pipeline, &e), 0, "%s", e.text);
	scarce_from(allocation);
	err = weir_pipeline_finish(pipeline, &e);
	failed = scarce_end();
	if (!err) {
		json_t *report = weir_pipeline_report(pipeline);

		cr_expect(json_object_get(report, "contract") != NULL, "at %u",
			allocation);
		json_decref(report);
	}
	weir_pipeline_close(pipeline);
	return failed;
}

Test(scarce, no_verdict_on_contracts_is_left_out)
{
	unsigned allocation = 1;

	cr_assert(rig_open(&rig, limited, NULL) == 0, "%s", rig.error.text);
	weir_pipeline_close(rig.pipeline);
	rig.pipeline = NULL;
	while (finish_without(allocation))
		allocation++;
	cr_expect(allocation > 1);
	rig_close(&rig);
}

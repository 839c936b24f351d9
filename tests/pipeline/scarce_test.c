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

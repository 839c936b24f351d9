// SPDX-License-Identifier: BSD-3-Clause
//
// A pipeline from text, run to its end on real lcores, and what it reported.
#ifndef WEIR_TESTS_PIPELINE_RIG_H
#define WEIR_TESTS_PIPELINE_RIG_H

#include "base/eal.h"
#include "pipeline/pipeline.h"
#include "pipeline/stages.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- a run ----

struct rig {
	struct weir_config *config;
	struct weir_plan *plan;
	struct weir_pipeline *pipeline;
	json_t *report;
	int verdict;
	struct weir_error error;
};

// rig_open answers 0, or what the config, the plan or open refused.
static int rig_open(struct rig *rig, const char *text,
	const struct weir_pipeline_options *options)
{
	char *whole;
	int err;

	*rig = (struct rig){0};
	cr_assert(register_stages(&rig->error) == 0, "%s", rig->error.text);
	cr_assert(asprintf(&whole, "version: 1\n%s", text) > 0);
	err = weir_config_parse(&rig->config, "test.yaml", whole, strlen(whole),
		NULL, &rig->error);
	free(whole);
	if (!err)
		err = weir_plan_create(
			&rig->plan, rig->config, NULL, &rig->error);
	if (!err)
		err = weir_pipeline_open(
			&rig->pipeline, rig->plan, options, &rig->error);
	return err;
}

static void rig_begin(struct rig *rig, const char *text,
	const struct weir_pipeline_options *options)
{
	cr_assert(rig_open(rig, text, options) == 0, "%s", rig->error.text);
	cr_assert(weir_pipeline_start(rig->pipeline, &rig->error) == 0, "%s",
		rig->error.text);
}

static void rig_finish(struct rig *rig)
{
	cr_assert(weir_pipeline_finish(rig->pipeline, &rig->error) == 0, "%s",
		rig->error.text);
	rig->report = weir_pipeline_report(rig->pipeline);
	rig->verdict = weir_pipeline_verdict(rig->pipeline);
}

static void rig_close(struct rig *rig)
{
	json_decref(rig->report);
	weir_pipeline_close(rig->pipeline);
	weir_plan_destroy(rig->plan);
	weir_config_destroy(rig->config);
	if (weir_eal_is_open())
		weir_eal_close();
}

static inline void rig_run(struct rig *rig, const char *text,
	const struct weir_pipeline_options *options)
{
	rig_begin(rig, text, options);
	rig_finish(rig);
}

// named answers the member of a list of the report that has that name.
static inline json_t *named(
	const struct rig *rig, const char *list, const char *name)
{
	json_t *array = json_object_get(rig->report, list);

	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *one = json_array_get(array, i);
		const char *its =
			json_string_value(json_object_get(one, "name"));

		if (its && !strcmp(its, name))
			return one;
	}
	cr_assert(0, "the report has no '%s' in %s", name, list);
	return NULL;
}

static inline int64_t said(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

// balanced asserts that every equation of the report holds, with nothing
// unaccounted anywhere.
static inline void balanced(const struct rig *rig)
{
	static const char *const lists[] = {"ports", "stages", "edges"};

	for (int i = 0; i < 3; i++) {
		json_t *list = json_object_get(rig->report, lists[i]);

		for (size_t j = 0; j < json_array_size(list); j++) {
			json_t *one = json_array_get(list, j);

			cr_assert(said(one, "unaccounted") == 0,
				"%s: %s has %" PRId64 " unaccounted", lists[i],
				json_string_value(json_object_get(one, "name")),
				said(one, "unaccounted"));
		}
	}
	cr_assert(said(json_object_get(rig->report, "total"), "unaccounted") ==
		  0);
	cr_assert(
		said(json_object_get(rig->report, "pool"), "unaccounted") == 0);
}

static inline bool finds(const struct rig *rig, const char *words)
{
	json_t *findings = json_object_get(rig->report, "findings");

	for (size_t i = 0; i < json_array_size(findings); i++)
		if (strstr(json_string_value(json_array_get(findings, i)),
			    words))
			return true;
	return false;
}

#endif

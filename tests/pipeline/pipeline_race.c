// SPDX-License-Identifier: BSD-3-Clause
//
//	numbers ──▶ first (lcore) ──▶ echo (a task on a thread) ──▶ last ──▶ bin
//
// Rings between lcores and threads, packets given back, counters read by the
// main thread meanwhile, an end that drains and one that does not.
#include "base/eal.h"
#include "pipeline/pipeline.h"
#include "pipeline/stages.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char text[] =
	"version: 1\n"
	"stages:\n"
	"  gen: {type: numbers, count: 30000}\n"
	"  first: {type: pass, inputs: [{from: gen, depth: 8}], place: lcore}\n"
	"  echo: {type: echo, inputs: [{from: first, depth: 8}], drops: 5,\n"
	"    place: thread}\n"
	"  last: {type: keep, inputs: [{from: echo, depth: 16}], place: "
	"lcore}\n"
	"  lossy: {type: pass, place: thread, inputs: [{from: last, depth: 8,\n"
	"    when_full: drop_oldest}]}\n"
	"  sink: {type: bin, inputs: [{from: lossy, depth: 8}]}\n";

static void must(int err, const struct weir_error *e)
{
	if (!err)
		return;
	fprintf(stderr, "%s\n", e->text);
	exit(1);
}

static void print_report(struct weir_pipeline *pipeline)
{
	json_t *report = weir_pipeline_report(pipeline);

	weir_report_print(report, stderr, false);
	json_decref(report);
}

// run answers the verdict. EAL starts once in a process: each run has its own.
static int run(bool at_once)
{
	struct weir_error e = {0};
	struct weir_config *config;
	struct weir_plan *plan;
	struct weir_pipeline *pipeline;
	int verdict;

	must(register_stages(&e), &e);
	must(weir_config_parse(&config, "race", text, strlen(text), NULL, &e),
		&e);
	must(weir_plan_create(&plan, config, NULL, &e), &e);
	must(weir_pipeline_open(&pipeline, plan, NULL, &e), &e);
	must(weir_pipeline_start(pipeline, &e), &e);
	for (int i = 0; i < 20 && at_once; i++)
		weir_pipeline_poll(pipeline);
	if (at_once)
		weir_pipeline_stop(pipeline, true);
	must(weir_pipeline_finish(pipeline, &e), &e);
	verdict = weir_pipeline_verdict(pipeline);
	if (verdict)
		print_report(pipeline);
	weir_pipeline_close(pipeline);
	weir_plan_destroy(plan);
	weir_config_destroy(config);
	weir_eal_close();
	return verdict;
}

static int run_apart(bool at_once)
{
	pid_t child = fork();
	int status = 1;

	if (child == 0)
		exit(run(at_once));
	waitpid(child, &status, 0);
	if (status)
		fprintf(stderr, "the run that %s failed: %d\n",
			at_once ? "stops at once" : "drains", status);
	return status;
}

int main(void)
{
	return run_apart(false) || run_apart(true);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The lane stand-in: bounded jobs that are done when the schedule says so, in
// any order, and answered by a post. A job that was given up keeps its packet
// until the work has ended.
#include "world.h"

static struct sim_job *free_job(void)
{
	for (unsigned i = 0; i < SIM_JOBS; i++)
		if (!sim.jobs[i].taken)
			return &sim.jobs[i];
	sim.report->full++;
	return NULL;
}

static void put_back(struct sim_job *job)
{
	if (job->abandoned && sim_planted(SIM_LEAK_JOBS, 1))
		return;
	*job = (struct sim_job){0};
}

// On the job's executor: the work has ended.
static void answer(struct weir_executor *executor, struct weir_post *post)
{
	struct sim_job *job = weir_container(post, struct sim_job, post);

	job->done = true;
	if (!job->abandoned) {
		weir_wake(&job->waiters);
		return;
	}
	sim_settle(job->packet, SIM_RELEASED);
	put_back(job);
}

static void submit(struct sim_job *job, struct weir_executor *executor,
	struct sim_packet *packet)
{
	*job = (struct sim_job){.executor = executor,
		.packet = packet,
		.post = {.fn = answer},
		.taken = true,
		.queued = true};
	weir_wait_queue_init(&job->waiters);
	sim.report->jobs++;
}

bool sim_lane_do(struct weir_executor *executor, struct sim_packet *packet)
{
	struct sim_job *job = free_job();
	uint64_t deadline = sim_patience();
	int err = 0;

	if (!job || weir_task_canceled())
		return true;
	submit(job, executor, packet);
	while (!job->done && !err)
		err = weir_wait(&job->waiters, deadline, WEIR_WAIT_FRONT);
	// Cancelled or late, it may have been done before the task runs.
	if (job->done)
		err = 0;
	job->abandoned = err;
	sim.report->abandoned += job->abandoned;
	if (!err)
		put_back(job);
	return !err;
}

void sim_lane_work(void)
{
	struct sim_job *job = &sim.jobs[sim_below(SIM_JOBS)];

	if (!job->taken || job->done)
		return;
	if (!job->abandoned && sim.spurious && sim_below(8) == 0)
		weir_wake(&job->waiters); // for nothing
	if (!job->queued || sim_below(4))
		return;
	job->queued = false;
	if (!sim_planted(SIM_FORGET_JOBS, 16))
		weir_executor_post(job->executor, &job->post);
}

bool sim_lane_idle(void)
{
	for (unsigned i = 0; i < SIM_JOBS; i++)
		if (sim.jobs[i].taken)
			return false;
	return true;
}

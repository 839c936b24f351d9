// SPDX-License-Identifier: BSD-3-Clause
//
// The task's waits are pulls: its executor looks at the rings on its behalf.
// Below its outputs the same tree of calls may hang as below a kernel; it runs
// on the task's stack, and never waits.
#include "shell/task_stage.h"
#include "mem/mem.h"
#include "mem/pool.h"
#include "shell/burst.h"
#include "task/task.h"
#include "task/wait.h"

#include <errno.h>

struct weir_stage_io {
	struct weir_shell *shell;
	struct weir_watch input, output;
	const struct weir_link *full; // what output waits for
	struct weir_scope scope;
	struct weir_post cancel;
	bool started, canceled; // the main thread's
	bool open, stopping;	// the executor's: the scope; told to cancel
	bool ended;		// released by the task's end
	int error;		// why the task never ran, before ended
};

static const struct weir_wait_what input_what = {.kind = "the stage's input"};
static const struct weir_wait_what output_what = {
	.kind = "room behind the stage's outputs"};

static unsigned input_ready(struct weir_watch *watch)
{
	struct weir_stage_io *io =
		weir_container(watch, struct weir_stage_io, input);

	return weir_shell_input_waits(io->shell) ||
	       weir_shell_inputs_ended(io->shell);
}

// way_back answers how many packets may be sent so that all that becomes of
// them could be dropped.
static uint32_t way_back(
	const struct weir_shell *shell, const struct weir_link *link)
{
	uint32_t each = link->next ? link->next->take_trash : 1;

	return weir_edge_room(shell->giveback, WEIR_GIVEBACK_DEPTH) / each;
}

static uint32_t link_room(
	const struct weir_shell *shell, const struct weir_link *link)
{
	uint32_t room = UINT32_MAX, back;

	if (link->next)
		room = weir_leaves_room(&link->next->take);
	else if (link->edge && link->edge->when_full == WEIR_WHEN_FULL_WAIT)
		room = weir_edge_room(link->edge, WEIR_BURST);
	if (!shell->giveback)
		return room;
	back = way_back(shell, link);
	return back < room ? back : room;
}

static unsigned output_ready(struct weir_watch *watch)
{
	struct weir_stage_io *io =
		weir_container(watch, struct weir_stage_io, output);

	return link_room(io->shell, io->full) > 0;
}

// wait_for parks the task until watch is ready; false when it is cancelled.
static bool wait_for(struct weir_stage_io *io, struct weir_watch *watch)
{
	weir_watch_start(io->shell->executor, watch);
	return weir_wait(&watch->queue, WEIR_NEVER, WEIR_WAIT_BACK) == 0;
}

unsigned weir_stage_recv(
	struct weir_stage_io *io, struct rte_mbuf **packets, unsigned count)
{
	struct weir_shell *shell = io->shell;

	// What a kernel may be given is what the shell has room to drop.
	count = count < WEIR_BURST ? count : WEIR_BURST;
	// A task that always finds input would never let others run.
	weir_yield();
	while (!weir_task_canceled()) {
		unsigned n;

		weir_shell_trim(shell);
		n = weir_burst_can_drop(shell)
			    ? weir_shell_gather(shell, packets, count)
			    : 0;
		n = n ? weir_burst_prepare(shell, shell->root, packets, n) : 0;
		if (n) {
			shell->executor->budget--; // it does something
			return n;
		}
		if (weir_shell_inputs_ended(shell))
			return 0;
		if (!wait_for(io, &io->input))
			return 0;
	}
	return 0;
}

// stamp marks the first packet, or all, of what a task brings into the pipeline.
static void stamp(
	const struct weir_shell *shell, struct rte_mbuf **packets, uint32_t n)
{
	n = shell->latency_all ? n : 1;
	for (uint32_t i = 0; i < n; i++) {
		*weir_stamp_of(packets[i]) = shell->now;
		packets[i]->ol_flags |= weir_stamp_flag;
	}
}

// claim answers how many of wanted packets may come in, at least one; 0 when
// the run has all that it was asked for.
static uint32_t claim(struct weir_shell *shell, uint32_t wanted)
{
	uint32_t n = weir_limit_claim(shell->limit, wanted);

	// What another source claimed in vain comes back.
	while (!n && !weir_limit_reached(shell->limit) &&
		!weir_task_canceled()) {
		weir_yield();
		n = weir_limit_claim(shell->limit, wanted);
	}
	return n;
}

// wait_for_room answers how many of count packets may be sent now; 0 when no
// more may.
static uint32_t wait_for_room(
	struct weir_stage_io *io, const struct weir_link *link, uint32_t count)
{
	struct weir_shell *shell = io->shell;
	bool source = shell->root->type->source;
	uint32_t n;

	// What ends a source that never has to wait.
	if (source && weir_task_canceled())
		return 0;
	while (!(n = link_room(shell, link))) {
		io->full = link;
		if (!wait_for(io, &io->output))
			return 0;
	}
	n = n < count ? n : count;
	n = n < WEIR_BURST ? n : WEIR_BURST;
	if (shell->limit && source)
		n = claim(shell, n);
	return n;
}

// send sends n packets, for which there is room.
static void send(struct weir_shell *shell, const struct weir_link *link,
	struct rte_mbuf **packets, uint32_t n)
{
	struct weir_instance *root = shell->root;

	// What the task did so far is its own, not the next kernel's.
	shell->now = weir_executor_lap_inline(shell->executor, root->steps);
	if (root->type->source) {
		stamp(shell, packets, n);
		if (shell->limit)
			weir_limit_settle(shell->limit, n, n);
	}
	weir_burst_pass(shell, link, packets, n);
	weir_executor_runs(shell->executor, root->steps);
}

unsigned weir_stage_send(struct weir_stage_io *io, unsigned output,
	struct rte_mbuf **packets, unsigned count)
{
	struct weir_shell *shell = io->shell;
	struct weir_instance *root = shell->root;
	const struct weir_link *link = &root->links[root->out.first[output]];
	unsigned sent = 0;

	weir_assert(weir_out_ways(&root->out, output) == 1);
	// A source that always finds room would never let others run.
	if (root->type->source)
		weir_yield();
	while (sent < count) {
		uint32_t n = wait_for_room(io, link, count - sent);

		if (!n)
			break;
		send(shell, link, packets + sent, n);
		sent += n;
	}
	weir_executor_worked_inline(shell->executor, sent);
	return sent;
}

// discard frees packets; where that is another's to do, it waits for room on
// the way there.
static void discard(
	struct weir_shell *shell, struct rte_mbuf **packets, unsigned count)
{
	while (count) {
		unsigned n = count < WEIR_BURST ? count : WEIR_BURST;

		while (shell->giveback &&
			weir_edge_room(shell->giveback, n) < n)
			weir_yield();
		weir_burst_discard(shell, packets, n);
		packets += n;
		count -= n;
	}
}

void weir_stage_drop(struct weir_stage_io *io, unsigned reason,
	struct rte_mbuf **packets, unsigned count)
{
	count_add(&io->shell->root->counts->dropped[reason], count);
	discard(io->shell, packets, count);
}

void weir_stage_made(struct weir_stage_io *io, uint64_t count)
{
	count_add(&io->shell->root->counts->made, count);
}

void weir_stage_consumed(
	struct weir_stage_io *io, struct rte_mbuf **packets, unsigned count)
{
	count_add(&io->shell->root->counts->consumed, count);
	discard(io->shell, packets, count);
}

static void body(void *arg)
{
	struct weir_shell *shell = arg;

	shell->root->type->task(shell->root->state, shell->io);
}

// supervise keeps the scope in which the stage's own task can be cancelled.
static void supervise(void *arg)
{
	struct weir_shell *shell = arg;
	struct weir_spawn_options options = {
		.name = shell->root->plan->name,
		.steps = shell->root->steps,
	};
	struct weir_stage_io *io = shell->io;
	int err = -ECANCELED;

	weir_scope_open(&io->scope);
	io->open = true;
	// A stop may come before the first turn.
	if (!io->stopping)
		err = weir_spawn_with(&io->scope, NULL, body, shell, &options);
	(void)weir_scope_close(&io->scope, WEIR_NEVER);
	io->open = false;
	io->error = err == -ECANCELED ? 0 : err;
	store_release(&io->ended, true);
	weir_step_ready(shell->executor, &shell->step);
}

static void cancel(struct weir_executor *executor, struct weir_post *post)
{
	struct weir_stage_io *io =
		weir_container(post, struct weir_stage_io, cancel);

	(void)executor;
	io->stopping = true;
	if (io->open)
		weir_scope_cancel(&io->scope);
}

// discard_inputs drops what a task that has returned will never receive, so
// that those before it can end.
static void discard_inputs(struct weir_shell *shell)
{
	for (unsigned i = 0; i < shell->input_count; i++) {
		struct weir_edge *edge = shell->inputs[i];
		unsigned n;

		if (!weir_burst_can_drop(shell))
			return;
		n = weir_edge_recv(edge, shell->burst, WEIR_BURST);
		count_add(&edge->taken->ended, n);
		weir_burst_discard(shell, shell->burst, n);
		weir_executor_worked_inline(shell->executor, n);
	}
}

void weir_shell_step_task(
	struct weir_executor *executor, struct weir_step *step)
{
	struct weir_shell *shell = (struct weir_shell *)step;

	weir_burst_begin(shell, executor);
	if (!shell->io->ended) {
		weir_executor_lap_regime_inline(executor, WEIR_TIME_RUNTIME);
		// Without ticks below there is nothing to do until its end.
		if (shell->ticking_count)
			weir_shell_again(shell);
		return;
	}
	// What a cancelled task did not receive is held where it is.
	if (shell->io->stopping && shell->input_count)
		return;
	discard_inputs(shell);
	if (weir_shell_inputs_ended(shell))
		weir_shell_drain(shell);
	else
		weir_shell_idle(shell, WEIR_TIME_WAITING);
}

static int check_ways(const struct weir_shell *shell, struct weir_error *e)
{
	const struct weir_instance *root = shell->root;

	for (unsigned i = 0; i < root->config->output_count; i++)
		if (weir_out_ways(&root->out, i) != 1)
			return weir_error_set(e, -EINVAL,
				"stage '%s': a task sends '%s' to one "
				"consumer; "
				"put a shard or tee behind it",
				root->plan->name, root->config->outputs[i]);
	return 0;
}

int weir_task_stage_open(struct weir_shell *shell, struct weir_error *e)
{
	struct weir_stage_io *io = weir_mem_create(sizeof(*io), WEIR_NODE_ANY);

	if (!io)
		return weir_error_set(e, -ENOMEM, "out of memory");
	shell->io = io;
	io->shell = shell;
	io->cancel.fn = cancel;
	weir_watch_init(&io->input, input_ready);
	weir_watch_init(&io->output, output_ready);
	io->input.queue.what = &input_what;
	io->output.queue.what = &output_what;
	return check_ways(shell, e);
}

void weir_task_stage_close(struct weir_shell *shell)
{
	weir_mem_destroy(shell->io);
	shell->io = NULL;
}

int weir_task_stage_start(struct weir_shell *shell, struct weir_error *e)
{
	struct weir_spawn_options options = {.name = shell->root->plan->name};
	int err = weir_start(shell->executor, supervise, shell, &options, NULL);

	if (err)
		return weir_error_set(e, err,
			"stage '%s': no stack for its task",
			shell->root->plan->name);
	shell->io->started = true;
	return 0;
}

void weir_task_stage_cancel(struct weir_shell *shell)
{
	if (weir_task_stage_ended(shell) || shell->io->canceled)
		return;
	shell->io->canceled = true;
	weir_executor_post(shell->executor, &shell->io->cancel);
}

bool weir_task_stage_ended(const struct weir_shell *shell)
{
	const struct weir_stage_io *io = shell->io;

	return !io || !io->started || load_acquire(&io->ended);
}

int weir_task_stage_error(const struct weir_shell *shell)
{
	const struct weir_stage_io *io = shell->io;

	return io && load_acquire(&io->ended) ? io->error : 0;
}

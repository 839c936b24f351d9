// SPDX-License-Identifier: BSD-3-Clause
//
// A burst's way through a shell's tree, and the steps made of it. Inside
// lib/shell only.
//
// Threads.  The shell's executor.
#ifndef WEIR_SHELL_BURST_H
#define WEIR_SHELL_BURST_H

#include "mem/pool.h"
#include "shell/shell.h"
#include "task/executor_inline.h"

// What a step of a source or of rings does at most: so many bursts, and none
// more once it has taken so long.
#define WEIR_STEP_BURSTS 8
#define WEIR_STEP_NS 2000

// What a step of rx and tx alone does at most: it learns how many bursts fit into
// WEIR_STEP_NS.
#define WEIR_FORWARD_BURSTS 64

// weir_forward_learn answers how many bursts such a step may have at most, after
// one that might have had most of them, had so many and took so many ticks of
// step_ticks.
static inline unsigned weir_forward_learn(
	unsigned most, unsigned bursts, uint64_t took, uint64_t step_ticks)
{
	if (took > step_ticks)
		return most > 1 ? most / 2 : 1;
	if (took < step_ticks / 2 && bursts == most &&
		most < WEIR_FORWARD_BURSTS)
		return most * 2;
	return most;
}

// weir_burst_beat looks now and then at what the instances hold, for the books.
#define WEIR_BEAT 256 // steps
void weir_burst_publish_held(struct weir_shell *shell);

static inline void weir_burst_beat(struct weir_shell *shell)
{
	if (unlikely(++shell->beat % WEIR_BEAT == 0))
		weir_burst_publish_held(shell);
}

// weir_burst_begin is what each step begins with: the tick of the last clock
// read, and the ticks of the instances that have one.
void weir_burst_begin(struct weir_shell *shell, struct weir_executor *executor);

// weir_burst_credit answers how many packets the root may be given;
// weir_burst_emit_room, how many an instance may put on each of its lanes by
// itself.
uint32_t weir_burst_credit(const struct weir_shell *shell);
uint32_t weir_burst_emit_room(
	const struct weir_shell *shell, const struct weir_instance *instance);

// weir_burst_set_room tells an instance that emits how many packets it may put
// on each of its lanes.
static inline void weir_burst_set_room(
	struct weir_instance *instance, uint32_t room)
{
	for (unsigned i = 0; i < instance->lane_count; i++)
		instance->out.lanes[i].room = room;
}

// weir_burst_stamp marks a packet with the tick at which it was asked for.
static inline void weir_burst_stamp(struct rte_mbuf *packet, uint64_t tick)
{
	*weir_stamp_of(packet) = tick;
	packet->ol_flags |= weir_stamp_flag;
}

// weir_burst_emitted answers how many packets lie on the instance's lanes and
// in its trash, to be settled.
static inline unsigned weir_burst_emitted(const struct weir_instance *instance)
{
	unsigned count = instance->out.trash.count;

	for (unsigned i = 0; i < instance->lane_count; i++)
		count += instance->out.lanes[i].count;
	return count;
}

// weir_burst_can_drop tells whether all that an instance holds could be
// dropped now. On an lcore it always can; a thread needs room on the way to
// one.
bool weir_burst_can_drop(const struct weir_shell *shell);

// weir_burst_run gives n packets, at most WEIR_BURST, to an instance and what
// it puts to those below. weir_burst_settle does the second half: for who
// called the stage itself.
void weir_burst_run(struct weir_shell *shell, struct weir_instance *instance,
	struct rte_mbuf **in, unsigned n);
void weir_burst_settle(
	struct weir_shell *shell, struct weir_instance *instance);

// weir_burst_prepare counts n packets in and answers how many of them the
// instance may see; for who calls the stage itself.
unsigned weir_burst_prepare(struct weir_shell *shell,
	struct weir_instance *instance, struct rte_mbuf **in, unsigned n);

// weir_burst_pass sends n packets, which fit, on a link.
void weir_burst_pass(struct weir_shell *shell, const struct weir_link *link,
	struct rte_mbuf **packets, unsigned n);

// weir_burst_discard frees, or sends to where packets are freed.
void weir_burst_discard(
	struct weir_shell *shell, struct rte_mbuf **packets, unsigned n);

// The inputs: weir_shell_trim discards what is past the depth of those that
// drop their oldest; weir_shell_gather receives up to n packets, round robin.
void weir_shell_trim(struct weir_shell *shell);
unsigned weir_shell_gather(
	struct weir_shell *shell, struct rte_mbuf **packets, unsigned n);
bool weir_shell_input_waits(const struct weir_shell *shell);
bool weir_shell_inputs_ended(const struct weir_shell *shell);

// The steps: of a source, of rx and tx alone, of what rings feed, of a task, of
// the end.
weir_step_fn weir_shell_step_source, weir_shell_step_forward;
weir_step_fn weir_shell_step_inputs;
weir_step_fn weir_shell_step_task, weir_shell_step_drain;

// weir_shell_drain makes the shell drain from its next step on.
void weir_shell_drain(struct weir_shell *shell);

// weir_shell_trace_burst and _idle write down, for the trace, that n packets went
// through an instance, in ticks up to now; that the shell is in a regime.
__attribute__((cold)) void weir_shell_trace_burst(struct weir_shell *shell,
	const struct weir_instance *instance, unsigned n, uint64_t ticks);
__attribute__((cold)) void weir_shell_trace_idle(
	struct weir_shell *shell, enum weir_regime regime);

static inline void weir_shell_again(struct weir_shell *shell)
{
	weir_step_ready_inline(shell->executor, &shell->step);
}

// weir_shell_end_tail ends the stretch of a chain that is timed as one.
static inline void weir_shell_end_tail(struct weir_shell *shell)
{
	shell->now = weir_executor_lap_inline(
		shell->executor, shell->tail->timed_with->steps);
	shell->tail = NULL;
}

// weir_shell_idle ends a step that found nothing to do, or no room for it.
static inline void weir_shell_idle(
	struct weir_shell *shell, enum weir_regime regime)
{
	if (unlikely(shell->tail != NULL))
		weir_shell_end_tail(shell);
	else
		weir_executor_lap_regime_inline(shell->executor, regime);
	if (weir_trace_is_on())
		weir_shell_trace_idle(shell, regime);
	weir_shell_again(shell);
}

// weir_shell_source_idle ends the step of a source that gave nothing: it may
// have ended.
void weir_shell_source_idle(struct weir_shell *shell);

// weir_shell_forwards tells whether weir_shell_step_forward is for this shell.
bool weir_shell_forwards(const struct weir_shell *shell);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// A crowd of steppers that take tokens from one channel, rest, and go when it is
// closed, at a deadline, or when they are cancelled. Each token is taken once,
// released or left with its sender; each stepper that was started has ended,
// once, before its scope closes.
#include "play.h"

#include "chan/case.h"
#include "task/stepper.h"

#include <errno.h>

#define CROWD 6
#define TOKENS 24

struct crowd;

struct member {
	struct weir_stepper stepper;
	struct crowd *crowd;
	struct weir_rx rx;
	unsigned *token;
	bool started, ended;
};

struct crowd {
	struct weir_scope scope;
	struct member members[CROWD];
	unsigned tokens[TOKENS]; // how often each was taken
};

enum { TAKE, TOOK, RESTED };

static enum weir_stepper_next take(struct member *m)
{
	struct weir_stepper *s = &m->stepper;

	s->state = TOOK;
	return weir_stepper_wait(
		s, weir_case_recv(&m->rx, &m->token), sim_patience());
}

static enum weir_stepper_next took(struct member *m)
{
	struct weir_stepper *s = &m->stepper;

	if (s->answer == -ETIMEDOUT && sim_below(4))
		return take(m);
	if (s->answer && s->answer != -ETIMEDOUT && s->answer != -ECANCELED)
		sim_fault("a stepper's wait answered %d", s->answer);
	if (s->answer || s->wait.result == WEIR_CLOSED)
		return WEIR_STEPPER_END;
	if (s->wait.result != WEIR_RECEIVED || !m->token)
		sim_fault("a stepper was served nothing");
	if (!sim_planted(SIM_STEP_OVER, 8))
		++*m->token;
	m->token = NULL;
	sim.report->steps++;
	if (sim_below(16) == 0)
		return WEIR_STEPPER_END;
	s->state = RESTED;
	if (sim_below(2))
		return WEIR_STEPPER_AGAIN;
	return weir_stepper_wait(
		s, weir_case_after(sim_in(sim_below(60))), WEIR_NEVER);
}

static enum weir_stepper_next step(struct weir_stepper *s)
{
	struct member *m = weir_container(s, struct member, stepper);

	switch (s->state) {
	case TOOK:
		return took(m);
	default:
		return take(m);
	}
}

static void ended(struct weir_stepper *s)
{
	struct member *m = weir_container(s, struct member, stepper);

	if (m->ended || !m->started || m->token)
		sim_fault("a stepper ended that had, or with a token");
	m->ended = true;
	weir_rx_close(&m->rx);
}

static const struct weir_stepper_class class_ = {
	.name = "crowd", .step = step, .ended = ended};

static void release(void *arg, void *token)
{
	++*(unsigned *)token;
}

static void start(struct crowd *crowd, unsigned count, const struct weir_rx *rx)
{
	for (unsigned i = 0; i < count; i++) {
		struct member *m = &crowd->members[i];

		*m = (struct member){.crowd = crowd};
		if (weir_rx_clone(rx, &m->rx))
			sim_fault("a stepper has no end");
		m->started = true;
		if (!weir_stepper_spawn(&crowd->scope, &m->stepper, &class_))
			continue;
		m->started = false;
		weir_rx_close(&m->rx);
	}
}

static void send_all(
	struct weir_executor *executor, struct crowd *crowd, struct weir_tx *tx)
{
	unsigned count = sim_below(TOKENS + 1), i = 0;
	enum weir_result result = WEIR_SENT;

	while (i < count && result != WEIR_CLOSED) {
		unsigned *token = &crowd->tokens[i];

		result = weir_send_until(tx, &token, sim_patience());
		i += result == WEIR_SENT;
		if (!sim.patient && sim_below(32) == 0)
			weir_scope_cancel(&crowd->scope);
		if (!sim_rest(executor))
			break;
	}
	for (; i < TOKENS; i++) // they are still ours
		crowd->tokens[i]++;
	weir_tx_close(tx);
}

static void check(const struct crowd *crowd, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (crowd->members[i].started != crowd->members[i].ended)
			sim_fault("a scope closed before its stepper ended");
	for (unsigned i = 0; i < TOKENS; i++)
		if (crowd->tokens[i] != 1)
			sim_fault(
				"a token was taken %u times", crowd->tokens[i]);
}

static bool play(struct weir_executor *executor)
{
	const struct weir_channel_options options = {
		.class_ = WEIR_SPMC, .release = release};
	unsigned count = 1 + sim_below(CROWD);
	struct crowd crowd = {.tokens = {0}};
	struct weir_tx tx;
	struct weir_rx rx;

	if (weir_channel_open_with(1 + sim_below(4), &options, &tx, &rx))
		return true;
	weir_scope_open(&crowd.scope);
	sim.scopes_open++;
	start(&crowd, count, &rx);
	weir_rx_close(&rx);
	send_all(executor, &crowd, &tx);
	(void)weir_scope_close(&crowd.scope, sim_patience());
	sim.scopes_open--;
	check(&crowd, count);
	return !weir_task_canceled();
}

const struct sim_kind sim_steppers = {.name = "stepper", .play = play};

// SPDX-License-Identifier: BSD-3-Clause
//
// A connection is in turn a stepper, which waits, and a task, which handles: each
// starts the other and ends, so that none of them waits for the other, and a cancel
// finds either.
//
// Stacks.  Those that found none stand in line. A handler that ends wakes as many as
// there are stacks for, its own included, which it gives back before who was woken
// runs. Who comes later stays behind them. Stacks of other tasks come back unseen, so
// while nobody is handled who could wake, a timer looks.
#include "reactor/connection.h"
#include "base/assert.h"
#include "mem/stack.h"
#include "reactor/fd_inline.h"
#include "task/task.h"

_Static_assert(sizeof(struct weir_connection) <= 288, "its header says so");

enum { BEGIN, WAITED, IN_LINE, OVER };

// ---- stacks ----

static unsigned stacks_free(const struct weir_reactor *reactor)
{
	const struct weir_stack_pool *pool = reactor->executor->stacks;

	return weir_stack_pool_count(pool) - weir_stack_pool_used(pool);
}

static bool must_stand_in_line(const struct weir_reactor *reactor)
{
	return !weir_wait_queue_empty(&reactor->line) ||
	       stacks_free(reactor) <= reactor->promised;
}

// look_later looks for stacks that other tasks give back.
static void look_later(struct weir_reactor *reactor)
{
	if (reactor->handlers == 0 &&
		weir_list_empty(&reactor->line_timer.link))
		weir_timer_set(reactor->executor, &reactor->line_timer,
			reactor->executor->now + reactor->line_ticks);
}

// serve_line wakes as many as there are stacks for, so many of them coming.
static void serve_line(struct weir_reactor *reactor, unsigned coming)
{
	while (reactor->promised < stacks_free(reactor) + coming &&
		weir_wake(&reactor->line))
		reactor->promised++;
	if (!weir_wait_queue_empty(&reactor->line))
		look_later(reactor);
}

void weir_connection_line_due(
	struct weir_executor *executor, struct weir_timer *timer)
{
	serve_line(weir_container(timer, struct weir_reactor, line_timer), 0);
}

// ---- its life ----

static const struct weir_stepper_class waiting;

static void end(struct weir_connection *c)
{
	weir_fd_close(&c->fd);
	if (c->class_->ended)
		c->class_->ended(c);
}

static void handle(void *arg)
{
	struct weir_connection *c = arg;
	struct weir_reactor *reactor = c->fd.reactor;
	enum weir_connection_next next = c->class_->handle(c);

	WEIR_TRACE(connection_returns, &c->fd, (uint32_t)c->fd.number);
	if (next == WEIR_CONNECTION_END || weir_task_canceled() ||
		weir_stepper_spawn(c->scope, &c->stepper, &waiting))
		end(c);
	reactor->handlers--;
	serve_line(reactor, 1);
}

// borrow starts the task that handles; an error ends the connection.
static int borrow(struct weir_connection *c)
{
	const struct weir_spawn_options options = {
		.name = c->class_->name, .steps = c->class_->steps};
	int err = weir_spawn_with(c->scope, NULL, handle, c, &options);

	if (err)
		return err;
	c->fd.reactor->handlers++;
	WEIR_TRACE(connection_borrows, &c->fd, (uint32_t)c->fd.number);
	return 0;
}

static enum weir_stepper_next over(struct weir_connection *c)
{
	c->stepper.state = OVER;
	return WEIR_STEPPER_END;
}

static enum weir_stepper_next stand_in_line(struct weir_connection *c)
{
	struct weir_reactor *reactor = c->fd.reactor;

	look_later(reactor);
	WEIR_TRACE(connection_queues, &c->fd, (uint32_t)c->fd.number);
	c->stepper.state = IN_LINE;
	return weir_stepper_wait(
		&c->stepper, weir_case_queue(&reactor->line), WEIR_NEVER);
}

static enum weir_stepper_next wait_for_request(struct weir_connection *c)
{
	uint64_t ns = c->class_->idle_ns;

	c->stepper.state = WAITED;
	return weir_stepper_wait(&c->stepper, weir_case_readable(&c->fd),
		ns ? weir_in_ns(ns) : WEIR_NEVER);
}

static enum weir_stepper_next go_on(struct weir_connection *c)
{
	switch (borrow(c)) {
	case 0:
		return WEIR_STEPPER_END;
	case -EAGAIN: // other tasks took it
		return stand_in_line(c);
	default:
		return over(c);
	}
}

static enum weir_stepper_next step(struct weir_stepper *s)
{
	struct weir_connection *c =
		weir_container(s, struct weir_connection, stepper);
	struct weir_reactor *reactor = c->fd.reactor;
	enum weir_stepper_next next;

	if (s->state == BEGIN)
		return wait_for_request(c);
	if (s->answer)
		return over(c);
	if (s->state == WAITED)
		return must_stand_in_line(reactor) ? stand_in_line(c)
						   : go_on(c);
	reactor->promised--;
	next = go_on(c);
	serve_line(reactor, 0); // if it made no use of what it was promised
	return next;
}

// stepped is called when the stepper has ended: a task handles now, or it is over.
static void stepped(struct weir_stepper *s)
{
	if (s->state == OVER)
		end(weir_container(s, struct weir_connection, stepper));
}

static const struct weir_stepper_class waiting = {
	.name = "connection", .step = step, .ended = stepped};

int weir_connection_start(struct weir_scope *scope, struct weir_connection *c,
	const struct weir_connection_class *class_)
{
	weir_fd_check(&c->fd, "weir_connection_start");
	c->class_ = class_;
	c->scope = scope;
	return weir_stepper_spawn(scope, &c->stepper, &waiting);
}

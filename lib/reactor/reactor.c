// SPDX-License-Identifier: BSD-3-Clause
//
// The executor's bell is an eventfd in the set, so one epoll_wait is the sleep.
// A step that is always ready looks at the set while there is work; when it is the
// only one that is ready, the executor may sleep.
//
// What epoll tells is only written into the descriptor, and its waiters become
// runnable: none of them runs, and so closes nothing, before all that epoll told
// at once has been written down.
#include "reactor/reactor.h"
#include "base/assert.h"
#include "base/clock.h"
#include "mem/mem.h"
#include "reactor/fd_inline.h"
#include "reactor/reactor_inline.h"
#include "task/bell.h"
#include "task/misuse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 50000
#define LINE_NS 1000000

// ---- the set ----

// take writes down what epoll told, and answers how many descriptors that was.
static unsigned take(struct weir_reactor *reactor, int count)
{
	unsigned taken = 0;

	for (int i = 0; i < count; i++) {
		struct weir_fd *fd = reactor->events[i].data.ptr;

		if (!fd)
			continue; // the bell
		weir_fd_told(fd, reactor->events[i].events);
		taken++;
	}
	return taken;
}

// wait_ms is for systems without epoll_pwait2. It is never early.
static int wait_ms(struct weir_reactor *reactor, uint64_t ns)
{
	uint64_t ms = ns / 1000000 + (ns % 1000000 > 0);

	return epoll_wait(reactor->set, reactor->events, WEIR_REACTOR_EVENTS,
		ns == WEIR_NEVER ? -1
		: ms > INT_MAX	 ? INT_MAX
				 : (int)ms);
}

// wait_in_set sleeps for ns at most, or not at all, and takes what is told.
static unsigned wait_in_set(struct weir_reactor *reactor, uint64_t ns)
{
	const struct timespec timeout = {
		.tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000),
	};
	int count;

	if (ns == 0 || reactor->waits_in_ms) {
		count = wait_ms(reactor, ns);
	} else {
		count = epoll_pwait2(reactor->set, reactor->events,
			WEIR_REACTOR_EVENTS, ns == WEIR_NEVER ? NULL : &timeout,
			NULL);
		reactor->waits_in_ms = count < 0 && errno == ENOSYS;
	}
	if (ns > 0) { // who is woken is ready as of now
		weir_executor_lap_regime_inline(
			reactor->executor, WEIR_TIME_WAITING);
		WEIR_TRACE(executor_wakes, reactor->executor);
	}
	reactor->looked = reactor->executor->now;
	return take(reactor, count);
}

static bool is_time(const struct weir_reactor *reactor)
{
	return reactor->executor->clock->virtual_ticks ||
	       reactor->executor->now - reactor->looked >= reactor->look_ticks;
}

static void look(struct weir_executor *executor, struct weir_step *step)
{
	struct weir_reactor *reactor =
		weir_container(step, struct weir_reactor, look);

	if (is_time(reactor))
		weir_executor_worked_inline(executor, wait_in_set(reactor, 0));
	weir_executor_lap_regime_inline(executor, WEIR_TIME_RUNTIME);
	weir_step_ready_inline(executor, step);
}

// ---- the sleep ----

static bool others_ready(const struct weir_reactor *reactor)
{
	return reactor->executor->ready_first != &reactor->look ||
	       reactor->look.next;
}

static void sleep_in_set(struct weir_reactor *reactor, uint64_t until)
{
	uint64_t ns = weir_bell_patience(until);

	if (ns > 0)
		WEIR_TRACE(executor_sleeps, reactor->executor, until);
	wait_in_set(reactor, ns);
	reactor->wakes++;
}

static void sleep_till_rung(struct weir_reactor *reactor, uint64_t until)
{
	struct weir_executor *executor = reactor->executor;

	weir_executor_arm(executor);
	if (weir_executor_may_sleep(executor, &reactor->later))
		sleep_in_set(reactor, until);
	if (!reactor->later)
		weir_executor_disarm(executor);
}

static void sleep_a_while(struct weir_reactor *reactor, uint64_t until)
{
	struct weir_executor *executor = reactor->executor;
	uint64_t next = executor->now + reactor->poll_ticks;

	if (until == WEIR_NEVER || (int64_t)(until - next) > 0)
		until = next;
	if (!reactor->later)
		executor->pass++; // over the watches
	if (weir_executor_may_sleep(executor, &reactor->later))
		sleep_in_set(reactor, until);
}

static void idle(void *arg, struct weir_executor *executor, uint64_t until)
{
	struct weir_reactor *reactor = arg;

	if (others_ready(reactor)) {
		weir_executor_disarm(executor);
		return;
	}
	if (executor->clock->virtual_ticks)
		sched_yield();
	else if (reactor->poll_ticks == WEIR_NEVER)
		sleep_till_rung(reactor, until);
	else
		sleep_a_while(reactor, until);
}

// ---- its life ----

static int set_error(struct weir_error *e, int code, const char *name)
{
	return weir_error_set(e, -code,
		"cannot open what the reactor '%s' sleeps in (%s): close some "
		"descriptors, or raise their limit: ulimit -n",
		name, strerror(code));
}

int weir_reactor_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// add_bell puts the executor's bell into the set. It is never read: each ring is
// an edge.
static int add_bell(struct weir_reactor *reactor)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int bell = weir_bell_descriptor(reactor->executor->bell);

	if (bell < 0)
		return bell;
	return epoll_ctl(reactor->set, EPOLL_CTL_ADD, bell, &event) ? -errno
								    : 0;
}

static void init(struct weir_reactor *reactor,
	const struct weir_reactor_options *options)
{
	const struct weir_clock *clock = reactor->executor->clock;
	uint64_t poll_ns = options->poll_ns ? options->poll_ns : POLL_NS;

	reactor->look_ticks = weir_clock_ticks(clock, WEIR_REACTOR_LOOK_NS);
	reactor->poll_ticks = options->bell == WEIR_REACTOR_POLL
				      ? weir_clock_ticks(clock, poll_ns)
				      : WEIR_NEVER;
	reactor->looked = reactor->executor->now - reactor->look_ticks;
	reactor->line_ticks = weir_clock_ticks(clock, LINE_NS);
	weir_wait_queue_init(&reactor->line);
	weir_timer_init(&reactor->line_timer, weir_connection_line_due);
	weir_step_init(&reactor->look, look, NULL);
	weir_step_ready(reactor->executor, &reactor->look);
}

int weir_reactor_create(struct weir_reactor **reactor,
	const struct weir_reactor_options *options, struct weir_error *e)
{
	const struct weir_reactor_options none = {
		.executor = {.node = WEIR_NODE_ANY}};
	struct weir_executor_options executor;
	struct weir_reactor *r;
	int err;

	options = options ? options : &none;
	executor = options->executor;
	executor.name = executor.name ? executor.name : "reactor";
	r = weir_mem_create(sizeof(*r), executor.node);
	if (!r)
		return weir_error_set(e, -ENOMEM,
			"no memory for the reactor '%s': free some, or run "
			"fewer",
			executor.name);
	executor.sleeps = true;
	executor.idle = idle;
	executor.idle_arg = r;
	err = weir_executor_create(&r->executor, &executor, e);
	if (err)
		goto no_executor;
	r->set = epoll_create1(EPOLL_CLOEXEC);
	if (r->set < 0) {
		err = set_error(e, errno, executor.name);
		goto no_set;
	}
	r->reserve = weir_reactor_reserve();
	if (r->reserve < 0) {
		err = set_error(e, errno, executor.name);
		goto no_reserve;
	}
	err = add_bell(r);
	if (err) {
		set_error(e, -err, executor.name);
		goto no_bell;
	}
	init(r, options);
	*reactor = r;
	return 0;

no_bell:
	close(r->reserve);
no_reserve:
	close(r->set);
no_set:
	weir_executor_destroy(r->executor);
no_executor:
	weir_mem_destroy(r);
	return err;
}

void weir_reactor_destroy(struct weir_reactor *reactor)
{
	char why[128];

	if (!reactor)
		return;
	snprintf(why, sizeof(why),
		"%u descriptors are open on '%s': close them on it first",
		reactor->fd_count, reactor->executor->name);
	if (reactor->fd_count > 0)
		weir_misuse_end("weir_reactor_destroy", why);
	weir_executor_destroy(reactor->executor);
	if (reactor->reserve >= 0)
		close(reactor->reserve);
	close(reactor->set);
	weir_mem_destroy(reactor);
}

struct weir_executor *weir_reactor_executor(struct weir_reactor *reactor)
{
	return reactor->executor;
}

struct weir_reactor *weir_reactor_self(void)
{
	struct weir_executor *executor = weir_executor_current();

	return executor && executor->idle == idle ? executor->idle_arg : NULL;
}

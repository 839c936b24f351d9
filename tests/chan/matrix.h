// SPDX-License-Identifier: BSD-3-Clause
//
// The frame of the matrices of task, chan and sync: every wait × {close, cancel, deadline, peer exit,
// wrap} × {before, during, after parking} × {1, 2, many waiters}. A cell that has
// no meaning says why; none is skipped silently: the cells that ran and those
// with a reason add up. Who includes it has made the table kinds, of KINDS.
//
//	before  it has come when the task asks
//	during  it comes while the task is parked
//	after   it comes when the task was woken and has not run yet
//
// The peer that exits lives on an executor of its own, which goes with it, or is
// what the kind says. Who waits is a task, or a stepper.
#ifndef TESTS_CHAN_MATRIX_H
#define TESTS_CHAN_MATRIX_H

#include "chan/waits_kind.h"

enum cause { CLOSE, CANCEL, DEADLINE, PEER_EXIT, WRAP, CAUSES };
enum moment { BEFORE, DURING, AFTER, MOMENTS };

static const char *const cause_names[] = {
	"close", "cancel", "deadline", "peer exit", "wrap"};
static const char *const moment_names[] = {"before", "during", "after"};
static const unsigned waiter_counts[] = {1, 2, WAITERS_MAX};
#define COUNTS 3

struct cell {
	const struct kind *kind;
	enum cause cause;
	enum moment moment;
	unsigned count;
};

static struct cell cell;

static void wanted(unsigned i, int answer)
{
	cr_assert_eq(waiters[i].answer, answer,
		"%s, %s %s parking, %u waiters: waiter %u answers %d, wanted "
		"%d",
		cell.kind->name, cause_names[cell.cause],
		moment_names[cell.moment], cell.count, i, waiters[i].answer,
		answer);
}

static void all_wanted(int answer)
{
	for (unsigned i = 0; i < cell.count; i++)
		wanted(i, answer);
}

// Those that one feed reaches are answered first, the others rest.
static void wanted_by_reach(int first, int rest)
{
	for (unsigned i = 0; i < cell.count; i++)
		wanted(i, i == 0 || cell.kind->reach == ALL ? first : rest);
}

// ---- those that wait ----

static struct weir_stepper steppers[WAITERS_MAX];

static enum weir_stepper_next walk(struct weir_stepper *s)
{
	struct one *one = &waiters[s - steppers];

	if (s->state++ == 0) {
		if (one->canceled_before)
			weir_stepper_cancel(s);
		return weir_stepper_wait(
			s, cell.kind->case_(one), one->deadline);
	}
	one->answer = s->answer ? s->answer : came(one, s->wait.result);
	if (one->answer == 0 && one->undo)
		one->undo(one);
	return WEIR_STEPPER_END;
}

static const struct weir_stepper_class walkers = {
	.name = "walker", .step = walk};

static void hire_all(uint64_t deadline, bool canceled)
{
	for (unsigned i = 0; i < cell.count; i++) {
		waiters[i] = (struct one){.do_ = cell.kind->do_,
			.undo = cell.kind->undo,
			.answer = NOT_YET,
			.deadline = deadline,
			.canceled_before = canceled};
		if (cell.kind->steps)
			weir_stepper_start(executor, &steppers[i], &walkers);
		else
			hire(&waiters[i]);
	}
	turns(1);
	if (cell.kind->parked && cell.moment != BEFORE)
		on_executor(cell.kind->parked);
}

static void cancel_all(void)
{
	for (unsigned i = 0; i < cell.count; i++) {
		if (cell.kind->steps)
			weir_stepper_cancel(&steppers[i]);
		else
			weir_task_cancel(waiters[i].task);
	}
}

// ---- what comes ----

static void feed_one(void)
{
	cell.kind->feed();
	fed++;
}

static void feed_all(void)
{
	unsigned times = cell.kind->once ? 1 : cell.count;

	for (unsigned i = 0; i < times; i++)
		feed_one();
}

static void shut(void)
{
	cell.kind->shut();
}

static void feed_and_shut(void)
{
	feed_one();
	shut();
}

static void feed_and_cancel(void)
{
	feed_one();
	cancel_all();
}

// feed_one_and does both at once; or, where a feed wakes in the turn after, fn
// in that turn, before those that it woke.
static void feed_one_and(void (*both)(void), void (*fn)(void))
{
	if (!cell.kind->late) {
		on_executor(both);
		return;
	}
	on_executor(feed_one);
	on_executor(fn);
}

static int shut_answer(void)
{
	return cell.kind->shut_answer ? cell.kind->shut_answer : -EPIPE;
}

static int gave_up(int answer)
{
	return cell.kind->gave_up ? cell.kind->gave_up : answer;
}

// ---- one function for each cause ----

// wanted_at_end looks at what all answer to an end.
static void wanted_at_end(void)
{
	if (cell.kind->fed_past_end) {
		all_wanted(NOT_YET);
		on_executor(feed_one);
		settle();
		all_wanted(cell.kind->fed);
	} else {
		all_wanted(shut_answer());
	}
}

static void try_close(void)
{
	switch (cell.moment) {
	case BEFORE:
		on_executor(shut);
		hire_all(WEIR_NEVER, false);
		wanted_at_end();
		break;
	case DURING:
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
		on_executor(shut);
		settle();
		wanted_at_end();
		break;
	default:
		hire_all(WEIR_NEVER, false);
		feed_one_and(feed_and_shut, shut);
		settle();
		wanted_by_reach(cell.kind->fed_and_shut, shut_answer());
	}
}

static void try_cancel(void)
{
	switch (cell.moment) {
	case BEFORE:
		hire_all(WEIR_NEVER, true);
		if (cell.kind->late)
			settle();
		all_wanted(-ECANCELED);
		break;
	case DURING:
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
		cancel_all();
		settle();
		all_wanted(gave_up(-ECANCELED));
		break;
	default:
		hire_all(WEIR_NEVER, false);
		feed_one_and(feed_and_cancel, cancel_all);
		settle();
		wanted_by_reach(cell.kind->fed, gave_up(-ECANCELED));
	}
}

// wanted_late looks at those whose deadline came when the first was woken.
static void wanted_late(void)
{
	for (unsigned i = 0; i < cell.count; i++) {
		bool found = i == 0 || cell.kind->reach == ALL;

		if (cell.kind->looks_again && waiters[i].answer == 0)
			found = true;
		wanted(i, found ? cell.kind->fed : gave_up(-ETIMEDOUT));
	}
}

static void try_deadline(void)
{
	uint64_t now = ticks;

	switch (cell.moment) {
	case BEFORE:
		hire_all(now - 1, false);
		settle();
		all_wanted(-ETIMEDOUT);
		break;
	case DURING:
		hire_all(now + 1000, false);
		ticks = now + 999;
		settle();
		all_wanted(NOT_YET);
		ticks = now + 1000;
		settle();
		all_wanted(gave_up(-ETIMEDOUT));
		break;
	default:
		hire_all(now + 1000, false);
		on_executor(feed_one);
		if (cell.kind->late && !cell.kind->timed)
			turns(1);
		ticks = now + 5000;
		settle();
		wanted_late();
	}
}

static void try_peer_exit(void)
{
	if (cell.kind->peer_exit) {
		cell.kind->peer_exit();
		return;
	}
	switch (cell.moment) {
	case BEFORE:
		on_peer(shut);
		hire_all(WEIR_NEVER, false);
		settle();
		all_wanted(shut_answer());
		break;
	case DURING:
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
		on_peer(feed_and_shut);
		settle();
		wanted_by_reach(cell.kind->fed_and_shut, shut_answer());
		break;
	default:
		hire_all(WEIR_NEVER, false);
		on_executor(feed_one);
		on_peer(shut);
		settle();
		wanted_by_reach(cell.kind->fed_and_shut, shut_answer());
	}
}

// The clock wraps before, while or after they wait, and the indices, where there
// are such, on the way.
static void try_wrap(void)
{
	if (cell.moment == BEFORE) {
		ticks = 3;
		turns(1);
	}
	hire_all(cell.moment == BEFORE ? 1003 : 600, false);
	all_wanted(NOT_YET);
	if (cell.moment == DURING) {
		ticks = UINT64_MAX;
		settle();
		ticks = 0;
		settle();
	}
	if (cell.moment != AFTER)
		ticks = cell.moment == BEFORE ? 1002 : 599;
	settle();
	all_wanted(NOT_YET);
	on_executor(feed_all);
	if (cell.moment == AFTER && cell.kind->late && !cell.kind->timed)
		turns(1);
	if (cell.moment == AFTER && !cell.kind->timed)
		ticks = 599; // and wraps on the way
	settle();
	all_wanted(cell.kind->fed);
}

static void (*const try_[])(void) = {
	try_close, try_cancel, try_deadline, try_peer_exit, try_wrap};

// ---- a cell ----

static const char *reason(const struct cell *c)
{
	if (c->kind->never)
		return c->kind->never;
	if (c->count > 1 && c->kind->one_user)
		return c->kind->one_user;
	if (c->cause == CLOSE && c->kind->no_close)
		return c->kind->no_close;
	if (c->cause == DEADLINE && c->kind->no_deadline)
		return c->kind->no_deadline;
	return c->cause == PEER_EXIT ? c->kind->no_peer : NULL;
}

// usable sees that nobody is left in line: one more waits, and is served.
static void usable(void)
{
	bool used_up = cell.kind->once && fed > 0;

	cell.count = 1;
	hire_all(WEIR_NEVER, false);
	if (!used_up)
		on_executor(feed_one);
	settle();
	all_wanted(used_up ? cell.kind->spent : cell.kind->fed);
}

static void run_cell(void)
{
	unsigned count = cell.count;

	open_crew_at(cell.cause == WRAP ? UINT64_MAX - 500 : UINT64_MAX / 2);
	oracle_open();
	opened = cell.kind;
	cell.kind->open(cell.cause == WRAP);
	try_[cell.cause]();
	if (cell.kind->usable)
		cell.kind->usable();
	else if (cell.cause == CANCEL || cell.cause == DEADLINE)
		usable();
	settle();
	cr_assert_eq(weir_executor_counts(executor)->tasks, 0);
	cell.kind->close();
	cr_assert_null(oracle_fault(), "%s, %s %s parking, %u waiters: %s",
		cell.kind->name, cause_names[cell.cause],
		moment_names[cell.moment], count, oracle_fault());
	close_crew();
}

// matrix_run puts each of kinds through all of it, and sees that so many cells
// have a reason.
static void matrix_run(
	const struct kind *table, unsigned count, unsigned silent)
{
	const unsigned cells = CAUSES * MOMENTS * COUNTS;
	unsigned ran = 0, reasons = 0;

	for (unsigned k = 0; k < count; k++) {
		const char *last = NULL;

		for (unsigned i = 0; i < cells; i++) {
			const char *why;

			cell = (struct cell){&table[k], i / COUNTS / MOMENTS,
				i / COUNTS % MOMENTS,
				waiter_counts[i % COUNTS]};
			why = reason(&cell);
			if (why && why != last)
				cr_log_info("%s, %s, %u waiters: %s",
					table[k].name, cause_names[cell.cause],
					cell.count, why);
			last = why ? why : last;
			reasons += why != NULL;
			ran += why == NULL;
			if (!why)
				run_cell();
		}
	}
	cr_log_info("%u cells ran, %u have a reason", ran, reasons);
	cr_assert_eq(ran + reasons, count * cells);
	cr_assert_eq(reasons, silent);
}

#endif

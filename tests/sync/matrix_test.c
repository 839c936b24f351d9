// SPDX-License-Identifier: BSD-3-Clause
//
// Every lock × {close, cancel, deadline, peer exit, wrap} × {before, during,
// after parking} × {1, 2, many waiters}. A cell that has no meaning says why;
// none is skipped silently: the cells that ran and those with a reason add up.
// Questions are not here: who asks leaves its question in the line when it gives
// up, and ask_test.c goes through what may come of it; who takes one receives.
//
//	before  it has come when the task asks
//	during  it comes while the task is parked
//	after   it comes when the task was woken and has not run yet
#include "kinds.h"

enum cause { CLOSE, CANCEL, DEADLINE, PEER_EXIT, WRAP, CAUSES };
enum moment { BEFORE, DURING, AFTER, MOMENTS };

static const char *const cause_names[] = {
	"close", "cancel", "deadline", "peer exit", "wrap"};
static const char *const moment_names[] = {"before", "during", "after"};
static const unsigned waiter_counts[] = {1, 2, 7};
#define COUNTS 3
#define WAITERS_MAX 7

struct cell {
	const struct kind *kind;
	enum cause cause;
	enum moment moment;
	unsigned count;
};

static struct cell cell;
static struct one waiters[WAITERS_MAX];

#define SAYS "%s, %s %s parking, %u waiters: waiter %u answers %d, wanted %d"

static void wanted(unsigned i, int answer)
{
	cr_assert_eq(waiters[i].answer, answer, SAYS, cell.kind->name,
		cause_names[cell.cause], moment_names[cell.moment], cell.count,
		i, waiters[i].answer, answer);
}

static void all_wanted(int answer)
{
	for (unsigned i = 0; i < cell.count; i++)
		wanted(i, answer);
}

// Those that the holder's letting go reaches are answered first, the others
// rest.
static void wanted_by_passing(int first, int rest)
{
	for (unsigned i = 0; i < cell.count; i++)
		wanted(i, cell.kind->passing == PASS_ALL || i == 0 ? first
								   : rest);
}

static void hire_all(uint64_t deadline, bool canceled)
{
	for (unsigned i = 0; i < cell.count; i++) {
		waiters[i] = (struct one){.do_ = cell.kind->do_,
			.undo = cell.kind->undo,
			.deadline = deadline,
			.canceled_before = canceled};
		hire(&waiters[i]);
	}
	turns(1);
}

static void cancel_all(void)
{
	for (unsigned i = 0; i < cell.count; i++)
		weir_task_cancel(waiters[i].task);
}

// ---- one function for each cause ----

static void try_close(void)
{
	bool breaks = cell.kind->closed_during != 0;

	switch (cell.moment) {
	case BEFORE:
		on_executor(cell.kind->close);
		hire_all(WEIR_NEVER, false);
		if (breaks)
			break;
		all_wanted(NOT_YET);
		holder_order();
		settle();
		break;
	case DURING:
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
		on_executor(cell.kind->close);
		settle();
		if (breaks)
			break;
		all_wanted(NOT_YET);
		holder_order();
		settle();
		break;
	default:
		hire_all(WEIR_NEVER, false);
		holder->then = cell.kind->close;
		holder_order();
		settle();
		all_wanted(0);
		return;
	}
	all_wanted(cell.moment == BEFORE ? cell.kind->closed_before
					 : cell.kind->closed_during);
}

static void try_cancel(void)
{
	switch (cell.moment) {
	case BEFORE:
		hire_all(WEIR_NEVER, true);
		all_wanted(-ECANCELED);
		break;
	case DURING:
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
		cancel_all();
		settle();
		all_wanted(-ECANCELED);
		break;
	default:
		hire_all(WEIR_NEVER, false);
		holder->then = cancel_all;
		holder_order();
		settle();
		wanted_by_passing(0, -ECANCELED);
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
		all_wanted(-ETIMEDOUT);
		break;
	default:
		hire_all(now + 1000, false);
		holder_order();
		turns(1);
		ticks = now + 5000;
		settle();
		wanted_by_passing(0, -ETIMEDOUT);
	}
}

static void try_peer_exit(void)
{
	holder->leaves = true;
	switch (cell.moment) {
	case BEFORE:
		holder_order();
		settle();
		cr_assert(holder->ended);
		hire_all(WEIR_NEVER, false);
		settle();
		break;
	case DURING:
		holder->lingers = true;
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
		holder_order();
		settle();
		cr_assert_not(holder->ended);
		holder_order();
		settle();
		break;
	default: // it ends in the step in which it lets go
		hire_all(WEIR_NEVER, false);
		holder_order();
		settle();
	}
	all_wanted(cell.kind->left);
	cr_assert(holder->ended);
}

// The clock wraps before, while or after they wait, and the counter, where there
// is one, in the step that lets them go.
static void try_wrap(void)
{
	uint64_t end = UINT64_MAX;

	if (cell.moment == BEFORE) {
		ticks = 3;
		turns(1);
	}
	hire_all(cell.moment == BEFORE ? 1003 : 600, false);
	all_wanted(NOT_YET);
	if (cell.moment == DURING) {
		ticks = end;
		settle();
		ticks = 0;
		settle();
	}
	if (cell.moment != AFTER)
		ticks = cell.moment == BEFORE ? 1002 : 599;
	settle();
	all_wanted(NOT_YET);
	holder_order();
	turns(1);
	if (cell.moment == AFTER)
		ticks = 599; // and wraps on the way
	settle();
	all_wanted(0);
}

static void (*const try_[])(void) = {
	try_close, try_cancel, try_deadline, try_peer_exit, try_wrap};

// ---- a cell ----

static const char *reason(const struct kind *kind, enum cause cause)
{
	return cause == CLOSE && !kind->close ? kind->no_close : NULL;
}

static int tried;

static void try_once(void)
{
	tried = cell.kind->try_();
}

// usable sees that the lock is in order after what it was put through.
static void usable(void)
{
	if (!holder->ended && cell.kind->mend)
		on_executor(cell.kind->mend);
	if (!holder->ended && cell.kind->do_ == barrier_do) {
		// The others of a whole group arrive, then the holder.
		hire_all(WEIR_NEVER, false);
		all_wanted(NOT_YET);
	}
	while (!holder->ended) {
		holder_order();
		settle();
	}
	if (cell.kind->do_ == barrier_do)
		return;
	on_executor(try_once);
	cr_assert_eq(tried, 0, "%s, %s %s parking, %u waiters: try: %d",
		cell.kind->name, cause_names[cell.cause],
		moment_names[cell.moment], cell.count, tried);
}

static void run_cell(void)
{
	struct holder h;

	open_crew_at(cell.cause == WRAP ? UINT64_MAX - 500 : UINT64_MAX / 2);
	cell.kind->init(cell.count);
	if (cell.cause == WRAP && cell.kind->wrap)
		cell.kind->wrap();
	holder_start(&h, cell.kind);
	try_[cell.cause]();
	usable();
	settle();
	cell.kind->fini();
	close_crew();
}

Test(matrix, every_cell_holds_or_says_why_it_has_no_meaning)
{
	unsigned ran = 0, reasons = 0;

	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned i = 0; i < CAUSES * MOMENTS * COUNTS; i++) {
			enum cause cause = i / COUNTS / MOMENTS;
			const char *why = reason(&kinds[k], cause);

			cell = (struct cell){&kinds[k], cause,
				i / COUNTS % MOMENTS,
				waiter_counts[i % COUNTS]};
			cr_assert_eq(why != NULL,
				cause == CLOSE && !kinds[k].close,
				"a reason for what can be tried");
			if (why && i % (COUNTS * MOMENTS) == 0)
				cr_log_info("%s, %s: %s", kinds[k].name,
					cause_names[cause], why);
			reasons += why != NULL;
			ran += why == NULL;
			if (!why)
				run_cell();
		}
	}
	cr_log_info("%u cells ran, %u have a reason", ran, reasons);
	cr_assert_eq(ran + reasons, KINDS * CAUSES * MOMENTS * COUNTS);
	cr_assert_eq(reasons, 6 * MOMENTS * COUNTS);
}

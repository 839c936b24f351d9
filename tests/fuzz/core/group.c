// SPDX-License-Identifier: BSD-3-Clause
//
// What lets many go at once: event, barrier, once and gate, one of each for each
// executor, beside a number, two counts and a flag.
#include "core.h"

#include "sync/barrier.h"
#include "sync/event.h"
#include "sync/gate.h"
#include "sync/once.h"

#define PARTIES 3
#define LATELY 64 // generations, of which somebody may not know yet

static struct hall {
	struct weir_event event;
	uint64_t state;
	struct weir_barrier barrier;
	unsigned arrived;
	unsigned generation;
	bool broken, broke[LATELY];
	struct weir_once once;
	unsigned running;
	bool done;
	struct weir_gate gate;
	unsigned inside;
	bool closed;
} halls[EXECUTORS];

static struct hall *hall_at(const struct weir_executor *executor)
{
	unsigned i = 0;

	while (fuzz_on[i] != executor)
		i++;
	return &halls[i];
}

static bool begin(struct op *op)
{
	op->object = hall_at(op->where);
	return true;
}

// ---- event ----

static void signal(struct op *op)
{
	struct hall *hall = op->object;

	hall->state++;
	claim(weir_event_signal(&hall->event) == 0);
	claim(weir_event_state(&hall->event) == hall->state);
}

static void wait_event(struct op *op)
{
	struct hall *hall = op->object;
	uint64_t seen = hall->state - (op->a & 1), old = seen;
	int err = weir_event_wait_until(&hall->event, &seen, op->deadline);

	claim(err == 0 || err == -ETIMEDOUT || err == -ECANCELED);
	fuzz_allowed(op, err);
	op->count = 0;
	if (err == 0)
		claim(seen == hall->state && seen != old);
	else
		claim(seen == old);
}

// Only those that a signal has not reached wait: all others ran.
static bool event_waits(const struct op *op)
{
	const struct hall *hall = op->object;

	return !weir_wait_queue_empty(&hall->event.waiters);
}

static bool claim_event(struct op *op, struct branch *branch, unsigned pick)
{
	struct hall *hall = hall_at(op->where);

	branch->object = hall;
	branch->message = hall->state - (pick & 1);
	return true;
}

static struct weir_case make_event(struct branch *branch)
{
	struct hall *hall = branch->object;

	return weir_case_event(&hall->event, &branch->message);
}

static void event_served(struct op *op, struct branch *branch, int result)
{
	claim(result == 0);
	claim(branch->message == ((struct hall *)branch->object)->state);
}

static void give_event_back(struct branch *branch)
{
}

static bool event_blocked(const struct branch *branch)
{
	return branch->message == ((const struct hall *)branch->object)->state;
}

const struct branch_kind fuzz_event_branch = {claim_event, make_event,
	event_served, give_event_back, event_blocked, false};

// ---- barrier ----

static void over(struct hall *hall, bool broken)
{
	hall->arrived = 0;
	hall->broken = hall->broken || broken;
	hall->broke[hall->generation++ % LATELY] = broken;
}

static void arrive(struct op *op)
{
	struct hall *hall = op->object;
	unsigned mine = hall->generation;
	bool was_broken = hall->broken, passed;
	int err;

	if (!was_broken && !weir_task_canceled() && ++hall->arrived == PARTIES)
		over(hall, false);
	err = weir_barrier_wait_until(&hall->barrier, op->deadline);
	fuzz_allowed(op, err);
	passed = hall->generation != mine && !hall->broke[mine % LATELY];
	if (was_broken) {
		claim(err == -EPIPE || err == -ECANCELED);
		return;
	}
	claim(err == 0 || err == -EPIPE || err == -ETIMEDOUT ||
		err == -ECANCELED);
	claim((err == 0) == passed);
	if (hall->generation == mine) {
		claim(err != -EPIPE);
		over(hall, true);
	}
	claim(weir_barrier_broken(&hall->barrier) == hall->broken);
}

static bool arrive_waits(const struct op *op)
{
	const struct hall *hall = op->object;

	return hall->arrived > 0 && hall->arrived < PARTIES && !hall->broken;
}

static void reset(struct op *op)
{
	struct hall *hall = op->object;

	if (hall->arrived)
		over(hall, true);
	if (op->a & 1) {
		claim(weir_barrier_break(&hall->barrier) == 0);
		hall->broken = true;
	} else {
		claim(weir_barrier_reset(&hall->barrier) == 0);
		hall->broken = false;
	}
	claim(weir_barrier_broken(&hall->barrier) == hall->broken);
}

// ---- once ----

static int make(void *arg)
{
	struct op *op = arg;
	struct hall *hall = op->object;
	int err = op->a & 1 ? -EIO : 0;

	claim(hall->running++ == 0 && !hall->done);
	fuzz_hold(op);
	hall->running--;
	hall->done = !err;
	return err;
}

static void run_once(struct op *op)
{
	struct hall *hall = op->object;
	bool tries = op->a & 8;
	int err = tries ? weir_once_try_run(&hall->once, make, op)
			: weir_once_run_until(
				  &hall->once, make, op, op->deadline);

	claim(err == 0 || (err == -EIO && op->a & 1) ||
		(err == -EBUSY && tries) || err == -ETIMEDOUT ||
		err == -ECANCELED);
	fuzz_allowed(op, err);
	claim(err || hall->done);
	claim(weir_once_done(&hall->once) == hall->done);
}

static bool once_waits(const struct op *op)
{
	return ((const struct hall *)op->object)->running == 1;
}

// ---- gate ----

static void visit(struct op *op)
{
	struct hall *hall = op->object;
	int err = weir_gate_enter(&hall->gate);

	claim(err == (hall->closed ? -ESHUTDOWN : 0));
	if (err)
		return;
	hall->inside++;
	fuzz_hold(op);
	hall->inside--;
	claim(weir_gate_leave(&hall->gate) == 0);
}

static bool never(const struct op *op)
{
	return false;
}

static void wait_gate(struct op *op)
{
	struct hall *hall = op->object;
	int err;

	if (op->a & 1) {
		hall->closed = true;
		claim(weir_gate_close(&hall->gate) == 0);
	}
	err = weir_gate_try_wait(&hall->gate);
	claim(err == (hall->closed && !hall->inside ? 0 : -EAGAIN));
	err = weir_gate_wait_until(&hall->gate, op->deadline);
	claim(err == 0 || err == -ETIMEDOUT || err == -ECANCELED);
	fuzz_allowed(op, err);
	claim(err || (hall->closed && !hall->inside));
}

static bool gate_waits(const struct op *op)
{
	const struct hall *hall = op->object;

	return !hall->closed || hall->inside > 0;
}

// ---- all of it ----

static void init(void)
{
	for (unsigned i = 0; i < EXECUTORS; i++) {
		struct hall *hall = &halls[i];

		*hall = (struct hall){.state = 0};
		weir_event_init(&hall->event, fuzz_on[i]);
		weir_barrier_init(&hall->barrier, fuzz_on[i], PARTIES);
		weir_once_init(&hall->once, fuzz_on[i]);
		weir_gate_init(&hall->gate, fuzz_on[i]);
	}
}

static void close_all(void)
{
	for (unsigned i = 0; i < EXECUTORS; i++) {
		struct hall *hall = &halls[i];

		claim(!hall->arrived && !hall->running && !hall->inside);
		weir_event_fini(&hall->event);
		weir_barrier_fini(&hall->barrier);
		weir_once_fini(&hall->once);
		weir_gate_fini(&hall->gate);
	}
	init();
}

static const struct verb verbs[] = {
	{"signal", NULL, begin, signal, never},
	{"event", NULL, begin, wait_event, event_waits},
	{"barrier", NULL, begin, arrive, arrive_waits},
	{"reset", NULL, begin, reset, never},
	{"once", NULL, begin, run_once, once_waits},
	{"visit", NULL, begin, visit, never},
	{"gate", NULL, begin, wait_gate, gate_waits},
};

const struct object fuzz_groups = {
	"group", verbs, sizeof(verbs) / sizeof(verbs[0]), init, close_all};

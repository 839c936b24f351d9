// SPDX-License-Identifier: BSD-3-Clause
//
// Executors that are turned by hand under a virtual clock, and ops on them.
#include "core.h"

#include "mem/stack.h"
#include "task/executor_inline.h"

uint64_t fuzz_now;
struct weir_executor *fuzz_on[EXECUTORS];
static struct weir_clock fuzz_clock;
static struct op ops[OPS];

void fuzz_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "core_fuzz: %s:%d: not so: %s\n", file, line, what);
	abort();
}

bool fuzz_due(uint64_t tick)
{
	return tick != WEIR_NEVER && (int64_t)(fuzz_now - tick) >= 0;
}

uint64_t fuzz_deadline(uint8_t b)
{
	uint64_t tick = fuzz_now + (b & 15) * 10;

	return b & 16 && tick != WEIR_NEVER ? tick : WEIR_NEVER;
}

void fuzz_allowed(const struct op *op, int answer)
{
	claim(answer != -ETIMEDOUT || fuzz_due(op->deadline));
	claim(answer != -ECANCELED || op->canceled);
}

void fuzz_hold(struct op *op)
{
	if (!(op->b & 32))
		return;
	op->wakes = fuzz_deadline((op->b & 15) | 16);
	op->asleep = true;
	claim(weir_sleep(op->wakes) == 0 || op->canceled);
	op->asleep = false;
}

// ---- an op ----

static void child(void *arg)
{
	struct op *op = arg;

	op->verb->run(op);
	op->running = false;
	weir_task_give(op);
}

static void start_child(struct op *op)
{
	const struct weir_spawn_options with = {.join = &op->join};
	int err = weir_spawn_with(&op->scope, op->where, child, op, &with);

	claim(err == 0);
	if (!(op->b & 128))
		return;
	err = weir_join(&op->join, WEIR_NEVER);
	claim(err == 0 && op->join.ended && op->join.result == op);
	claim(!op->running);
}

static void parent(void *arg)
{
	struct op *op = arg;
	int err;

	weir_scope_open(&op->scope);
	op->scope_open = true;
	if (op->steps)
		op->verb->run(op);
	else
		start_child(op);
	err = weir_scope_close(&op->scope, WEIR_NEVER);
	claim(err == 0);
	op->scope_open = false;
	claim(!op->running);
	op->used = false;
}

static struct op *free_op(void)
{
	for (unsigned i = 0; i < OPS; i++)
		if (!ops[i].used)
			return &ops[i];
	return NULL;
}

void fuzz_start(const struct verb *verb, uint8_t a, uint8_t b)
{
	struct op *op = free_op();
	int err;

	if (!op)
		return;
	*op = (struct op){.verb = verb,
		.a = a,
		.b = b,
		.deadline = fuzz_deadline(b),
		.home = fuzz_on[(a >> 4) % EXECUTORS],
		.where = fuzz_on[(b >> 6) % EXECUTORS]};
	if (!verb->begin(op))
		return;
	op->used = op->running = true;
	err = weir_start(op->home, parent, op, NULL, NULL);
	claim(err == 0);
}

static void cancel(struct op *op)
{
	if (!op->used || !op->scope_open)
		return;
	op->canceled = true;
	weir_scope_cancel(&op->scope);
}

// ---- verbs ----

static void cancel_one(uint8_t a, uint8_t b)
{
	cancel(&ops[a % OPS]);
}

static void turn(uint8_t a, uint8_t b)
{
	weir_executor_turn(fuzz_on[a % EXECUTORS]);
}

static void turn_all(uint8_t a, uint8_t b)
{
	for (unsigned i = 0; i < EXECUTORS; i++)
		weir_executor_turn(fuzz_on[(a + i) % EXECUTORS]);
}

static void pass_time(uint8_t a, uint8_t b)
{
	fuzz_now += b;
}

static const struct verb verbs[] = {
	{.name = "turn", .now = turn},
	{.name = "turn all", .now = turn_all},
	{.name = "pass time", .now = pass_time},
	{.name = "cancel", .now = cancel_one},
};

// ---- from the first run to the last ----

void fuzz_init(void)
{
	const struct weir_executor_options options = {.clock = &fuzz_clock,
		.stack_count = 2 * OPS,
		.stack_size = 32 << 10,
		.node = -1};

	fuzz_now = UINT64_MAX - 100000; // a wrap lies ahead
	fuzz_clock = weir_clock_virtual(&fuzz_now, 1000000000);
	for (unsigned i = 0; i < EXECUTORS; i++)
		claim(weir_executor_create(&fuzz_on[i], &options, NULL) == 0);
}

void fuzz_settle(void)
{
	unsigned quiet = 0, rounds = 0;

	while (quiet < 4) {
		uint64_t work = 0;

		for (unsigned i = 0; i < EXECUTORS; i++)
			work += weir_executor_turn(fuzz_on[i]);
		quiet = work ? 0 : quiet + 1;
		claim(++rounds < 10000);
	}
}

void fuzz_check_waiters(void)
{
	for (unsigned i = 0; i < OPS; i++) {
		const struct op *op = &ops[i];

		if (!op->used)
			continue;
		claim(op->running && (!op->canceled || op->verb->stays));
		if (op->asleep) {
			claim(!fuzz_due(op->wakes));
			continue;
		}
		claim(!fuzz_due(op->deadline) || op->verb->stays);
		claim(op->verb->waits(op));
	}
}

void fuzz_cancel_all(void)
{
	for (unsigned i = 0; i < OPS; i++)
		cancel(&ops[i]);
	fuzz_settle();
}

void fuzz_check_ended(void)
{
	for (unsigned i = 0; i < OPS; i++)
		claim(!ops[i].used);
}

static void close_all(void)
{
	fuzz_settle();
	for (unsigned i = 0; i < EXECUTORS; i++) {
		claim(weir_stack_pool_used(fuzz_on[i]->stacks) == 0);
		claim(fuzz_on[i]->counts->tasks == 0);
		claim(fuzz_on[i]->abroad_count == 0);
	}
}

const struct object fuzz_tasks = {
	"task", verbs, sizeof(verbs) / sizeof(verbs[0]), NULL, close_all};

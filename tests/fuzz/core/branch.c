// SPDX-License-Identifier: BSD-3-Clause
//
// One of several: a select, a set, or a stepper's wait, over branches of all
// objects that an op's bytes pick. What is served is checked by its object; what
// is not holds nothing; and who waits is blocked in every branch.
#include "core.h"

#include "base/random.h"
#include "task/set.h"

static const struct branch_kind *const kinds[] = {
	&fuzz_recv_branch,
	&fuzz_send_branch,
	&fuzz_oneshot_branch,
	&fuzz_broadcast_branch,
	&fuzz_latest_branch,
	&fuzz_mutex_branch,
	&fuzz_semaphore_branch,
	&fuzz_event_branch,
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool again(const struct op *op, const struct branch_kind *kind)
{
	for (unsigned i = 0; i < op->branch_count; i++)
		if (op->branches[i].kind == kind)
			return true;
	return false;
}

static void begin_some(struct op *op, unsigned most)
{
	struct weir_random random = {(uint64_t)op->a << 8 | op->b};

	while (most-- > 0) {
		struct branch *branch = &op->branches[op->branch_count];

		*branch = (struct branch){
			.kind = kinds[weir_random_below(&random, KINDS)]};
		if (op->steps && branch->kind->for_tasks)
			continue;
		// One task waits for one mutex once.
		if (branch->kind->for_tasks && again(op, branch->kind))
			continue;
		if (branch->kind->claim_it(op, branch,
			    (unsigned)weir_random_below(&random, 64)))
			op->branch_count++;
	}
}

static bool begin(struct op *op)
{
	begin_some(op, 1 + op->a % BRANCHES);
	return op->branch_count > 0;
}

static bool begin_stepper(struct op *op)
{
	op->steps = true;
	op->where = op->home;
	begin_some(op, 1);
	return op->branch_count > 0;
}

static void served(struct op *op, struct branch *branch, int result)
{
	branch->kind->served(op, branch, result);
}

static void give_back(struct op *op)
{
	for (unsigned i = 0; i < op->branch_count; i++)
		op->branches[i].kind->give_back(&op->branches[i]);
	op->branch_count = 0;
}

static bool blocked(const struct op *op)
{
	for (unsigned i = 0; i < op->branch_count; i++) {
		const struct branch *branch = &op->branches[i];

		if (!branch->tick && !branch->kind->blocked(branch))
			return false;
	}
	return true;
}

// tick says that a branch has nothing more to come.
static void note_end(struct branch *branch, bool disabled)
{
	branch->tick = disabled;
}

static void do_select(struct op *op)
{
	unsigned count = op->branch_count;
	struct weir_case cases[BRANCHES];

	for (unsigned i = 0; i < count; i++)
		cases[i] = op->branches[i].kind->make(&op->branches[i]);
	for (unsigned i = op->b >> 5 & 3; i < 4; i++) {
		int answer = weir_select_until(cases, count, op->deadline);

		if (answer < 0) {
			claim(answer == -ETIMEDOUT || answer == -ECANCELED ||
				answer == -EPIPE);
			fuzz_allowed(op, answer);
			break;
		}
		claim((unsigned)answer < count);
		note_end(&op->branches[answer], cases[answer].disabled);
		served(op, &op->branches[answer], cases[answer].result);
	}
	give_back(op);
}

static void serve_set(
	struct op *op, struct weir_set *set, const struct weir_member *members)
{
	for (unsigned i = op->b >> 5 & 3; i < 4; i++) {
		struct weir_member *member;
		int err = weir_set_wait(set, &member, op->deadline);
		struct branch *branch;

		if (err) {
			claim(!member);
			claim(err == -ETIMEDOUT || err == -ECANCELED ||
				err == -EPIPE);
			fuzz_allowed(op, err);
			return;
		}
		branch = &op->branches[member - members];
		note_end(branch, member->wait.disabled);
		served(op, branch, member->wait.result);
	}
}

static void do_set(struct op *op)
{
	struct weir_member members[BRANCHES];
	unsigned count = op->branch_count;
	struct weir_set set;

	weir_set_open(&set);
	for (unsigned i = 0; i < count; i++)
		weir_set_add(&set, &members[i],
			op->branches[i].kind->make(&op->branches[i]));
	serve_set(op, &set, members);
	for (unsigned i = 0; i < count; i++)
		weir_set_remove(&members[i]);
	weir_set_close(&set);
	give_back(op);
}

// ---- a stepper ----

static enum weir_stepper_next step(struct weir_stepper *s)
{
	struct op *op = weir_container(s, struct op, stepper);
	struct branch *branch = &op->branches[0];

	if (s->state == 0) {
		s->state = 1;
		return weir_stepper_wait(
			s, branch->kind->make(branch), op->deadline);
	}
	fuzz_allowed(op, s->answer);
	claim(s->answer == 0 || s->answer == -ETIMEDOUT ||
		s->answer == -ECANCELED);
	if (s->answer == 0)
		served(op, branch, s->wait.result);
	return WEIR_STEPPER_END;
}

static void ended(struct weir_stepper *s)
{
	struct op *op = weir_container(s, struct op, stepper);

	give_back(op);
	op->running = false;
}

static void do_step(struct op *op)
{
	static const struct weir_stepper_class class_ = {
		.name = "op", .step = step, .ended = ended};

	claim(weir_stepper_spawn(&op->scope, &op->stepper, &class_) == 0);
}

static const struct verb verbs[] = {
	{"select", NULL, begin, do_select, blocked},
	{"set", NULL, begin, do_set, blocked},
	{"stepper", NULL, begin_stepper, do_step, blocked},
};

const struct object fuzz_branches = {
	"branch", verbs, sizeof(verbs) / sizeof(verbs[0]), NULL, NULL};

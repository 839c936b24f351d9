// SPDX-License-Identifier: BSD-3-Clause
//
// Questions to a task that owns something, from tasks on any executors. The
// owner has what is asked for done, some of it with the mutex of its own
// executor held: so who lives elsewhere locks it, by message. It answers late,
// in any order, and goes before all is asked.
//
// What was answered has been done once; what failed has not been done and will
// not be; what is in progress is done in the end.
#include "play.h"

#include "sync/ask.h"

#include <errno.h>

#define ASKERS 3
#define QUESTIONS 8
#define TAKEN 2 // and not answered

struct asked {
	unsigned asker, number;
};

struct asker {
	struct sim_player player;
	struct weir_asker end;
	unsigned id;
	unsigned done[QUESTIONS]; // how often, the owner writes
	int answers[QUESTIONS];
	unsigned asked;
};

struct house {
	struct weir_executor *executor;
	struct weir_owner owner;
	struct asker askers[ASKERS];
	struct weir_asker *taken[TAKEN];
	unsigned taken_count;
};

static void ask(struct sim_player *player)
{
	struct asker *asker = weir_container(player, struct asker, player);

	for (unsigned i = sim_below(QUESTIONS + 1); i > 0; i--) {
		struct asked question = {asker->id, asker->asked}, reply = {0};
		int *answer = &asker->answers[asker->asked++];

		*answer = weir_ask(
			&asker->end, &question, &reply, sim_patience());
		if (*answer == 0 && (reply.asker != question.number ||
					    reply.number != question.asker))
			sim_fault("a question has another's answer");
		if (!sim_pause(player->executor) || *answer == -ESHUTDOWN)
			break;
	}
	weir_asker_close(&asker->end);
}

// ---- the owner ----

static void answer(struct house *house)
{
	unsigned i = sim_below(house->taken_count);
	struct weir_asker *end = house->taken[i];
	const struct asked *question = (const struct asked *)end->request;
	struct asked *reply = (struct asked *)end->reply;

	*reply = (struct asked){question->number, question->asker};
	house->taken[i] = house->taken[--house->taken_count];
	weir_owner_answer(end);
}

static void do_it(struct house *house, struct weir_asker *end)
{
	const struct asked *question = (const struct asked *)end->request;

	if (!sim_planted(SIM_ANSWER_ONLY, 8))
		house->askers[question->asker].done[question->number]++;
	house->taken[house->taken_count++] = end;
	sim.report->questions++;
	if (sim.kinds >> SIM_MUTEX_KIND & 1 && sim_below(2))
		(void)sim_mutexes.play(house->executor);
}

static bool take(struct house *house)
{
	// Who owes an answer waits for no further question for ever.
	uint64_t deadline =
		house->taken_count ? sim_in(sim_below(100)) : sim_patience();
	struct weir_asker *end;
	int err = sim_below(4) ? weir_owner_take(&house->owner, &end, deadline)
			       : weir_owner_try_take(&house->owner, &end);

	if (err == 0)
		do_it(house, end);
	else if (err != -EAGAIN && err != -ETIMEDOUT && err != -ECANCELED &&
		 err != -ESHUTDOWN)
		sim_fault("an owner was answered %d", err);
	if (err == -EAGAIN)
		weir_yield();
	return err != -ESHUTDOWN && err != -ECANCELED;
}

static void own(struct house *house)
{
	bool more = true;

	while (more && sim_below(64)) {
		if (house->taken_count < TAKEN)
			more = take(house);
		if (house->taken_count == TAKEN ||
			(house->taken_count && sim_below(2)))
			answer(house);
		if (!sim_rest(house->executor))
			break;
	}
	if (sim_below(2))
		weir_owner_close(&house->owner);
	while (house->taken_count)
		answer(house);
	weir_owner_close(&house->owner);
}

static void check(const struct asker *asker)
{
	for (unsigned i = 0; i < asker->asked; i++) {
		int answer = asker->answers[i];
		unsigned done = asker->done[i];

		if (done > 1)
			sim_fault("what was asked once is done %u times", done);
		switch (answer) {
		case 0:
		case -EINPROGRESS:
			if (done == 0)
				sim_fault("what was asked and answered %d was "
					  "not done",
					answer);
			break;
		case -ESHUTDOWN:
		case -ETIMEDOUT:
		case -ECANCELED:
			if (done)
				sim_fault("what was answered %d was done",
					answer);
			break;
		default:
			sim_fault("a question was answered %d", answer);
		}
	}
}

static void cast(struct house *house, struct sim_troupe *troupe, unsigned count)
{
	struct weir_asker first;

	if (weir_ask_open(1 + sim_below(3), sizeof(struct asked),
		    sizeof(struct asked), &first, &house->owner))
		sim_fault("nobody can be asked");
	for (unsigned i = 0; i < count; i++) {
		house->askers[i].id = i;
		if (weir_asker_clone(&first, &house->askers[i].end))
			sim_fault("a further one cannot ask");
		sim_troupe_cast(troupe, NULL, &house->askers[i].player, ask);
	}
	weir_asker_close(&first);
	sim_troupe_gather(troupe);
	for (unsigned i = 0; i < count; i++)
		if (!house->askers[i].player.begun)
			weir_asker_close(&house->askers[i].end);
}

static bool play(struct weir_executor *executor)
{
	unsigned count = 1 + sim_below(ASKERS);
	struct house house = {.executor = executor};
	struct sim_troupe troupe;

	sim_troupe_open(&troupe);
	cast(&house, &troupe, count);
	own(&house);
	sim_troupe_close(&troupe);
	for (unsigned i = 0; i < count; i++)
		check(&house.askers[i]);
	return !weir_task_canceled();
}

const struct sim_kind sim_questions = {.name = "question", .play = play};

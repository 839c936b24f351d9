// SPDX-License-Identifier: BSD-3-Clause
//
// A case.  A step is overdue when its heartbeat stands still beyond its limit. As
// long as its thread has CPU time it is asked where it is. An answer is prompt when
// it comes at once: then the core was at this step at that moment. The time between
// two prompt looks that follow each other closely, with CPU time in between, was
// the step's own. Enough of that is a blocked task. A late answer proves nothing
// for the time before it: somebody had the core.
//
// Where the thread has no CPU time it is not asked, since a signal would end a
// sleep: the system tells whether it sleeps, and in which call.
#include "watch/watched.h"
#include "task/executor_inline.h"
#include "watch/thread.h"

#include <string.h>

#define PROMPT_NS 150000 // 14 µs is usual
#define LOOKS 3		 // at least
#define CLOSE_NS 2000000 // apart at most
#define WIDE_NS 20000 // a reading of two clocks that took longer is no sample
#define SLEEPS_NS 100000000
#define GONE 3		   // rounds that a word of a step's end may take
#define TELL_NS 1000000000 // a step that does not end is told of then

static uint64_t ticks_of(uint64_t ns)
{
	return weir_clock_ticks(weir_clock_real(), ns);
}

static uint64_t ns_of(uint64_t ticks)
{
	return weir_clock_ns(weir_clock_real(), ticks);
}

// ---- samples ----

// take reads both clocks and what the executor says; false when that took too
// long to mean anything, or the thread has gone.
static bool take(const struct weir_watched *watched,
	const struct weir_executor *executor, struct weir_sample *sample)
{
	uint64_t wide = ticks_of(WIDE_NS), ns, begin;

	for (int i = 0; i < 3; i++) {
		begin = weir_ticks();
		if (!weir_thread_cpu(watched->thread, &ns))
			return false;
		sample->tick = weir_ticks();
		if (sample->tick - begin > wide)
			continue;
		sample->cpu = ticks_of(ns);
		sample->beat = load_relaxed(&executor->now);
		return true;
	}
	return false;
}

// ran tells whether the thread had most of the time since the sample before.
static bool ran(const struct weir_sample *before, const struct weir_sample *now)
{
	return before &&
	       now->cpu - before->cpu >= (now->tick - before->tick) / 2;
}

// ---- sleeps ----

bool weir_watched_is_exempt(const struct weir_executor *executor)
{
	return executor->makes_calls ||
	       (executor->idle && executor->idle != weir_idle_spin &&
		       executor->idle != weir_idle_yield);
}

// read_sleeps finds out whether the thread has slept since it was last asked. One
// sleep is that of a stop.
static void read_sleeps(struct weir_watched *watched,
	const struct weir_executor *executor, const struct weir_round *round)
{
	uint64_t before = watched->sleeps, count;

	if (weir_watched_is_exempt(executor) ||
		!weir_thread_sleeps(watched->thread, &count))
		return;
	// Read while it ran: not what it did when it was done.
	if (load_acquire(&executor->thread) != watched->thread)
		return;
	if (count - before > (round->stopped ? 1 : 0)) {
		watched->slept_from = watched->sleeps_tick;
		watched->slept_to = weir_ticks();
	}
	watched->sleeps = count;
	watched->sleeps_tick = round->tick;
}

// has_slept tells whether it did about the time of a stretch.
static bool has_slept(
	const struct weir_watched *watched, const struct weir_overrun *overrun)
{
	return watched->slept_to >= overrun->begin &&
	       watched->slept_from <= overrun->end;
}

// ---- a case ----

static void see(
	struct weir_case *now, const struct weir_look *look, uint64_t cpu)
{
	uint64_t since = look->tick - now->last;

	if (now->last && since <= ticks_of(CLOSE_NS) &&
		cpu - now->last_cpu >= since / 10 * 8)
		now->proved += since;
	now->prompt++;
	now->last = look->tick;
	now->last_cpu = cpu;
	now->frames = look->frames;
	memcpy(now->task, look->task, sizeof(now->task));
}

// hear takes the answer of the look under way, if there is one.
static void hear(struct weir_watched *watched, const struct weir_sample *sample)
{
	struct weir_case *now = &watched->now;
	const struct weir_look *look = &watched->look;

	if (!now->looking || !weir_look_is_answered(look))
		return;
	now->looking = false;
	if (look->beat != now->beat || look->running != now->running)
		return;
	if (look->tick - look->asked_tick <= ticks_of(PROMPT_NS))
		see(now, look, sample->cpu);
	else
		now->last = 0;
}

// is_proved tells whether the looks so far are enough.
static bool is_proved(const struct weir_case *now)
{
	uint64_t window = now->limit / 2 + ticks_of(1000000);

	return now->prompt >= LOOKS && now->proved >= window / 2;
}

static void fill(struct weir_sighting *sighting, enum weir_found found,
	const struct weir_executor *executor, uint64_t begin, uint64_t end)
{
	memset(sighting, 0, sizeof(*sighting));
	sighting->found = found;
	sighting->begin = begin;
	sighting->ns = ns_of(end - begin);
	sighting->call = -1;
	memcpy(sighting->executor, executor->name, sizeof(executor->name));
}

static void enter(struct weir_watched *watched,
	const struct weir_executor *executor, const struct weir_sample *sample)
{
	struct weir_case *now = &watched->now;
	struct weir_contract *contract = weir_books_find(now->running);
	struct weir_sighting sighting;

	now->entered = true;
	now->seen = sample->tick - now->beat;
	fill(&sighting, WEIR_BLOCKED, executor, now->beat, sample->tick);
	memcpy(sighting.task, now->task, sizeof(now->task));
	sighting.frames = now->frames;
	if (contract)
		weir_book_enter(contract, &sighting, true);
	weir_books_unlock();
}

// tell has it said of a step that has not ended for long what it is: the report
// may be far, or never be made.
static void tell(struct weir_watched *watched,
	const struct weir_executor *executor, const struct weir_sample *sample)
{
	struct weir_case *now = &watched->now;
	struct weir_contract *contract = weir_books_find(now->running);
	struct weir_telling *telling = &watched->telling;

	now->told = true;
	if (contract) {
		telling->unended = true;
		memcpy(telling->of, contract->name, sizeof(telling->of));
		fill(&telling->sighting, WEIR_BLOCKED, executor, now->beat,
			sample->tick);
		memcpy(telling->sighting.task, now->task, sizeof(now->task));
		telling->sighting.frames = now->frames;
	}
	weir_books_unlock();
}

// hark has it said once that a thread does not answer a look, though it ran for
// long: it blocks the signal.
static void hark(struct weir_watched *watched,
	const struct weir_executor *executor, const struct weir_sample *before,
	const struct weir_sample *sample)
{
	uint64_t ran = sample->cpu - before->cpu, most = ticks_of(CLOSE_NS);

	// Not so much at once as a machine that stood still seems to have run.
	watched->deaf += ran < most ? ran : most;
	if (watched->deaf < ticks_of(TELL_NS) || watched->deaf_told)
		return;
	watched->deaf_told = true;
	watched->telling.deaf = true;
	memcpy(watched->telling.executor, executor->name,
		sizeof(executor->name));
}

// miss ends a case whose step has ended without a word: it found no room among
// the overruns. surely: no word is on its way.
static void miss(struct weir_watched *watched,
	const struct weir_executor *executor, bool surely)
{
	struct weir_case *now = &watched->now;
	struct weir_contract *contract;

	if (!now->open || !now->entered)
		return;
	if (!surely && load_relaxed(&executor->now) == now->beat)
		return;
	if (!surely && ++now->gone < GONE)
		return;
	contract = weir_books_find(now->running);
	if (contract)
		weir_book_end(contract, now->beat, ns_of(now->seen));
	weir_books_unlock();
	now->open = false;
}

static void begin(struct weir_watched *watched,
	const struct weir_histogram *running, uint64_t limit,
	const struct weir_sample *sample)
{
	bool looking = watched->now.looking;

	watched->now = (struct weir_case){.open = true,
		.beat = sample->beat,
		.running = running,
		.limit = limit,
		.looking = looking,
		.call = -1};
}

static void go_on(struct weir_watched *watched, struct weir_executor *executor,
	const struct weir_sample *before, const struct weir_sample *sample)
{
	struct weir_case *now = &watched->now;
	long call;

	if (!ran(before, sample)) {
		now->last = 0;
		if (weir_thread_is_asleep(watched->thread, &call) &&
			load_relaxed(&executor->now) == now->beat) {
			now->slept = true;
			now->call = call;
		}
		return;
	}
	if (now->entered) {
		if (!now->told && sample->tick - now->beat > ticks_of(TELL_NS))
			tell(watched, executor, sample);
		return;
	}
	if (is_proved(now)) {
		enter(watched, executor, sample);
	} else if (now->looking) {
		hark(watched, executor, before, sample);
	} else {
		watched->deaf = 0;
		now->looking = weir_look_ask(
			&watched->look, executor, watched->thread);
	}
}

// limit_of asks the books: a class whose last step has ended may be gone.
static uint64_t limit_of(const struct weir_histogram *running)
{
	const struct weir_contract *contract =
		running ? weir_books_find(running) : NULL;
	uint64_t limit = contract ? load_relaxed(&running->limit) : 0;

	if (running)
		weir_books_unlock();
	return limit;
}

// look_at follows the step that goes on, if it is overdue.
static void look_at(struct weir_watched *watched,
	struct weir_executor *executor, const struct weir_sample *before,
	const struct weir_sample *sample)
{
	const struct weir_histogram *running = load_relaxed(&executor->running);
	struct weir_case *now = &watched->now;
	uint64_t limit = limit_of(running);

	hear(watched, sample);
	if (!limit || sample->tick - sample->beat <= limit ||
		load_relaxed(&executor->now) != sample->beat)
		return;
	if (!now->open || now->beat != sample->beat ||
		now->running != running) {
		miss(watched, executor, true);
		begin(watched, running, limit, sample);
	}
	go_on(watched, executor, before, sample);
}

// ---- steps that have ended ----

static enum weir_found judge(const struct weir_watched *watched,
	const struct weir_overrun *overrun, const struct weir_round *round,
	bool asleep)
{
	struct weir_stretch stretch = {
		.begin = overrun->begin,
		.end = overrun->end,
		.limit = load_relaxed(&overrun->steps->limit),
		.slept = asleep || has_slept(watched, overrun),
		.accounts = round->accounts,
	};

	return weir_witness_judge(&watched->witness, &stretch);
}

static void settle(struct weir_watched *watched,
	const struct weir_executor *executor,
	const struct weir_overrun *overrun, const struct weir_round *round)
{
	struct weir_case *now = &watched->now;
	bool same = now->open && now->beat == overrun->begin &&
		    now->running == overrun->steps;
	struct weir_contract *contract = weir_books_find(overrun->steps);
	struct weir_sighting sighting;

	if (contract && same && now->entered) {
		weir_book_end(contract, overrun->begin,
			ns_of(overrun->end - overrun->begin));
		now->open = false;
	} else if (contract) {
		fill(&sighting,
			judge(watched, overrun, round, same && now->slept),
			executor, overrun->begin, overrun->end);
		memcpy(sighting.task, overrun->task, sizeof(sighting.task));
		if (same && sighting.found == WEIR_BLOCKED)
			sighting.frames = now->frames;
		if (same && sighting.found == WEIR_BLOCKING)
			sighting.call = now->call;
		weir_book_enter(contract, &sighting, false);
	}
	weir_books_unlock();
}

static unsigned drain(
	struct weir_executor *executor, struct weir_overrun *overruns)
{
	unsigned count = 0;

	while (count < WEIR_OVERRUNS &&
		weir_overruns_get(&executor->overruns, &overruns[count]))
		count++;
	return count;
}

// ---- a round ----

static void meet(struct weir_watched *watched, int thread,
	const struct weir_round *round)
{
	memset(&watched->witness, 0, sizeof(watched->witness));
	memset(&watched->now, 0, sizeof(watched->now));
	watched->thread = thread;
	watched->deaf_told = false;
	watched->sleeps_tick = round->tick;
	watched->slept_from = watched->slept_to = 0;
	if (!weir_thread_sleeps(thread, &watched->sleeps))
		watched->sleeps = 0;
}

void weir_watched_look(struct weir_watched *watched,
	struct weir_executor *executor, const struct weir_round *round)
{
	int thread = load_acquire(&executor->thread);
	struct weir_overrun overruns[WEIR_OVERRUNS];
	struct weir_sample sample, last = {0}, *before = NULL;
	unsigned count;

	if (thread && thread != watched->thread)
		meet(watched, thread, round);
	if (!watched->thread)
		return;
	// What is drained has ended before the sample is taken.
	count = drain(executor, overruns);
	if (weir_witness_last(&watched->witness)) {
		last = *weir_witness_last(&watched->witness);
		before = &last;
	}
	if (thread && take(watched, executor, &sample)) {
		sample.stopped = round->stopped;
		watched->stops += round->stopped;
		weir_witness_add(&watched->witness, &sample);
		if (count || round->stopped ||
			round->tick - watched->sleeps_tick >
				ticks_of(SLEEPS_NS))
			read_sleeps(watched, executor, round);
	} else {
		thread = 0;
	}
	for (unsigned i = 0; i < count; i++)
		settle(watched, executor, &overruns[i], round);
	miss(watched, executor, !thread);
	if (thread)
		look_at(watched, executor, before, &sample);
}

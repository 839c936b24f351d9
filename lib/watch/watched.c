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
#include "task/task_inline.h"
#include "watch/said.h"
#include "watch/sample.h"
#include "watch/thread.h"

#include <string.h>

#define PROMPT_NS 150000   // 14 µs is usual
#define LOOKS 3		   // at least
#define CLOSE_NS 2000000   // apart at most
#define GONE 3		   // heartbeats until a word of a step's end has come
#define TELL_NS 1000000000 // a step that does not end is told of then

static uint64_t ticks_of(uint64_t ns)
{
	return weir_clock_ticks(weir_clock_real(), ns);
}

static uint64_t ns_of(uint64_t ticks)
{
	return weir_clock_ns(weir_clock_real(), ticks);
}

bool weir_watched_is_exempt(const struct weir_executor *executor)
{
	return executor->makes_calls || executor->bell;
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
	sighting->excused = found == WEIR_BLOCKING && executor->makes_calls;
	memcpy(sighting->executor, executor->name, sizeof(executor->name));
}

// sighting_of says what is known of a case so far.
static void sighting_of(const struct weir_case *now,
	const struct weir_executor *executor, struct weir_sighting *sighting)
{
	fill(sighting, now->found, executor, now->beat, now->beat + now->seen);
	memcpy(sighting->task, now->task, sizeof(now->task));
	if (now->found == WEIR_BLOCKED)
		sighting->frames = now->frames;
	else
		sighting->call = now->call;
}

static void enter(struct weir_watched *watched, enum weir_found found,
	const struct weir_executor *executor)
{
	struct weir_case *now = &watched->now;
	struct weir_contract *contract = weir_books_find(now->running);
	struct weir_sighting sighting;

	now->entered = true;
	now->found = found;
	sighting_of(now, executor, &sighting);
	if (contract)
		weir_book_enter(contract, &sighting, true);
	weir_books_unlock();
}

// tell has it said of a step that has not ended for long what it is: the report
// may be far, or never be made.
static void tell(
	struct weir_watched *watched, const struct weir_executor *executor)
{
	struct weir_case *now = &watched->now;
	struct weir_contract *contract = weir_books_find(now->running);
	struct weir_telling *telling = &watched->telling;

	now->told = true;
	if (contract) {
		telling->unended = true;
		memcpy(telling->of, contract->name, sizeof(telling->of));
		sighting_of(now, executor, &telling->sighting);
	}
	weir_books_unlock();
}

// stay says that a step that is in the book goes on.
static void stay(
	struct weir_watched *watched, const struct weir_executor *executor)
{
	struct weir_case *now = &watched->now;
	struct weir_contract *contract = weir_books_find(now->running);
	struct weir_sighting sighting;

	sighting_of(now, executor, &sighting);
	if (contract)
		weir_book_go_on(contract, &sighting);
	weir_books_unlock();
	if (!now->told && !sighting.excused && now->seen > ticks_of(TELL_NS))
		tell(watched, executor);
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

static bool is_long_gone(struct weir_case *now, uint64_t beat)
{
	if (beat != now->beat && beat != now->since) {
		now->since = beat;
		now->gone++;
	}
	return now->gone >= GONE;
}

// miss ends a case whose step has ended without a word: it found no room among
// the overruns. surely: no word is on its way. Else it may be, for as long as the
// thread was given no CPU to write it: until it has gone on to other things, and
// to others again.
static void miss(struct weir_watched *watched,
	const struct weir_executor *executor, bool surely)
{
	struct weir_case *now = &watched->now;
	struct weir_contract *contract;
	struct weir_sighting sighting;

	if (!now->open || !now->entered)
		return;
	if (!surely && !is_long_gone(now, load_relaxed(&executor->now)))
		return;
	contract = weir_books_find(now->running);
	sighting_of(now, executor, &sighting);
	if (contract)
		weir_book_end(contract, &sighting);
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

// doze looks whether the thread sleeps in the step, and adds up how long it was
// seen to: between two looks that both saw it asleep, and the same sleep.
static void doze(struct weir_case *now, int thread,
	const struct weir_executor *executor, const struct weir_sample *before,
	const struct weir_sample *sample)
{
	long call;
	bool asleep = weir_thread_is_asleep(0, thread, &call) &&
		      load_relaxed(&executor->now) == now->beat;

	if (asleep && now->asleep && before->sleeps == sample->sleeps &&
		before->cpu == sample->cpu)
		now->dozed += sample->tick - before->tick;
	if (asleep)
		now->call = call;
	now->asleep = asleep;
}

static enum weir_found judge(const struct weir_watched *watched,
	struct weir_stretch *stretch, const struct weir_round *round)
{
	stretch->stopped = watched->stopped;
	if (stretch->end > round->known)
		stretch->stopped += stretch->end - round->known;
	stretch->accounts = round->accounts;
	stretch->robbed = round->robbed;
	return weir_witness_judge(&watched->witness, stretch);
}

// sleeps_too_long tells whether the step is in a call that is to blame by now.
static bool sleeps_too_long(
	const struct weir_watched *watched, const struct weir_round *round)
{
	const struct weir_case *now = &watched->now;
	struct weir_stretch stretch = {.begin = now->beat,
		.end = now->beat + now->seen,
		.limit = now->limit,
		.dozed = now->dozed};

	return now->asleep &&
	       now->seen > now->limit + now->limit / 2 + ticks_of(1000000) &&
	       judge(watched, &stretch, round) == WEIR_BLOCKING;
}

// name_sleeper finds out whose step it is that sleeps. The sleeper stands still, which
// the thread sanitizer cannot know: its name was written before it went to sleep.
__attribute__((no_sanitize("thread"), noinline)) static void name_sleeper(
	struct weir_case *now, const struct weir_executor *executor)
{
	const struct weir_task *task = load_relaxed(&executor->current);

	if (!task || !now->asleep)
		return;
	for (unsigned i = 0; i < sizeof(now->task) - 1; i++)
		now->task[i] = task->name[i];
}

static void go_on(struct weir_watched *watched, struct weir_executor *executor,
	int thread, const struct weir_sample *before,
	const struct weir_sample *sample, const struct weir_round *round)
{
	struct weir_case *now = &watched->now;
	bool runs = weir_sample_ran(before, sample);

	now->seen = sample->tick - now->beat;
	if (runs) {
		now->asleep = false;
	} else {
		now->last = 0;
		doze(now, thread, executor, before, sample);
	}
	if (now->entered) {
		stay(watched, executor);
	} else if (runs && is_proved(now)) {
		enter(watched, WEIR_BLOCKED, executor);
	} else if (runs && now->looking) {
		hark(watched, executor, before, sample);
	} else if (runs) {
		watched->deaf = 0;
		now->looking = weir_look_ask(&watched->look, executor, thread);
	} else if (sleeps_too_long(watched, round)) {
		name_sleeper(now, executor);
		enter(watched, WEIR_BLOCKING, executor);
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
	struct weir_executor *executor, int thread,
	const struct weir_sample *before, const struct weir_sample *sample,
	const struct weir_round *round)
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
		// That the one before has ended is said before the next begins,
		// but that may have been since this round was told.
		if (now->open && now->entered && now->next != sample->beat) {
			now->next = sample->beat;
			return;
		}
		miss(watched, executor, true);
		begin(watched, running, limit, sample);
	}
	go_on(watched, executor, thread, before, sample, round);
}

// ---- steps that have ended ----

static void settle(struct weir_watched *watched,
	const struct weir_executor *executor,
	const struct weir_overrun *overrun, const struct weir_round *round)
{
	struct weir_case *now = &watched->now;
	bool same = now->open && now->beat == overrun->begin &&
		    now->running == overrun->steps;
	struct weir_contract *contract = weir_books_find(overrun->steps);
	struct weir_sample ended =
		weir_sample_of(&overrun->reading, overrun->end);
	struct weir_sighting sighting;

	if (contract && same && now->entered) {
		now->seen = overrun->end - overrun->begin;
		memcpy(now->task, overrun->task, sizeof(now->task));
		sighting_of(now, executor, &sighting);
		weir_book_end(contract, &sighting);
		now->open = false;
	} else if (contract) {
		struct weir_stretch stretch = {.begin = overrun->begin,
			.end = overrun->end,
			.limit = load_relaxed(&overrun->steps->limit),
			.ended = overrun->reading.tick ? &ended : NULL,
			.dozed = same ? now->dozed : 0};

		fill(&sighting, judge(watched, &stretch, round), executor,
			overrun->begin, overrun->end);
		memcpy(sighting.task, overrun->task, sizeof(sighting.task));
		if (same && sighting.found == WEIR_BLOCKED)
			sighting.frames = now->frames;
		if (same && sighting.found == WEIR_BLOCKING)
			sighting.call = now->call;
		weir_book_enter(contract, &sighting, false);
	}
	weir_books_unlock();
}

// ---- a round ----

// meet begins anew with a run of the executor.
static void meet(struct weir_watched *watched, uint64_t run,
	const struct weir_reading *begun)
{
	struct weir_sample sample = weir_sample_of(begun, begun->tick);

	memset(&watched->witness, 0, sizeof(watched->witness));
	watched->now = (struct weir_case){0};
	watched->run = run;
	watched->turns = 0;
	watched->deaf_told = false;
	weir_witness_add(&watched->witness, &sample);
}

// sample_now adds a sample of the thread, which had gone to sleep so often in the
// round before; false: there is none in this round.
static bool sample_now(struct weir_watched *watched,
	const struct weir_executor *executor, int thread,
	const struct weir_sample *before, uint64_t slept,
	struct weir_sample *sample)
{
	struct weir_reading begun;

	if (!thread ||
		!weir_sample_take(
			sample, before, executor, thread, &watched->turns) ||
		weir_executor_begun(executor, &begun) != watched->run ||
		load_acquire(&executor->thread) != thread)
		return false;
	sample->stopped = watched->stopped;
	sample->halted = watched->halted;
	watched->halts += watched->halted && sample->sleeps > slept;
	watched->stopped = watched->halted = 0;
	weir_witness_add(&watched->witness, sample);
	return true;
}

void weir_watched_take(
	struct weir_watched *watched, const struct weir_executor *executor)
{
	watched->executor = executor;
	watched->run = 0;
	watched->turns = 0;
	watched->stopped = watched->halted = watched->halts = 0;
	watched->now = (struct weir_case){0};
	watched->witness.count = 0;
}

void weir_watched_forget(
	struct weir_watched *watched, const struct weir_histogram *steps)
{
	if (watched->now.open && watched->now.running == steps)
		watched->now.open = false;
}

void weir_watched_look(struct weir_watched *watched,
	struct weir_executor *executor, const struct weir_round *round)
{
	struct weir_sample sample, before;
	struct weir_said said;
	unsigned done = 0;
	uint64_t slept;
	bool sampled;
	int thread;

	weir_said_take(&said, executor);
	watched->stopped += round->away;
	watched->halted += round->stopped ? round->away : 0;
	if (said.run && said.run != watched->run) {
		for (; done < said.old; done++)
			settle(watched, executor, &said.overruns[done], round);
		miss(watched, executor, true);
		meet(watched, said.run, &said.begun);
	}
	if (!watched->run)
		return;
	slept = weir_witness_last(&watched->witness)->sleeps;
	weir_said_add(&watched->witness, &said.overruns[done],
		said.count - done, watched->stopped, watched->halted);
	before = *weir_witness_last(&watched->witness);
	thread = said.run ? load_acquire(&executor->thread) : 0;
	sampled =
		sample_now(watched, executor, thread, &before, slept, &sample);
	for (; done < said.count; done++)
		settle(watched, executor, &said.overruns[done], round);
	miss(watched, executor, said.over);
	if (sampled)
		look_at(watched, executor, thread, &before, &sample, round);
}

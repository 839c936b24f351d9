// SPDX-License-Identifier: BSD-3-Clause
//
// What it costs to put a stage elsewhere: the same stage, unchanged, between rx
// and tx,
//
//	fused    called               rx ─▶ seen ─▶ tx
//	channel  behind a ring        rx ═▶ seen ─▶ tx    on one lcore
//	lcore    on another lcore     rx ═▶ seen ═▶ tx    tx where rx is
//	thread   on a plain thread    rx ═▶ seen ═▶ tx
//
// over one port, whose packets stay in the nearest caches. Two lcores work for
// the same stretch of time; what tx has sent in it counts. A thread that finds
// nothing to do yields, then sleeps a while, as in a real run.
#include "base/log.h"
#include "replay.h"
#include "rig.h"

#include <pthread.h>

#define RUN_NS 4000000

struct place {
	const char *name, *seen, *tx;
	struct rig rig;
};

static struct place places[] = {
	{"fused", "place: fused", "place: fused"},
	{"channel", "place: channel", "place: fused"},
	{"lcore", "place: lcore, lcore: 2", "place: lcore, lcore: 1"},
	{"thread", "place: thread", "place: lcore, lcore: 1"},
};

static uint64_t run_ticks;

// ---- the other executor, on the second CPU ----

static struct {
	struct place *place; // NULL: the end
	uint64_t end;
	_Alignas(WEIR_CACHE_LINE) unsigned asked;
	_Alignas(WEIR_CACHE_LINE) unsigned ready, done;
} other;

static void run_until(struct rig *rig, unsigned executor, uint64_t end)
{
	uint64_t now = weir_ticks();

	if (now < end)
		rig_run(rig, executor, end - now);
}

static void *work(void *arg)
{
	(void)arg;
	bench_pin(1);
	for (unsigned i = 1;; i++) {
		while (load_acquire(&other.asked) < i)
			sched_yield();
		store_release(&other.ready, i);
		if (!other.place)
			return NULL;
		run_until(&other.place->rig, 1, other.end);
		store_release(&other.done, i);
	}
}

static void ask(struct place *place)
{
	unsigned next = other.asked + 1;

	other.place = place;
	other.end = weir_ticks() + run_ticks;
	store_release(&other.asked, next);
	while (load_acquire(&other.ready) < next)
		;
}

// ---- runs ----

static void open_place(struct place *place)
{
	char text[512];

	snprintf(text, sizeof(text),
		"version: 1\n"
		"runtime: {lcores: 2, memory: 128MiB}\n"
		"ports: {p: {replay: ''}}\n"
		"stages:\n"
		"  rx: {type: rx, port: p, lcore: 1}\n"
		"  seen: {type: count, inputs: rx, by: [protocol], %s}\n"
		"  tx: {type: tx, inputs: seen, port: p, %s}\n",
		place->seen, place->tx);
	rig_open(&place->rig, text);
	// The plan may have thought that they share a CPU.
	for (unsigned i = 0; i < place->rig.plan->executor_count; i++)
		if (place->rig.plan->executors[i].kind == WEIR_PLAN_LCORE)
			place->rig.pipeline->runners[i].executor->idle =
				weir_idle_spin;
}

// stretch lets it run for a while, and answers how many packets went through.
static uint64_t stretch(struct place *place, bool two)
{
	uint64_t before = rig_sent(&place->rig);

	if (two)
		ask(place);
	run_until(&place->rig, 0, two ? other.end : weir_ticks() + run_ticks);
	while (two && load_acquire(&other.done) < other.asked)
		;
	return rig_sent(&place->rig) - before;
}

// drain lets the sources end and all that is inside come out: only then does
// closing give the pool back.
static void drain(struct weir_pipeline *pipeline)
{
	unsigned done = 0;

	store_release(&pipeline->stop, true);
	while (done < pipeline->shell_count) {
		for (unsigned i = 0; i < pipeline->plan->executor_count; i++)
			weir_executor_turn(pipeline->runners[i].executor);
		done = 0;
		for (unsigned i = 0; i < pipeline->shell_count; i++)
			done += load_acquire(&pipeline->shells[i].done);
	}
}

// A pipeline is opened for each run, since two cannot be open at a time; the
// first stretch warms up.
static double run(void *arg)
{
	struct place *place = arg;
	uint64_t count;
	bool two;

	open_place(place);
	two = place->rig.plan->executor_count > 1;
	stretch(place, two);
	count = stretch(place, two);
	drain(place->rig.pipeline);
	rig_close(&place->rig);
	return (double)run_ticks / (double)(count ? count : 1);
}

int main(int argc, char **argv)
{
	struct bench_variant variants[4];
	pthread_t thread;

	bench_begin(argc, argv);
	weir_log_level_set(WEIR_LOG_ERROR); // two lcores may share a CPU
	rig_register();
	weir_port_register(&replay_driver);
	run_ticks = weir_clock_ticks(weir_clock_real(), RUN_NS);
	for (unsigned i = 0; i < 4; i++)
		variants[i] =
			(struct bench_variant){places[i].name, run, &places[i]};
	pthread_create(&thread, NULL, work, NULL);
	bench_compare("pipeline.places", "replay,60B", "cycles/packet",
		variants, 4, true);
	ask(NULL);
	pthread_join(thread, NULL);
	return bench_end();
}

// SPDX-License-Identifier: BSD-3-Clause
#include "bench.h"

#include "base/atomic.h"
#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 101
#define QUICK_RUNS 25
#define RUNS_MAX RUNS
#define VARIANTS_MAX 8
#define NEAR_NS 160 // a round trip below is near, above is far

static bool quick;

bool bench_quick(void)
{
	return quick;
}

static cpu_set_t allowed; // at the beginning, before any pinning

unsigned bench_cpus(void)
{
	return (unsigned)CPU_COUNT(&allowed);
}

void bench_pin(unsigned index)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (!CPU_ISSET(cpu, &allowed) || index-- > 0)
			continue;
		CPU_SET(cpu, &one);
		pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
		return;
	}
}

// ---- how near the two CPUs are ----

#define TRIPS 1000
#define TRIES 50
#define PROBE_NS 100000000 // at most

static struct {
	_Alignas(2 * WEIR_CACHE_LINE) uint64_t there;
	_Alignas(2 * WEIR_CACHE_LINE) uint64_t back;
} line;

#define LAST UINT64_MAX // there: no more will come

static void *echo(void *arg)
{
	uint64_t seen = 0, now;

	bench_pin(1);
	while ((now = load_acquire(&line.there)) != LAST) {
		if (now == seen)
			continue;
		seen = now;
		store_release(&line.back, seen);
	}
	return NULL;
}

static uint64_t try_trips(uint64_t *i)
{
	uint64_t begin = weir_ticks();

	for (int n = 0; n < TRIPS; n++) {
		store_release(&line.there, ++*i);
		while (load_acquire(&line.back) < *i)
			;
	}
	return weir_ticks() - begin;
}

// The least of some tries: a preemption in one does not count. Bounded in time:
// where others hold a CPU, a trip can take as long as their turn.
double bench_round_trip_ns(void)
{
	const struct weir_clock *clock = weir_clock_real();
	uint64_t end = weir_ticks() + weir_clock_ticks(clock, PROBE_NS);
	uint64_t least = UINT64_MAX, i = 0;
	pthread_t thread;

	if (bench_cpus() < 2)
		return 0;
	bench_pin(0); // a library may have moved us to echo's CPU
	line.there = line.back = 0;
	pthread_create(&thread, NULL, echo, NULL);
	for (int try = 0; try < TRIES && weir_ticks() < end; try++) {
		uint64_t took = try_trips(&i);

		least = took < least ? took : least;
	}
	store_release(&line.there, LAST);
	pthread_join(thread, NULL);
	return (double)weir_clock_ns(clock, least) / TRIPS;
}

static void print_state(const char *when)
{
	double ns = bench_round_trip_ns();

	if (ns > 0)
		printf("machine.round_trip when=%s,state=%s %.0f ns\n", when,
			ns < NEAR_NS ? "near" : "far", ns);
}

void bench_begin(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		quick |= strcmp(argv[i], "--quick") == 0;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	bench_pin(0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	print_state("begin");
}

int bench_end(void)
{
	print_state("end");
	return 0;
}

// ---- figures ----

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_figure(const char *name, const char *variant,
	const char *parameters, const char *unit, double *values,
	unsigned count)
{
	qsort(values, count, sizeof(*values), by_value);
	printf("%s%s%s %s %.4g %s [%.4g..%.4g]\n", name, variant ? "/" : "",
		variant ? variant : "", *parameters ? parameters : "-",
		values[count / 2], unit, values[count / 10],
		values[count - 1 - count / 10]);
}

static unsigned run_count(void)
{
	return quick ? QUICK_RUNS : RUNS;
}

void bench_measure(const char *name, const char *parameters, const char *unit,
	double (*fn)(void *arg), void *arg)
{
	double values[RUNS_MAX];

	fn(arg); // caches, branch predictors, pages
	for (unsigned i = 0; i < run_count(); i++)
		values[i] = fn(arg);
	print_figure(name, NULL, parameters, unit, values, run_count());
}

static void print_ratios(const char *name, const char *parameters,
	const struct bench_variant *variants, unsigned count,
	double values[][RUNS_MAX])
{
	double ratios[RUNS_MAX];
	char text[128];

	for (unsigned v = 0; v < count; v++) {
		unsigned n = 0;

		for (unsigned i = v ? 0 : 1; i < run_count(); i++)
			ratios[n++] = values[v][i] / values[0][v ? i : i - 1];
		snprintf(text, sizeof(text), "%s:%s", variants[v].name,
			variants[0].name);
		print_figure(name, text, parameters, "x", ratios, n);
	}
}

void bench_compare(const char *name, const char *parameters, const char *unit,
	const struct bench_variant *variants, unsigned count, bool across)
{
	static double values[VARIANTS_MAX][RUNS_MAX];
	static double sorted[RUNS_MAX];

	if (across)
		print_state("before");
	for (unsigned v = 0; v < count; v++)
		variants[v].fn(variants[v].arg);
	for (unsigned i = 0; i < run_count(); i++)
		for (unsigned v = 0; v < count; v++)
			values[v][i] = variants[v].fn(variants[v].arg);
	if (across)
		print_state("after");
	for (unsigned v = 0; v < count; v++) {
		memcpy(sorted, values[v], sizeof(sorted));
		print_figure(name, variants[v].name, parameters, unit, sorted,
			run_count());
	}
	print_ratios(name, parameters, variants, count, values);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "watch/machine.h"
#include "base/atomic.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define NS 1000000000u
#define GAP_NS 50000 // a round of the loop takes less than 2 µs
#define MOMENTS 8192

// is_virtual: where that cannot be known, it is.
static bool is_virtual(void)
{
#if defined(__x86_64__)
	unsigned a, b, c = 0, d;

	return !__get_cpuid(1, &a, &b, &c, &d) || (c & 1u << 31);
#else
	return true;
#endif
}

// tells_steal: a host that tells has taken something sooner or later.
static bool tells_steal(void)
{
	unsigned long long steal = 0;
	FILE *file = fopen("/proc/stat", "re");
	bool told;

	if (!file)
		return false;
	told = fscanf(file, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) ==
		       1 &&
	       steal > 0;
	fclose(file);
	return told;
}

bool weir_machine_denies(
	const struct weir_machine_moment *moments, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct weir_machine_moment *a = &moments[i - 1],
						 *b = &moments[i];
		uint64_t gone = b->ns - a->ns;

		if (gone >= GAP_NS && a->switches == b->switches &&
			b->cpu_ns - a->cpu_ns >= gone / 2)
			return true;
	}
	return false;
}

static uint64_t ns_of(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static struct weir_machine_moment moment(void)
{
	struct rusage usage = {0};
	struct weir_machine_moment now;

	now.cpu_ns = ns_of(CLOCK_THREAD_CPUTIME_ID);
	getrusage(RUSAGE_THREAD, &usage);
	now.switches = (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
	now.ns = ns_of(CLOCK_MONOTONIC);
	return now;
}

// look takes moments, as long as that is worth. They are static, so that writing
// them is no gap.
static bool look(void)
{
	static struct weir_machine_moment moments[MOMENTS];
	uint64_t end = ns_of(CLOCK_MONOTONIC) + WEIR_MACHINE_LOOK_NS;
	size_t count = 0;

	for (size_t i = 0; i < MOMENTS; i++)
		moments[i] = (struct weir_machine_moment){.ns = 1};
	do {
		moments[count++] = moment();
	} while (count < MOMENTS && moments[count - 1].ns < end);
	return weir_machine_denies(moments, count);
}

bool weir_machine_accounts(void)
{
	static uint32_t denied; // 1: no, 2: yes
	uint32_t known = load_acquire(&denied);

	if (is_virtual() && !tells_steal())
		return false;
	if (!known) {
		known = look() ? 2 : 1;
		store_release(&denied, known);
	}
	return known == 1;
}

bool weir_machine_robs(void)
{
	return is_virtual() && tells_steal();
}

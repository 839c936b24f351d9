// SPDX-License-Identifier: BSD-3-Clause
#define ALLOW_EXPERIMENTAL_API
#include "trace/trace.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/eal.h"
#include "trace/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/membarrier.h>
#include <rte_lcore.h>
#include <rte_trace.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_BARRIER_US 20000 // in which any store gets to be seen
#define GRAIN (8u * WEIR_TRACE_CHUNKS)

uint32_t weir_trace_session;

// What the present or stopped trace has; of who starts and stops, but for taken
// and turned_away.
static char *memory;
static uint32_t memory_size; // of a thread
static uint32_t memory_count;
static uint32_t taken; // pieces; may go beyond memory_count
static uint32_t turned_away;
static uint32_t latest;
static uint64_t begun; // tick
static bool can_fence;

void weir_trace_attach(struct weir_trace_writer *writer, uint32_t session)
{
	uint32_t index = add_acq_rel(&taken, 1);

	writer->session = session;
	writer->size = memory_size;
	writer->memory = index < memory_count
				 ? memory + (size_t)index * memory_size
				 : NULL;
}

void weir_trace_turn_away(void)
{
	add_acq_rel(&turned_away, 1);
}

static int check(const struct weir_trace_options *options, uint64_t size,
	struct weir_error *e)
{
	if (weir_trace_session)
		return weir_error_set(e, -EALREADY,
			"a trace is being taken already: wait until it ends");
	if (!weir_eal_is_open())
		return weir_error_set(e, -ENOTSUP,
			"a trace needs EAL, which this program did not start");
	if (size < WEIR_TRACE_MEMORY_MIN || size > UINT32_MAX / 2)
		return weir_error_set(e, -EINVAL,
			"a trace takes from 64 KiB to 2 GiB for a thread");
	return 0;
}

// available answers how many bytes the system could give, all where it does not
// say: what is touched beyond that has the program killed.
static uint64_t available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t kib = UINT64_MAX >> 10;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

static int map(uint64_t size, unsigned count, struct weir_error *e)
{
	size_t all = size * count;
	void *at = all > available()
			   ? MAP_FAILED
			   : mmap(NULL, all, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return weir_error_set(e, -ENOMEM,
			"no memory for a trace of %u threads, %zu MiB: give "
			"each less",
			count, all >> 20);
	madvise(at, all, MADV_HUGEPAGE); // a point may miss fewer pages
	memset(at, 0, all);		 // and faults for none
	memory = at;
	memory_size = (uint32_t)size;
	memory_count = count;
	store_relaxed(&taken, 0);
	store_relaxed(&turned_away, 0);
	return 0;
}

int weir_trace_start(
	const struct weir_trace_options *options, struct weir_error *e)
{
	uint64_t size =
		options->memory_size ? options->memory_size : WEIR_TRACE_MEMORY;
	int err = check(options, size, e);

	if (err)
		return err;
	weir_trace_drop();
	err = map(size / GRAIN * GRAIN, options->threads ? options->threads : 1,
		e);
	if (err)
		return err;
	if (!weir_trace_points_on(options->pattern)) {
		weir_trace_points_off();
		weir_trace_drop();
		return weir_error_set(e, -ENOTSUP,
			"no trace point is called '%s': docs/tracing.md lists "
			"them",
			options->pattern);
	}
	can_fence =
		syscall(SYS_membarrier,
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
	if (++latest == 0)
		latest = 1;
	// Names come first where all is put in the order of time, and a point may
	// be at a tick that was read a while ago.
	begun = weir_ticks() - weir_clock_real()->hz;
	store_release(&weir_trace_session, latest);
	return 0;
}

static void fence_others(void)
{
	fence_full();
	if (!can_fence ||
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		usleep(NO_BARRIER_US);
}

void weir_trace_stop(void)
{
	unsigned count;

	if (!weir_trace_session)
		return;
	store_release(&weir_trace_session, 0);
	fence_others(); // "the trace"
	count = weir_trace_writer_count();
	for (unsigned i = 0; i < count; i++)
		while (load_acquire(&weir_trace_writers[i].busy))
			usleep(1);
	weir_trace_points_off();
}

void weir_trace_drop(void)
{
	weir_assert(!weir_trace_session); // it was stopped
	if (memory)
		munmap(memory, (size_t)memory_size * memory_count);
	memory = NULL;
	weir_trace_names_drop();
}

uint32_t weir_trace_stopped(uint64_t *begin, unsigned *unheard)
{
	uint32_t count = load_acquire(&taken);

	*begin = begun;
	*unheard = count > memory_count ? count - memory_count : 0;
	*unheard += load_acquire(&turned_away);
	return memory ? latest : 0;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// EAL says why it failed only in its log, so the log is caught while EAL
// starts and its last lines become part of the sentence.
//
// Without hugepages --in-memory is refused (22.11): --no-shconf and
// --no-telemetry then keep everything private. The start takes what DPDK's
// calibration of the counter sleeps (100 ms) and some 10 ms more.
#define ALLOW_EXPERIMENTAL_API // rte_intr_instance_alloc and its like
#include "base/eal.h"
#include "base/assert.h"
#include "base/pages.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_memory.h>
#include <rte_version.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 128
#define MIB (1u << 20)
#define MEMORY_DEFAULT (64u * MIB)
#define HUGE_PAGE_SIZE (2u * MIB)
#define HALT_S 2 // at most, until EAL's interrupt thread has come to a halt

static enum { NEVER, OPEN, OVER } state;

// The argument vector: EAL keeps the texts, and writes to the array it is
// given.
struct args {
	int count;
	char *text[ARGS_MAX + 1];
	char *given[ARGS_MAX + 1];
};

static void args_add(struct args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void args_add(struct args *args, const char *format, ...)
{
	va_list list;

	weir_assert(args->count < ARGS_MAX);
	va_start(list, format);
	if (vasprintf(&args->text[args->count], format, list) < 0)
		abort();
	va_end(list);
	args->text[++args->count] = NULL;
}

static void args_free(struct args *args)
{
	for (int i = 0; i < args->count; i++)
		free(args->text[i]);
}

static void add_lcores(struct args *args, const struct weir_eal_options *o)
{
	char list[WEIR_EAL_LCORES_MAX * 12 + 32];
	size_t used = 0;

	used = (size_t)snprintf(list, sizeof(list), "0@%u", o->main_cpu);
	for (unsigned i = 0; i < o->lcore_count; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used,
			",%u@%u", i + 1, o->lcore_cpu[i]);
	weir_assert(used < sizeof(list));
	args_add(args, "--lcores=%s", list);
	args_add(args, "--main-lcore=0");
}

static uint64_t memory_size(const struct weir_eal_options *o)
{
	return o->memory_size ? o->memory_size : MEMORY_DEFAULT;
}

static void add_memory(struct args *args, const struct weir_eal_options *o)
{
	args_add(args, "-m");
	args_add(args, "%" PRIu64, (memory_size(o) + MIB - 1) / MIB);
	if (o->no_huge) {
		args_add(args, "--no-huge");
		args_add(args, "--no-shconf");
	} else {
		args_add(args, "--in-memory");
		if (o->shared)
			args_add(args, "--single-file-segments");
	}
}

static void args_fill(struct args *args, const struct weir_eal_options *o)
{
	args_add(args, "weir");
	add_lcores(args, o);
	add_memory(args, o);
	args_add(args, "--no-telemetry");
	args_add(args, "--log-level=error");
	if (!o->pci)
		args_add(args, "--no-pci");
	for (const char *const *pci = o->pci; pci && *pci; pci++)
		args_add(args, "--allow=%s", *pci);
	for (const char *const *arg = o->args; arg && *arg; arg++)
		args_add(args, "%s", *arg);
}

static int check_cpu(const cpu_set_t *allowed, unsigned lcore, unsigned cpu,
	struct weir_error *e)
{
	if (cpu < CPU_SETSIZE && CPU_ISSET(cpu, allowed))
		return 0;
	return weir_error_set(e, -EINVAL,
		"lcore %u is to run on CPU %u, which this process may not use: "
		"choose one that `taskset -p %d` allows",
		lcore, cpu, (int)getpid());
}

static int check_cpus(const struct weir_eal_options *o, struct weir_error *e)
{
	cpu_set_t allowed;
	int err;

	if (o->lcore_count > WEIR_EAL_LCORES_MAX)
		return weir_error_set(e, -EINVAL,
			"%u lcores are too many: at most %u can be had",
			o->lcore_count, WEIR_EAL_LCORES_MAX);
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return weir_error_set(e, -errno,
			"cannot ask for the CPUs of this process: %s",
			strerror(errno));
	err = check_cpu(&allowed, 0, o->main_cpu, e);
	for (unsigned i = 0; i < o->lcore_count && !err; i++)
		err = check_cpu(&allowed, i + 1, o->lcore_cpu[i], e);
	return err;
}

// Threads inherit the mask: signals for the process go to the thread that
// opens EAL and never interrupt an lcore.
static void block_signals(sigset_t *before)
{
	const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGCHLD,
		SIGWINCH, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&set, ours[i]);
	pthread_sigmask(SIG_BLOCK, &set, before);
}

// pages_wanted answers how many hugepages there would have to be, those in use
// included, for size bytes to be free; 0: there are enough.
static uint64_t pages_wanted(uint64_t size)
{
	uint64_t free_size = weir_pages_free("/sys/kernel/mm/hugepages");
	uint64_t total = 0;
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "re");

	if (file && fscanf(file, "%" SCNu64, &total) != 1)
		total = 0;
	if (file)
		fclose(file);
	return free_size > size
		       ? 0
		       : total + (size - free_size) / HUGE_PAGE_SIZE + 1;
}

static void start_error(const struct weir_eal_options *o, int code, char *log,
	struct weir_error *e)
{
	char remedy[128] = "";
	uint64_t pages = pages_wanted(memory_size(o));

	for (char *c = log; c && *c; c++)
		if (*c == '\n')
			*c = c[1] ? ';' : '\0';
	if (!o->no_huge && pages > 0)
		snprintf(remedy, sizeof(remedy),
			" (hugepages: echo %" PRIu64
			" | sudo tee /proc/sys/vm/nr_hugepages)",
			pages);
	weir_error_set(e, code, "EAL does not start: %s%s",
		log && *log ? log : rte_strerror(-code), remedy);
}

// say passes on what EAL said while it started, but that it has no folder of
// its own: it needs none.
static void say(char *log)
{
	char *rest, *line;

	for (line = strtok_r(log, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest))
		if (!strstr(line, "Error creating '"))
			fprintf(stderr, "%s\n", line);
}

static int start(const struct weir_eal_options *o, struct args *args,
	struct weir_error *e)
{
	char *log = NULL;
	size_t log_size = 0;
	FILE *catch = open_memstream(&log, &log_size);
	sigset_t before;
	int err = 0;

	if (!catch)
		return weir_error_set(e, -ENOMEM, "no memory to start EAL");
	rte_openlog_stream(catch);
	block_signals(&before);
	memcpy(args->given, args->text, sizeof(args->given));
	if (rte_eal_init(args->count, args->given) < 0)
		err = rte_errno > 0 ? -rte_errno : -EIO;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	rte_openlog_stream(NULL);
	fclose(catch);
	if (err)
		start_error(o, err, log, e);
	else if (log_size > 0)
		say(log); // what was asked for, or went wrong
	free(log);
	return err;
}

int weir_eal_open(const struct weir_eal_options *options, struct weir_error *e)
{
	static struct args args;
	int err;

	if (state != NEVER || weir_eal_is_open())
		return weir_error_set(e, -EALREADY,
			"EAL was started before: that can be done once in a "
			"process");
	err = check_cpus(options, e);
	if (err)
		return err;
	state = OVER; // EAL cannot be tried again
	args_fill(&args, options);
	err = start(options, &args, e);
	if (err)
		args_free(&args);
	else
		state = OPEN;
	return err;
}

bool weir_eal_is_open(void)
{
	return state == OPEN || (state == NEVER && rte_lcore_count() > 0);
}

int weir_eal_launch(
	unsigned id, int (*fn)(void *arg), void *arg, struct weir_error *e)
{
	int err;

	if (!rte_lcore_is_enabled(id) || id == rte_get_main_lcore())
		return weir_error_set(e, -EINVAL,
			"lcore %u does not exist: EAL was started with 1 to %u",
			id, rte_lcore_count() - 1);
	err = rte_eal_remote_launch(fn, arg, id);
	if (err)
		return weir_error_set(
			e, err, "lcore %u is busy: join it first", id);
	return 0;
}

int weir_eal_join(unsigned id)
{
	return rte_eal_wait_lcore(id);
}

static int first_page(const struct rte_memseg_list *list,
	const struct rte_memseg *segment, void *size)
{
	*(size_t *)size = segment->hugepage_sz;
	return !list->external;
}

size_t weir_eal_page_size(void)
{
	size_t size = 0;

	rte_memseg_walk(first_page, &size);
	return size ? size : (size_t)sysconf(_SC_PAGESIZE);
}

const char *weir_eal_version(void)
{
	return rte_version();
}

// EAL's interrupt thread lives on when EAL is cleaned up, and crashes if a peer
// says something then (memif's, that wants to connect again): its handles lie in
// memory that is gone. So it first comes to a halt, in a callback of ours. It is
// not an alarm's: EAL waits for those.
static sem_t halted;
static struct rte_intr_handle *handle; // the halted thread's, for good

static void halt_interrupts(void *arg)
{
	(void)arg;
	sem_post(&halted);
	for (;;)
		pause();
}

static void stop_interrupts(void)
{
	struct timespec end;

	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (!handle || rte_intr_fd_set(handle, eventfd(1, EFD_CLOEXEC)) ||
		rte_intr_type_set(handle, RTE_INTR_HANDLE_EXT))
		return;
	sem_init(&halted, 0, 0);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += HALT_S;
	if (rte_intr_callback_register(handle, halt_interrupts, NULL) == 0)
		while (sem_timedwait(&halted, &end) && errno == EINTR)
			;
}

void weir_eal_close(void)
{
	if (state != OPEN)
		return;
	stop_interrupts();
	rte_eal_cleanup();
	state = OVER;
}

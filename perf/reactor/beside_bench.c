// SPDX-License-Identifier: BSD-3-Clause
//
// What connections cost a busy lcore beside them: the rate of a pipeline that makes
// packets, filters and counts them on one CPU, while a reactor on another one holds
// none, 8,000 that say nothing, and these while 1,000 of them chatter: ten requests
// a second each, and as many as the CPU takes. The clients are another process's.
//
//	lcore, last CPU: gen ─▶ filter ─▶ count ─▶ sink
//	the CPU before:  clients ══▶ reactor
//
// Where the two CPUs share a core, each takes from the other whatever it does: then
// the last ratio says that, and not what weir costs.
#include "bench.h"
#include "pipeline/rig.h"

#include "base/assert.h"
#include "reactor/connection.h"
#include "reactor/reactor.h"
#include "reactor/socket.h"
#include "task/task.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY 8000
#define CHATTING 1000
#define AT_ONCE 10 // requests, then a pause
#define PAUSE_NS 1000000
#define RUN_NS 20000000

enum state { NONE, IDLE, CHATTER, FLAT_OUT, ENDS };

// What both processes see.
static struct shared {
	uint32_t wanted, is; // states of the clients
	uint64_t answers;
} * shared;

static unsigned many;
static struct weir_address at;
static struct rig rig;
static uint64_t run_ticks;

// ---- the clients, a process ----

static int *numbers;

static void connect_all(void)
{
	const struct linger at_once = {.l_onoff = 1};

	for (unsigned i = 0; i < many; i++) {
		numbers[i] = socket(AF_INET, SOCK_STREAM, 0);
		// No port stays in TIME_WAIT.
		setsockopt(numbers[i], SOL_SOCKET, SO_LINGER, &at_once,
			sizeof(at_once));
		if (connect(numbers[i], (const void *)&at.of, at.size)) {
			perror("beside_bench: connect");
			_exit(1);
		}
	}
}

static void close_all(void)
{
	for (unsigned i = 0; i < many; i++)
		close(numbers[i]);
}

static void chatter(void)
{
	static unsigned next;
	char byte = 0;

	for (unsigned i = 0; i < AT_ONCE; i++)
		if (write(numbers[(next + i) % CHATTING], &byte, 1) != 1)
			_exit(1);
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (read(numbers[(next + i) % CHATTING], &byte, 1) != 1)
			_exit(1);
	next = (next + AT_ONCE) % CHATTING;
	store_relaxed(&shared->answers, shared->answers + AT_ONCE);
}

static void be_in(uint32_t is, uint32_t wanted)
{
	if (is == NONE && wanted != NONE)
		connect_all();
	if (is != NONE && (wanted == NONE || wanted == ENDS))
		close_all();
	store_release(&shared->is, wanted);
}

static __attribute__((noreturn)) void be_the_clients(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_pin(1);
	numbers = calloc(many, sizeof(*numbers));
	while (shared->is != ENDS) {
		uint32_t wanted = load_acquire(&shared->wanted);

		if (wanted != shared->is)
			be_in(shared->is, wanted);
		if (wanted >= CHATTER && wanted != ENDS)
			chatter();
		if (wanted != FLAT_OUT)
			nanosleep(&pause, NULL);
	}
	_exit(0);
}

// ---- the reactor, a thread ----

static struct weir_fd listener;
static struct weir_connection *slots;
static unsigned *free_slots, free_count; // of the reactor
static uint32_t held;			 // load_acquire

static enum weir_connection_next echo(struct weir_connection *c)
{
	char byte;

	if (weir_read(&c->fd, &byte, 1, WEIR_NEVER) != 1 ||
		weir_write(&c->fd, &byte, 1, WEIR_NEVER) != 1)
		return WEIR_CONNECTION_END;
	return WEIR_CONNECTION_KEEP;
}

static void give_back(struct weir_connection *c)
{
	free_slots[free_count++] = (unsigned)(c - slots);
}

static void has_ended(struct weir_connection *c)
{
	give_back(c);
	sub_acq_rel(&held, 1);
}

static const struct weir_connection_class class_ = {
	.name = "client", .handle = echo, .ended = has_ended};

// accept_one lets the next connection live in a slot, which nobody else takes while
// it waits.
static int accept_one(struct weir_scope *scope)
{
	struct weir_connection *c = &slots[free_slots[--free_count]];
	int err = weir_accept(&listener, &c->fd, WEIR_NEVER);

	if (err == 0)
		err = weir_connection_start(scope, c, &class_);
	if (err)
		give_back(c);
	else
		add_acq_rel(&held, 1);
	return err;
}

static void serve(void *arg)
{
	struct weir_scope scope;
	int err = 0;

	weir_scope_open(&scope);
	while (err == 0)
		err = free_count ? accept_one(&scope)
				 : weir_sleep(weir_in_ms(1));
	weir_scope_close(&scope, WEIR_NEVER);
}

static void listen_and_serve(void *ready)
{
	struct weir_scope scope;

	weir_assert(weir_listen(&listener, &at, NULL, NULL) == 0);
	weir_assert(weir_address_own(&listener, &at) == 0);
	weir_scope_open(&scope);
	if (weir_spawn(&scope, NULL, serve, NULL))
		weir_assert(!"there are stacks");
	store_release((uint32_t *)ready, 1);
	while (load_acquire(&shared->wanted) != ENDS)
		if (weir_sleep(weir_in_ms(100)))
			break;
	weir_scope_cancel(&scope);
	weir_scope_close(&scope, WEIR_NEVER);
	weir_fd_close(&listener);
}

static void *run_reactor(void *ready)
{
	bench_pin(1);
	weir_reactor_run(listen_and_serve, ready);
	return NULL;
}

// ---- the lcore ----

static void want(enum state state)
{
	store_release(&shared->wanted, state);
	while (load_acquire(&shared->is) != state ||
		load_acquire(&held) != (state == NONE ? 0 : many))
		usleep(1000);
}

static double rate(void *arg)
{
	uint64_t sent, begin;

	want((enum state)(uintptr_t)arg);
	sent = rig_sent(&rig);
	begin = weir_ticks();
	rig_run(&rig, 0, run_ticks);
	return (double)(rig_sent(&rig) - sent) * 1e3 /
	       (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin);
}

static void print_chatter(const char *how, enum state state)
{
	uint64_t before, begin;

	want(state);
	before = load_relaxed(&shared->answers);
	begin = weir_ticks();
	rig_run(&rig, 0, 10 * run_ticks);
	printf("reactor.beside.requests %s %.0f per_s\n", how,
		(double)(load_relaxed(&shared->answers) - before) * 1e9 /
			(double)weir_clock_ns(
				weir_clock_real(), weir_ticks() - begin));
}

static void open_all(pthread_t *reactor)
{
	static uint32_t ready;

	slots = calloc(many, sizeof(*slots));
	free_slots = calloc(many, sizeof(*free_slots));
	weir_assert(slots && free_slots);
	for (free_count = 0; free_count < many; free_count++)
		free_slots[free_count] = free_count;
	weir_assert(weir_address_parse(&at, "tcp:127.0.0.1:0", NULL) == 0);
	pthread_create(reactor, NULL, run_reactor, &ready);
	while (!load_acquire(&ready))
		usleep(1000);
	if (fork() == 0)
		be_the_clients();
	rig_register();
	rig_open(&rig, "version: 1\n"
		       "runtime: {memory: 64MiB}\n"
		       "stages:\n"
		       "  made: {type: gen}\n"
		       "  udp: {type: filter, inputs: made, expr: udp, drop: "
		       "rest}\n"
		       "  seen: {type: count, inputs: udp.match, by: "
		       "[protocol]}\n"
		       "  end: {type: sink, inputs: seen}\n");
	run_ticks = weir_clock_ticks(weir_clock_real(), RUN_NS);
}

int main(int argc, char **argv)
{
	const struct bench_variant variants[] = {
		{"no_connections", rate, (void *)NONE},
		{"idle", rate, (void *)IDLE},
		{"chatter", rate, (void *)CHATTER},
		{"flat_out", rate, (void *)FLAT_OUT},
	};
	struct rlimit limit;
	char parameters[64];
	pthread_t reactor;

	bench_begin(argc, argv);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	many = limit.rlim_cur < MANY + 200 ? (unsigned)limit.rlim_cur - 200
					   : MANY;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	weir_assert(shared != MAP_FAILED && many > CHATTING);
	open_all(&reactor);
	snprintf(parameters, sizeof(parameters),
		"held=%u,chatting=" RTE_STR(CHATTING), many);
	bench_compare("reactor.beside", parameters, "Mpackets/s", variants, 4,
		bench_cpus() > 1);
	print_chatter("paced", CHATTER);
	print_chatter("flat_out", FLAT_OUT);
	store_release(&shared->wanted, ENDS);
	pthread_join(reactor, NULL);
	rig_close(&rig);
	return bench_end();
}

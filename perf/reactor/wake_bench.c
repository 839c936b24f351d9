// SPDX-License-Identifier: BSD-3-Clause
//
// How fast a reactor is, awake and asleep.
//
//	reactor.ping_pong  a thread writes a byte to a socket and reads the answer:
//	                   of a plain epoll loop, and of a task on a reactor; on the
//	                   other CPU, where the time is mostly the system's wakeup,
//	                   and on the same one
//	reactor.wake       from a send on an executor that polls to the receive on a
//	                   reactor that sleeps, by how that learns of it; and from a
//	                   thread's write to a pipe, which is the system's own time
//	reactor.bell_cost  CPU time of all threads but the one that polls, while the
//	                   reactor waits for that one and hears nothing
#include "bench.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "chan/chan.h"
#include "count/histogram.h"
#include "mem/mem.h"
#include "reactor/fd.h"
#include "reactor/reactor.h"
#include "task/task.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

// ---- ping-pong ----

#define TRIPS 500

struct side {
	int ends[2];
	unsigned cpu; // as bench_pin counts
	pthread_t thread;
};

static double trips(void *arg)
{
	const struct side *side = arg;
	uint64_t begin = weir_ticks();
	char byte = 0;

	for (unsigned i = 0; i < TRIPS; i++)
		if (write(side->ends[0], &byte, 1) != 1 ||
			read(side->ends[0], &byte, 1) != 1)
			return 0;
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin) /
	       TRIPS;
}

static void *echo_plainly(void *arg)
{
	const struct side *side = arg;
	int number = side->ends[1], set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN}, told;
	char byte;

	bench_pin(side->cpu);
	epoll_ctl(set, EPOLL_CTL_ADD, number, &event);
	while (epoll_wait(set, &told, 1, -1) == 1)
		if (read(number, &byte, 1) != 1 ||
			send(number, &byte, 1, MSG_NOSIGNAL) != 1)
			break;
	close(set);
	close(number);
	return NULL;
}

static void echo_in_task(void *arg)
{
	const struct side *side = arg;
	struct weir_fd fd;
	char byte;

	if (weir_fd_open(&fd, side->ends[1], NULL))
		return;
	while (weir_read(&fd, &byte, 1, WEIR_NEVER) == 1 &&
		weir_write(&fd, &byte, 1, WEIR_NEVER) == 1)
		;
	weir_fd_close(&fd);
}

static void *echo_on_reactor(void *arg)
{
	bench_pin(((const struct side *)arg)->cpu);
	weir_reactor_run(echo_in_task, arg);
	return NULL;
}

static void begin_side(struct side *side, unsigned cpu, void *(*fn)(void *arg))
{
	side->cpu = cpu;
	weir_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, side->ends) == 0);
	weir_assert(pthread_create(&side->thread, NULL, fn, side) == 0);
}

static void end_side(struct side *side)
{
	close(side->ends[0]);
	pthread_join(side->thread, NULL);
}

static void ping_pong(const char *where, unsigned cpu)
{
	struct side plain, task;
	const struct bench_variant variants[] = {
		{"epoll_loop", trips, &plain},
		{"reactor", trips, &task},
	};

	begin_side(&plain, cpu, echo_plainly);
	begin_side(&task, cpu, echo_on_reactor);
	bench_compare("reactor.ping_pong", where, "ns", variants, 2, cpu > 0);
	end_side(&plain);
	end_side(&task);
}

// ---- wakes ----

#define GAP_US 500

static struct weir_tx tx;
static struct weir_rx rx;
static struct weir_histogram *latency;
static struct weir_reactor *reactor;
static struct weir_executor *lcore;
static int pipe_ends[2];

static unsigned wakes(void)
{
	return bench_quick() ? 500 : 5000;
}

static void receive_stamps(void *arg)
{
	uint64_t stamp;

	while (weir_recv(&rx, &stamp) == WEIR_RECEIVED)
		weir_histogram_record(latency, weir_ticks() - stamp);
	weir_rx_close(&rx);
	weir_executor_stop(weir_reactor_executor(reactor));
}

static void send_stamps(void *arg)
{
	for (unsigned i = 0; i < wakes(); i++) {
		uint64_t stamp;

		if (weir_sleep(weir_in_us(GAP_US)))
			break;
		stamp = weir_ticks();
		if (weir_send(&tx, &stamp) != WEIR_SENT)
			break;
	}
	weir_tx_close(&tx);
	weir_executor_stop(lcore);
}

static void read_stamps(void *arg)
{
	struct weir_fd fd;
	uint64_t stamp;

	if (weir_fd_open(&fd, pipe_ends[0], NULL))
		return;
	while (weir_read(&fd, &stamp, sizeof(stamp), WEIR_NEVER) > 0)
		weir_histogram_record(latency, weir_ticks() - stamp);
	weir_fd_close(&fd);
	weir_executor_stop(weir_reactor_executor(reactor));
}

static void *run_reactor(void *arg)
{
	bench_pin(1);
	weir_executor_run(weir_reactor_executor(reactor));
	return NULL;
}

static void print_latency(const char *how)
{
	static const double at[] = {50, 99, 99.9};
	const struct weir_clock *clock = weir_clock_real();

	printf("reactor.wake %s", how);
	for (unsigned i = 0; i < 3; i++)
		printf(" p%g=%.1f", at[i],
			(double)weir_clock_ns(
				clock, weir_histogram_percentile(
					       latency, at[i] / 100)) /
				1e3);
	printf(" max=%.1f us\n",
		(double)weir_clock_ns(clock, latency->max) / 1e3);
	weir_mem_destroy(latency);
}

static void open_reactor(enum weir_reactor_bell bell, uint64_t poll_ns,
	void (*fn)(void *arg), pthread_t *thread)
{
	const struct weir_reactor_options options = {
		.executor = {.node = WEIR_NODE_ANY},
		.bell = bell,
		.poll_ns = poll_ns,
	};

	latency = weir_mem_create(sizeof(*latency), WEIR_NODE_ANY);
	weir_assert(weir_reactor_create(&reactor, &options, NULL) == 0);
	weir_assert(weir_start(weir_reactor_executor(reactor), fn, NULL, NULL,
			    NULL) == 0);
	pthread_create(thread, NULL, run_reactor, NULL);
}

// beside_lcore runs fn(arg) on an executor that polls, and a reactor that waits for
// what that sends.
static void beside_lcore(void (*fn)(void *arg), void *arg,
	enum weir_reactor_bell bell, uint64_t poll_ns)
{
	const struct weir_executor_options polls = {
		.idle = weir_idle_spin, .node = WEIR_NODE_ANY};
	const struct weir_channel_options channel = {
		.class_ = WEIR_SPSC, .message_size = 8};
	pthread_t thread;

	weir_assert(weir_channel_open_with(64, &channel, &tx, &rx) == 0);
	weir_assert(weir_executor_create(&lcore, &polls, NULL) == 0);
	weir_assert(weir_start(lcore, fn, arg, NULL, NULL) == 0);
	open_reactor(bell, poll_ns, receive_stamps, &thread);
	weir_executor_run(lcore);
	pthread_join(thread, NULL);
	weir_executor_turn(lcore);
	weir_reactor_destroy(reactor);
	weir_executor_destroy(lcore);
}

static void from_lcore(
	const char *how, enum weir_reactor_bell bell, uint64_t poll_ns)
{
	beside_lcore(send_stamps, NULL, bell, poll_ns);
	print_latency(how);
}

static void from_thread(void)
{
	pthread_t thread;

	weir_assert(pipe(pipe_ends) == 0);
	open_reactor(WEIR_REACTOR_RELAY, 0, read_stamps, &thread);
	for (unsigned i = 0; i < wakes(); i++) {
		uint64_t stamp;

		usleep(GAP_US);
		stamp = weir_ticks();
		weir_assert(write(pipe_ends[1], &stamp, sizeof(stamp)) > 0);
	}
	close(pipe_ends[1]);
	pthread_join(thread, NULL);
	weir_reactor_destroy(reactor);
	print_latency("from=thread_write_to_pipe");
}

// ---- what it costs to wait for one who polls ----

static double used_ms(int whom)
{
	struct rusage use;

	getrusage(whom, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
}

static double others_ms(void)
{
	return used_ms(RUSAGE_SELF) - used_ms(RUSAGE_THREAD);
}

static void say_nothing(void *arg)
{
	double *percent = arg, before;
	uint64_t begin;

	if (weir_sleep(weir_in_ms(50))) // until all others wait
		return;
	before = others_ms();
	begin = weir_ticks();
	if (weir_sleep(weir_in_ms(bench_quick() ? 500 : 5000)))
		return;
	*percent =
		(others_ms() - before) * 1e8 /
		(double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin);
	weir_tx_close(&tx);
	weir_executor_stop(lcore);
}

static void cost(const char *how, enum weir_reactor_bell bell, uint64_t poll_ns)
{
	double percent = 0;

	beside_lcore(say_nothing, &percent, bell, poll_ns);
	weir_mem_destroy(latency);
	printf("reactor.bell_cost %s %.2f %% of a CPU\n", how, percent);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	ping_pong("cpu=same", 0);
	ping_pong("cpu=other", 1);
	from_thread();
	from_lcore("from=lcore bell=relay", WEIR_REACTOR_RELAY, 0);
	from_lcore("from=lcore bell=poll poll_us=50", WEIR_REACTOR_POLL, 0);
	from_lcore("from=lcore bell=poll poll_us=1000", WEIR_REACTOR_POLL,
		1000000);
	cost("bell=relay", WEIR_REACTOR_RELAY, 0);
	cost("bell=poll poll_us=50", WEIR_REACTOR_POLL, 0);
	cost("bell=poll poll_us=200", WEIR_REACTOR_POLL, 200000);
	cost("bell=poll poll_us=1000", WEIR_REACTOR_POLL, 1000000);
	return bench_end();
}

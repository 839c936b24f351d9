// SPDX-License-Identifier: BSD-3-Clause
//
// A capture read, passed over an lcore and written again, beside tcpdump -r IN
// -w OUT, which does the same on one thread. Both files are in the page cache.
#include "base/eal.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "bench.h"
#include "drivers.h"
#include "mem/pool.h"
#include "option/option.h"
#include "port/port.h"

#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURST 32
#define POOL_COUNT 16383
#define FILE_SIZE (24u << 20)

struct work {
	char in[64], out[64];
	uint32_t packet_size;
	uint64_t packets;
};

static bool copied;

struct port {
	const struct weir_port_driver *driver;
	struct weir_option_block *options;
	void *state;
};

static struct rte_mempool *pool;

static void must(int err, const struct weir_error *e)
{
	if (!err)
		return;
	fprintf(stderr, "%s\n", e->text);
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void make_capture(struct work *work)
{
	uint32_t header[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};
	uint32_t record[4] = {
		1700000000, 0, work->packet_size, work->packet_size};
	FILE *file = fopen(work->in, "w");
	static char bytes[2048];

	weir_assert(file && work->packet_size <= sizeof(bytes));
	fwrite(header, 1, sizeof(header), file);
	work->packets = FILE_SIZE / (sizeof(record) + work->packet_size);
	for (uint64_t i = 0; i < work->packets; i++) {
		fwrite(record, 1, sizeof(record), file);
		fwrite(bytes, 1, work->packet_size, file);
	}
	weir_assert(fclose(file) == 0);
}

static void open_port(struct port *port, const char *path, bool receives)
{
	struct weir_port_setup setup = {
		.name = path,
		.receives = receives,
		.sends = !receives,
		.rx_queues = 1,
		.tx_queues = 1,
		.pool = pool,
		.clock = weir_clock_real(),
	};
	struct weir_error e = {0};

	port->driver = weir_port_find("file");
	weir_assert(
		weir_option_block_create(&port->options,
			port->driver->state_size, port->driver->options) == 0);
	port->state = weir_option_block_data(port->options);
	must(port->driver->open(port->state, "file", path, &setup, &e), &e);
	must(port->driver->start(port->state, &e), &e);
}

static void close_port(struct port *port)
{
	struct weir_error e = {0};

	must(port->driver->stop(port->state, &e), &e);
	port->driver->close(port->state);
	weir_option_block_destroy(port->options);
}

static int copy(void *arg)
{
	struct port *in = arg, *out = in + 1;
	struct rte_mbuf *packets[BURST];

	while (!in->driver->ended(in->state)) {
		unsigned n = in->driver->rx(in->state, 0, packets, BURST);
		unsigned sent = 0;

		do
			sent += out->driver->tx(
				out->state, 0, packets + sent, n - sent);
		while (sent < n);
	}
	out->driver->finish(out->state);
	while (!out->driver->finished(out->state))
		;
	store_release(&copied, true);
	return 0;
}

static double run_weir(void *arg)
{
	struct work *work = arg;
	uint64_t began = now_ns();
	struct weir_error e = {0};
	struct port ports[2];

	open_port(&ports[0], work->in, true);
	open_port(&ports[1], work->out, false);
	must(weir_eal_launch(1, copy, ports, &e), &e);
	// EAL would spin, and the ports' threads are on this CPU.
	while (!load_acquire(&copied))
		usleep(200);
	copied = false;
	weir_eal_join(1);
	close_port(&ports[0]);
	close_port(&ports[1]);
	return (double)(now_ns() - began) / (double)work->packets;
}

static double run_tcpdump(void *arg)
{
	struct work *work = arg;
	char *argv[] = {"tcpdump", "-r", work->in, "-w", work->out, NULL};
	posix_spawn_file_actions_t quiet;
	uint64_t began = now_ns();
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
	if (posix_spawnp(&pid, "tcpdump", &quiet, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&quiet);
	if (status) {
		fprintf(stderr, "tcpdump is needed to compare with\n");
		exit(2);
	}
	return (double)(now_ns() - began) / (double)work->packets;
}

static void compare(const char *folder, uint32_t packet_size)
{
	struct work work = {.packet_size = packet_size};
	struct bench_variant variants[] = {
		{"tcpdump", run_tcpdump, &work},
		{"weir", run_weir, &work},
	};
	char parameters[64];

	snprintf(work.in, sizeof(work.in), "%s/in.pcap", folder);
	snprintf(work.out, sizeof(work.out), "%s/out.pcap", folder);
	snprintf(parameters, sizeof(parameters), "packet=%u", packet_size);
	make_capture(&work);
	bench_compare("drivers.file_to_file", parameters, "ns/packet", variants,
		2, false);
	unlink(work.in);
	unlink(work.out);
}

// open_eal puts the main thread, and so the ports' threads, on the first CPU,
// and the lcore on the last: EAL looks at what the process may use.
static void open_eal(const cpu_set_t *allowed)
{
	struct weir_eal_options options = {
		.memory_size = 128u << 20, .no_huge = true, .lcore_count = 1};
	struct weir_error e = {0};

	pthread_setaffinity_np(pthread_self(), sizeof(*allowed), allowed);
	for (unsigned cpu = CPU_SETSIZE; cpu-- > 0;) {
		if (!CPU_ISSET(cpu, allowed))
			continue;
		options.main_cpu = cpu;
		if (CPU_COUNT(allowed) == 1 || !options.lcore_cpu[0])
			options.lcore_cpu[0] = cpu;
	}
	must(weir_eal_open(&options, &e), &e);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/weir-bench-XXXXXX";
	struct weir_error e = {0};
	cpu_set_t allowed;

	pthread_getaffinity_np(pthread_self(), sizeof(allowed), &allowed);
	bench_begin(argc, argv);
	weir_drivers_register();
	open_eal(&allowed);
	must(weir_pool_create(&pool, "bench", POOL_COUNT, 2048, -1, &e), &e);
	weir_assert(mkdtemp(folder));
	compare(folder, 60);
	compare(folder, 1514);
	rmdir(folder);
	bench_pin(0);
	weir_pool_destroy(pool);
	weir_eal_close();
	return bench_end();
}

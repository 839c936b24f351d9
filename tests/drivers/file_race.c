// SPDX-License-Identifier: BSD-3-Clause
//
// Captures are read and written by their threads, sent on by this one, and
// looked at by a third: whole runs, and runs that quit somewhere.
#include "base/atomic.h"
#include "capture.h"
#include "port.h"

#include <pthread.h>
#include <unistd.h>

#define ROUNDS 12
#define PACKETS 20000u

static char folder[] = "/tmp/weir-race-XXXXXX";
static char in_path[64], out_path[64];

struct look {
	struct port *in, *out;
	bool stop;
};

static void *look_on(void *arg)
{
	struct look *look = arg;
	uint64_t read = 0, written = 0;

	while (!load_relaxed(&look->stop)) {
		struct weir_port_stats in = port_stats(look->in);
		struct weir_port_stats out = port_stats(look->out);

		weir_assert(in.rx_packets >= read);
		weir_assert(out.tx_packets >= written);
		weir_assert(port_held(look->out) <= PACKETS);
		read = in.rx_packets;
		written = out.tx_packets;
		usleep(100);
	}
	return NULL;
}

static struct bytes make_capture(bool ng)
{
	struct bytes b = {0};

	if (ng) {
		pcapng_section(&b);
		pcapng_interface(&b, "eth0", 1, 0, 9);
	} else {
		pcap_header(&b, PCAP_NANO, 262144, 1);
	}
	for (unsigned i = 0; i < PACKETS; i++) {
		unsigned size = i % 100 ? i % 200 : 9000;

		// A new interface now and then: the table grows while it is
		// read.
		if (ng && i % 500 == 0)
			pcapng_interface(&b, "more", 1, 0, 6);
		if (ng)
			pcapng_packet(&b, i / 500, i, i, size, size);
		else
			pcap_packet(&b, i, i, i, size, size);
	}
	return b;
}

static void run(unsigned round)
{
	struct port in, out;
	struct look look = {.in = &in, .out = &out};
	struct rte_mbuf *packets[BURST];
	uint64_t passed = 0, quit_after = UINT64_MAX;
	pthread_t looker;

	if (round % 3 == 2)
		quit_after = 1000 * round;
	weir_assert(!port_open(&in, "file", in_path, RECEIVES, OPTIONS()));
	weir_assert(!port_open(&out, "file", out_path, SENDS, OPTIONS()));
	weir_assert(!pthread_create(&looker, NULL, look_on, &look));
	while (!in.driver->ended(in.state)) {
		unsigned n = port_rx(&in, packets, BURST);

		send_all(&out, packets, n);
		passed += n;
		if (passed >= quit_after)
			in.driver->quit(in.state);
		if (!n)
			sched_yield();
	}
	if (round % 4 != 3)
		port_finish(&out);
	weir_assert(port_stop(&in) == 0);
	weir_assert(port_stop(&out) == 0);
	store_relaxed(&look.stop, true);
	pthread_join(looker, NULL);
	weir_assert(port_stats(&in).rx_packets == passed);
	weir_assert(port_stats(&out).tx_packets + port_held(&out) == passed);
	weir_assert(quit_after != UINT64_MAX || passed == PACKETS);
	port_close(&in);
	port_close(&out);
}

int main(void)
{
	weir_assert(mkdtemp(folder));
	snprintf(in_path, sizeof(in_path), "%s/in", folder);
	snprintf(out_path, sizeof(out_path), "%s/out.pcapng", folder);
	ports_init();
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct bytes b = make_capture(round & 1);

		bytes_save(&b, in_path);
		bytes_free(&b);
		run(round);
	}
	ports_fini();
	unlink(in_path);
	unlink(out_path);
	rmdir(folder);
	return 0;
}

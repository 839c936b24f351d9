// SPDX-License-Identifier: BSD-3-Clause
//
//	test ── port ── virtio_user ══ vhost ── port ── test
//	                                pool ◀── another lcore takes and gives
//
// Long packets come in whole and all, though others empty the pool meanwhile: the
// device would lose one that it finds too few mbufs for, and count nothing.
#include "port.h"

#include "base/atomic.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#define SECOND 1000000000u
#define PIECES 4
#define PIECE 2000
#define COUNT 20000
#define TAKES 32 // mbufs at a time

static char socket_path[64];

static void init(void)
{
	snprintf(socket_path, sizeof(socket_path), "/tmp/weir-chain-%d",
		(int)getpid());
	ports_init();
}

static void fini(void)
{
	ports_fini();
	unlink(socket_path);
}

TestSuite(net_chain, .init = init, .fini = fini);

static bool ends;
static struct rte_mempool *senders; // what is sent is never short of mbufs

static unsigned take_all(struct rte_mbuf **taken, unsigned count)
{
	while (count + TAKES <= POOL_COUNT &&
		!rte_pktmbuf_alloc_bulk(pool, taken + count, TAKES))
		count += TAKES;
	while (count < POOL_COUNT && (taken[count] = rte_pktmbuf_alloc(pool)))
		count++;
	return count;
}

// empty_pool takes all there is, and gives a few back now and then: more or
// fewer than a burst of long packets wants.
static void *empty_pool(void *arg)
{
	static struct rte_mbuf *taken[POOL_COUNT];
	unsigned left = 0, count = 0;
	cpu_set_t any;

	memset(&any, 0xff, sizeof(any));
	pthread_setaffinity_np(pthread_self(), sizeof(any), &any);
	while (!load_acquire(&ends)) {
		count = take_all(taken, count);
		left = (left * 5 + 1) % 256;
		left = RTE_MIN(left, count);
		count -= left;
		rte_pktmbuf_free_bulk(taken + count, left);
		for (unsigned i = 0; i < left; i++)
			cpu_relax();
	}
	rte_pktmbuf_free_bulk(taken, count);
	return NULL;
}

static struct rte_mbuf *make_long(void)
{
	struct rte_mbuf *pieces[PIECES];

	if (rte_pktmbuf_alloc_bulk(senders, pieces, PIECES))
		return NULL;
	for (unsigned i = 0; i < PIECES; i++) {
		rte_pktmbuf_append(pieces[i], PIECE);
		if (i)
			rte_pktmbuf_chain(pieces[0], pieces[i]);
	}
	return pieces[0];
}

static bool send_long(struct port *port)
{
	struct rte_mbuf *packet = make_long();

	if (packet && port_tx(port, &packet, 1))
		return true;
	rte_pktmbuf_free(packet);
	return false;
}

static unsigned take(struct port *port)
{
	struct rte_mbuf *packets[BURST];
	unsigned got = port_rx(port, packets, BURST);

	for (unsigned i = 0; i < got; i++)
		cr_expect_eq(packets[i]->pkt_len, PIECES * PIECE);
	rte_pktmbuf_free_bulk(packets, got);
	return got;
}

struct line {
	struct port *in, *out;
	unsigned sent, got;
};

// pass_all runs on a thread that has no cache of the pool's, which would hold as
// many mbufs as are wanted.
static void *pass_all(void *arg)
{
	struct line *line = arg;

	while (line->sent < COUNT) {
		for (int i = 0; i < BURST && line->sent < COUNT; i++)
			line->sent += send_long(line->out);
		line->got += take(line->in);
	}
	return NULL;
}

static void flow(const char *kind, const char *near_role, const char *far)
{
	const char *far_role =
		strcmp(kind, "memif") ? "role=auto" : "role=client";
	unsigned sent = 0, got = 0;
	struct weir_error e = {0};
	struct port in, out;
	pthread_t thread, lcore;
	struct line line;

	cr_assert_eq(weir_pool_create(&senders, "senders", 4095, PIECE, -1, &e),
		0, "%s", e.text);

	cr_assert_eq(
		port_open(&in, kind, socket_path, RECEIVES, OPTIONS(near_role)),
		0, "%s", in.e.text);
	cr_assert_eq(
		port_open(&out, far, socket_path, SENDS, OPTIONS(far_role)), 0,
		"%s", out.e.text);
	for (int i = 0; i < 20000 && !sent; i++, usleep(1000)) {
		struct weir_port_event event;

		ticks += SECOND;
		in.driver->watch(in.state, &event);
		out.driver->watch(out.state, &event);
		sent += send_long(&out);
		got += take(&in);
	}
	cr_assert_eq(sent, 1);
	cr_assert_eq(pthread_create(&thread, NULL, empty_pool, NULL), 0);
	line = (struct line){&in, &out, sent, got};
	cr_assert_eq(pthread_create(&lcore, NULL, pass_all, &line), 0);
	pthread_join(lcore, NULL);
	store_release(&ends, true);
	pthread_join(thread, NULL);
	for (int i = 0; i < 20000 && line.got < COUNT; i++, usleep(100))
		line.got += take(&in);
	cr_expect_eq(line.got, COUNT, "%u of %u came", line.got, COUNT);
	cr_expect_eq(port_stats(&in).rx_packets, COUNT);
	port_stop(&out);
	port_stop(&in);
	port_close(&out);
	port_close(&in);
	cr_expect_eq(weir_pool_held(senders), 0);
	weir_pool_destroy(senders);
}

Test(net_chain, of_a_vhost_loses_none_to_a_pool_that_others_empty)
{
	flow("vhost", "role=auto", "virtio_user");
}

Test(net_chain, of_a_memif_loses_none_to_a_pool_that_others_empty)
{
	flow("memif", "role=server", "memif");
}

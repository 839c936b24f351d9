// SPDX-License-Identifier: BSD-3-Clause
//
//	an lcore ── port ── memif ══ shared memory ══ memif ── port ── test
//
// The other side of a memif leaves while an lcore takes and gives as fast as it
// can: no harm is done, and what each side counted stays.
#include "port.h"

#include "base/atomic.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <rte_ethdev.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECOND 1000000000u

static char socket_path[64];

static void init(void)
{
	snprintf(socket_path, sizeof(socket_path), "/tmp/weir-memif-%d",
		(int)getpid());
	ports_init();
}

static void fini(void)
{
	ports_fini();
	unlink(socket_path);
}

TestSuite(net_memif, .init = init, .fini = fini);

#define LEAVES 200
#define RING 1024 // packets that a memif's ring holds

// An lcore that takes from a port and gives back to it, as fast as it can.
struct lcore {
	struct port *port;
	uint64_t received, sent, turns;
	bool ends;
};

static void *poll_port(void *arg)
{
	struct lcore *lcore = arg;
	struct rte_mbuf *packets[BURST];
	cpu_set_t any;

	// Not only where EAL has pinned this program.
	memset(&any, 0xff, sizeof(any));
	pthread_setaffinity_np(pthread_self(), sizeof(any), &any);
	while (!load_acquire(&lcore->ends)) {
		unsigned got = port_rx(lcore->port, packets, BURST);
		unsigned sent = port_tx(lcore->port, packets, got);

		store_relaxed(&lcore->received, lcore->received + got);
		lcore->sent += sent;
		rte_pktmbuf_free_bulk(packets + sent, got - sent);
		store_release(&lcore->turns, lcore->turns + 1);
	}
	return NULL;
}

static uint64_t give(struct port *port, unsigned count)
{
	struct rte_mbuf *packets[BURST];
	unsigned sent;

	if (rte_pktmbuf_alloc_bulk(pool, packets, count))
		return 0;
	for (unsigned i = 0; i < count; i++)
		rte_pktmbuf_append(packets[i], 1000);
	sent = port_tx(port, packets, count);
	rte_pktmbuf_free_bulk(packets + sent, count - sent);
	return sent;
}

static uint64_t take(struct port *port)
{
	struct rte_mbuf *packets[BURST];
	unsigned got = port_rx(port, packets, BURST);

	rte_pktmbuf_free_bulk(packets, got);
	return got;
}

// visit opens the other side, sends for a while, and leaves: in mid-flow, or
// when all has arrived. Answers how many packets it sent.
static uint64_t visit(struct lcore *lcore, bool waits)
{
	uint64_t before = load_relaxed(&lcore->received), given = 0, taken = 0;
	uint64_t stop;
	struct port out;

	cr_assert_eq(port_open(&out, "memif", socket_path, BOTH, OPTIONS()), 0,
		"%s", out.e.text);
	for (unsigned i = 0; i < 20000 && !given; i++, usleep(100))
		given = give(&out, BURST);
	cr_assert_gt(given, 0);
	stop = given + 4 * RING;
	while (given < stop) {
		given += give(&out, BURST);
		taken += take(&out);
	}
	for (unsigned i = 0; waits && i < 20000 &&
			     load_relaxed(&lcore->received) < before + given;
		i++, usleep(100))
		taken += take(&out);
	port_stop(&out);
	cr_expect_eq(port_stats(&out).tx_packets, given);
	cr_expect_eq(port_stats(&out).rx_packets, taken);
	port_close(&out);
	return given;
}

// arrived answers how much has come since before, when nothing comes any more:
// what lies in shared memory is read until the link goes down.
static uint64_t arrived(const struct lcore *lcore, uint64_t before)
{
	struct rte_eth_link link = {.link_status = 1};
	uint64_t turns;
	uint16_t id;

	cr_assert_eq(rte_eth_dev_get_port_by_name("net_memif_near", &id), 0);
	for (int i = 0; i < 20000 && link.link_status; i++, usleep(100))
		rte_eth_link_get_nowait(id, &link);
	cr_assert_eq(link.link_status, 0);
	turns = load_acquire(&lcore->turns);
	while (load_acquire(&lcore->turns) < turns + 2)
		sched_yield();
	return load_relaxed(&lcore->received) - before;
}

// watch looks whether the port tells of something; for a while, if it must.
static bool watch(struct port *port, bool must, struct weir_port_event *event)
{
	for (int i = 0; i < (must ? 20000 : 1); i++, usleep(100)) {
		ticks += SECOND;
		if (port->driver->watch(port->state, event))
			return true;
	}
	return false;
}

Test(net_memif, that_is_left_under_load_harms_nobody, .timeout = 240)
{
	uint64_t given = 0;
	struct weir_port_event event = {0};
	struct lcore lcore = {0};
	unsigned told = 0;
	struct port in;
	pthread_t thread;

	cr_assert_eq(port_open_named(&in, "near", "memif", socket_path, BOTH,
			     OPTIONS("role=server")),
		0, "%s", in.e.text);
	cr_assert_eq(in.driver->start(in.state, &in.e), 0);
	cr_expect_not(in.driver->watch(in.state, &event));
	lcore.port = &in;
	cr_assert_eq(pthread_create(&thread, NULL, poll_port, &lcore), 0);
	for (unsigned i = 0; i < LEAVES; i++) {
		bool waits = i % 2;
		uint64_t received = load_relaxed(&lcore.received);
		uint64_t sent = visit(&lcore, waits);

		received = arrived(&lcore, received);
		given += sent;
		if (waits)
			cr_expect_eq(received, sent);
		cr_expect_leq(received, sent);
		cr_expect_geq(received + RING, sent);
		told += watch(&in, !i, &event);
	}
	cr_expect_eq(told, 1);
	cr_expect(strstr(event.text, "the link went down"), "%s", event.text);
	store_release(&lcore.ends, true);
	pthread_join(thread, NULL);
	cr_expect_eq(port_stats(&in).rx_packets, lcore.received);
	cr_expect_eq(port_stats(&in).tx_packets, lcore.sent);
	cr_expect_leq(lcore.received, given);
	port_stop(&in);
	port_close(&in);
}

// ---- its socket ----

static int connect_stranger(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	cr_assert_eq(connect(fd, (void *)&address, sizeof(address)), 0);
	return fd;
}

Test(net_memif, a_stranger_who_says_nonsense_disturbs_nobody)
{
	char nonsense[3000] = "?";
	struct lcore lcore = {0};
	struct weir_port_event event = {0};
	struct port in;
	pthread_t thread;

	cr_assert_eq(port_open_named(&in, "near", "memif", socket_path, BOTH,
			     OPTIONS("role=server")),
		0, "%s", in.e.text);
	cr_assert_eq(in.driver->start(in.state, &in.e), 0);
	lcore.port = &in;
	cr_assert_eq(pthread_create(&thread, NULL, poll_port, &lcore), 0);
	for (size_t size = 1; size < sizeof(nonsense); size *= 2) {
		int stranger = connect_stranger();

		cr_expect_eq(send(stranger, nonsense, size, MSG_NOSIGNAL),
			(ssize_t)size);
		cr_expect_gt(visit(&lcore, true), 0);
		close(stranger);
	}
	cr_expect(watch(&in, true, &event));
	store_release(&lcore.ends, true);
	pthread_join(thread, NULL);
	cr_expect_eq(port_stats(&in).rx_packets, lcore.received);
	port_stop(&in);
	port_close(&in);
}

static unsigned count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

// send_descriptors sends size bytes and two descriptors with them.
static void send_descriptors(int to, size_t size)
{
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr aligned;
	} room = {0};
	char byte = '?';
	struct iovec part = {&byte, size};
	struct msghdr head = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof(room.bytes)};
	int fds[2] = {0, 1};

	room.aligned = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fds)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&room.aligned), fds, sizeof(fds));
	cr_expect_eq(sendmsg(to, &head, MSG_NOSIGNAL), (ssize_t)size);
}

Test(net_memif, keeps_no_descriptor_that_a_stranger_sends)
{
	unsigned before, after = 0;
	struct port in;

	cr_assert_eq(port_open_named(&in, "near", "memif", socket_path, BOTH,
			     OPTIONS("role=server")),
		0, "%s", in.e.text);
	cr_assert_eq(in.driver->start(in.state, &in.e), 0);
	before = count_descriptors();
	for (size_t i = 0; i < 20; i++) {
		int stranger = connect_stranger();

		send_descriptors(stranger, i % 2);
		close(stranger);
	}
	for (unsigned i = 0; i < 5000 && after != before; i++, usleep(1000))
		after = count_descriptors();
	cr_expect_eq(after, before);
	port_stop(&in);
	port_close(&in);
}

Test(net_memif, silent_strangers_do_not_keep_a_peer_out)
{
	struct lcore lcore = {0};
	int strangers[40];
	struct port in;
	pthread_t thread;

	cr_assert_eq(port_open_named(&in, "near", "memif", socket_path, BOTH,
			     OPTIONS("role=server")),
		0, "%s", in.e.text);
	cr_assert_eq(in.driver->start(in.state, &in.e), 0);
	lcore.port = &in;
	cr_assert_eq(pthread_create(&thread, NULL, poll_port, &lcore), 0);
	for (unsigned i = 0; i < 40; i++)
		strangers[i] = connect_stranger();
	cr_expect_gt(visit(&lcore, true), 0);
	for (unsigned i = 0; i < 40; i++)
		close(strangers[i]);
	store_release(&lcore.ends, true);
	pthread_join(thread, NULL);
	port_stop(&in);
	port_close(&in);
}

// listen_at makes another's socket.
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(fd, 4), 0);
	return fd;
}

Test(net_memif, a_second_server_leaves_the_first_alone)
{
	char beside[80];
	int path, inner;
	struct port in;

	snprintf(beside, sizeof(beside), "%s~", socket_path);
	path = listen_at(socket_path);
	inner = listen_at(beside);
	cr_expect_eq(port_open_named(&in, "near", "memif", socket_path, BOTH,
			     OPTIONS("role=server")),
		-EADDRINUSE);
	port_close(&in);
	// net_memif, which would be there, does not stand a caller that leaves.
	cr_expect_eq(accept(inner, NULL, NULL), -1);
	cr_expect_eq(access(beside, F_OK), 0);
	cr_expect_eq(access(socket_path, F_OK), 0);
	close(path);
	close(inner);
	unlink(beside);
}

static void leave_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	cr_assert_eq(bind(fd, (void *)&address, sizeof(address)), 0);
	close(fd);
}

Test(net_memif, takes_over_a_socket_that_nobody_is_at_and_no_other)
{
	struct port one, two;
	FILE *file;

	leave_socket();
	cr_assert_eq(port_open_named(&one, "one", "memif", socket_path, BOTH,
			     OPTIONS("role=server")),
		0, "%s", one.e.text);
	port_close(&one);
	cr_expect_eq(access(socket_path, F_OK), -1);
	file = fopen(socket_path, "w");
	fclose(file);
	cr_expect_neq(port_open_named(&two, "two", "memif", socket_path, BOTH,
			      OPTIONS("role=server")),
		0);
	cr_expect(strstr(two.e.text, "cannot be made: Address already in use"),
		"%s", two.e.text);
	port_close(&two);
	cr_expect_eq(access(socket_path, F_OK), 0);
}

Test(net_memif, a_client_without_a_server_says_who_goes_first)
{
	struct port port;

	cr_expect_eq(port_open(&port, "memif", socket_path, SENDS, OPTIONS()),
		-ENOENT);
	cr_expect(strstr(port.e.text, "'role: server' goes first"), "%s",
		port.e.text);
	port_close(&port);
}

// Two servers of one path, told apart by their number.
Test(net_memif, ports_that_share_a_socket_each_have_their_peer)
{
	char value[80];
	struct port servers[2], client;
	struct rte_mbuf *packets[BURST];

	for (int i = 0; i < 2; i++) {
		snprintf(value, sizeof(value), "%s,id=%d", socket_path, i);
		cr_assert_eq(
			port_open_named(&servers[i], i ? "b" : "a", "memif",
				value, RECEIVES, OPTIONS("role=server")),
			0, "%s", servers[i].e.text);
	}
	for (int i = 0; i < 2; i++)
		cr_assert_eq(servers[i].driver->start(
				     servers[i].state, &servers[i].e),
			0);
	for (int i = 0; i < 2; i++) {
		unsigned got = 0;
		uint64_t sent = 0;

		snprintf(value, sizeof(value), "%s,id=%d", socket_path, i);
		cr_assert_eq(
			port_open(&client, "memif", value, SENDS, OPTIONS()), 0,
			"%s", client.e.text);
		for (int j = 0; j < 20000 && !sent; j++, usleep(100))
			sent = give(&client, BURST);
		for (int j = 0; j < 20000 && got < sent; j++, usleep(100))
			got += port_rx(&servers[i], packets + got, BURST - got);
		cr_expect_eq(got, sent);
		cr_expect_eq(got, BURST);
		rte_pktmbuf_free_bulk(packets, got);
		port_stop(&client);
		port_close(&client);
	}
	for (int i = 0; i < 2; i++) {
		port_stop(&servers[i]);
		port_close(&servers[i]);
	}
}

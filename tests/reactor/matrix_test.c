// SPDX-License-Identifier: BSD-3-Clause
//
// What ends a wait for a descriptor × when it comes × which operation waits.
#include "ends.h"
#include "reactor/socket.h"

#include <poll.h>

enum op { READ, WRITE, ACCEPT, OPS };
enum event { CANCEL, DEADLINE, PEER_CLOSES, SHUTDOWN, EVENTS };
enum moment { BEFORE, PARKED, WOKEN, MOMENTS };

#define DONE 1	 // the operation was done
#define EITHER 2 // as the system has it: it does not hang

static const int expected[OPS][EVENTS][MOMENTS] = {
	[READ] =
		{
			[CANCEL] = {-ECANCELED, -ECANCELED, DONE},
			[DEADLINE] = {-ETIMEDOUT, -ETIMEDOUT, DONE},
			[PEER_CLOSES] = {0, 0,
				DONE}, // what was sent before comes first
			[SHUTDOWN] = {0, 0, DONE},
		},
	[WRITE] =
		{
			[CANCEL] = {-ECANCELED, -ECANCELED, DONE},
			[DEADLINE] = {-ETIMEDOUT, -ETIMEDOUT, DONE},
			[PEER_CLOSES] = {-EPIPE, -EPIPE, -EPIPE},
			[SHUTDOWN] = {-EPIPE, -EPIPE, -EPIPE},
		},
	[ACCEPT] =
		{
			[CANCEL] = {-ECANCELED, -ECANCELED, DONE},
			[DEADLINE] = {-ETIMEDOUT, -ETIMEDOUT, DONE},
			[PEER_CLOSES] = {DONE, DONE, DONE}, // it was there
			[SHUTDOWN] = {-EINVAL, -EINVAL, EITHER},
		},
};

static enum op op;
static struct weir_fd fd;
static int peer = -1;
static uint64_t deadline;
static int answer;
static bool returned;
static char much[1 << 16];
static struct weir_address at;

static enum weir_fd_way way(void)
{
	return op == WRITE ? WEIR_FD_WRITE : WEIR_FD_READ;
}

static int operate(void)
{
	struct weir_fd connection = {0};
	char byte;
	int err;

	switch (op) {
	case READ:
		return (int)weir_read(&fd, &byte, 1, deadline);
	case WRITE:
		return (int)weir_write(&fd, much, 1, deadline);
	default:
		err = weir_accept(&fd, &connection, deadline);
		weir_fd_close(&connection);
		return err ? err : DONE;
	}
}

static void do_op(void *arg)
{
	answer = operate();
	returned = true;
}

// set_up makes an end for which the operation has to wait.
static void set_up(void)
{
	int ends[2];

	if (op == ACCEPT) {
		cr_assert_eq(
			weir_address_parse(&at, "tcp:127.0.0.1:0", NULL), 0);
		cr_assert_eq(weir_listen(&fd, &at, NULL, NULL), 0);
		cr_assert_eq(weir_address_own(&fd, &at), 0);
		return;
	}
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	open_end(&fd, ends[0]);
	peer = ends[1];
	while (op == WRITE && weir_try_write(&fd, much, sizeof(much)) > 0)
		;
}

static void connect_peer(void)
{
	peer = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(connect(peer, (void *)&at.of, at.size), 0);
}

// make_ready does what the operation waits for.
static void make_ready(void)
{
	switch (op) {
	case READ:
		cr_assert_eq(write(peer, "x", 1), 1);
		break;
	case WRITE:
		while (recv(peer, much, sizeof(much), MSG_DONTWAIT) > 0)
			;
		break;
	default:
		connect_peer();
	}
}

static void happen(enum event event, struct weir_scope *scope)
{
	switch (event) {
	case CANCEL:
		weir_scope_cancel(scope);
		break;
	case DEADLINE:
		while ((int64_t)(weir_ticks() - deadline) <= 0)
			;
		break;
	case PEER_CLOSES:
		if (peer < 0)
			connect_peer();
		close(peer);
		peer = -1;
		break;
	default:
		cr_assert_eq(shutdown(weir_fd_number(&fd), SHUT_RDWR), 0);
	}
}

static void wait_till_parked(void)
{
	while (weir_wait_queue_empty(&fd.waiting[way()]))
		weir_yield();
}

static void wait_till_woken(void)
{
	make_ready();
	while (!weir_wait_queue_empty(&fd.waiting[way()]))
		weir_yield();
	cr_assert_not(returned);
}

static void one(enum event event, enum moment moment)
{
	struct weir_scope scope;

	returned = false;
	set_up();
	deadline = event == DEADLINE ? weir_in_ms(3) : WEIR_NEVER;
	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn(&scope, NULL, do_op, NULL), 0);
	if (moment != BEFORE)
		wait_till_parked();
	if (moment == WOKEN)
		wait_till_woken();
	happen(event, &scope);
	weir_scope_close(&scope, WEIR_NEVER);
	if (expected[op][event][moment] != EITHER)
		cr_assert_eq(answer, expected[op][event][moment],
			"operation %d, event %d, moment %d: %d", op, event,
			moment, answer);
	weir_fd_close(&fd);
	if (peer >= 0)
		close(peer);
	peer = -1;
}

static void all(void *arg)
{
	for (unsigned event = 0; event < EVENTS; event++)
		for (unsigned moment = 0; moment < MOMENTS; moment++)
			one((enum event)event, (enum moment)moment);
}

Test(matrix, of_a_read)
{
	op = READ;
	on_reactor(all);
}

Test(matrix, of_a_write)
{
	op = WRITE;
	on_reactor(all);
}

Test(matrix, of_an_accept)
{
	op = ACCEPT;
	on_reactor(all);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Stream sockets: where they are, listening, accepting, connecting.
//
//	weir_listen ──▶ listener ── weir_accept ──▶ | weir_fd | ◀── weir_connect
//
// A listener belongs to one reactor, and so do the connections that it accepts.
// Several reactors take the same address each with a listener of its own, and the
// system spreads the connections over them (spread, below).
//
// What the process cannot take for want of descriptors is refused: weir_accept takes
// it, closes it, so that the peer knows, and answers -EMFILE. Nothing turns in vain.
//
// Threads.  The calling reactor's. What says "may wait" is for tasks.
// Memory.  As in reactor/fd.h.
#ifndef WEIR_REACTOR_SOCKET_H
#define WEIR_REACTOR_SOCKET_H

#include "base/error.h"
#include "reactor/fd.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// of is the system's form, a struct sockaddr of any family, and size a socklen_t.
// <sys/socket.h> is not included: a program may have functions of its own that are
// called listen, accept, bind and connect.
struct weir_address {
	alignas(8) unsigned char of[128];
	unsigned size;
};

// weir_address_parse reads "tcp:127.0.0.1:9000", "tcp:[::1]:9000", "unix:/a/path" or
// "unix:@name" (without a file). Names of hosts are not looked up, since that takes
// as long as it takes. Answers 0, or -EINVAL with the sentence in e.
int weir_address_parse(
	struct weir_address *address, const char *text, struct weir_error *e);

// weir_address_print writes it in the form above, cut off at size bytes.
void weir_address_print(
	const struct weir_address *address, char *text, size_t size);

// weir_address_own and weir_address_peer ask for a socket's own address, of which
// the system may have chosen the port, and its peer's. 0 or -errno.
int weir_address_own(const struct weir_fd *fd, struct weir_address *address);
int weir_address_peer(const struct weir_fd *fd, struct weir_address *address);

struct weir_listen_options {
	int backlog; // that wait to be accepted; 0: 4096
	// spread lets other listeners have the same TCP address, of the same user:
	// each connection goes to one of them.
	bool spread;
};

// weir_listen opens a listener; options may be NULL. A unix socket's file is the
// caller's to remove, before and after. Answers 0, or -errno with the sentence in e
// (may be NULL).
int weir_listen(struct weir_fd *listener, const struct weir_address *address,
	const struct weir_listen_options *options, struct weir_error *e);

// weir_accept opens the next connection: 0; -ETIMEDOUT, -ECANCELED; -EMFILE or
// -ENFILE, and one was refused, or it has waited 10 ms; -ENOMEM, -ENOBUFS: likewise.
// What a peer has given up meanwhile is passed over. May wait.
__attribute__((warn_unused_result)) int weir_accept(struct weir_fd *listener,
	struct weir_fd *connection, uint64_t deadline);

// weir_try_accept never waits: -EAGAIN. Where it could not even refuse, wait some
// time before the next one: nothing tells when it is worth while.
__attribute__((warn_unused_result)) int weir_try_accept(
	struct weir_fd *listener, struct weir_fd *connection);

// weir_connect opens a connection to address: 0, or -errno and nothing is left of it,
// -ETIMEDOUT and -ECANCELED too. May wait; while a unix listener's backlog is full,
// it tries again each millisecond.
__attribute__((warn_unused_result)) int weir_connect(struct weir_fd *connection,
	const struct weir_address *address, uint64_t deadline);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

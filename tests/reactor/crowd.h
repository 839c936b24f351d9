// SPDX-License-Identifier: BSD-3-Clause
//
// A crowd: a reactor on a thread of its own that holds connections, of which some
// chatter with another thread: a byte there, a byte back.
#ifndef WEIR_TESTS_REACTOR_CROWD_H
#define WEIR_TESTS_REACTOR_CROWD_H

#include "base/assert.h"
#include "base/atomic.h"
#include "reactor/connection.h"
#include "reactor/reactor.h"
#include "task/executor.h"
#include "task/task.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define CROWD_MOST 512

struct crowd {
	unsigned count, chatting; // these of them
	void (*fn)(void *arg);	  // a task more on the reactor; may be NULL
	struct weir_reactor *reactor;
	struct weir_connection connections[CROWD_MOST];
	int here[CROWD_MOST], there[CROWD_MOST];
	pthread_t reactor_thread, client_thread;
	uint32_t answers; // that the clients have got: load_acquire
	bool ends;
};

static inline enum weir_connection_next crowd_echo(struct weir_connection *c)
{
	char byte;

	if (weir_read(&c->fd, &byte, 1, WEIR_NEVER) != 1 ||
		weir_write(&c->fd, &byte, 1, WEIR_NEVER) != 1)
		return WEIR_CONNECTION_END;
	return WEIR_CONNECTION_KEEP;
}

static const struct weir_connection_class crowd_class = {
	.name = "one of a crowd", .handle = crowd_echo};

static inline void crowd_hold(void *arg)
{
	struct crowd *crowd = arg;
	struct weir_scope scope;

	weir_scope_open(&scope);
	for (unsigned i = 0; i < crowd->count; i++) {
		struct weir_connection *c = &crowd->connections[i];

		if (weir_fd_open(&c->fd, crowd->here[i], NULL) ||
			weir_connection_start(&scope, c, &crowd_class))
			weir_assert(!"a connection is opened and started");
	}
	if (crowd->fn && weir_spawn(&scope, NULL, crowd->fn, crowd))
		weir_assert(!"there are stacks");
	weir_assert(weir_scope_close(&scope, WEIR_NEVER) == 0);
	weir_executor_stop(weir_reactor_executor(crowd->reactor));
}

static inline void *crowd_run(void *arg)
{
	struct crowd *crowd = arg;

	weir_executor_run(weir_reactor_executor(crowd->reactor));
	return NULL;
}

static inline void *crowd_chatter(void *arg)
{
	struct crowd *crowd = arg;
	char byte = 0;

	while (!load_acquire(&crowd->ends))
		for (unsigned i = 0; i < crowd->chatting; i++) {
			if (write(crowd->there[i], &byte, 1) != 1 ||
				read(crowd->there[i], &byte, 1) != 1)
				weir_assert(!"who chatters is answered");
			add_acq_rel(&crowd->answers, 1);
		}
	return NULL;
}

// crowd_begin lets the crowd, whose first three fields are set, live.
static inline void crowd_begin(struct crowd *crowd)
{
	weir_assert(weir_reactor_create(&crowd->reactor, NULL, NULL) == 0);
	weir_assert(weir_start(weir_reactor_executor(crowd->reactor),
			    crowd_hold, crowd, NULL, NULL) == 0);
	for (unsigned i = 0; i < crowd->count; i++) {
		int ends[2];

		weir_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
		crowd->here[i] = ends[0];
		crowd->there[i] = ends[1];
	}
	pthread_create(&crowd->reactor_thread, NULL, crowd_run, crowd);
	pthread_create(&crowd->client_thread, NULL, crowd_chatter, crowd);
}

// crowd_end has it go; its task fn must end by itself.
static inline void crowd_end(struct crowd *crowd)
{
	store_release(&crowd->ends, true);
	pthread_join(crowd->client_thread, NULL);
	for (unsigned i = 0; i < crowd->count; i++)
		close(crowd->there[i]);
	pthread_join(crowd->reactor_thread, NULL);
	weir_reactor_destroy(crowd->reactor);
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// A relay's state, and what of it lies in which source. Inside drivers/net.
//
//	relay.c         open, start, stop, close: the main thread
//	relay_thread.c  what its own thread does
#ifndef WEIR_DRIVERS_NET_RELAY_OWN_H
#define WEIR_DRIVERS_NET_RELAY_OWN_H

#include "net/relay.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/types.h>
#include <sys/un.h>

#define WEIR_RELAY_PAIRS 16   // connections at a time; more are not taken
#define WEIR_RELAY_DEVICES 16 // of one path

// A connection: to the other side, and to net_memif. -1: none.
struct weir_relay_pair {
	int outer, inner;
	bool spoke; // the other side has said something
};

struct weir_relay {
	struct weir_relay *next; // of those that serve
	char port[64];		 // for messages
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct sockaddr_un own; // net_memif's, where it serves
	ino_t made;		// what the path is of ours; 0: nothing
	bool serves, runs;
	unsigned users;
	int listener; // of the path, or of the client's own socket
	int wake;
	pthread_t thread;
	sem_t turned;
	pthread_mutex_t lock; // of devices
	struct weir_device *devices[WEIR_RELAY_DEVICES];
	struct weir_relay_pair pairs[WEIR_RELAY_PAIRS];
};

void *weir_relay_main(void *relay);

// weir_relay_connect answers a socket that is connected to address, or -errno.
int weir_relay_connect(const struct sockaddr_un *address);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// One message at a time: shut, hand on, settle, open. When net_memif has read
// what it was given (the kernel tells, SIOCOUTQ) and its thread has made a turn
// (an alarm has run there), it has dealt with it. What ends a connection it has
// dealt with when it has closed its end, the last thing that it does.
#include "net/inside.h"
#include "net/parcel.h"
#include "net/relay_own.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <rte_alarm.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define POLL_US 50
#define SETTLE_MS 2000 // that net_memif has for closing its end
#define REACH_S 2

// ---- lcores are outside ----

static void shut(struct weir_relay *relay)
{
	for (unsigned i = 0; i < WEIR_RELAY_DEVICES; i++)
		if (relay->devices[i])
			store_release(&relay->devices[i]->shut, true);
	for (unsigned i = 0; i < WEIR_RELAY_DEVICES; i++)
		while (relay->devices[i] &&
			!weir_inside_nobody(relay->devices[i]))
			usleep(POLL_US);
}

static bool is_linked(const struct weir_device *device)
{
	return device && weir_device_link(device);
}

static void reopen(struct weir_relay *relay)
{
	for (unsigned i = 0; i < WEIR_RELAY_DEVICES; i++)
		if (relay->devices[i])
			store_release(&relay->devices[i]->shut,
				!is_linked(relay->devices[i]));
}

// ---- net_memif has dealt with it ----

static void on_turn(void *arg)
{
	sem_post(arg);
}

static void wait_turn(struct weir_relay *relay)
{
	if (rte_eal_alarm_set(1, on_turn, &relay->turned)) {
		usleep(SETTLE_MS * 1000); // no memory for one
		return;
	}
	while (sem_wait(&relay->turned) && errno == EINTR)
		;
}

static void wait_read(struct weir_relay *relay, int inner)
{
	int unread = 1;

	for (unsigned i = 0; i < SETTLE_MS * 1000 / POLL_US; i++) {
		if (ioctl(inner, SIOCOUTQ, &unread) || unread == 0)
			break;
		usleep(POLL_US);
	}
	wait_turn(relay);
}

static void wait_closed(int inner)
{
	struct pollfd what = {.fd = inner, .events = POLLIN};
	struct weir_parcel parcel;
	enum weir_parcel_took took = WEIR_PARCEL_ONE;

	while (took != WEIR_PARCEL_END && poll(&what, 1, SETTLE_MS) > 0) {
		took = weir_parcel_take(&parcel, inner);
		weir_parcel_drop(&parcel);
	}
}

// ---- what is said ----

// end_pair has net_memif see that the other side has left.
static void end_pair(struct weir_relay *relay, struct weir_relay_pair *pair)
{
	bool linked[WEIR_RELAY_DEVICES];

	shut(relay);
	for (unsigned i = 0; i < WEIR_RELAY_DEVICES; i++)
		linked[i] = is_linked(relay->devices[i]);
	shutdown(pair->inner, SHUT_WR);
	wait_closed(pair->inner);
	close(pair->inner);
	close(pair->outer);
	*pair = (struct weir_relay_pair){-1, -1, false};
	wait_turn(relay);
	for (unsigned i = 0; i < WEIR_RELAY_DEVICES; i++)
		if (linked[i] && !is_linked(relay->devices[i]))
			add_relaxed(&relay->devices[i]->leaves, 1u);
	reopen(relay);
}

static void hear_other_side(
	struct weir_relay *relay, struct weir_relay_pair *pair)
{
	struct weir_parcel parcel;
	enum weir_parcel_took took = weir_parcel_take(&parcel, pair->outer);
	bool given;

	if (took == WEIR_PARCEL_NONE)
		return;
	if (took == WEIR_PARCEL_END) {
		end_pair(relay, pair);
		return;
	}
	pair->spoke = true;
	shut(relay);
	given = weir_parcel_give(&parcel, pair->inner);
	weir_parcel_drop(&parcel);
	if (!given) {
		end_pair(relay, pair);
		return;
	}
	wait_read(relay, pair->inner);
	reopen(relay);
}

static void hear_memif(struct weir_relay *relay, struct weir_relay_pair *pair)
{
	struct weir_parcel parcel;
	enum weir_parcel_took took = weir_parcel_take(&parcel, pair->inner);
	bool given;

	if (took == WEIR_PARCEL_NONE)
		return;
	given = took == WEIR_PARCEL_ONE &&
		weir_parcel_give(&parcel, pair->outer);
	weir_parcel_drop(&parcel);
	if (!given)
		end_pair(relay, pair);
}

// ---- who comes ----

int weir_relay_connect(const struct sockaddr_un *address)
{
	struct timeval most = {.tv_sec = REACH_S};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

// free_pair makes room where there is none: of one that never said anything.
static struct weir_relay_pair *free_pair(struct weir_relay *relay)
{
	for (unsigned i = 0; i < WEIR_RELAY_PAIRS; i++)
		if (relay->pairs[i].outer < 0)
			return &relay->pairs[i];
	for (unsigned i = 0; i < WEIR_RELAY_PAIRS; i++) {
		if (relay->pairs[i].spoke)
			continue;
		end_pair(relay, &relay->pairs[i]);
		return &relay->pairs[i];
	}
	return NULL;
}

static void welcome(struct weir_relay *relay)
{
	struct weir_relay_pair *pair = free_pair(relay);
	int outer = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
	int inner = outer >= 0 && pair ? weir_relay_connect(&relay->own) : -1;

	if (inner >= 0)
		*pair = (struct weir_relay_pair){outer, inner, false};
	else if (outer >= 0)
		close(outer);
}

// ---- its thread ----

static unsigned gather(const struct weir_relay *relay, struct pollfd *what)
{
	unsigned count = 0;

	what[count++] = (struct pollfd){relay->wake, POLLIN, 0};
	what[count++] = (struct pollfd){
		relay->serves ? relay->listener : -1, POLLIN, 0};
	for (unsigned i = 0; i < WEIR_RELAY_PAIRS; i++) {
		what[count++] =
			(struct pollfd){relay->pairs[i].outer, POLLIN, 0};
		what[count++] =
			(struct pollfd){relay->pairs[i].inner, POLLIN, 0};
	}
	return count;
}

// hear looks at net_memif's end first: what it says before it closes it is to
// arrive.
static void hear(struct weir_relay *relay, const struct pollfd *what)
{
	for (unsigned i = 0; i < WEIR_RELAY_PAIRS; i++) {
		struct weir_relay_pair *pair = &relay->pairs[i];

		if (pair->inner >= 0 && what[2 + 2 * i + 1].revents)
			hear_memif(relay, pair);
		if (pair->outer >= 0 && what[2 + 2 * i].revents)
			hear_other_side(relay, pair);
	}
	if (what[1].revents)
		welcome(relay);
}

void *weir_relay_main(void *arg)
{
	struct weir_relay *relay = arg;
	struct pollfd what[2 + 2 * WEIR_RELAY_PAIRS];

	for (;;) {
		unsigned count = gather(relay, what);

		if (poll(what, count, -1) < 0)
			continue;
		if (what[0].revents)
			break;
		pthread_mutex_lock(&relay->lock);
		hear(relay, what);
		pthread_mutex_unlock(&relay->lock);
	}
	for (unsigned i = 0; i < WEIR_RELAY_PAIRS; i++)
		if (relay->pairs[i].outer >= 0)
			end_pair(relay, &relay->pairs[i]);
	return NULL;
}

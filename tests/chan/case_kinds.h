// SPDX-License-Identifier: BSD-3-Clause
//
// The kinds of case beside a channel's receive and send, each behind the same
// calls: how one is opened, made, fired, shut and closed.
#ifndef WEIR_TESTS_CHAN_CASE_KINDS_H
#define WEIR_TESTS_CHAN_CASE_KINDS_H

#include "chan/case.h"
#include "stepped.h"

static struct weir_oneshot_tx one_tx;
static struct weir_oneshot_rx one_rx;
static struct weir_latest_tx latest_tx;
static struct weir_latest_rx latest_rx;
static struct weir_broadcast_tx cast_tx;
static struct weir_broadcast_rx cast_rx;
static struct weir_tx tx, other_tx;
static struct weir_rx rx, other_rx;
static uint64_t seen, got, other_got;

// What is waited for. fire makes it ready, shut lets the other side go.
struct kind {
	const char *name;
	void (*open)(void);
	struct weir_case (*make)(void);
	void (*fire)(void *arg);
	void (*shut)(void *arg);
	void (*close)(void);
	bool once; // nothing comes after it was fired
	enum weir_result fired;
	void (*use)(void); // what its user does with what came, or NULL
};

static const struct kind *kind;

static void one_open(void)
{
	cr_assert_eq(weir_oneshot_open(8, &one_tx, &one_rx), 0);
}

static struct weir_case one_make(void)
{
	return weir_case_oneshot(&one_rx, &got);
}

static void one_fire(void *arg)
{
	uint64_t message = 7;

	cr_assert_eq(weir_oneshot_send(&one_tx, &message), WEIR_SENT);
}

static void one_shut(void *arg)
{
	weir_oneshot_tx_close(&one_tx);
}

static void one_close(void)
{
	one_shut(NULL);
	cr_assert_eq(weir_oneshot_rx_close(&one_rx, &got), WEIR_CLOSED);
}

static void latest_open(void)
{
	seen = 0;
	cr_assert_eq(weir_latest_open(8, NULL, &latest_tx, &latest_rx), 0);
}

static struct weir_case latest_make(void)
{
	return weir_case_latest(&latest_rx, &seen);
}

static void latest_use(void)
{
	seen = weir_latest_read(&latest_rx, &got);
}

static void latest_fire(void *arg)
{
	uint64_t value = 7;

	weir_latest_write(&latest_tx, &value);
}

static void latest_shut(void *arg)
{
	weir_latest_tx_close(&latest_tx);
}

static void latest_close(void)
{
	latest_shut(NULL);
	weir_latest_rx_close(&latest_rx);
}

static void cast_open(enum weir_broadcast_kind way)
{
	cr_assert_eq(weir_broadcast_open(2, 8, &cast_tx), 0);
	cr_assert_eq(weir_broadcast_subscribe(&cast_tx, way, &cast_rx), 0);
}

static void lossless_open(void)
{
	cast_open(WEIR_LOSSLESS);
}

static void lossy_open(void)
{
	cast_open(WEIR_LOSSY);
}

static struct weir_case cast_make(void)
{
	return weir_case_broadcast(&cast_rx, &got);
}

static void cast_fire(void *arg)
{
	uint64_t value = 7;

	cr_assert_eq(weir_broadcast_try_send(&cast_tx, &value), WEIR_SENT);
}

static void cast_shut(void *arg)
{
	weir_broadcast_tx_close(&cast_tx);
}

static void cast_close(void)
{
	cast_shut(NULL);
	weir_broadcast_rx_close(&cast_rx);
}

// All is full; who receives makes room.
static void full_open(void)
{
	uint64_t value = 1;

	lossless_open();
	cr_assert_eq(weir_broadcast_try_send(&cast_tx, &value), WEIR_SENT);
	cr_assert_eq(weir_broadcast_try_send(&cast_tx, &value), WEIR_SENT);
}

static struct weir_case full_make(void)
{
	static const uint64_t value = 9;

	return weir_case_broadcast_send(&cast_tx, &value);
}

static void full_fire(void *arg)
{
	uint64_t value;

	cr_assert_eq(
		weir_broadcast_try_recv(&cast_rx, &value, NULL), WEIR_RECEIVED);
	cr_assert(value == 1 || value == 9);
}

static void full_shut(void *arg)
{
	weir_broadcast_rx_close(&cast_rx);
}

static void closed_open(void)
{
	const struct weir_channel_options options = {.message_size = 8};

	cr_assert_eq(weir_channel_open_with(1, &options, &tx, &rx), 0);
}

static struct weir_case closed_make(void)
{
	return weir_case_closed(&tx);
}

static void closed_fire(void *arg)
{
	weir_rx_close(&rx);
}

static void closed_close(void)
{
	weir_tx_close(&tx);
	weir_rx_close(&rx);
}

// The sender of a one-shot waits for its receiver to go.
static struct weir_case goes_make(void)
{
	static struct weir_oneshot_waiter waiter;

	memset(&waiter, 0x5a, sizeof(waiter)); // it need not be initialised
	return weir_case_oneshot_closed(&one_tx, &waiter);
}

static void goes_fire(void *arg)
{
	cr_assert_eq(weir_oneshot_rx_close(&one_rx, &got), WEIR_CLOSED);
}

static void goes_close(void)
{
	uint64_t message = 3;

	cr_assert_eq(weir_oneshot_send(&one_tx, &message), WEIR_CLOSED);
	cr_assert_eq(message, 3, "it is still the sender's");
}

// All of a channel's room is used; who receives makes some.
static struct weir_permits permits;

static void reserve_open(void)
{
	const struct weir_channel_options options = {
		.message_size = 8, .permits = true};

	permits = (struct weir_permits){0};
	cr_assert_eq(weir_channel_open_with(2, &options, &tx, &rx), 0);
	put(&tx, 1);
	put(&tx, 1);
}

static struct weir_case reserve_make(void)
{
	return weir_case_reserve(&tx, 2, &permits);
}

static void reserve_use(void)
{
	uint64_t message = 1;

	if (permits.count == 0)
		return;
	cr_assert_eq(permits.count, 1);
	cr_assert_eq(weir_permits_send(&permits, &message), WEIR_SENT);
}

static void reserve_fire(void *arg)
{
	cr_assert_eq(get(&rx), 1);
}

static void reserve_shut(void *arg)
{
	weir_rx_close(&rx);
}

static void reserve_close(void)
{
	weir_permits_drop(&permits);
	cr_assert_eq(weir_tx_reserved(&tx), 0);
	closed_close();
}

static const struct kind kinds[] = {
	{"one-shot", one_open, one_make, one_fire, one_shut, one_close, true,
		WEIR_RECEIVED},
	{"latest", latest_open, latest_make, latest_fire, latest_shut,
		latest_close, false, WEIR_RECEIVED, latest_use},
	{"lossless", lossless_open, cast_make, cast_fire, cast_shut, cast_close,
		false, WEIR_RECEIVED},
	{"lossy", lossy_open, cast_make, cast_fire, cast_shut, cast_close,
		false, WEIR_RECEIVED},
	{"closed", closed_open, closed_make, closed_fire, closed_fire,
		closed_close, true, WEIR_CLOSED},
	{"broadcast send", full_open, full_make, full_fire, full_shut,
		cast_close, false, WEIR_SENT},
	{"one-shot's receiver", one_open, goes_make, goes_fire, goes_fire,
		goes_close, true, WEIR_CLOSED},
	{"reserve", reserve_open, reserve_make, reserve_fire, reserve_shut,
		reserve_close, false, WEIR_RESERVED, reserve_use},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

#endif

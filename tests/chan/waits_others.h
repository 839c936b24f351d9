// SPDX-License-Identifier: BSD-3-Clause
//
// Waits on what is no channel: one-shots, latest values, broadcasts. Part of
// waits.h.
#ifndef WEIR_TESTS_CHAN_WAITS_OTHERS_H
#define WEIR_TESTS_CHAN_WAITS_OTHERS_H

#include "waits_channels.h"

// ---- one-shot ----

static struct weir_oneshot_tx one_tx;
static struct weir_oneshot_rx one_rx;

static void one_open(bool near_wrap)
{
	cr_assert_eq(weir_oneshot_open(8, &one_tx, &one_rx), 0);
}

static int one_do(struct one *one)
{
	return took(one, weir_oneshot_recv(&one_rx, &one->seen, one->deadline));
}

static struct weir_case one_case(struct one *one)
{
	return weir_case_oneshot(&one_rx, &one->seen);
}

// Its sender waits for its receiver to go.
static int goes_do(struct one *one)
{
	return plainly(weir_oneshot_wait_closed(&one_tx, one->deadline));
}

static struct weir_case goes_case(struct one *one)
{
	static struct weir_oneshot_waiter waiter;

	return weir_case_oneshot_closed(&one_tx, &waiter);
}

static void goes_feed(void)
{
	uint64_t message;

	cr_assert_eq(weir_oneshot_rx_close(&one_rx, &message), WEIR_CLOSED);
}

static void one_feed(void)
{
	uint64_t message = next_id++;

	sent[message] = 1;
	cr_assert_eq(weir_oneshot_send(&one_tx, &message), WEIR_SENT);
}

static void one_shut(void)
{
	weir_oneshot_tx_close(&one_tx);
}

static void one_close(void)
{
	uint64_t message;

	one_shut();
	if (weir_oneshot_rx_close(&one_rx, &message) == WEIR_RECEIVED)
		taken[message]++;
}

// ---- latest ----

static struct weir_latest_tx latest_tx;
static struct weir_latest_rx latest_rxs[WAITERS_MAX];

static void latest_open(bool near_wrap)
{
	cr_assert_eq(weir_latest_open(8, NULL, &latest_tx, &latest_rxs[0]), 0);
	for (unsigned i = 1; i < WAITERS_MAX; i++)
		weir_latest_clone(&latest_rxs[0], &latest_rxs[i]);
}

static int latest_came(struct one *one, enum weir_result result)
{
	struct weir_latest_rx *rx = &latest_rxs[number_of(one)];
	uint64_t value = 0;

	if (result == WEIR_RECEIVED) {
		uint64_t version = weir_latest_read(rx, &value);

		claim(version == fed, "it is not the latest");
		claim(value == version, "another version's value");
	}
	return plainly(result);
}

static int latest_do(struct one *one)
{
	return latest_came(one, weir_latest_changed(&latest_rxs[number_of(one)],
					one->seen, one->deadline));
}

static struct weir_case latest_case(struct one *one)
{
	return weir_case_latest(&latest_rxs[number_of(one)], &one->seen);
}

static void latest_feed(void)
{
	uint64_t value = fed + 1;

	claim(weir_latest_write(&latest_tx, &value) == value, "a version");
}

static void latest_shut(void)
{
	weir_latest_tx_close(&latest_tx);
}

static void latest_close(void)
{
	latest_shut();
	for (unsigned i = 0; i < WAITERS_MAX; i++)
		weir_latest_rx_close(&latest_rxs[i]);
}

// ---- broadcast, its two sides ----

#define CAST_CAPACITY (WAITERS_MAX + 2)

static struct weir_broadcast_tx cast_tx;
static struct weir_broadcast_rx cast_rxs[WAITERS_MAX];
static uint64_t cast_sent, cast_next[WAITERS_MAX];

static enum weir_broadcast_kind cast_way;
static unsigned cast_receivers;

static void cast_subscribe(void)
{
	for (unsigned i = 0; i < cast_receivers; i++)
		cr_assert_eq(weir_broadcast_subscribe(
				     &cast_tx, cast_way, &cast_rxs[i]),
			0);
}

// On the executor, whose it is then: it is no thread's that may block.
static void cast_open(enum weir_broadcast_kind way, unsigned receivers)
{
	cast_sent = 0;
	memset(cast_next, 0, sizeof(cast_next));
	cr_assert_eq(weir_broadcast_open(CAST_CAPACITY, 8, &cast_tx), 0);
	cast_way = way;
	cast_receivers = receivers;
	on_executor(cast_subscribe);
}

static void lossless_open(bool near_wrap)
{
	cast_open(WEIR_LOSSLESS, WAITERS_MAX);
}

static void lossy_open(bool near_wrap)
{
	cast_open(WEIR_LOSSY, WAITERS_MAX);
}

static void cast_took(unsigned i, uint64_t value, uint64_t missed)
{
	claim(missed == 0, "missed, though it was not overtaken");
	claim(value == cast_next[i]++, "a value is lost or came twice");
}

static int cast_do(struct one *one)
{
	unsigned i = number_of(one);
	uint64_t missed = 0;
	enum weir_result result = weir_broadcast_recv(
		&cast_rxs[i], &one->seen, &missed, one->deadline);

	if (result == WEIR_RECEIVED)
		cast_took(i, one->seen, missed);
	return plainly(result);
}

static struct weir_case cast_case(struct one *one)
{
	return weir_case_broadcast(&cast_rxs[number_of(one)], &one->seen);
}

static int cast_came(struct one *one, enum weir_result result)
{
	unsigned i = number_of(one);

	if (result == WEIR_RECEIVED)
		cast_took(i, one->seen, weir_broadcast_missed(&cast_rxs[i]));
	return plainly(result);
}

static void cast_feed(void)
{
	cr_assert_eq(weir_broadcast_try_send(&cast_tx, &cast_sent), WEIR_SENT);
	cast_sent++;
}

static void cast_shut(void)
{
	weir_broadcast_tx_close(&cast_tx);
}

static void cast_drain(unsigned i)
{
	uint64_t value, missed;

	while (weir_broadcast_try_recv(&cast_rxs[i], &value, &missed) ==
		WEIR_RECEIVED)
		cast_took(i, value, missed);
	claim(cast_next[i] == cast_sent, "a value is lost");
	weir_broadcast_rx_close(&cast_rxs[i]);
}

static void cast_close(void)
{
	cast_shut();
	for (unsigned i = 0; i < WAITERS_MAX; i++)
		cast_drain(i);
}

static void cast_fill(void)
{
	for (unsigned i = 0; i < CAST_CAPACITY; i++)
		cast_feed();
}

static void cast_send_open(bool near_wrap)
{
	cast_open(WEIR_LOSSLESS, 1);
	on_executor(cast_fill);
}

static int cast_send_do(struct one *one)
{
	enum weir_result result =
		weir_broadcast_send(&cast_tx, &cast_sent, one->deadline);

	cast_sent += result == WEIR_SENT;
	return plainly(result);
}

static struct weir_case cast_send_case(struct one *one)
{
	return weir_case_broadcast_send(&cast_tx, &cast_sent);
}

static int cast_send_came(struct one *one, enum weir_result result)
{
	cast_sent += result == WEIR_SENT;
	return plainly(result);
}

static void cast_recv_one(void)
{
	uint64_t value, missed;

	cr_assert_eq(weir_broadcast_try_recv(&cast_rxs[0], &value, &missed),
		WEIR_RECEIVED);
	cast_took(0, value, missed);
}

static void cast_shut_rx(void)
{
	weir_broadcast_rx_close(&cast_rxs[0]);
}

static void cast_send_close(void)
{
	if (cast_rxs[0].broadcast)
		cast_drain(0);
	cast_shut();
}

// ---- the table ----

#define ONE_RECEIVER "its class has one receiver"
#define ONE_SENDER "its class has one sender"
#define LOCAL "no peer of a local channel lives on another executor"

#define RECV(name_, class_name, ...)                                       \
	{                                                                  \
		.name = "recv, " name_, .open = recv_open, .do_ = recv_do, \
		.feed = send_one, .shut = shut_tx, .close = channel_close, \
		.class_ = WEIR_##class_name, __VA_ARGS__                   \
	}
#define SEND(name_, class_name, ...)                                       \
	{                                                                  \
		.name = "send, " name_, .open = send_open, .do_ = send_do, \
		.feed = recv_one, .shut = shut_rx, .close = channel_close, \
		.class_ = WEIR_##class_name, .fed_and_shut = -EPIPE,       \
		__VA_ARGS__                                                \
	}

#endif

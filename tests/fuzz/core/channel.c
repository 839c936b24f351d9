// SPDX-License-Identifier: BSD-3-Clause
//
// Channels of all classes, with permits or in segments: opened, cloned, held
// weakly and closed; tried by plain code, sent to and received from by tasks.
#include "channel.h"

#include "chan/segments.h"

#define SEGMENTS 5

struct channel fuzz_channel[CHANNELS];
static struct weir_segments *segments;

// ---- the model ----

void came_out(struct channel *channel, uint64_t m)
{
	unsigned end = (unsigned)(m >> 32);

	claim(end < ENDS);
	claim((uint32_t)m == channel->came[end]);
	channel->came[end]++;
}

static void release(void *arg, void *m)
{
	struct channel *channel = arg;
	uint64_t value;

	memcpy(&value, m, sizeof(value));
	claim(channel->receivers == 0);
	came_out(channel, value);
}

void sent(struct channel *channel, unsigned end, unsigned count, unsigned done,
	enum weir_result result)
{
	claim(done <= count);
	claim(result != WEIR_SENT || done == count);
	claim(result != WEIR_CLOSED || channel->receivers == 0);
	channel->sent[end] += done;
	if (channel->segments)
		claim(result != WEIR_FULL);
	else
		claim(result != WEIR_AT_CAP && result != WEIR_NO_SEGMENT);
	claim((result != WEIR_FULL && result != WEIR_AT_CAP) ||
		is_full(channel));
	claim(result != WEIR_NO_SEGMENT ||
		weir_segments_free_count(segments) == 0);
}

void received(struct channel *channel, const uint64_t *messages, unsigned count,
	unsigned done, enum weir_result result)
{
	claim(done <= count);
	claim((result == WEIR_RECEIVED) == (done > 0));
	for (unsigned i = 0; i < done; i++)
		came_out(channel, messages[i]);
	claim(result != WEIR_EMPTY || is_empty(channel));
	claim(result != WEIR_EMPTY || channel->senders > 0);
	claim(result != WEIR_CLOSED || is_empty(channel));
	claim(result != WEIR_CLOSED || channel->senders == 0);
}

// ---- ends come and go ----

static void open_channel(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	struct weir_channel_options options = {
		.class_ = (enum weir_channel_class)(b & 3),
		.message_size = 8,
		.release = release,
		.release_arg = channel,
		.permits = b >> 5 & 1,
		.segments = b >> 6 == 3 ? segments : NULL,
	};
	int err;

	if (channel->capacity)
		return;
	options.permits = options.permits && !options.segments;
	*channel = (struct channel){.capacity = 1 + (b >> 2) % 5,
		.many_tx = options.class_ == WEIR_MPMC ||
			   options.class_ == WEIR_MPSC,
		.many_rx = options.class_ == WEIR_MPMC ||
			   options.class_ == WEIR_SPMC,
		.permits = options.permits,
		.segments = options.segments,
		.tx_open = {true},
		.rx_open = {true},
		.senders = 1,
		.receivers = 1};
	err = weir_channel_open_with(
		channel->capacity, &options, &channel->tx[0], &channel->rx[0]);
	claim(err == 0 || (err == -ENOMEM && options.segments));
	if (err)
		*channel = (struct channel){.capacity = 0};
}

static void clone_tx(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned from = end_of(a), to = b % ENDS;

	if (!channel->tx_open[from] || channel->tx_open[to])
		return;
	if (weir_tx_clone(&channel->tx[from], &channel->tx[to])) {
		claim(!channel->many_tx);
		return;
	}
	claim(channel->many_tx);
	channel->tx_open[to] = true;
	channel->senders++;
}

static void clone_rx(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned from = end_of(a), to = b % ENDS;

	if (!channel->rx_open[from] || channel->rx_open[to])
		return;
	if (weir_rx_clone(&channel->rx[from], &channel->rx[to])) {
		claim(!channel->many_rx);
		return;
	}
	claim(channel->many_rx);
	channel->rx_open[to] = true;
	channel->receivers++;
}

static void forget_when_closed(struct channel *channel)
{
	if (channel->senders + channel->receivers > 0 || channel->weakly_tx ||
		channel->weakly_rx)
		return;
	claim(channel->bursts == 0);
	claim(length(channel) == 0); // received or released
	claim(channel->reserved == 0);
	channel->capacity = 0;
}

static void close_tx(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a);

	if (!channel->tx_open[end] || channel->tx_busy[end])
		return;
	fuzz_drop_permits(channel, end);
	channel->tx_open[end] = false;
	channel->senders--;
	weir_tx_close(&channel->tx[end]);
	forget_when_closed(channel);
}

static void close_rx(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a);

	if (!channel->rx_open[end] || channel->rx_busy[end])
		return;
	channel->rx_open[end] = false;
	channel->receivers--;
	weir_rx_close(&channel->rx[end]);
	forget_when_closed(channel);
}

// ---- held weakly ----

static void weaken_tx(struct channel *channel, unsigned end)
{
	int err;

	if (!channel->tx_open[end] || channel->weakly_tx)
		return;
	err = weir_tx_weak(&channel->tx[end], &channel->weak_tx, NULL);
	claim(err == (channel->many_tx ? 0 : -EINVAL));
	channel->weakly_tx = !err;
}

static void weaken_rx(struct channel *channel, unsigned end)
{
	int err;

	if (!channel->rx_open[end] || channel->weakly_rx)
		return;
	err = weir_rx_weak(&channel->rx[end], &channel->weak_rx, NULL);
	claim(err == (channel->many_rx ? 0 : -EINVAL));
	channel->weakly_rx = !err;
}

static void weaken(uint8_t a, uint8_t b)
{
	(b & 1 ? weaken_rx : weaken_tx)(channel_of(a), end_of(a));
}

static void upgrade_tx(struct channel *channel, unsigned end)
{
	bool open;

	if (!channel->weakly_tx || channel->tx_open[end])
		return;
	open = weir_weak_tx_upgrade(&channel->weak_tx, &channel->tx[end]);
	claim(open == (channel->senders > 0));
	channel->tx_open[end] = open;
	channel->senders += open;
}

static void upgrade_rx(struct channel *channel, unsigned end)
{
	bool open;

	if (!channel->weakly_rx || channel->rx_open[end])
		return;
	open = weir_weak_rx_upgrade(&channel->weak_rx, &channel->rx[end]);
	claim(open == (channel->receivers > 0));
	channel->rx_open[end] = open;
	channel->receivers += open;
}

static void upgrade(uint8_t a, uint8_t b)
{
	(b & 1 ? upgrade_rx : upgrade_tx)(channel_of(a), end_of(a));
}

static void drop_weak(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);

	if (!channel->weakly_tx && !channel->weakly_rx)
		return;
	if (channel->weakly_tx)
		weir_weak_tx_drop(&channel->weak_tx);
	if (channel->weakly_rx)
		weir_weak_rx_drop(&channel->weak_rx);
	channel->weakly_tx = channel->weakly_rx = false;
	forget_when_closed(channel);
}

// ---- between two turns ----

static void try_send(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a);
	uint64_t m = message(end, channel->sent[end]);
	enum weir_result result;

	if (!channel->tx_open[end] || channel->tx_busy[end])
		return;
	result = weir_try_send(&channel->tx[end], &m);
	claim(result == WEIR_SENT || result == WEIR_FULL ||
		result == WEIR_CLOSED || result == WEIR_AT_CAP ||
		result == WEIR_NO_SEGMENT);
	sent(channel, end, 1, result == WEIR_SENT, result);
	claim(weir_tx_len(&channel->tx[end]) <= channel->capacity);
	if (channel->bursts == 0)
		claim(weir_tx_len(&channel->tx[end]) == length(channel));
}

static void try_recv(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a);
	enum weir_result result;
	uint64_t m;

	if (!channel->rx_open[end] || channel->rx_busy[end])
		return;
	result = weir_try_recv(&channel->rx[end], &m);
	claim(result == WEIR_RECEIVED || result == WEIR_EMPTY ||
		result == WEIR_CLOSED);
	received(channel, &m, 1, result == WEIR_RECEIVED, result);
}

// ---- in tasks ----

bool take_tx(struct op *op)
{
	struct channel *channel = channel_of(op->a);
	unsigned end = end_of(op->a);

	if (!channel->tx_open[end] || channel->tx_busy[end])
		return false;
	channel->tx_busy[end] = true;
	op->object = channel;
	op->end = end;
	op->count = 1 + (op->b >> 5) % BURST;
	return true;
}

bool take_rx(struct op *op)
{
	struct channel *channel = channel_of(op->a);
	unsigned end = end_of(op->a);

	if (!channel->rx_open[end] || channel->rx_busy[end])
		return false;
	channel->rx_busy[end] = true;
	op->object = channel;
	op->end = end;
	op->count = 1 + (op->b >> 5) % BURST;
	return true;
}

static void do_send(struct op *op)
{
	struct channel *channel = op->object;
	struct weir_tx *tx = &channel->tx[op->end];
	uint64_t messages[BURST];
	enum weir_result result;
	unsigned done = 0;

	for (unsigned i = 0; i < op->count; i++)
		messages[i] = message(op->end, channel->sent[op->end] + i);
	channel->bursts += op->count > 1;
	if (op->count == 1) {
		result = weir_send_until(tx, &messages[0], op->deadline);
		done = result == WEIR_SENT;
	} else {
		result = weir_send_burst(
			tx, messages, op->count, &done, op->deadline);
	}
	channel->bursts -= op->count > 1;
	fuzz_allowed(op, (int)result);
	sent(channel, op->end, op->count, done, result);
	channel->tx_busy[op->end] = false;
}

static bool send_waits(const struct op *op)
{
	const struct channel *channel = op->object;

	return channel->receivers && is_full(channel) && !channel->segments;
}

static void do_recv(struct op *op)
{
	struct channel *channel = op->object;
	struct weir_rx *rx = &channel->rx[op->end];
	uint64_t messages[BURST];
	enum weir_result result;
	unsigned done;

	result = weir_recv_burst(rx, messages, op->count, &done, op->deadline);
	fuzz_allowed(op, (int)result);
	received(channel, messages, op->count, done, result);
	channel->rx_busy[op->end] = false;
}

static bool recv_waits(const struct op *op)
{
	const struct channel *channel = op->object;

	return channel->senders && is_empty(channel);
}

static void wait_closed(struct op *op)
{
	struct channel *channel = op->object;
	enum weir_result result =
		weir_tx_wait_closed(&channel->tx[op->end], op->deadline);

	fuzz_allowed(op, (int)result);
	claim(result != WEIR_CLOSED || channel->receivers == 0);
	channel->tx_busy[op->end] = false;
}

static bool closed_waits(const struct op *op)
{
	return ((const struct channel *)op->object)->receivers > 0;
}

// ---- all of it ----

static void init(void)
{
	claim(weir_segments_open(&segments, SEGMENTS, 2, 8) == 0);
}

static void close_all(void)
{
	for (unsigned i = 0; i < CHANNELS * ENDS; i++) {
		close_tx((uint8_t)i, 0);
		close_rx((uint8_t)i, 0);
	}
	for (unsigned i = 0; i < CHANNELS; i++) {
		drop_weak((uint8_t)i, 0);
		claim(fuzz_channel[i].capacity == 0);
	}
	claim(weir_segments_free_count(segments) == SEGMENTS);
}

static const struct verb verbs[] = {
	{.name = "open", .now = open_channel},
	{.name = "clone tx", .now = clone_tx},
	{.name = "clone rx", .now = clone_rx},
	{.name = "close tx", .now = close_tx},
	{.name = "close rx", .now = close_rx},
	{.name = "weaken", .now = weaken},
	{.name = "upgrade", .now = upgrade},
	{.name = "drop weak", .now = drop_weak},
	{.name = "try send", .now = try_send},
	{.name = "try recv", .now = try_recv},
	{"send", NULL, take_tx, do_send, send_waits},
	{"recv", NULL, take_rx, do_recv, recv_waits},
	{"wait closed", NULL, take_tx, wait_closed, closed_waits},
};

const struct object fuzz_channels = {
	"channel", verbs, sizeof(verbs) / sizeof(verbs[0]), init, close_all};

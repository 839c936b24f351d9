// SPDX-License-Identifier: BSD-3-Clause
//
// The core by sequences of operations: three bytes are one of them, on a few
// executors that are turned by hand under a virtual clock. Channels are opened,
// cloned and closed; tasks send, receive and sleep, each in a scope of its own,
// with deadlines, here and elsewhere; they are cancelled; plain code between two
// turns tries the same ends; timers are set and taken back.
//
// Beside it is the plainest model: what each sender sent is received or released
// once, in its order; every answer is one that the model allows; who waits when
// all has come to rest waits with reason; at the end all is given back.
#include "core_model.h"

#include "chan/chan.h"
#include "mem/stack.h"
#include "task/executor_inline.h"
#include "task/task.h"
#include "task/timer.h"

#include <errno.h>

#define EXECUTORS 3
#define CHANNELS 3
#define OPS 12
#define TIMERS 4
#define BURST 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { SEND, RECV, SLEEP, KINDS };

// An operation in a task, in a scope of another task.
struct op {
	bool used, running, canceled;
	enum kind kind;
	struct channel *channel;
	unsigned end, count;
	uint64_t deadline;
	struct weir_executor *where;
	struct weir_scope scope;
	bool scope_open;
};

struct timer {
	struct weir_timer timer;
	uint64_t tick;
	bool set;
};

static uint64_t now_ticks;
static struct weir_clock fuzz_clock;
static struct weir_executor *on[EXECUTORS];
static struct channel channels[CHANNELS];
static struct op ops[OPS];
static struct timer timers[EXECUTORS][TIMERS];

// ---- operations in tasks ----

static void allowed(const struct op *op, enum weir_result result)
{
	claim(result != WEIR_TIMED_OUT ||
		(int64_t)(now_ticks - op->deadline) >= 0);
	claim(result != WEIR_CANCELED || op->canceled);
}

static void do_send(struct op *op)
{
	struct channel *channel = op->channel;
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
	allowed(op, result);
	sent(channel, op->end, op->count, done, result);
	channel->tx_busy[op->end] = false;
}

static void do_recv(struct op *op)
{
	struct channel *channel = op->channel;
	struct weir_rx *rx = &channel->rx[op->end];
	uint64_t messages[BURST];
	enum weir_result result;
	unsigned done;

	result = weir_recv_burst(rx, messages, op->count, &done, op->deadline);
	allowed(op, result);
	received(channel, messages, op->count, done, result);
	channel->rx_busy[op->end] = false;
}

static void child(void *arg)
{
	struct op *op = arg;
	int err;

	switch (op->kind) {
	case SEND:
		do_send(op);
		break;
	case RECV:
		do_recv(op);
		break;
	default:
		err = weir_sleep(op->deadline);
		claim(err == 0 || op->canceled);
		claim(err || (int64_t)(now_ticks - op->deadline) >= 0);
	}
	op->running = false;
}

static void parent(void *arg)
{
	struct op *op = arg;
	int err;

	weir_scope_open(&op->scope);
	op->scope_open = true;
	err = weir_spawn(&op->scope, op->where, child, op);
	claim(err == 0);
	err = weir_scope_close(&op->scope, WEIR_NEVER);
	claim(err == 0);
	op->scope_open = false;
	claim(!op->running);
	op->used = false;
}

// ---- what a sequence can say ----

static struct channel *channel_of(uint8_t a)
{
	return &channels[a % CHANNELS];
}

static void open_channel(uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	const struct weir_channel_options options = {
		.class_ = b & 1 ? WEIR_SPSC : WEIR_MPMC,
		.message_size = 8,
		.release = release,
		.release_arg = channel,
	};
	int err;

	if (channel->capacity)
		return;
	*channel = (struct channel){.capacity = 1 + (b >> 1) % 4,
		.tx_open = {true},
		.rx_open = {true},
		.senders = 1,
		.receivers = 1};
	err = weir_channel_open_with(
		channel->capacity, &options, &channel->tx[0], &channel->rx[0]);
	claim(err == 0);
}

static unsigned end_of(uint8_t a)
{
	return a / CHANNELS % ENDS;
}

static void clone_tx(struct channel *channel, unsigned from, unsigned to)
{
	if (!channel->tx_open[from] || channel->tx_open[to])
		return;
	if (weir_tx_clone(&channel->tx[from], &channel->tx[to]))
		return; // the class has one
	channel->tx_open[to] = true;
	channel->senders++;
}

static void clone_rx(struct channel *channel, unsigned from, unsigned to)
{
	if (!channel->rx_open[from] || channel->rx_open[to])
		return;
	if (weir_rx_clone(&channel->rx[from], &channel->rx[to]))
		return;
	channel->rx_open[to] = true;
	channel->receivers++;
}

static void forget_when_closed(struct channel *channel)
{
	if (channel->senders + channel->receivers)
		return;
	claim(channel->bursts == 0);
	claim(length(channel) == 0); // received or released
	channel->capacity = 0;
}

static void close_tx(struct channel *channel, unsigned end)
{
	if (!channel->tx_open[end] || channel->tx_busy[end])
		return;
	channel->tx_open[end] = false;
	channel->senders--;
	weir_tx_close(&channel->tx[end]);
	forget_when_closed(channel);
}

static void close_rx(struct channel *channel, unsigned end)
{
	if (!channel->rx_open[end] || channel->rx_busy[end])
		return;
	channel->rx_open[end] = false;
	channel->receivers--;
	weir_rx_close(&channel->rx[end]);
	forget_when_closed(channel);
}

static void try_send(struct channel *channel, unsigned end)
{
	uint64_t m = message(end, channel->sent[end]);
	enum weir_result result;

	if (!channel->tx_open[end] || channel->tx_busy[end])
		return;
	result = weir_try_send(&channel->tx[end], &m);
	claim(result == WEIR_SENT || result == WEIR_FULL ||
		result == WEIR_CLOSED);
	sent(channel, end, 1, result == WEIR_SENT, result);
	claim(weir_tx_len(&channel->tx[end]) <= channel->capacity);
	if (channel->bursts == 0)
		claim(weir_tx_len(&channel->tx[end]) == length(channel));
}

static void try_recv(struct channel *channel, unsigned end)
{
	enum weir_result result;
	uint64_t m;

	if (!channel->rx_open[end] || channel->rx_busy[end])
		return;
	result = weir_try_recv(&channel->rx[end], &m);
	claim(result == WEIR_RECEIVED || result == WEIR_EMPTY ||
		result == WEIR_CLOSED);
	received(channel, &m, 1, result == WEIR_RECEIVED, result);
}

static struct op *free_op(void)
{
	for (unsigned i = 0; i < OPS; i++)
		if (!ops[i].used)
			return &ops[i];
	return NULL;
}

static uint64_t deadline(uint8_t b)
{
	uint64_t tick = now_ticks + (b & 15) * 10;

	return b & 16 && tick != WEIR_NEVER ? tick : WEIR_NEVER;
}

static void start(enum kind kind, uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	struct op *op = free_op();
	unsigned end = end_of(a);
	bool *open = kind == SEND ? channel->tx_open : channel->rx_open;
	bool *busy = kind == SEND ? channel->tx_busy : channel->rx_busy;
	int err;

	if (!op)
		return;
	if (kind != SLEEP && (!channel->capacity || !open[end] || busy[end]))
		return;
	if (kind != SLEEP)
		busy[end] = true;
	*op = (struct op){.used = true,
		.running = true,
		.kind = kind,
		.channel = channel,
		.end = end,
		.count = 1 + (b >> 5) % BURST,
		.deadline = kind == SLEEP ? deadline(b | 16) : deadline(b),
		.where = on[(b >> 6) % EXECUTORS]};
	err = weir_start(on[(a >> 4) % EXECUTORS], parent, op, NULL, NULL);
	claim(err == 0);
}

static void cancel(struct op *op)
{
	if (!op->used || !op->scope_open)
		return;
	op->canceled = true;
	weir_scope_cancel(&op->scope);
}

static void fired(struct weir_executor *executor, struct weir_timer *timer)
{
	struct timer *t = weir_container(timer, struct timer, timer);

	claim(t->set);
	claim((int64_t)(now_ticks - t->tick) >= 0); // never early
	t->set = false;
}

static void use_timer(uint8_t a, uint8_t b)
{
	unsigned i = a % EXECUTORS;
	struct timer *t = &timers[i][a / EXECUTORS % TIMERS];

	if (b & 1) {
		t->tick = now_ticks + b;
		t->set = t->tick != WEIR_NEVER;
		weir_timer_set(on[i], &t->timer, t->tick);
	} else {
		claim(weir_timer_cancel(&t->timer) == t->set);
		t->set = false;
	}
}

static void obey(uint8_t what, uint8_t a, uint8_t b)
{
	struct channel *channel = channel_of(a);
	unsigned end = end_of(a);

	switch (what % 14) {
	case 0:
		open_channel(a, b);
		break;
	case 1:
		clone_tx(channel, end, b % ENDS);
		break;
	case 2:
		clone_rx(channel, end, b % ENDS);
		break;
	case 3:
		close_tx(channel, end);
		break;
	case 4:
		close_rx(channel, end);
		break;
	case 5:
		try_send(channel, end);
		break;
	case 6:
		try_recv(channel, end);
		break;
	case 7:
		start(SEND, a, b);
		break;
	case 8:
		start(RECV, a, b);
		break;
	case 9:
		start(SLEEP, a, b);
		break;
	case 10:
		cancel(&ops[a % OPS]);
		break;
	case 11:
		now_ticks += b;
		break;
	case 12:
		use_timer(a, b);
		break;
	default:
		weir_executor_turn(on[a % EXECUTORS]);
	}
}

// ---- at rest ----

static void settle(void)
{
	unsigned quiet = 0, rounds = 0;

	while (quiet < 4) {
		uint64_t work = 0;

		for (unsigned i = 0; i < EXECUTORS; i++)
			work += weir_executor_turn(on[i]);
		quiet = work ? 0 : quiet + 1;
		claim(++rounds < 10000);
	}
}

// Who still waits has a reason.
static void check_waiters(void)
{
	for (unsigned i = 0; i < OPS; i++) {
		const struct op *op = &ops[i];

		if (!op->used)
			continue;
		claim(op->running && !op->canceled);
		claim(op->deadline == WEIR_NEVER ||
			(int64_t)(now_ticks - op->deadline) < 0);
		if (op->kind == SEND)
			claim(op->channel->receivers && is_full(op->channel));
		if (op->kind == RECV)
			claim(op->channel->senders && is_empty(op->channel));
	}
	for (unsigned i = 0; i < EXECUTORS * TIMERS; i++) {
		const struct timer *t = &timers[i / TIMERS][i % TIMERS];

		claim(!t->set || (int64_t)(now_ticks - t->tick) < 0);
	}
}

static void give_all_back(void)
{
	for (unsigned i = 0; i < OPS; i++)
		cancel(&ops[i]);
	settle();
	for (unsigned i = 0; i < OPS; i++)
		claim(!ops[i].used);
	for (unsigned i = 0; i < CHANNELS * ENDS; i++) {
		close_tx(&channels[i / ENDS], i % ENDS);
		close_rx(&channels[i / ENDS], i % ENDS);
	}
	for (unsigned i = 0; i < CHANNELS; i++)
		claim(channels[i].capacity == 0);
	for (unsigned i = 0; i < EXECUTORS * TIMERS; i++)
		use_timer((uint8_t)i, 0);
	for (unsigned i = 0; i < EXECUTORS; i++) {
		claim(weir_stack_pool_used(on[i]->stacks) == 0);
		claim(on[i]->counts->tasks == 0);
		claim(on[i]->abroad_count == 0);
	}
}

static void make_executors(void)
{
	const struct weir_executor_options options = {.clock = &fuzz_clock,
		.stack_count = 2 * OPS,
		.stack_size = 32 << 10,
		.node = -1};

	now_ticks = UINT64_MAX - 100000; // a wrap lies ahead
	fuzz_clock = weir_clock_virtual(&now_ticks, 1000000000);
	for (unsigned i = 0; i < EXECUTORS; i++)
		claim(weir_executor_create(&on[i], &options, NULL) == 0);
	for (unsigned i = 0; i < EXECUTORS * TIMERS; i++)
		weir_timer_init(&timers[i / TIMERS][i % TIMERS].timer, fired);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!on[0])
		make_executors();
	for (; size >= 3; data += 3, size -= 3)
		obey(data[0], data[1], data[2]);
	settle();
	check_waiters();
	give_all_back();
	return 0;
}

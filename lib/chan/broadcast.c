// SPDX-License-Identifier: BSD-3-Clause
//
// Values are numbered from 1; number n lies in slot n modulo capacity. head is
// the number that is sent next. Each receiver has a cell with its state and the
// number that it wants next; the sender knows up to where it may go without
// looking at the cells again, as a single-user end of a ring does.
//
// Subscribing while the sender runs.  The newcomer says in its cell from where it
// wants to read, then, behind a full fence, looks whether the sender has gone on
// meanwhile; if so it says so again. The sender publishes head and, behind a full
// fence, reads the cells. So a scan that has not seen the newcomer was made at a
// head that the newcomer has seen: what that scan allows does not reach around.
//
// Overtaken.  Value n is gone once n + capacity is being written, which may begin
// when head has come to n + capacity. So an overtaken receiver goes to the oldest
// that may be whole, head - capacity, and one further if that is not.
#include "chan/broadcast.h"
#include "chan/broadcast_parking.h"
#include "chan/parking.h"
#include "chan/slot.h"
#include "chan/user.h"
#include "mem/mem.h"
#include "task/task_inline.h"

static const char *const kinds[WEIR_SIDES] = {
	[WEIR_SIDE_RECV] = "a value of a broadcast",
	[WEIR_SIDE_SEND] = "room in a broadcast",
};

#define CAPACITY_MAX (1u << 20)

enum cell_state { FREE, TAKEN, LOSSLESS, LOSSY };

struct cell {
	alignas(WEIR_CACHE_LINE) uint32_t state;
	uint64_t next; // its receiver writes
};

struct weir_broadcast {
	// Written once.
	unsigned capacity, value_size;
	size_t slot_size;
	// Any user writes, when one comes or goes.
	alignas(WEIR_CACHE_LINE) uint32_t handle_count;
	uint32_t rx_count;
	uint32_t cells_end; // beyond the last that was ever used
	bool closed;
	// The sender writes.
	alignas(WEIR_CACHE_LINE) uint64_t head;
	struct cell cells[WEIR_BROADCAST_RECEIVERS];
	struct weir_parking parking;
	alignas(WEIR_CACHE_LINE) char slots[];
};

static struct weir_slot *slot_of(
	const struct weir_broadcast *broadcast, uint64_t number)
{
	return (struct weir_slot *)(uintptr_t)(broadcast->slots +
					       number % broadcast->capacity *
						       broadcast->slot_size);
}

// limit_now answers the number up to which the sender may go, exclusive: what
// the slowest lossless receiver allows.
static uint64_t limit_now(const struct weir_broadcast *broadcast)
{
	uint64_t least = load_acquire(&broadcast->head);
	unsigned end;

	fence_full(); // "Subscribing": head is written, the cells read
	end = load_acquire(&broadcast->cells_end);
	for (unsigned i = 0; i < end; i++) {
		const struct cell *cell = &broadcast->cells[i];
		uint64_t next;

		if (load_acquire(&cell->state) != LOSSLESS)
			continue;
		next = load_acquire(&cell->next);
		if (next < least)
			least = next;
	}
	return least + broadcast->capacity;
}

static unsigned available(const struct weir_side *side)
{
	const struct weir_broadcast *broadcast = weir_container(
		side->place->parking, struct weir_broadcast, parking);
	uint64_t head = load_acquire(&broadcast->head);

	if (weir_side_kind_of(side) == WEIR_SIDE_RECV)
		return load_acquire(&broadcast->closed) || head != side->seen
			       ? WEIR_AVAILABLE_ALL
			       : 0;
	return load_acquire(&broadcast->rx_count) == 0 ||
			       limit_now(broadcast) != head
		       ? WEIR_AVAILABLE_ALL
		       : 0;
}

int weir_broadcast_open(
	unsigned capacity, unsigned value_size, struct weir_broadcast_tx *tx)
{
	size_t slot_size = weir_slot_size(value_size);
	struct weir_broadcast *broadcast;

	if (capacity == 0 || capacity > CAPACITY_MAX || value_size == 0 ||
		value_size > WEIR_BROADCAST_SIZE_MAX)
		return -EINVAL;
	broadcast = weir_mem_create(
		sizeof(*broadcast) + capacity * slot_size, WEIR_NODE_ANY);
	if (!broadcast)
		return -ENOMEM;
	broadcast->capacity = capacity;
	broadcast->value_size = value_size;
	broadcast->slot_size = slot_size;
	broadcast->handle_count = 1;
	broadcast->head = 1;
	weir_parking_init(&broadcast->parking, available, kinds, NULL);
	*tx = (struct weir_broadcast_tx){
		.broadcast = broadcast, .limit = 1 + capacity};
	return 0;
}

// ---- receivers come and go ----

static inline void check_open(const struct weir_broadcast *broadcast)
{
	weir_user_check_open_of(broadcast, "broadcast");
}

static struct cell *take_cell(struct weir_broadcast *broadcast)
{
	for (unsigned i = 0; i < WEIR_BROADCAST_RECEIVERS; i++) {
		uint32_t state = FREE,
			 end = load_relaxed(&broadcast->cells_end);

		if (!cas_acq_rel(&broadcast->cells[i].state, &state, TAKEN))
			continue;
		while (end <= i &&
			!cas_acq_rel(&broadcast->cells_end, &end, i + 1))
			;
		return &broadcast->cells[i];
	}
	return NULL;
}

static void settle(
	struct weir_broadcast *broadcast, struct cell *cell, uint32_t state)
{
	uint64_t head = load_acquire(&broadcast->head), now;

	store_relaxed(&cell->next, head);
	store_release(&cell->state, state);
	for (;;) {
		fence_full(); // "Subscribing": the cell is written, head read
		now = load_acquire(&broadcast->head);
		if (now == head)
			return;
		head = now;
		store_release(&cell->next, head);
	}
}

static int subscribe(struct weir_broadcast *broadcast,
	enum weir_broadcast_kind kind, struct weir_broadcast_rx *rx)
{
	struct cell *cell;

	check_open(broadcast);
	weir_parking_enter(&broadcast->parking);
	cell = take_cell(broadcast);
	if (!cell)
		return -EAGAIN;
	add_acq_rel(&broadcast->handle_count, 1);
	settle(broadcast, cell, kind == WEIR_LOSSLESS ? LOSSLESS : LOSSY);
	add_acq_rel(&broadcast->rx_count, 1);
	*rx = (struct weir_broadcast_rx){.broadcast = broadcast,
		.next = cell->next,
		.index = (uint32_t)(cell - broadcast->cells),
		.kind = kind};
	return 0;
}

int weir_broadcast_subscribe(struct weir_broadcast_tx *tx,
	enum weir_broadcast_kind kind, struct weir_broadcast_rx *rx)
{
	return subscribe(tx->broadcast, kind, rx);
}

int weir_broadcast_clone(const struct weir_broadcast_rx *of,
	enum weir_broadcast_kind kind, struct weir_broadcast_rx *rx)
{
	return subscribe(of->broadcast, kind, rx);
}

static void leave(struct weir_broadcast *broadcast)
{
	if (sub_acq_rel(&broadcast->handle_count, 1) == 1)
		weir_mem_destroy(broadcast);
}

void weir_broadcast_rx_close(struct weir_broadcast_rx *rx)
{
	struct weir_broadcast *broadcast = rx->broadcast;
	struct weir_place *place;

	if (!broadcast)
		return;
	place = weir_parking_enter(&broadcast->parking);
	store_release(&broadcast->cells[rx->index].state, FREE);
	*rx = (struct weir_broadcast_rx){0};
	sub_acq_rel(&broadcast->rx_count, 1);
	weir_parking_wake(&broadcast->parking, place, WEIR_SIDE_SEND);
	leave(broadcast);
}

void weir_broadcast_tx_close(struct weir_broadcast_tx *tx)
{
	struct weir_broadcast *broadcast = tx->broadcast;
	struct weir_place *place;

	if (!broadcast)
		return;
	tx->broadcast = NULL;
	place = weir_parking_enter(&broadcast->parking);
	store_release(&broadcast->closed, true);
	weir_parking_wake(&broadcast->parking, place, WEIR_SIDE_RECV);
	leave(broadcast);
}

// ---- sending ----

enum weir_result weir_broadcast_try_send(
	struct weir_broadcast_tx *tx, const void *value)
{
	struct weir_broadcast *broadcast = tx->broadcast;
	struct weir_place *place;
	uint64_t head;

	check_open(broadcast);
	place = weir_parking_enter(&broadcast->parking);
	head = broadcast->head;
	if (unlikely(load_acquire(&broadcast->rx_count) == 0))
		return WEIR_CLOSED;
	if (unlikely(head == tx->limit)) {
		tx->limit = limit_now(broadcast);
		if (head == tx->limit)
			return WEIR_FULL;
	}
	weir_slot_write(
		slot_of(broadcast, head), head, value, broadcast->value_size);
	store_release(&broadcast->head, head + 1);
	WEIR_TRACE(chan_sent, &broadcast->parking, 1, 1);
	weir_parking_wake(&broadcast->parking, place, WEIR_SIDE_RECV);
	return WEIR_SENT;
}

static enum weir_result failed(int err)
{
	return err == -ETIMEDOUT ? WEIR_TIMED_OUT : WEIR_CANCELED;
}

enum weir_result weir_broadcast_send(
	struct weir_broadcast_tx *tx, const void *value, uint64_t deadline)
{
	struct weir_waiter waiter;
	enum weir_result result;

	check_open(tx->broadcast);
	weir_task_only("weir_broadcast_send", "weir_broadcast_send_blocking");
	if (!weir_task_begin())
		return WEIR_CANCELED;
	weir_waiter_begin(
		&waiter, &tx->broadcast->parking, WEIR_SIDE_SEND, false);
	while ((result = weir_broadcast_try_send(tx, value)) == WEIR_FULL) {
		int err = weir_waiter_wait(&waiter, deadline);

		if (err) {
			result = failed(err);
			break;
		}
	}
	weir_waiter_end(&waiter);
	return result;
}

enum weir_result weir_broadcast_send_blocking(
	struct weir_broadcast_tx *tx, const void *value, uint64_t deadline)
{
	struct weir_blocker blocker;
	enum weir_result result;

	check_open(tx->broadcast);
	weir_thread_only("weir_broadcast_send_blocking", "weir_broadcast_send");
	weir_blocker_begin(&blocker, &tx->broadcast->parking);
	while ((result = weir_broadcast_try_send(tx, value)) == WEIR_FULL)
		if (!weir_blocker_wait(&blocker, deadline)) {
			result = WEIR_TIMED_OUT;
			break;
		}
	weir_blocker_end(&blocker);
	return result;
}

// ---- receiving ----

// catch_up leaves out what is gone; false when the receiver has seen all.
static bool catch_up(struct weir_broadcast_rx *rx)
{
	const struct weir_broadcast *broadcast = rx->broadcast;
	uint64_t head = load_acquire(&broadcast->head);

	if (rx->next >= head)
		return false;
	if (head - rx->next >= broadcast->capacity && rx->kind == WEIR_LOSSY) {
		uint64_t oldest = head - broadcast->capacity;

		// The one it could not read is being written over.
		if (oldest == rx->next)
			oldest++;
		rx->missed += oldest - rx->next;
		rx->next = oldest;
	}
	return rx->next < head;
}

static bool take(struct weir_broadcast_rx *rx, void *value)
{
	const struct weir_broadcast *broadcast = rx->broadcast;

	// A lossless one may not be overtaken, so its slot is right at once.
	while (!weir_slot_read(slot_of(broadcast, rx->next), rx->next, value,
		broadcast->value_size))
		if (!catch_up(rx))
			return false;
	return true;
}

static void tell_missed(struct weir_broadcast_rx *rx, uint64_t *missed)
{
	if (missed)
		*missed = rx->missed;
	rx->missed = 0;
}

static enum weir_result recv_now(
	struct weir_broadcast_rx *rx, void *value, uint64_t *missed)
{
	struct weir_broadcast *broadcast = rx->broadcast;
	struct weir_place *place;
	bool closed;

	check_open(broadcast);
	place = weir_parking_enter(&broadcast->parking);
	// closed first: what was sent last is there by then.
	closed = load_acquire(&broadcast->closed);
	if (!take(rx, value)) {
		if (closed)
			tell_missed(rx, missed);
		return closed ? WEIR_CLOSED : WEIR_EMPTY;
	}
	rx->next++;
	WEIR_TRACE(chan_received, &broadcast->parking, 1, 0);
	tell_missed(rx, missed);
	if (rx->kind == WEIR_LOSSLESS) {
		store_release(&broadcast->cells[rx->index].next, rx->next);
		weir_parking_wake(&broadcast->parking, place, WEIR_SIDE_SEND);
	}
	return WEIR_RECEIVED;
}

enum weir_result weir_broadcast_try_recv(
	struct weir_broadcast_rx *rx, void *value, uint64_t *missed)
{
	return recv_now(rx, value, missed);
}

enum weir_result weir_broadcast_recv(struct weir_broadcast_rx *rx, void *value,
	uint64_t *missed, uint64_t deadline)
{
	struct weir_waiter waiter;
	enum weir_result result;

	check_open(rx->broadcast);
	weir_task_only("weir_broadcast_recv", "weir_broadcast_recv_blocking");
	if (!weir_task_begin())
		return WEIR_CANCELED;
	weir_waiter_begin(
		&waiter, &rx->broadcast->parking, WEIR_SIDE_RECV, false);
	while ((result = recv_now(rx, value, missed)) == WEIR_EMPTY) {
		int err;

		waiter.seen = rx->next;
		err = weir_waiter_wait(&waiter, deadline);
		if (err) {
			result = failed(err);
			break;
		}
	}
	weir_waiter_end(&waiter);
	return result;
}

enum weir_result weir_broadcast_recv_blocking(struct weir_broadcast_rx *rx,
	void *value, uint64_t *missed, uint64_t deadline)
{
	struct weir_blocker blocker;
	enum weir_result result;

	check_open(rx->broadcast);
	weir_thread_only("weir_broadcast_recv_blocking", "weir_broadcast_recv");
	weir_blocker_begin(&blocker, &rx->broadcast->parking);
	while ((result = recv_now(rx, value, missed)) == WEIR_EMPTY)
		if (!weir_blocker_wait(&blocker, deadline)) {
			result = WEIR_TIMED_OUT;
			break;
		}
	weir_blocker_end(&blocker);
	return result;
}

uint64_t weir_broadcast_missed(struct weir_broadcast_rx *rx)
{
	uint64_t missed = rx->missed;

	check_open(rx->broadcast);
	rx->missed = 0;
	return missed;
}

struct weir_parking *weir_broadcast_parking(struct weir_broadcast *broadcast)
{
	return &broadcast->parking;
}

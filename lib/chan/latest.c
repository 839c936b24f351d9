// SPDX-License-Identifier: BSD-3-Clause
//
// Four slots, the version says in which the latest lies: a reader has to begin
// again only when three more values were written while it read.
#include "chan/latest.h"
#include "chan/case.h"
#include "chan/parked_case.h"
#include "chan/parking.h"
#include "chan/slot.h"
#include "chan/user.h"
#include "mem/mem.h"
#include "task/task_inline.h"

static const char *const kinds[WEIR_SIDES] = {
	[WEIR_SIDE_RECV] = "a newer value",
};

#define SLOTS 4

struct weir_latest {
	// Written once.
	unsigned value_size;
	size_t slot_size;
	// Any user writes, when one comes or goes.
	alignas(WEIR_CACHE_LINE) uint32_t handle_count;
	uint32_t rx_count;
	bool closed;
	// The writer writes.
	alignas(WEIR_CACHE_LINE) uint64_t version;
	struct weir_parking parking;
	alignas(WEIR_CACHE_LINE) char slots[];
};

static struct weir_slot *slot_of(
	const struct weir_latest *latest, uint64_t version)
{
	return (struct weir_slot *)(uintptr_t)(latest->slots +
					       version % SLOTS *
						       latest->slot_size);
}

static unsigned available(const struct weir_side *side)
{
	const struct weir_latest *latest = weir_container(
		side->place->parking, struct weir_latest, parking);

	return load_acquire(&latest->closed) ||
			       load_acquire(&latest->version) != side->seen
		       ? WEIR_AVAILABLE_ALL
		       : 0;
}

static void write(struct weir_latest *latest, const void *value)
{
	uint64_t version = latest->version + 1;

	weir_slot_write(
		slot_of(latest, version), version, value, latest->value_size);
	store_release(&latest->version, version);
}

int weir_latest_open(unsigned value_size, const void *initial,
	struct weir_latest_tx *tx, struct weir_latest_rx *rx)
{
	size_t slot_size = weir_slot_size(value_size);
	struct weir_latest *latest;

	if (value_size == 0 || value_size > WEIR_LATEST_SIZE_MAX)
		return -EINVAL;
	latest = weir_mem_create(
		sizeof(*latest) + SLOTS * slot_size, WEIR_NODE_ANY);
	if (!latest)
		return -ENOMEM;
	latest->value_size = value_size;
	latest->slot_size = slot_size;
	latest->handle_count = 2;
	latest->rx_count = 1;
	weir_parking_init(&latest->parking, available, kinds, NULL);
	if (initial)
		write(latest, initial);
	tx->latest = latest;
	rx->latest = latest;
	return 0;
}

static inline void check_open(const struct weir_latest *latest)
{
	weir_user_check_open_of(latest, "latest value");
}

void weir_latest_clone(
	const struct weir_latest_rx *rx, struct weir_latest_rx *clone)
{
	check_open(rx->latest);
	add_acq_rel(&rx->latest->handle_count, 1);
	add_acq_rel(&rx->latest->rx_count, 1);
	*clone = *rx;
}

uint64_t weir_latest_write(struct weir_latest_tx *tx, const void *value)
{
	struct weir_latest *latest = tx->latest;
	struct weir_place *place;

	check_open(latest);
	place = weir_parking_enter(&latest->parking);
	write(latest, value);
	WEIR_TRACE(chan_sent, &latest->parking, 1, 1);
	weir_parking_wake(&latest->parking, place, WEIR_SIDE_RECV);
	return latest->version;
}

uint64_t weir_latest_read(const struct weir_latest_rx *rx, void *value)
{
	const struct weir_latest *latest = rx->latest;
	uint64_t version;

	check_open(latest);
	do {
		version = load_acquire(&latest->version);
	} while (version && !weir_slot_read(slot_of(latest, version), version,
				    value, latest->value_size));
	if (version) // and then none is left to read
		WEIR_TRACE(chan_received, &latest->parking, 1, 0);
	return version;
}

uint64_t weir_latest_version(const struct weir_latest_rx *rx)
{
	check_open(rx->latest);
	return load_acquire(&rx->latest->version);
}

// look answers EMPTY while the version is the one seen.
static enum weir_result look(const struct weir_latest *latest, uint64_t seen)
{
	// closed first: what was written last is there by then.
	bool closed = load_acquire(&latest->closed);

	if (load_acquire(&latest->version) != seen)
		return WEIR_RECEIVED;
	return closed ? WEIR_CLOSED : WEIR_EMPTY;
}

enum weir_result weir_latest_changed(
	struct weir_latest_rx *rx, uint64_t seen, uint64_t deadline)
{
	struct weir_latest *latest = rx->latest;
	struct weir_waiter waiter;
	enum weir_result result;

	check_open(latest);
	weir_task_only("weir_latest_changed", "weir_latest_changed_blocking");
	if (!weir_task_begin())
		return WEIR_CANCELED;
	weir_waiter_begin(&waiter, &latest->parking, WEIR_SIDE_RECV, false);
	waiter.seen = seen;
	while ((result = look(latest, seen)) == WEIR_EMPTY) {
		int err = weir_waiter_wait(&waiter, deadline);

		if (err) {
			result = err == -ETIMEDOUT ? WEIR_TIMED_OUT
						   : WEIR_CANCELED;
			break;
		}
	}
	weir_waiter_end(&waiter);
	return result;
}

enum weir_result weir_latest_changed_blocking(
	struct weir_latest_rx *rx, uint64_t seen, uint64_t deadline)
{
	struct weir_latest *latest = rx->latest;
	struct weir_blocker blocker;
	enum weir_result result;

	check_open(latest);
	weir_thread_only("weir_latest_changed_blocking", "weir_latest_changed");
	weir_parking_enter(&latest->parking);
	weir_blocker_begin(&blocker, &latest->parking);
	while ((result = look(latest, seen)) == WEIR_EMPTY)
		if (!weir_blocker_wait(&blocker, deadline)) {
			result = WEIR_TIMED_OUT;
			break;
		}
	weir_blocker_end(&blocker);
	return result;
}

bool weir_latest_unread(const struct weir_latest_tx *tx)
{
	check_open(tx->latest);
	return load_acquire(&tx->latest->rx_count) == 0;
}

static void leave(struct weir_latest *latest)
{
	if (sub_acq_rel(&latest->handle_count, 1) == 1)
		weir_mem_destroy(latest);
}

void weir_latest_tx_close(struct weir_latest_tx *tx)
{
	struct weir_latest *latest = tx->latest;
	struct weir_place *place;

	if (!latest)
		return;
	tx->latest = NULL;
	place = weir_parking_enter(&latest->parking);
	store_release(&latest->closed, true);
	weir_parking_wake(&latest->parking, place, WEIR_SIDE_RECV);
	leave(latest);
}

void weir_latest_rx_close(struct weir_latest_rx *rx)
{
	struct weir_latest *latest = rx->latest;

	if (!latest)
		return;
	rx->latest = NULL;
	sub_acq_rel(&latest->rx_count, 1);
	leave(latest);
}

// ---- as a case: argument is where its user keeps what it has seen ----

static bool changed_attempt(struct weir_case *c)
{
	const struct weir_latest_rx *rx = c->object;
	enum weir_result result;

	check_open(rx->latest);
	result = look(rx->latest, *(uint64_t *)c->argument);
	if (result == WEIR_EMPTY)
		return false;
	c->result = result;
	c->disabled = result == WEIR_CLOSED;
	return true;
}

static struct weir_side *changed_side(const struct weir_case *c)
{
	const struct weir_latest_rx *rx = c->object;

	return weir_parking_side(&rx->latest->parking, WEIR_SIDE_RECV);
}

static bool changed_enlist(struct weir_case *c, struct weir_executor *executor,
	enum weir_wait_place place)
{
	return weir_parked_case_enlist(
		c, changed_side(c), *(uint64_t *)c->argument, executor, place);
}

static bool changed_delist(struct weir_case *c)
{
	return weir_parked_case_delist(c, changed_side(c));
}

static const struct weir_case_ops changed_ops = {
	.kind = "a newer value",
	.attempt = changed_attempt,
	.enlist = changed_enlist,
	.delist = changed_delist,
};

struct weir_case weir_case_latest(
	struct weir_latest_rx *rx, const uint64_t *seen)
{
	return (struct weir_case){.ops = &changed_ops,
		.object = rx,
		.argument = (void *)(uintptr_t)seen};
}

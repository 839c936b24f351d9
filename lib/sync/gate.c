// SPDX-License-Identifier: BSD-3-Clause
#include "sync/gate.h"
#include "sync/caller.h"

static const struct weir_wait_what what = {.kind = "who is inside a gate"};

void weir_gate_init(struct weir_gate *gate, struct weir_executor *executor)
{
	gate->executor = weir_caller_executor(executor);
	weir_wait_queue_says(&gate->waiters, &what);
	gate->inside = 0;
	gate->closed = false;
}

void weir_gate_fini(struct weir_gate *gate)
{
	weir_assert(gate->inside == 0);
	weir_assert(weir_wait_queue_empty(&gate->waiters)); // nobody waits
	gate->executor = NULL;
}

int weir_gate_enter(struct weir_gate *gate)
{
	if (unlikely(!weir_caller_is_home(gate->executor)))
		return weir_misuse_stranger(__func__, gate, gate->executor);
	if (gate->closed)
		return -ESHUTDOWN;
	gate->inside++;
	return 0;
}

static inline bool is_over(const struct weir_gate *gate)
{
	return gate->closed && gate->inside == 0;
}

// Once it is over it stays so: a wakeup needs no second look.
static inline void wake_if_over(struct weir_gate *gate)
{
	if (unlikely(is_over(gate)))
		weir_wake_all(&gate->waiters);
}

int weir_gate_leave(struct weir_gate *gate)
{
	if (unlikely(!weir_caller_is_home(gate->executor)))
		return weir_misuse_stranger(__func__, gate, gate->executor);
	if (unlikely(gate->inside == 0))
		return weir_misuse(-EPERM, __func__, gate,
			"but nobody is inside", "who entered leaves once");
	gate->inside--;
	wake_if_over(gate);
	return 0;
}

int weir_gate_close(struct weir_gate *gate)
{
	if (unlikely(!weir_caller_is_home(gate->executor)))
		return weir_misuse_stranger(__func__, gate, gate->executor);
	gate->closed = true;
	wake_if_over(gate);
	return 0;
}

int weir_gate_try_wait(const struct weir_gate *gate)
{
	if (unlikely(!weir_caller_is_home(gate->executor)))
		return weir_misuse_stranger(__func__, gate, gate->executor);
	return is_over(gate) ? 0 : -EAGAIN;
}

int weir_gate_wait_until(struct weir_gate *gate, uint64_t deadline)
{
	struct weir_task *self = weir_caller(gate->executor);

	if (unlikely(!self))
		return weir_misuse_stranger(
			"weir_gate_wait", gate, gate->executor);
	if (unlikely(!weir_task_proceed(gate->executor, self)))
		return -ECANCELED;
	if (is_over(gate))
		return 0;
	WEIR_TRACE(lock_contended, gate, "gate");
	return weir_wait(&gate->waiters, deadline, WEIR_WAIT_BACK);
}

int weir_gate_wait(struct weir_gate *gate)
{
	return weir_gate_wait_until(gate, WEIR_NEVER);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The table of all trace points: what happens to tasks, channels, locks, stages
// and executors, and what is written down of it.
//
// It is included for what POINT and FIELD mean at that place, and has no guard:
// the calls (trace/trace.h), their registration with rte_trace
// (trace/register.c), the writing (trace/points.c). docs/tracing.md shows the
// same table, and a test compares the two.
//
//	POINT(call, name, (parameters), FIELD(type, field) …, meaning)
//
// A point appears in a trace as "weir." and its name. Types are rte_trace's: ptr,
// u32, u64, string (of 32 bytes). Objects are known by their addresses;
// trace.named gives these names.
// clang-format off

POINT(trace_named, trace.named,
	(const void *object, const char *kind, const char *name),
	FIELD(ptr, object) FIELD(string, kind) FIELD(string, name),
	"what an address means: kind is executor, task, stage, channel or bell")
POINT(trace_lost, trace.lost, (uint64_t events, uint64_t nested),
	FIELD(u64, events) FIELD(u64, nested),
	"so many older events of this thread were overwritten; so many passed in a signal handler, within another point, were not written")

POINT(task_spawned, task.spawned, (const void *task, const char *name),
	FIELD(ptr, task) FIELD(string, name),
	"a task was made, and is ready")
POINT(task_resumed, task.resumed, (const void *task),
	FIELD(ptr, task),
	"a step of a task begins")
POINT(task_yielded, task.yielded, (const void *task),
	FIELD(ptr, task),
	"it ends, and the task is ready again")
POINT(task_parked, task.parked,
	(const void *task, const void *object, uint64_t deadline),
	FIELD(ptr, task) FIELD(ptr, object) FIELD(u64, deadline),
	"it ends, and the task waits: object is the queue, the select, or 0 for a sleep; deadline a tick, or all ones")
POINT(task_woken, task.woken, (const void *task, uint32_t answer),
	FIELD(ptr, task) FIELD(u32, answer),
	"the wait of a task ends, and it is ready: answer is 0, or the errno of a deadline or a cancel")
POINT(task_canceled, task.canceled, (const void *task),
	FIELD(ptr, task),
	"a task was cancelled")
POINT(task_ended, task.ended, (const void *task, uint32_t error),
	FIELD(ptr, task) FIELD(u32, error),
	"a task has ended, with this errno or 0")

POINT(stepper_started, stepper.started,
	(const void *stepper, const void *kind),
	FIELD(ptr, stepper) FIELD(ptr, kind),
	"a stepper was made, and is ready; kind is its class")
POINT(stepper_stepped, stepper.stepped, (const void *stepper),
	FIELD(ptr, stepper),
	"a step of a stepper begins")
POINT(stepper_parked, stepper.parked,
	(const void *stepper, const void *object, uint64_t deadline),
	FIELD(ptr, stepper) FIELD(ptr, object) FIELD(u64, deadline),
	"it ends, and the stepper waits for the object of its case")
POINT(stepper_woken, stepper.woken, (const void *stepper, uint32_t answer),
	FIELD(ptr, stepper) FIELD(u32, answer),
	"the wait of a stepper ends, and it is ready")
POINT(stepper_ended, stepper.ended, (const void *stepper, uint32_t error),
	FIELD(ptr, stepper) FIELD(u32, error),
	"a stepper has ended")

POINT(executor_turn, executor.turn, (const void *executor, uint64_t work),
	FIELD(ptr, executor) FIELD(u64, work),
	"a turn ends that did so much work; those that did none are not written")
POINT(executor_idle, executor.idle, (const void *executor),
	FIELD(ptr, executor),
	"a turn found nothing to do, the first after one that did")
POINT(executor_sleeps, executor.sleeps,
	(const void *executor, uint64_t until),
	FIELD(ptr, executor) FIELD(u64, until),
	"an executor goes to sleep, until a tick or all ones")
POINT(executor_wakes, executor.wakes, (const void *executor),
	FIELD(ptr, executor),
	"it is awake")
POINT(executor_posted, executor.posted, (const void *executor),
	FIELD(ptr, executor),
	"somebody posted to an executor")
POINT(bell_rung, bell.rung, (const void *bell),
	FIELD(ptr, bell),
	"the bell of one who sleeps was rung")
POINT(timer_fired, timer.fired, (const void *executor, const void *timer),
	FIELD(ptr, executor) FIELD(ptr, timer),
	"a timer has come")
POINT(select_served, select.served, (const void *cases, uint32_t index),
	FIELD(ptr, cases) FIELD(u32, index),
	"a select serves the case of this index")

POINT(chan_opened, chan.opened,
	(const void *channel, const char *name, uint32_t capacity),
	FIELD(ptr, channel) FIELD(string, name) FIELD(u32, capacity),
	"a channel was made")
POINT(chan_sent, chan.sent,
	(const void *channel, uint32_t count, uint32_t depth),
	FIELD(ptr, channel) FIELD(u32, count) FIELD(u32, depth),
	"so many messages were sent, and so many are inside now")
POINT(chan_received, chan.received,
	(const void *channel, uint32_t count, uint32_t depth),
	FIELD(ptr, channel) FIELD(u32, count) FIELD(u32, depth),
	"so many messages were received, and so many are inside now")
POINT(chan_full, chan.full, (const void *channel, uint32_t count),
	FIELD(ptr, channel) FIELD(u32, count),
	"so many messages found no room")
POINT(chan_parked, chan.parked, (const void *channel, uint32_t side),
	FIELD(ptr, channel) FIELD(u32, side),
	"the calling task is about to park: side 0 for messages, 1 for room, 2 for the end")
POINT(chan_closed, chan.closed, (const void *channel, uint32_t side),
	FIELD(ptr, channel) FIELD(u32, side),
	"the last receiver (0) or sender (1) has closed")

POINT(fd_opened, fd.opened, (const void *fd, uint32_t number),
	FIELD(ptr, fd) FIELD(u32, number),
	"a descriptor was opened on the reactor of this thread, under the system's number")
POINT(fd_ready, fd.ready,
	(const void *fd, uint32_t number, uint32_t ways),
	FIELD(ptr, fd) FIELD(u32, number) FIELD(u32, ways),
	"the system told that it can be read (1), written (2) or both (3)")
POINT(fd_closed, fd.closed, (const void *fd, uint32_t number),
	FIELD(ptr, fd) FIELD(u32, number),
	"it was closed, or released")
POINT(connection_queues, connection.queues,
	(const void *fd, uint32_t number),
	FIELD(ptr, fd) FIELD(u32, number),
	"a connection with something to read found no stack and stands in line")
POINT(connection_borrows, connection.borrows,
	(const void *fd, uint32_t number),
	FIELD(ptr, fd) FIELD(u32, number),
	"a connection has a stack, and is handled by a task on it")
POINT(connection_returns, connection.returns,
	(const void *fd, uint32_t number),
	FIELD(ptr, fd) FIELD(u32, number),
	"it gives the stack back, and waits without one or ends")

POINT(lock_contended, lock.contended, (const void *lock, const char *kind),
	FIELD(ptr, lock) FIELD(string, kind),
	"the calling task waits for a lock that others have")

POINT(stage_burst, stage.burst,
	(const void *stage, uint32_t packets, uint64_t ticks),
	FIELD(ptr, stage) FIELD(u32, packets) FIELD(u64, ticks),
	"so many packets went through a stage in so many ticks, which end here; 0 where they are timed with others")
POINT(stage_waits, stage.waits, (const void *stage),
	FIELD(ptr, stage),
	"a stage has nothing to do, the first step after one that did")
POINT(stage_held_back, stage.held_back, (const void *stage),
	FIELD(ptr, stage),
	"a stage has no room to put packets, the first step of such")
POINT(stage_drained, stage.drained, (const void *stage),
	FIELD(ptr, stage),
	"a stage has ended and holds nothing any more")

// clang-format on
#undef POINT
#undef FIELD

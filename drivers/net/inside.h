// SPDX-License-Identifier: BSD-3-Clause
//
// Whether an lcore is inside a device: it says so before it looks whether the
// device is open, and whoever has shut the device looks whether one is inside.
//
//	lcore                        who shuts
//	inside = 1                   state or shut is stored
//	   INSIDE                       INSIDE
//	is it open? then call it     is none inside?
//	inside = 0
//
// INSIDE keeps each side's store before its load. The lcore's half costs
// nothing: membarrier(2) has each core of this process do it when the other
// half is done. Where the kernel has no such call, both are fences.
//
// Threads.  enter and leave: the queue's lcore. nobody: any other thread, after
// it has stored what keeps lcores out.
#ifndef WEIR_DRIVERS_NET_INSIDE_H
#define WEIR_DRIVERS_NET_INSIDE_H

#include "base/atomic.h"
#include "net/device.h"

// weir_inside_init finds out what the kernel offers. Before any lcore enters.
void weir_inside_init(struct weir_device *device);

static inline void weir_inside_enter(
	const struct weir_device *device, struct weir_device_queue *queue)
{
	store_relaxed(&queue->inside, 1u);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (unlikely(device->fences))
		fence_full(); // INSIDE: of inside and what says open
}

static inline void weir_inside_leave(struct weir_device_queue *queue)
{
	store_release(&queue->inside, 0u);
}

// weir_inside_nobody tells whether no lcore is inside, nor will be before the
// device is open again. A system call.
bool weir_inside_nobody(const struct weir_device *device);

#endif

// SPDX-License-Identifier: BSD-3-Clause
#include "net/inside.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

void weir_inside_init(struct weir_device *device)
{
	device->fences =
		syscall(SYS_membarrier,
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0;
}

static bool has_none(const struct weir_device_queue *queues, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (load_acquire(&queues[i].inside))
			return false;
	return true;
}

bool weir_inside_nobody(const struct weir_device *device)
{
	fence_full(); // INSIDE: of what says open and inside
	if (!device->fences &&
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		return false;
	return has_none(device->rx, device->rx_queues) &&
	       has_none(device->tx, device->tx_queues);
}

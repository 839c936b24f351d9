// SPDX-License-Identifier: BSD-3-Clause
#include "drivers.h"

#include "file/file.h"
#include "net/net.h"
#include "port/port.h"

static const struct weir_port_driver *const drivers[] = {
	&weir_file_driver,
	&weir_net_driver,
};

void weir_drivers_register(void)
{
	unsigned count = sizeof(drivers) / sizeof(drivers[0]);

	for (unsigned i = 0; i < count; i++)
		if (!weir_port_find(drivers[i]->kinds->name))
			weir_port_register(drivers[i]);
}

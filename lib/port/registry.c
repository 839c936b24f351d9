// SPDX-License-Identifier: BSD-3-Clause
#include "port/port.h"
#include "base/assert.h"

#include <string.h>

#define DRIVERS_MAX 32

static const struct weir_port_driver *drivers[DRIVERS_MAX];
static unsigned driver_count;

static unsigned kind_count(const struct weir_port_driver *driver)
{
	unsigned count = 0;

	while (driver->kinds[count])
		count++;
	return count;
}

// A key of a port's mapping must mean one thing, whoever reads it.
static void check_kinds(const struct weir_port_driver *driver)
{
	unsigned count = kind_count(driver);

	weir_assert(count > 0);
	for (unsigned i = 0; i < count; i++) {
		weir_assert(driver->kind_help[i] != NULL);
		weir_assert(!weir_port_find(driver->kinds[i]));
		weir_assert(
			!weir_option_find(driver->options, driver->kinds[i]));
		for (unsigned j = 0; j < i; j++)
			weir_assert(strcmp(driver->kinds[i],
					    driver->kinds[j]) != 0);
	}
}

void weir_port_register(const struct weir_port_driver *driver)
{
	weir_assert(driver->name && driver->help);
	weir_assert(driver_count < DRIVERS_MAX);
	weir_assert(weir_option_table_check(
			    driver->options, driver->state_size, NULL) == 0);
	check_kinds(driver);
	drivers[driver_count++] = driver;
}

const struct weir_port_driver *weir_port_find(const char *kind)
{
	for (unsigned i = 0; i < driver_count; i++) {
		for (const char *const *k = drivers[i]->kinds; *k; k++) {
			if (!strcmp(*k, kind))
				return drivers[i];
		}
	}
	return NULL;
}

const struct weir_port_driver *weir_port_at(unsigned index)
{
	return index < driver_count ? drivers[index] : NULL;
}

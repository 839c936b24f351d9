// SPDX-License-Identifier: BSD-3-Clause
#include "port/port.h"
#include "base/assert.h"

#include <string.h>

#define DRIVERS_MAX 32

static const struct weir_port_driver *drivers[DRIVERS_MAX];
static unsigned driver_count;

// A key of a port's mapping must mean one thing, whoever reads it.
static void check_kinds(const struct weir_port_driver *driver)
{
	weir_assert(driver->kinds->name);
	for (const struct weir_port_kind *kind = driver->kinds; kind->name;
		kind++) {
		weir_assert(kind->help);
		weir_assert(!weir_port_find(kind->name));
		weir_assert(!weir_option_find(driver->options, kind->name));
		for (const struct weir_port_kind *other = driver->kinds;
			other < kind; other++)
			weir_assert(strcmp(other->name, kind->name) != 0);
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

static const struct weir_port_kind *find(
	const char *name, const struct weir_port_driver **driver)
{
	for (unsigned i = 0; i < driver_count; i++) {
		const struct weir_port_kind *kind = drivers[i]->kinds;

		*driver = drivers[i];
		for (; kind->name; kind++)
			if (!strcmp(kind->name, name))
				return kind;
	}
	*driver = NULL;
	return NULL;
}

const struct weir_port_driver *weir_port_find(const char *kind)
{
	const struct weir_port_driver *driver;

	find(kind, &driver);
	return driver;
}

const struct weir_port_kind *weir_port_kind_find(const char *kind)
{
	const struct weir_port_driver *driver;

	return find(kind, &driver);
}

struct weir_port_traits weir_port_traits_of(const char *kind, const char *value)
{
	const struct weir_port_driver *driver;
	const struct weir_port_kind *found = find(kind, &driver);
	struct weir_port_traits traits;

	weir_assert(found);
	traits = found->traits;
	if (driver->traits)
		driver->traits(kind, value ? value : "", &traits);
	return traits;
}

const struct weir_port_driver *weir_port_at(unsigned index)
{
	return index < driver_count ? drivers[index] : NULL;
}

static const uint32_t shut;

const struct weir_port_direct weir_port_shut = {.gate = &shut, .open = 1};

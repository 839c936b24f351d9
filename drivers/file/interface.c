// SPDX-License-Identifier: BSD-3-Clause
#include "file/interface.h"

#include "base/assert.h"
#include "base/atomic.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct weir_interface *table[WEIR_INTERFACES_MAX];
static unsigned count;
static unsigned users;
static int sources;

void weir_interfaces_enter(void)
{
	pthread_mutex_lock(&lock);
	users++;
	pthread_mutex_unlock(&lock);
}

static void clear(void)
{
	for (unsigned i = 0; i < count; i++)
		free(table[i]);
	store_release(&count, 0);
	sources = 0;
}

void weir_interfaces_leave(void)
{
	pthread_mutex_lock(&lock);
	weir_assert(users > 0);
	if (--users == 0)
		clear();
	pthread_mutex_unlock(&lock);
}

int weir_interfaces_source(void)
{
	int source = -ENOSPC;

	pthread_mutex_lock(&lock);
	if (sources < WEIR_INTERFACE_SOURCES_MAX)
		source = sources++;
	pthread_mutex_unlock(&lock);
	return source;
}

static int add_locked(
	const struct weir_interface *interface, const uint8_t *options)
{
	struct weir_interface *copy;

	if (count == WEIR_INTERFACES_MAX)
		return -ENOSPC;
	copy = malloc(sizeof(*copy) + interface->options_size);
	if (!copy)
		return -ENOMEM;
	*copy = *interface;
	if (interface->options_size)
		memcpy(copy->options, options, interface->options_size);
	table[count] = copy;
	store_release(&count, count + 1);
	return (int)count - 1;
}

int weir_interfaces_add(
	const struct weir_interface *interface, const uint8_t *options)
{
	int index;

	pthread_mutex_lock(&lock);
	index = add_locked(interface, options);
	pthread_mutex_unlock(&lock);
	return index;
}

unsigned weir_interfaces_count(void)
{
	return load_acquire(&count);
}

const struct weir_interface *weir_interfaces_at(unsigned index)
{
	weir_assert(index < weir_interfaces_count());
	return table[index];
}

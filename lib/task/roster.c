// SPDX-License-Identifier: BSD-3-Clause
#include "task/roster.h"
#include "task/executor_inline.h"
#include "task/map.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// What links the roster has its map.
__attribute__((used)) static const struct weir_map *const map = &weir_map;

static void (*on_remove)(struct weir_executor *executor);

struct weir_list weir_roster = {&weir_roster, &weir_roster};

void weir_roster_lock(void)
{
	pthread_mutex_lock(&lock);
}

void weir_roster_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void weir_roster_add(struct weir_executor *executor)
{
	weir_roster_lock();
	weir_list_add(&weir_roster, &executor->roster);
	weir_roster_unlock();
}

void weir_roster_remove(struct weir_executor *executor)
{
	void (*gone)(struct weir_executor * executor);

	weir_roster_lock();
	weir_list_remove(&executor->roster);
	weir_roster_unlock();
	gone = load_acquire(&on_remove);
	if (gone)
		gone(executor);
}

void weir_roster_on_remove(void (*gone)(struct weir_executor *executor))
{
	store_release(&on_remove, gone);
}

void weir_roster_each(
	void (*each)(struct weir_executor *executor, void *arg), void *arg)
{
	weir_roster_lock();
	weir_list_each (link, &weir_roster)
		each(weir_container(link, struct weir_executor, roster), arg);
	weir_roster_unlock();
}

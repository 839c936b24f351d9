// SPDX-License-Identifier: BSD-3-Clause
//
// Task-local data: a few values that a task carries with it, each under a key
// with a type, freed when it ends.
//
//	WEIR_LOCAL(request_id, struct request_id, free)
//
//	request_id_set(id);      // the task's from now on
//	request_id_get()->text;  // NULL where none was set
//
// Threads.  The calling task's own. Children inherit nothing.
// Memory.  WEIR_LOCALS values a task, in the task; nothing is allocated. A task
// owns what it has set: it is freed when another is set under the key, and at
// its end, the last first, by the task itself.
#ifndef WEIR_TASK_LOCAL_H
#define WEIR_TASK_LOCAL_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_LOCALS 4

// A key is known by its address: static, one for each kind of value. destroy
// (NULL: nothing to free) must not wait.
struct weir_local {
	void (*destroy)(void *value);
};

// weir_local_get answers the calling task's value under key, NULL if none.
void *weir_local_get(const struct weir_local *key);

// weir_local_set gives the calling task value under key; NULL takes it away.
// Answers 0, or -ENOSPC when the task has WEIR_LOCALS others: value is then still
// the caller's.
__attribute__((warn_unused_result)) int weir_local_set(
	const struct weir_local *key, void *value);

// WEIR_LOCAL defines a key and NAME_get and NAME_set for pointers to TYPE.
#define WEIR_LOCAL(name, type, destroy)                                    \
	static const struct weir_local name##_key = {destroy};             \
	__attribute__((unused)) static type *name##_get(void)              \
	{                                                                  \
		return (type *)weir_local_get(&name##_key);                \
	}                                                                  \
	__attribute__((unused, warn_unused_result)) static int name##_set( \
		type *value)                                               \
	{                                                                  \
		return weir_local_set(&name##_key, value);                 \
	}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: BSD-3-Clause
#include "sync/caller.h"
#include "task/misuse.h"

#include <stdio.h>
#include <stdlib.h>

static void say(const char *call, const void *lock, const char *wrong,
	const char *instead)
{
	weir_misuse_caller();
	fprintf(stderr, " calls %s(%p) %s: %s.\n", call, lock, wrong, instead);
#ifdef WEIR_DEBUG
	abort();
#endif
}

static bool checked(void)
{
#ifdef WEIR_DEBUG
	return true;
#else
	return false;
#endif
}

int weir_misuse(int code, const char *call, const void *lock, const char *wrong,
	const char *instead)
{
	if (checked())
		say(call, lock, wrong, instead);
	return code;
}

int weir_misuse_stranger(const char *call, const void *lock,
	const struct weir_executor *executor)
{
	char of[WEIR_NAME_SIZE + 16];

	if (!checked())
		return -EPERM;
	if (!executor)
		return weir_misuse(-EPERM, call, lock,
			"which is not initialised, or no longer",
			"its init comes first, its fini last");
	snprintf(of, sizeof(of), "of executor '%s'", executor->name);
	if (executor == weir_executor_current())
		say(call, lock, "where nothing can wait", "only a task can");
	else
		say(call, lock, of,
			"ask a task of that one instead (sync/ask.h)");
	return -EPERM;
}

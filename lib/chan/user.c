// SPDX-License-Identifier: BSD-3-Clause
#include "chan/user.h"
#include "base/atomic.h"
#include "task/task_inline.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void weir_user_name(char name[WEIR_USER_NAME_SIZE])
{
	const struct weir_task *task = weir_task_current();
	char thread[16] = "";

	if (task) {
		snprintf(name, WEIR_USER_NAME_SIZE, "task '%s'", task->name);
		return;
	}
	pthread_getname_np(pthread_self(), thread, sizeof(thread));
	snprintf(name, WEIR_USER_NAME_SIZE, "thread '%s'", thread);
}

static uintptr_t self(void)
{
	static __thread char of_thread;
	const struct weir_task *task = weir_task_current();

	return task ? (uintptr_t)task : (uintptr_t)&of_thread;
}

void weir_user_bug(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("weir: bug: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	abort();
}

void weir_user_closed(const char *what)
{
	char name[WEIR_USER_NAME_SIZE];

	weir_user_name(name);
	weir_user_bug("%s uses an end of a %s that was closed, or never "
		      "opened",
		name, what);
}

void weir_user_come(
	struct weir_user *user, const char *channel, const char *end)
{
	char name[WEIR_USER_NAME_SIZE];

	weir_user_name(name);
	if (exchange_acq_rel(&user->inside, self()))
		weir_user_bug("%s uses the %s of channel '%s' while %s does: "
			      "its class allows one user there. Clone the end "
			      "of a class that allows more, or hand it over",
			name, end, channel, user->name);
	memcpy(user->name, name, sizeof(name));
}

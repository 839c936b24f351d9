// SPDX-License-Identifier: BSD-3-Clause
//
// Who uses an end that has one user at a time: so that a second one is named,
// and the first too.
//
// Builds with WEIR_DEBUG mark an end while somebody is inside an operation on it
// or waits in one; whoever comes meanwhile is a fault of the program's, which
// ends after naming both. Other builds know only who opened the channel.
//
// Threads.  Any.
// Memory.  The channel embeds it.
#ifndef WEIR_CHAN_USER_H
#define WEIR_CHAN_USER_H

#include <stdint.h>

#define WEIR_USER_NAME_SIZE 48

struct weir_user {
	uintptr_t inside;		// of whom; 0: nobody
	char name[WEIR_USER_NAME_SIZE]; // who was there last
};

// weir_user_name writes who calls: task 'x', or thread 'x'.
void weir_user_name(char name[WEIR_USER_NAME_SIZE]);

// weir_user_come is the rest of weir_user_enter; weir_user_bug says in a sentence
// what the program did wrong, and aborts.
void weir_user_come(
	struct weir_user *user, const char *channel, const char *end);
__attribute__((noreturn, cold, format(printf, 1, 2))) void weir_user_bug(
	const char *format, ...);

// weir_user_closed is the bug of using an end of such an object that was closed.
__attribute__((noreturn, cold)) void weir_user_closed(const char *what);

#ifdef WEIR_DEBUG
#define weir_user_enter(user, channel, end) weir_user_come(user, channel, end)
#define weir_user_leave(user) store_release(&(user)->inside, 0)
#define weir_user_check_open_of(object, what)   \
	do {                                    \
		if (!(object))                  \
			weir_user_closed(what); \
	} while (0)
#else
#define weir_user_check_open_of(object, what) ((void)(object))
#define weir_user_enter(user, channel, end) ((void)(user))
#define weir_user_leave(user) ((void)(user))
#endif
#define weir_user_check_open(channel) \
	weir_user_check_open_of(channel, "channel")

#endif

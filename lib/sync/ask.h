// SPDX-License-Identifier: BSD-3-Clause
//
// A question to the task that owns the data. Instead of a lock around the data
// one task owns it and answers requests; who needs something asks. It works
// between executors as well as on one.
//
//	weir_asker ── channel ──▶ weir_owner   take, answer, take, answer, …
//	     ◀──────── reply ────────┘
//
//	WEIR_ASK_TYPES(account, struct transfer, struct balance)
//
//	account_open(16, &asker, &owner);
//
//	// who asks                              // the task that owns
//	err = account_ask(&asker, &transfer,     while (account_take(&owner,
//	        &balance, weir_in_ms(5));                &asked, &in, &out) == 0) {
//	                                             …;
//	                                             weir_owner_answer(asked);
//	                                         }
//
// What it promises.  Each request is answered once, or nothing has happened:
// -ESHUTDOWN, -ETIMEDOUT and -ECANCELED mean that the owner has not begun and
// will not. If the owner had begun, a deadline or a cancel is answered
// -EINPROGRESS: what was asked happens, and its reply is thrown away. A reply
// that came in the same turn as a cancel or the deadline is answered 0.
//
// Threads.  A handle has one user at a time, a task (an asker always from the
// same executor); more askers are cloned. try_take, answer and close of an owner
// work on any thread.
// Memory.  open and clone allocate what a channel does. An asker is used by the
// owner until its close returns and must not move before; close waits for that.
#ifndef WEIR_SYNC_ASK_H
#define WEIR_SYNC_ASK_H

#include "chan/chan.h"
#include "task/post.h"
#include "task/wait.h"

#include <stdalign.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_ASK_SIZE_MAX 128 // bytes of a request, and of a reply

struct weir_executor;

// Touch them only through the functions.
struct weir_asker {
	struct weir_tx tx;
	struct weir_executor *executor; // of who asks
	struct weir_wait_queue waiter;
	struct weir_post home;
	uint32_t request_size, reply_size;
	int outcome;	// written by the owner before it comes home
	uint32_t state; // written by both, see ask.c
	alignas(16) unsigned char request[WEIR_ASK_SIZE_MAX];
	alignas(16) unsigned char reply[WEIR_ASK_SIZE_MAX];
};

struct weir_owner {
	struct weir_rx rx;
};

// weir_ask_open opens both ends for requests of request_size and replies of
// reply_size bytes, at most WEIR_ASK_SIZE_MAX; capacity requests can stand in
// line, those beyond wait to be sent. Answers 0, -EINVAL or -ENOMEM.
int weir_ask_open(unsigned capacity, unsigned request_size, unsigned reply_size,
	struct weir_asker *asker, struct weir_owner *owner);

// weir_asker_clone makes an end for one who asks more.
int weir_asker_clone(const struct weir_asker *asker, struct weir_asker *clone);

// weir_asker_close gives it up; when the owner still works for it, it waits for
// that, though its task is cancelled: for ever, if the owner took a question and
// never answers it.
void weir_asker_close(struct weir_asker *asker);

// weir_owner_close gives the owner's end up: who stands in line is answered
// -ESHUTDOWN. What was taken is answered all the same.
void weir_owner_close(struct weir_owner *owner);

// weir_ask asks and waits for the answer: 0, and the reply is copied to *reply;
// -ESHUTDOWN, -ETIMEDOUT, -ECANCELED: nothing has happened; -EINPROGRESS: it has
// or will. After that a further question waits first until the last has come
// home. There is no try: an answer takes a turn at least.
WEIR_CHECKED int weir_ask(struct weir_asker *asker, const void *request,
	void *reply, uint64_t deadline);

// weir_owner_take waits for a request and takes it: 0; -ESHUTDOWN when no asker
// is left; -ETIMEDOUT; -ECANCELED. *asked is the owner's until it is answered.
// weir_owner_try_take never waits: 0, -EAGAIN or -ESHUTDOWN.
WEIR_CHECKED int weir_owner_take(
	struct weir_owner *owner, struct weir_asker **asked, uint64_t deadline);
WEIR_CHECKED int weir_owner_try_take(
	struct weir_owner *owner, struct weir_asker **asked);

// weir_owner_answer sends the reply, which was written in place, home. Never
// waits. It may be called by any task, later, and in any order; without it who
// asked waits until its deadline.
void weir_owner_answer(struct weir_asker *asked);

#ifdef __cplusplus
#define WEIR_ASK_ASSERT(what, words) static_assert(what, words)
#else
#define WEIR_ASK_ASSERT(what, words) _Static_assert(what, words)
#endif

// WEIR_ASK_TYPES declares NAME_open, NAME_ask and NAME_take, which are the above
// with types.
#define WEIR_ASK_TYPES(name, request_type, reply_type)                      \
	WEIR_ASK_ASSERT(sizeof(request_type) <= WEIR_ASK_SIZE_MAX &&        \
				sizeof(reply_type) <= WEIR_ASK_SIZE_MAX,    \
		"send a pointer to what is larger");                        \
	__attribute__((unused)) static inline int name##_open(              \
		unsigned capacity, struct weir_asker *asker,                \
		struct weir_owner *owner)                                   \
	{                                                                   \
		return weir_ask_open(capacity, sizeof(request_type),        \
			sizeof(reply_type), asker, owner);                  \
	}                                                                   \
	__attribute__((unused)) WEIR_CHECKED static inline int name##_ask(  \
		struct weir_asker *asker, const request_type *request,      \
		reply_type *reply, uint64_t deadline)                       \
	{                                                                   \
		return weir_ask(asker, request, reply, deadline);           \
	}                                                                   \
	__attribute__((unused)) WEIR_CHECKED static inline int name##_take( \
		struct weir_owner *owner, struct weir_asker **asked,        \
		const request_type **request, reply_type **reply)           \
	{                                                                   \
		int err = weir_owner_take(owner, asked, WEIR_NEVER);        \
                                                                            \
		if (err == 0) {                                             \
			*request = (const request_type *)(*asked)->request; \
			*reply = (reply_type *)(*asked)->reply;             \
		}                                                           \
		return err;                                                 \
	}                                                                   \
	WEIR_ASK_ASSERT(1, "for the semicolon")

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

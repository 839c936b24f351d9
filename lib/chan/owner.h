// SPDX-License-Identifier: BSD-3-Clause
//
// Who owns what travels, for channels opened with owned_size, in builds with
// WEIR_DEBUG; in others nothing of this is there.
//
// While a message is in a channel nobody may touch it: under the address
// sanitizer it is poisoned, elsewhere its bytes are summed up when it is sent
// and when it is received. A message that is sent while it is in a channel, that
// was written to there, or that is left over when its channel goes, ends the
// program with a sentence that names both tasks.
//
// Threads.  Any.
// Memory.  Its own, a little for each message that travels.
#ifndef WEIR_CHAN_OWNER_H
#define WEIR_CHAN_OWNER_H

#include <stddef.h>

#ifdef WEIR_DEBUG
#define WEIR_OWNERS 1
#else
#define WEIR_OWNERS 0
#endif

// weir_owner_send notes that the caller is about to send message on channel.
void weir_owner_send(const char *channel, void *message, size_t size);

// weir_owner_keep takes that back: it was not sent.
void weir_owner_keep(void *message);

// weir_owner_receive notes that the caller owns message now.
void weir_owner_receive(const char *channel, void *message);

// weir_owner_leak says that message was left in channel by who closed it, and
// ends the program.
__attribute__((noreturn)) void weir_owner_leak(
	const char *channel, void *message);

#endif

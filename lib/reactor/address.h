// SPDX-License-Identifier: BSD-3-Clause
//
// An address's inside, for the sources of this folder: the system's calls take it as
// a pointer to of.
//
// Threads.  Any.
#ifndef WEIR_REACTOR_ADDRESS_H
#define WEIR_REACTOR_ADDRESS_H

#include "reactor/socket.h"

#include <sys/socket.h>

static inline sa_family_t weir_address_family(
	const struct weir_address *address)
{
	return ((const struct sockaddr *)(const void *)address->of)->sa_family;
}

#endif

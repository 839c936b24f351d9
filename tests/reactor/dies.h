// SPDX-License-Identifier: BSD-3-Clause
//
// Whether a program that is run on a reactor ends with a sentence.
#ifndef WEIR_TESTS_REACTOR_DIES_H
#define WEIR_TESTS_REACTOR_DIES_H

#include "../chan/dies.h"
#include "reactor/reactor.h"

#include <criterion/criterion.h>

static void (*dying)(void *arg);

static void die_on_reactor(void)
{
	_exit(weir_reactor_run(dying, NULL));
}

// dies_saying checks that fn, as the first task of a reactor, aborts and says so.
static void dies_saying(void (*fn)(void *arg), const char *sentence)
{
	char said[2000];

	dying = fn;
	cr_assert(
		dies(die_on_reactor, said, sizeof(said)), "it lives: %s", said);
	cr_assert(strstr(said, sentence), "it says: %s", said);
}

#endif

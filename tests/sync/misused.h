// SPDX-License-Identifier: BSD-3-Clause
//
// How a test of misuse ends: checked builds say it and abort, else it is
// answered.
#ifndef WEIR_TESTS_SYNC_MISUSED_H
#define WEIR_TESTS_SYNC_MISUSED_H

#include <signal.h>

#ifdef WEIR_DEBUG
#define ABORTS .signal = SIGABRT
#else
#define ABORTS .signal = 0
#endif

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Two asserts, for faults that are ours. weir_assert is always on; it guards
// set-up and per-burst paths. weir_debug_assert guards per-message paths and
// is compiled only where WEIR_DEBUG is set. What comes from outside (bytes,
// files, devices, users) is never asserted: it is refused in words.
#ifndef WEIR_BASE_ASSERT_H
#define WEIR_BASE_ASSERT_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// weir_assert_failed prints where and what and aborts.
__attribute__((noreturn, cold)) void weir_assert_failed(
	const char *file, int line, const char *function, const char *what);

#define weir_assert(x)                                                       \
	(__builtin_expect(!!(x), 1) ? (void)0                                \
				    : weir_assert_failed(__FILE__, __LINE__, \
					      __func__, #x))

#ifdef WEIR_DEBUG
#define weir_debug_assert(x) weir_assert(x)
#else
#define weir_debug_assert(x) ((void)sizeof((x) ? 1 : 0))
#endif

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// What the analyzer must be told, since it sees one source at a time. Only
// tests/lint.sh includes it, before each source.
#ifndef WEIR_TESTS_LINT_H
#define WEIR_TESTS_LINT_H

#include "base/error.h"

#include <errno.h>

// It answers its code, which is never 0.
#define weir_error_set(e, code, ...) (weir_error_set(e, code, __VA_ARGS__), -1)

// Nobody looks at errno before something has failed.
static inline int *weir_lint_errno(void)
{
	if (!errno)
		__builtin_unreachable();
	return &errno;
}
#undef errno
#define errno (*weir_lint_errno())

#endif

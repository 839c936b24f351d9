// SPDX-License-Identifier: BSD-3-Clause
//
// Linked into tests where coverage is measured: what a program has run counts
// though it ends by abort, as misuse does, or by _exit, as a test's child does.
#include <gcov.h>
#include <stdlib.h>
#include <unistd.h>

// The linker leads calls of abort and _exit here, and __real_ to the library's.
_Noreturn void __real_abort(void);
_Noreturn void __wrap_abort(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap_abort(void)
{
	__gcov_dump();
	__real_abort();
}

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "base/assert.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(assert, what_holds_passes)
{
	int evaluated = 0;

	weir_assert(++evaluated == 1);
	cr_expect_eq(evaluated, 1);
}

Test(assert, what_does_not_hold_aborts, .signal = SIGABRT)
{
	weir_assert(1 + 1 == 3);
}

#ifdef WEIR_DEBUG
Test(assert, the_per_message_one_aborts_where_it_is_compiled, .signal = SIGABRT)
{
	weir_debug_assert(1 + 1 == 3);
}
#else
Test(assert, the_per_message_one_is_not_even_evaluated)
{
	int evaluated = 0;

	weir_debug_assert(++evaluated == 2);
	cr_expect_eq(evaluated, 0);
}
#endif

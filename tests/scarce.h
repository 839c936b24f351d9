// SPDX-License-Identifier: BSD-3-Clause
//
// Memory that ends: one allocation of weir's own fails, each in turn.
//
// Tests named …/scarce_test are linked with scarce.c, which stands before what
// lib/ and the test call to get memory. What libraries get for themselves never
// fails here.
#ifndef WEIR_TESTS_SCARCE_H
#define WEIR_TESTS_SCARCE_H

#include "base/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>

// scarce_from lets the number-th allocation from here on fail, counted from 1,
// and none after it.
void scarce_from(unsigned number);

// scarce_end lets none fail any more. It tells whether one did.
bool scarce_end(void);

// in_want_of_memory calls fn, each time with the next allocation failing, until
// none is left to fail. fn does something that needs memory and answers what
// that did; if it was done, it undoes it. Each time it must answer -ENOMEM and
// say so. It returns how many allocations there are.
static inline unsigned in_want_of_memory(int (*fn)(struct weir_error *e))
{
	for (unsigned number = 1;; number++) {
		struct weir_error e = {0};
		int err;

		scarce_from(number);
		err = fn(&e);
		if (!scarce_end()) {
			cr_assert_eq(err, 0, "%d: %s", err, e.text);
			cr_assert_gt(number, 1u, "it needs no memory");
			return number - 1;
		}
		cr_assert_eq(err, -ENOMEM, "%d at allocation %u: %s", err,
			number, e.text);
	}
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// A reactor that cannot be made, for want of memory or of descriptors, says so and
// leaves nothing behind.
#include "scarce.h"
#include "reactor/reactor.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int make_one(struct weir_error *e)
{
	struct weir_reactor *reactor;
	int err = weir_reactor_create(&reactor, NULL, e);

	if (err == 0)
		weir_reactor_destroy(reactor);
	return err;
}

Test(scarce, a_reactor_without_memory)
{
	cr_assert_gt(in_want_of_memory(make_one), 3u);
}

// next_free answers the number that the next descriptor will have.
static int next_free(void)
{
	int number = dup(0);

	close(number);
	return number;
}

Test(scarce, a_reactor_without_descriptors)
{
	struct rlimit limit;
	int first, err;

	getrlimit(RLIMIT_NOFILE, &limit);
	first = next_free();
	for (unsigned left = 0;; left++) {
		struct weir_error e = {0};

		limit.rlim_cur = (rlim_t)first + left;
		cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		err = make_one(&e);
		if (err == 0)
			break;
		cr_assert_eq(err, -EMFILE, "%d: %s", err, e.text);
		cr_assert(strstr(e.text, "cannot open what the reactor "
					 "'reactor' sleeps in"),
			"%s", e.text);
		cr_assert_eq(next_free(), left ? first : -1);
		cr_assert_lt(left, 8u);
	}
}

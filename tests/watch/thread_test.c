// SPDX-License-Identifier: BSD-3-Clause
//
// What the system tells of a thread, here of this one.
#include "watch/thread.h"
#include "base/thread.h"

#include <criterion/criterion.h>
#include <grp.h>
#include <unistd.h>

#define GROUPS 1000

Test(thread, sleeps_are_told_however_many_groups_the_process_is_in)
{
	static gid_t groups[GROUPS];
	uint64_t before, behind;

	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = 1000000000 + i;
	if (setgroups(GROUPS, groups))
		cr_skip_test("only root may join groups");
	cr_assert(weir_thread_sleeps(gettid(), &before));
	for (int i = 0; i < 5; i++)
		usleep(100);
	cr_assert(weir_thread_sleeps(gettid(), &behind));
	cr_expect_geq(behind - before, 5);
	cr_expect_leq(behind, weir_own_sleeps());
}

Test(thread, what_another_is_told_is_what_it_reads_itself)
{
	struct weir_reading own;
	uint64_t waited, turns, cpu;

	cr_assert(weir_thread_cpu(gettid(), &cpu));
	weir_own_reading(&own);
	cr_expect_geq(own.cpu_ns, cpu);
	cr_expect_gt(own.tick, own.width);
	cr_expect_eq(weir_thread_waited(gettid(), &waited, &turns), own.waits);
	if (own.waits)
		cr_expect_geq(waited, own.waited_ns);
	cr_assert(weir_thread_cpu(gettid(), &cpu));
	cr_expect_leq(own.cpu_ns, cpu);
}

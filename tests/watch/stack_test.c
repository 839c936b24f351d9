// SPDX-License-Identifier: BSD-3-Clause
//
// Frames, along chains of frame pointers that are right and that are not.
#include "watch/stack.h"

#include <criterion/criterion.h>

// A stack: each record is a caller's frame pointer and where it goes on.
static uintptr_t stack[65]; // the last lies outside
static struct weir_frames frames;

static uintptr_t at(unsigned i)
{
	return (uintptr_t)&stack[i];
}

static void record(unsigned i, uintptr_t caller, uintptr_t back)
{
	stack[i] = caller;
	stack[i + 1] = back;
}

static void walk(uintptr_t fp)
{
	weir_frames_walk(&frames, 7, fp, at(0), at(64));
}

Test(stack, the_chain_is_followed_from_the_innermost_out)
{
	record(0, at(10), 100);
	record(10, at(20), 200);
	record(20, 0, 300);
	walk(at(0));
	cr_assert_eq(frames.count, 4);
	cr_expect_eq(frames.at[0], 7);
	cr_expect_eq(frames.at[1], 100);
	cr_expect_eq(frames.at[2], 200);
	cr_expect_eq(frames.at[3], 300);
}

Test(stack, nothing_outside_of_the_bounds_is_read)
{
	walk(at(0) - 8);
	cr_expect_eq(frames.count, 1);
	walk(at(64));
	cr_expect_eq(frames.count, 1);
	record(63, 0, 100); // its second half lies outside
	walk(at(63));
	cr_expect_eq(frames.count, 1);
	walk(UINTPTR_MAX - 7);
	cr_expect_eq(frames.count, 1);
	walk(0);
	cr_expect_eq(frames.count, 1);
}

Test(stack, a_chain_that_leaves_the_bounds_ends)
{
	record(0, 1 << 20, 100);
	walk(at(0));
	cr_expect_eq(frames.count, 2);
}

Test(stack, a_chain_that_leads_back_ends)
{
	record(4, at(8), 100);
	record(8, at(4), 200);
	walk(at(4));
	cr_expect_eq(frames.count, 3);
	record(8, at(8), 200);
	walk(at(4));
	cr_expect_eq(frames.count, 3);
}

Test(stack, a_pointer_that_no_frame_has_ends_it)
{
	record(0, at(10) + 1, 100);
	walk(at(0));
	cr_expect_eq(frames.count, 2);
	walk(at(0) + 4);
	cr_expect_eq(frames.count, 1);
}

Test(stack, a_deep_one_is_cut)
{
	static uintptr_t deep[4 * WEIR_FRAMES];

	for (unsigned i = 0; i < 2 * WEIR_FRAMES; i++) {
		deep[2 * i] = (uintptr_t)&deep[2 * i + 2];
		deep[2 * i + 1] = i + 1;
	}
	weir_frames_walk(&frames, 7, (uintptr_t)deep, (uintptr_t)deep,
		(uintptr_t)(deep + 4 * WEIR_FRAMES));
	cr_expect_eq(frames.count, WEIR_FRAMES);
	cr_expect_eq(frames.at[WEIR_FRAMES - 1], WEIR_FRAMES - 1);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// What a call may return to, and stacks that hold something else.
#include "watch/code.h"
#include "watch/arch.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct weir_code *code;

static void open_code(void)
{
	code = weir_code_create();
	cr_assert(code);
}

static void close_code(void)
{
	weir_code_destroy(code);
}

__attribute__((noinline)) static uintptr_t back(void)
{
	return (uintptr_t)__builtin_return_address(0);
}

TestSuite(code, .init = open_code, .fini = close_code);

Test(code, who_called_is_returned_to)
{
	cr_expect(weir_code_returns(code, back()));
	cr_expect(weir_code_returns(
		code, (uintptr_t)__builtin_return_address(0)));
}

Test(code, a_function_or_what_lies_in_its_midst_is_not)
{
	cr_expect_not(weir_code_returns(code, (uintptr_t)back));
	cr_expect_not(weir_code_returns(code, back() + 1));
	cr_expect_not(weir_code_returns(code, back() - 1));
}

Test(code, nor_is_data_nor_what_is_not_mapped)
{
	static const uint8_t like_a_call[16] = {
		0xe8, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0};
	uintptr_t on_the_stack[2] = {back(), back()};
	char *from_the_heap = malloc(64);

	cr_expect_not(weir_code_returns(code, (uintptr_t)&like_a_call[5]));
	cr_expect_not(weir_code_returns(code, (uintptr_t)&on_the_stack[1]));
	cr_expect_not(weir_code_returns(code, (uintptr_t)from_the_heap));
	cr_expect_not(weir_code_returns(code, 0));
	cr_expect_not(weir_code_returns(code, 1));
	cr_expect_not(weir_code_returns(code, 0x5f405156ffffffff));
	cr_expect_not(weir_code_returns(code, UINTPTR_MAX));
	free(from_the_heap);
}

Test(code, a_stack_ends_before_what_no_call_returns_to)
{
	struct weir_frames frames = {.count = 5,
		.at = {(uintptr_t)back, back(), back(), 0x5f405156ffffffff,
			back()}};

	weir_code_cut(NULL, &frames);
	cr_assert_eq(frames.count, 5, "nothing is known");
	weir_code_cut(code, &frames);
	cr_assert_eq(frames.count, 3);
	weir_code_cut(code, &frames);
	cr_assert_eq(frames.count, 3);
	frames.count = 1;
	weir_code_cut(code, &frames);
	cr_assert_eq(frames.count, 1, "where it was is no return address");
}

#if defined(__x86_64__)
Test(code, calls_have_many_forms)
{
	static const uint8_t calls[][WEIR_CALL_SIZE_MAX] = {
		{0x90, 0x90, 0xe8, 1, 2, 3, 4},		    // to what is near
		{0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0}, // *%rax
		{0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd3}, // *%r11
		{0x90, 0xff, 0x15, 1, 2, 3, 4},		    // *x(%rip)
		{0x90, 0x90, 0x90, 0x90, 0xff, 0x53, 8},    // *8(%rbx)
		{0xff, 0x94, 0xc8, 1, 2, 3, 4},		    // *x(%rax, %rcx, 8)
	};
	static const uint8_t others[][WEIR_CALL_SIZE_MAX] = {
		{0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90},
		{0x90, 0x90, 0xe9, 1, 2, 3, 4},		    // jmp
		{0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xe0}, // jmp *%rax
	};

	for (unsigned i = 0; i < 6; i++)
		cr_expect(weir_is_call(calls[i]), "%u", i);
	for (unsigned i = 0; i < 3; i++)
		cr_expect_not(weir_is_call(others[i]), "%u", i);
}
#endif

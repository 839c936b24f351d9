// SPDX-License-Identifier: BSD-3-Clause
//
// What lib/watch must know of the processor: where a signal found a thread, what a
// call of a function looks like, and how a system call is made and what it was made
// with. Inside lib/watch only.
//
// Threads.  Any; safe in a signal handler.
#ifndef WEIR_WATCH_ARCH_H
#define WEIR_WATCH_ARCH_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

struct weir_registers {
	uintptr_t pc, fp, sp;
};

#define WEIR_CALL_ARGUMENTS 6

#if defined(__x86_64__)

#define WEIR_AUDIT_ARCH AUDIT_ARCH_X86_64

static inline struct weir_registers weir_registers_of(const ucontext_t *context)
{
	const greg_t *at = context->uc_mcontext.gregs;

	return (struct weir_registers){(uintptr_t)at[REG_RIP],
		(uintptr_t)at[REG_RBP], (uintptr_t)at[REG_RSP]};
}

static inline void weir_call_arguments(
	const ucontext_t *context, long arguments[WEIR_CALL_ARGUMENTS])
{
	static const int at[WEIR_CALL_ARGUMENTS] = {
		REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};

	for (int i = 0; i < WEIR_CALL_ARGUMENTS; i++)
		arguments[i] = (long)context->uc_mcontext.gregs[at[i]];
}

static inline void weir_call_answer(ucontext_t *context, long answer)
{
	context->uc_mcontext.gregs[REG_RAX] = answer;
}

static inline void weir_call_go_on(ucontext_t *context, uintptr_t at)
{
	context->uc_mcontext.gregs[REG_RIP] = (greg_t)at;
}

// weir_is_call tells whether these bytes end with an instruction that calls a
// function.
#define WEIR_CALL_SIZE_MAX 7
static inline bool weir_is_call(const uint8_t bytes[WEIR_CALL_SIZE_MAX])
{
	if (bytes[WEIR_CALL_SIZE_MAX - 5] == 0xe8)
		return true;
	// By a register or memory: FF /2, and up to five bytes of where.
	for (int i = 0; i < WEIR_CALL_SIZE_MAX - 1; i++)
		if (bytes[i] == 0xff && (bytes[i + 1] >> 3 & 7) == 2)
			return true;
	return false;
}

// Where a call is made again that only its own place can make.
#define WEIR_CALL_PLACES 8
#define WEIR_CALL_PLACE_SIZE 16

#elif defined(__aarch64__)

#define WEIR_AUDIT_ARCH AUDIT_ARCH_AARCH64

static inline struct weir_registers weir_registers_of(const ucontext_t *context)
{
	return (struct weir_registers){context->uc_mcontext.pc,
		context->uc_mcontext.regs[29], context->uc_mcontext.sp};
}

static inline void weir_call_arguments(
	const ucontext_t *context, long arguments[WEIR_CALL_ARGUMENTS])
{
	for (int i = 0; i < WEIR_CALL_ARGUMENTS; i++)
		arguments[i] = (long)context->uc_mcontext.regs[i];
}

static inline void weir_call_answer(ucontext_t *context, long answer)
{
	context->uc_mcontext.regs[0] = (unsigned long)answer;
}

#define WEIR_CALL_SIZE_MAX 4
static inline bool weir_is_call(const uint8_t bytes[WEIR_CALL_SIZE_MAX])
{
	uint32_t code;

	memcpy(&code, bytes, sizeof(code));
	return code >> 26 == 0x25 ||		    // bl
	       (code & 0xfffffc1f) == 0xd63f0000 || // blr
	       (code & 0xfefff800) == 0xd63f0800;   // with a signed pointer
}

// No register is free there to carry where it goes on.
#define WEIR_CALL_PLACES 0

#else
#error "weir needs the registers of a signal here"
#endif

// weir_call makes a system call and answers what the kernel does: -errno too.
// weir_call_made is where it goes on behind the call, the only place that may
// make any on a thread whose calls are trapped.
long weir_call(long number, const long arguments[WEIR_CALL_ARGUMENTS])
	__attribute__((visibility("hidden")));
extern const char weir_call_made[] __attribute__((visibility("hidden")));

// A call that starts a process or a thread returns twice, on two stacks, so that no
// other can make it. It is made again instead, all registers as they were, at one of
// the places from weir_call_again on, which goes on at what weir_call_back holds
// for it.
extern const char weir_call_again[] __attribute__((visibility("hidden")));
extern uintptr_t weir_call_back[] __attribute__((visibility("hidden")));

#endif

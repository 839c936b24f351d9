// SPDX-License-Identifier: BSD-3-Clause
//
// What lib/watch must know of the processor: where a signal found a thread, and
// how a system call is made and what it was made with. Inside lib/watch only.
//
// Threads.  Any; safe in a signal handler.
#ifndef WEIR_WATCH_ARCH_H
#define WEIR_WATCH_ARCH_H

#include <linux/audit.h>
#include <stdint.h>
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

#else
#error "weir needs the registers of a signal here"
#endif

// weir_call makes a system call and answers what the kernel does: -errno too.
// weir_call_made is where it goes on behind the call, the only place that may
// make any on a thread whose calls are trapped.
long weir_call(long number, const long arguments[WEIR_CALL_ARGUMENTS])
	__attribute__((visibility("hidden")));
extern const char weir_call_made[] __attribute__((visibility("hidden")));

#endif

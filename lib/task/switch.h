// SPDX-License-Identifier: BSD-3-Clause
//
// The context switch: the one place that knows the processor, the sanitizers
// and valgrind.
//
//	executor's stack                    task's stack
//	weir_switch(&own, &task) ──jmp──▶ behind the task's last weir_switch
//	behind it ◀──jmp── weir_switch(&task, &own)
//
// A context is three registers: stack, frame and instruction pointer. All
// others are clobbers of the inlined assembly, so the compiler saves, around
// each switch, exactly those that live there. It ends in an indirect jump with
// a target of its own: a `ret` would mispredict each time. Floating point modes
// (MXCSR, x87 control, FPCR) belong to the thread and are not switched.
//
// Nothing is pushed, so a red zone below the stack pointer stays intact.
//
// Threads.  A context is resumed on the thread that it was parked on.
#ifndef WEIR_TASK_SWITCH_H
#define WEIR_TASK_SWITCH_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_SWITCH_ASAN
#elif defined(__SANITIZE_THREAD__)
#define WEIR_SWITCH_TSAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_SWITCH_ASAN
#elif __has_feature(thread_sanitizer)
#define WEIR_SWITCH_TSAN
#endif
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high) ((void)(low), (void)(high), 0u)
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#ifdef WEIR_SWITCH_ASAN
#include <sanitizer/common_interface_defs.h>
#include <pthread.h>
#endif
#ifdef WEIR_SWITCH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

// A context that is parked. The assembly knows the first three by offset.
struct weir_context {
	void *sp, *fp, *pc;
#if defined(WEIR_SWITCH_ASAN)
	void *fake_stack;
	const void *bottom;
	size_t size;
#elif defined(WEIR_SWITCH_TSAN)
	void *fiber;
#endif
};

_Static_assert(offsetof(struct weir_context, sp) == 0 &&
		       offsetof(struct weir_context, fp) == 8 &&
		       offsetof(struct weir_context, pc) == 16,
	"the assembly below names these offsets");

#if defined(__x86_64__)

#if defined(__CET__) && (__CET__ & 1)
#define WEIR_SWITCH_LANDING "endbr64\n\t"
#else
#define WEIR_SWITCH_LANDING
#endif

#ifdef __AVX512F__
#define WEIR_SWITCH_CLOBBERS_AVX512                                            \
	, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22",       \
		"xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", \
		"xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define WEIR_SWITCH_CLOBBERS_AVX512
#endif

#define WEIR_SWITCH_CLOBBERS                                                  \
	"rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",   \
		"r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", \
		"xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",    \
		"xmm13", "xmm14", "xmm15", "st", "st(1)", "st(2)", "st(3)",   \
		"st(4)", "st(5)", "st(6)", "st(7)", "memory",                 \
		"cc" WEIR_SWITCH_CLOBBERS_AVX512

static inline __attribute__((always_inline)) void weir_switch_bare(
	struct weir_context *from, struct weir_context *to)
{
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
			 "movq %%rsp, 0(%0)\n\t"
			 "movq %%rbp, 8(%0)\n\t"
			 "movq %%rax, 16(%0)\n\t"
			 "movq 0(%1), %%rsp\n\t"
			 "movq 8(%1), %%rbp\n\t"
			 "jmpq *16(%1)\n"
			 "1:\n\t" WEIR_SWITCH_LANDING
			 : "+D"(from), "+S"(to)
			 :
			 : WEIR_SWITCH_CLOBBERS);
}

#define WEIR_SWITCH_RETURN_ADDRESS "rip"

#elif defined(__aarch64__)

#if defined(__ARM_FEATURE_BTI_DEFAULT)
#define WEIR_SWITCH_LANDING "hint #36\n\t" // bti j
#else
#define WEIR_SWITCH_LANDING
#endif

#ifdef __ARM_FEATURE_SVE
#define WEIR_SWITCH_CLOBBERS_SVE                                             \
	, "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", \
		"p11", "p12", "p13", "p14", "p15"
#else
#define WEIR_SWITCH_CLOBBERS_SVE
#endif

// x29 is done by hand. x18 is an ordinary register on Linux.
#define WEIR_SWITCH_CLOBBERS                                                   \
	"x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",   \
		"x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", \
		"x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0",  \
		"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",   \
		"v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", \
		"v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", \
		"v29", "v30", "v31", "memory", "cc" WEIR_SWITCH_CLOBBERS_SVE

static inline __attribute__((always_inline)) void weir_switch_bare(
	struct weir_context *from, struct weir_context *to)
{
	register struct weir_context *x0 __asm__("x0") = from;
	register struct weir_context *x1 __asm__("x1") = to;

	// x30 is zero on arrival: a fresh task was called by nobody.
	__asm__ volatile("adr x9, 1f\n\t"
			 "mov x10, sp\n\t"
			 "stp x10, x29, [%0]\n\t"
			 "str x9, [%0, #16]\n\t"
			 "ldp x10, x29, [%1]\n\t"
			 "ldr x16, [%1, #16]\n\t"
			 "mov sp, x10\n\t"
			 "mov x30, xzr\n\t"
			 "br x16\n"
			 "1:\n\t" WEIR_SWITCH_LANDING
			 : "+r"(x0), "+r"(x1)
			 :
			 : WEIR_SWITCH_CLOBBERS);
}

#define WEIR_SWITCH_RETURN_ADDRESS "x30"

#else
#error "weir knows how to switch tasks on x86-64 and aarch64"
#endif

// weir_switch_entry is what the entry of a context does first, so that
// backtraces end there: nobody called it.
static inline __attribute__((always_inline)) void weir_switch_entry(void)
{
#ifdef __GCC_HAVE_DWARF2_CFI_ASM
	__asm__ volatile(".cfi_undefined " WEIR_SWITCH_RETURN_ADDRESS);
#endif
#if defined(WEIR_SWITCH_ASAN)
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
}

// weir_switch parks the running code in from and resumes to. It returns when
// someone switches to from.
static inline __attribute__((always_inline)) void weir_switch(
	struct weir_context *from, struct weir_context *to)
{
#if defined(WEIR_SWITCH_ASAN)
	__sanitizer_start_switch_fiber(&from->fake_stack, to->bottom, to->size);
#elif defined(WEIR_SWITCH_TSAN)
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
	weir_switch_bare(from, to);
#if defined(WEIR_SWITCH_ASAN)
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}

// weir_switch_last leaves from for ever: its stack may be used anew.
static inline __attribute__((always_inline)) void weir_switch_last(
	struct weir_context *from, struct weir_context *to)
{
#if defined(WEIR_SWITCH_ASAN)
	__sanitizer_start_switch_fiber(NULL, to->bottom, to->size);
#elif defined(WEIR_SWITCH_TSAN)
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
	weir_switch_bare(from, to);
	__builtin_unreachable();
}

// weir_context_init prepares a context that will begin in entry, which never
// returns, on the stack from base up to top. fiber is the stack's own and is kept
// from one task to the next; it starts as NULL.
static inline void weir_context_init(struct weir_context *context,
	void (*entry)(void), char *base, char *top, void **fiber)
{
	uintptr_t sp = (uintptr_t)top & ~(uintptr_t)15;

#if defined(__x86_64__)
	// As after a call, from nowhere.
	sp -= 8;
	*(uintptr_t *)sp = 0;
#endif
	context->sp = (void *)sp;
	context->fp = NULL;
	context->pc = (void *)(uintptr_t)entry;
#if defined(WEIR_SWITCH_ASAN)
	context->fake_stack = NULL;
	context->bottom = base;
	context->size = (size_t)(top - base);
#elif defined(WEIR_SWITCH_TSAN)
	if (!*fiber)
		*fiber = __tsan_create_fiber(0);
	context->fiber = *fiber;
#else
	// A number for valgrind, 0 when it does not watch; kept plus one.
	if (!*fiber)
		*fiber =
			(void *)(uintptr_t)(VALGRIND_STACK_REGISTER(base, top) +
					    1);
#endif
	(void)base;
	(void)fiber;
}

// weir_context_forget undoes what weir_context_init told the tools about a
// stack, before it is unmapped.
static inline void weir_context_forget(void **fiber)
{
#if defined(WEIR_SWITCH_TSAN)
	if (*fiber)
		__tsan_destroy_fiber(*fiber);
#elif !defined(WEIR_SWITCH_ASAN)
	if (*fiber)
		VALGRIND_STACK_DEREGISTER((unsigned)(uintptr_t)*fiber - 1);
#endif
	*fiber = NULL;
}

// weir_context_thread prepares the context of the calling thread itself, as
// something to come back to.
static inline void weir_context_thread(struct weir_context *context)
{
#if defined(WEIR_SWITCH_ASAN)
	static __thread void *bottom; // asked once: it reads a file of maps
	static __thread size_t size;

	if (!bottom) {
		pthread_attr_t attr;

		pthread_getattr_np(pthread_self(), &attr);
		pthread_attr_getstack(&attr, &bottom, &size);
		pthread_attr_destroy(&attr);
	}
	context->bottom = bottom;
	context->size = size;
#elif defined(WEIR_SWITCH_TSAN)
	context->fiber = __tsan_get_current_fiber();
#endif
	(void)context;
}

#endif

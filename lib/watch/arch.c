// SPDX-License-Identifier: BSD-3-Clause
#include "watch/arch.h"

#if defined(__x86_64__)

__asm__(".pushsection .text\n"
	".hidden weir_call, weir_call_made\n"
	".globl weir_call, weir_call_made\n"
	".type weir_call, @function\n"
	"weir_call:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rcx\n"
	"	mov 0(%rcx), %rdi\n"
	"	mov 8(%rcx), %rsi\n"
	"	mov 16(%rcx), %rdx\n"
	"	mov 24(%rcx), %r10\n"
	"	mov 32(%rcx), %r8\n"
	"	mov 40(%rcx), %r9\n"
	"	syscall\n"
	"weir_call_made:\n"
	"	ret\n"
	".size weir_call, . - weir_call\n"
	".popsection\n");

// Aligned to all that it is, so that it lies within 4 GiB of one another.
__asm__(".pushsection .text\n"
	".hidden weir_call_again\n"
	".globl weir_call_again\n"
	".balign 128\n"
	"weir_call_again:\n"
	".set weir_place, 0\n"
	".rept 8\n"
	"	syscall\n"
	"	jmp *weir_call_back + weir_place(%rip)\n"
	".balign 16\n"
	".set weir_place, weir_place + 8\n"
	".endr\n"
	".popsection\n");

uintptr_t weir_call_back[WEIR_CALL_PLACES];

#elif defined(__aarch64__)

__asm__(".pushsection .text\n"
	".hidden weir_call, weir_call_made\n"
	".globl weir_call, weir_call_made\n"
	".type weir_call, %function\n"
	"weir_call:\n"
	"	mov x8, x0\n"
	"	mov x9, x1\n"
	"	ldp x0, x1, [x9]\n"
	"	ldp x2, x3, [x9, #16]\n"
	"	ldp x4, x5, [x9, #32]\n"
	"	svc #0\n"
	"weir_call_made:\n"
	"	ret\n"
	".size weir_call, . - weir_call\n"
	".popsection\n");

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Atomics under short names, so that a search finds every place where cores
// meet.
//
// A load_acquire sees all that came before the store_release whose value it
// read. The relaxed forms order nothing: they are for counters with one writer
// and for values that another edge orders. fence_full is the only
// store-to-load fence, and each use says which two accesses it keeps apart.
#ifndef WEIR_BASE_ATOMIC_H
#define WEIR_BASE_ATOMIC_H

#define load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define add_relaxed(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define add_acq_rel(p, v) __atomic_fetch_add((p), (v), __ATOMIC_ACQ_REL)
#define sub_acq_rel(p, v) __atomic_fetch_sub((p), (v), __ATOMIC_ACQ_REL)
#define exchange_acq_rel(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define cas_acq_rel(p, expected, v)  \
	__atomic_compare_exchange_n( \
		(p), (expected), (v), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#define fence_full() __atomic_thread_fence(__ATOMIC_SEQ_CST)

// count_add adds v to a counter that only this thread writes and others read:
// a plain add whose halves do not tear. WEIR_UNCOUNTED is for one benchmark,
// which asks what counting and timing cost: nothing else works without them.
#ifdef WEIR_UNCOUNTED
#define count_add(p, v) ((void)(p), (void)(v))
#else
#define count_add(p, v) store_relaxed((p), load_relaxed(p) + (v))
#endif

// A multiple of the line of any CPU of the architecture, and what DPDK takes.
#if defined(__aarch64__)
#define WEIR_CACHE_LINE 128
#else
#define WEIR_CACHE_LINE 64
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

// cpu_relax tells the core that this thread spins.
static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// A pool is one mapping, cut into slots of guard, stack and a spare page:
//
//	| guard | stack ............ top | guard | stack ......... top | guard …
//
// The spare page lets the tops lie at different distances from a page's end:
// tasks do the same at the same depth, and with equal tops the lines that they
// touch would all compete for the same few sets of the cache.
//
// The fault handler may run on any thread at any time, so it reads nothing
// that is ever freed: regions are entered in a list whose nodes are used again
// but never given back.
#include "mem/stack.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "mem/mem.h"

#include <errno.h>
#include <numaif.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_SIZE (64u << 10) // as far as one frame may miss its stack
#define COLOURS 64	       // cache lines in a page
#define ALTERNATE_SIZE (64u << 10)

#if defined(__clang__) || defined(__GNUC__)
#define READS_FOREIGN_STACKS \
	__attribute__((no_sanitize("address"), no_sanitize("thread")))
#endif

// What the handler knows of a pool. low is 0 in a node that is free.
struct region {
	uintptr_t low, high;
	size_t slot_size;
	size_t stack_size;
	struct region *next;
};

struct weir_stack_pool {
	char *memory;
	size_t memory_size;
	struct weir_stack *stacks;
	struct weir_stack *free;
	struct region *region;
	unsigned count;
	unsigned used, used_max; // written by the owner, read by anyone
};

static struct region *regions;
static pthread_mutex_t regions_lock = PTHREAD_MUTEX_INITIALIZER;

static size_t round_up(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

static struct region *region_free(void)
{
	struct region *r = regions;

	while (r && r->low)
		r = r->next;
	return r;
}

static int region_enter(
	struct weir_stack_pool *pool, size_t slot_size, size_t stack_size)
{
	struct region *r;

	pthread_mutex_lock(&regions_lock);
	r = region_free();
	if (!r) {
		r = calloc(1, sizeof(*r));
		if (r) {
			r->next = regions;
			store_release(&regions, r);
		}
	}
	if (r) {
		r->slot_size = slot_size;
		r->stack_size = stack_size;
		r->high = (uintptr_t)pool->memory + pool->memory_size;
		store_release(&r->low, (uintptr_t)pool->memory);
		pool->region = r;
	}
	pthread_mutex_unlock(&regions_lock);
	return r ? 0 : -ENOMEM;
}

static void region_leave(struct weir_stack_pool *pool)
{
	pthread_mutex_lock(&regions_lock);
	store_release(&pool->region->low, 0);
	pthread_mutex_unlock(&regions_lock);
}

static int map_error(
	unsigned count, size_t size, int code, struct weir_error *e)
{
	return weir_error_set(e, -ENOMEM,
		"cannot map %u stacks of %zu KiB (%s): each takes two of the "
		"memory maps that a process may have; ask for fewer stacks, or "
		"raise the limit: sysctl -w vm.max_map_count=%u",
		count, size >> 10, strerror(code), 4 * count + 65530);
}

// Near node as far as the system can: a stack elsewhere still works.
static void bind_to(void *memory, size_t size, int node)
{
	unsigned long mask = 1ul << node;

	mbind(memory, size, MPOL_PREFERRED, &mask, sizeof(mask) * 8, 0);
}

static int guard_all(char *memory, unsigned count, size_t slot_size)
{
	for (unsigned i = 0; i < count; i++)
		if (mprotect(memory + i * slot_size, GUARD_SIZE, PROT_NONE))
			return -errno;
	return 0;
}

static void cut(struct weir_stack_pool *pool, size_t slot_size)
{
	for (unsigned i = pool->count; i-- > 0;) {
		struct weir_stack *stack = &pool->stacks[i];
		size_t below_top = i % COLOURS * WEIR_CACHE_LINE;

		stack->base = pool->memory + i * slot_size + GUARD_SIZE;
		stack->size = slot_size - GUARD_SIZE - below_top;
		stack->pool = pool;
		stack->next_free = pool->free;
		pool->free = stack;
		// The first page a task touches is there before it polls.
		*(volatile char *)(stack->base + stack->size - 1) = 0;
	}
}

int weir_stack_pool_create(struct weir_stack_pool **pool, unsigned count,
	size_t size, int node, struct weir_error *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t slot_size = GUARD_SIZE + round_up(size, page) + page;
	struct weir_stack_pool *p = calloc(1, sizeof(*p));
	int err;

	weir_assert(count > 0 && size > 0);
	if (!p)
		return weir_error_set(e, -ENOMEM, "no memory for a stack pool");
	p->count = count;
	p->memory_size = count * slot_size;
	p->stacks = calloc(count, sizeof(*p->stacks));
	if (!p->stacks) {
		err = weir_error_set(
			e, -ENOMEM, "no memory for %u stacks", count);
		goto no_stacks;
	}
	p->memory = mmap(NULL, p->memory_size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (p->memory == MAP_FAILED) {
		err = map_error(count, size, errno, e);
		goto no_memory;
	}
	if (node >= 0 && node < 64)
		bind_to(p->memory, p->memory_size, node);
	err = guard_all(p->memory, count, slot_size);
	if (err) {
		err = map_error(count, size, -err, e);
		goto no_guard;
	}
	err = region_enter(p, slot_size, round_up(size, page));
	if (err) {
		weir_error_set(e, err, "no memory for a stack pool");
		goto no_guard;
	}
	cut(p, slot_size);
	*pool = p;
	return 0;

no_guard:
	munmap(p->memory, p->memory_size);
no_memory:
	free(p->stacks);
no_stacks:
	free(p);
	return err;
}

void weir_stack_pool_destroy(struct weir_stack_pool *pool)
{
	if (!pool)
		return;
	weir_assert(pool->used == 0);
	region_leave(pool);
	munmap(pool->memory, pool->memory_size);
	free(pool->stacks);
	free(pool);
}

struct weir_stack *weir_stack_get(struct weir_stack_pool *pool)
{
	struct weir_stack *stack = pool->free;

	if (!stack)
		return NULL;
	pool->free = stack->next_free;
	stack->next_free = NULL;
	store_relaxed(&pool->used, pool->used + 1);
	if (pool->used > pool->used_max)
		store_relaxed(&pool->used_max, pool->used);
	return stack;
}

void weir_stack_put(struct weir_stack *stack)
{
	struct weir_stack_pool *pool = stack->pool;

	weir_assert(pool->used > 0);
	stack->next_free = pool->free;
	pool->free = stack;
	store_relaxed(&pool->used, pool->used - 1);
}

unsigned weir_stack_pool_count(const struct weir_stack_pool *pool)
{
	return pool->count;
}

unsigned weir_stack_pool_used(const struct weir_stack_pool *pool)
{
	return load_relaxed(&pool->used);
}

unsigned weir_stack_pool_used_max(const struct weir_stack_pool *pool)
{
	return load_relaxed(&pool->used_max);
}

char *weir_stack_pool_memory(const struct weir_stack_pool *pool, size_t *size)
{
	*size = pool->memory_size;
	return pool->memory;
}

READS_FOREIGN_STACKS size_t weir_stack_high_water(
	const struct weir_stack *stack)
{
	const volatile uint64_t *word = (const volatile uint64_t *)stack->base;
	size_t count = stack->size / sizeof(*word), i = 0;

	while (i < count && word[i] == 0)
		i++;
	return stack->size - i * sizeof(*word);
}

READS_FOREIGN_STACKS size_t weir_stack_untouched(
	const struct weir_stack *stack, size_t most)
{
	const volatile char *end = stack->base;
	unsigned char there = 1;
	size_t left = 0;

	// Its end begins a page, which comes only when it is touched.
	if (mincore(stack->base, 1, &there) == 0 && !(there & 1))
		return most;
	while (left < most && end[left] == 0)
		left++;
	return left;
}

size_t weir_stack_pool_high_water(const struct weir_stack_pool *pool)
{
	size_t most = 0;

	for (unsigned i = 0; i < pool->count; i++) {
		size_t touched = weir_stack_high_water(&pool->stacks[i]);

		most = touched > most ? touched : most;
	}
	return most;
}

// ---- the message ----

static __thread const char *(*thread_name)(const void *address);
static struct sigaction previous;
static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static pthread_key_t alternate_key;
static int install_error;

// The region whose guard holds address, NULL for any other address.
static const struct region *guard_of(uintptr_t address)
{
	const struct region *r = load_acquire(&regions);

	for (; r; r = r->next) {
		uintptr_t low = load_acquire(&r->low);

		if (low && address >= low && address < r->high)
			return (address - low) % r->slot_size < GUARD_SIZE
				       ? r
				       : NULL;
	}
	return NULL;
}

static size_t append(char *to, size_t at, size_t size, const char *text)
{
	while (*text && at < size)
		to[at++] = *text++;
	return at;
}

static size_t append_number(char *to, size_t at, size_t size, size_t number)
{
	char digits[24];
	char *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do {
		*--first = (char)('0' + number % 10);
	} while (number /= 10);
	return append(to, at, size, first);
}

// Only write(2) and our own few lines: this runs in a signal handler.
static void say_overflow(const struct region *r, uintptr_t address)
{
	size_t in_slot = (address - r->low) % r->slot_size;
	const void *base = (const void *)(address - in_slot + GUARD_SIZE);
	const char *name = thread_name ? thread_name(base) : NULL;
	char line[256];
	size_t n = 0, size = sizeof(line);

	n = append(line, n, size, "weir: task '");
	n = append(line, n, size, name ? name : "?");
	n = append(line, n, size, "' overflowed its stack of ");
	n = append_number(line, n, size, r->stack_size >> 10);
	n = append(line, n, size,
		" KiB: keep large arrays off the stack, or give its executor "
		"a larger stack_size\n");
	while (write(STDERR_FILENO, line, n) < 0 && errno == EINTR)
		;
}

static void to_previous(int signal, siginfo_t *info, void *context)
{
	if (previous.sa_flags & SA_SIGINFO) {
		previous.sa_sigaction(signal, info, context);
	} else if (previous.sa_handler != SIG_DFL &&
		   previous.sa_handler != SIG_IGN) {
		previous.sa_handler(signal);
	} else if (info->si_code > 0 || previous.sa_handler == SIG_DFL) {
		struct sigaction plain = {.sa_handler = SIG_DFL};

		// Returning faults again, now without us. What was sent, not
		// faulted, is sent again.
		sigaction(signal, &plain, NULL);
		if (info->si_code <= 0)
			raise(signal);
	}
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;
	const struct region *r = info->si_code > 0 ? guard_of(address) : NULL;

	if (!r) {
		to_previous(signal, info, context);
		return;
	}
	say_overflow(r, address);
	abort();
}

// A thread that ends gives its alternate stack back, if it still uses it.
static void alternate_end(void *memory)
{
	stack_t now, off = {.ss_flags = SS_DISABLE};

	if (sigaltstack(NULL, &now) == 0 && now.ss_sp == memory)
		sigaltstack(&off, NULL);
	munmap(memory, ALTERNATE_SIZE);
}

static void install(void)
{
	struct sigaction action = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigemptyset(&action.sa_mask);
	install_error = -pthread_key_create(&alternate_key, alternate_end);
	if (!install_error && sigaction(SIGSEGV, &action, &previous))
		install_error = -errno;
}

// A stack that is there already (the sanitizers give one to each thread) is
// kept: its owner unmaps it by asking which one is in use.
static int alternate_begin(void)
{
	stack_t now, ours = {.ss_size = ALTERNATE_SIZE};

	if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE))
		return 0;
	ours.ss_sp = mmap(NULL, ALTERNATE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ours.ss_sp == MAP_FAILED)
		return -errno;
	if (pthread_setspecific(alternate_key, ours.ss_sp))
		goto unmap;
	if (sigaltstack(&ours, NULL))
		goto forget;
	return 0;

forget:
	pthread_setspecific(alternate_key, NULL);
unmap:
	munmap(ours.ss_sp, ALTERNATE_SIZE);
	return -ENOMEM;
}

int weir_stack_watch(const char *(*name)(const void *address))
{
	pthread_once(&install_once, install);
	if (install_error)
		return install_error;
	thread_name = name;
	return alternate_begin();
}

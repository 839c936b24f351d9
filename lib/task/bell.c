// SPDX-License-Identifier: BSD-3-Clause
//
// A bell is a futex: asleep while it says ARMED. Who sleeps in epoll has an
// eventfd beside it. ASKED is for the keeper, who looks at all bells while anyone
// is armed that may be asked for, and sleeps itself otherwise.
#include "task/bell.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "base/thread.h"
#include "task/executor_inline.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdalign.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { QUIET, ARMED, ASKED };

struct weir_bell {
	alignas(WEIR_CACHE_LINE) uint32_t word;
	bool used; // under lock
	// Written before the bell is armed, read by who has found it so.
	bool in_epoll;	     // who sleeps does so on its eventfd
	int descriptor_next; // the eventfd, and 1; 0: it never had one
};

static struct weir_bell bells[WEIR_BELLS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned used_count;  // under lock
static unsigned bells_end;   // beyond the last that was ever used
static uint32_t armed_count; // who sleeps, or is about to
static uint32_t asker_count; // executors that poll
static uint32_t keeper_word; // 1: the keeper sleeps until somebody is armed
static bool keeper_ends;
static pthread_t keeper;
static bool fences; // can be had in others; once known
static bool naps;   // and were refused all the same

static long futex(
	uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, timeout,
		NULL, 0);
}

static void wake(uint32_t *word)
{
	futex(word, FUTEX_WAKE, 1, NULL);
}

// wake_sleeper wakes who slept on the bell, which the caller has taken from it.
static void wake_sleeper(struct weir_bell *bell)
{
	const uint64_t one = 1;

	if (!load_relaxed(&bell->in_epoll))
		wake(&bell->word);
	else if (write(bell->descriptor_next - 1, &one, sizeof(one)) < 0)
		weir_assert(errno == EAGAIN); // it is readable, then
}

// ---- the keeper ----

// Somebody may be asked for: there is who asks, and whom for.
static bool keeper_needed(void)
{
	return load_acquire(&armed_count) > 0 && load_acquire(&asker_count) > 0;
}

static void ring_asked(void)
{
	unsigned end = load_acquire(&bells_end);

	for (unsigned i = 0; i < end; i++) {
		uint32_t asked = ASKED;

		if (load_relaxed(&bells[i].word) == ASKED &&
			cas_acq_rel(&bells[i].word, &asked, QUIET))
			wake_sleeper(&bells[i]);
	}
}

// keeper_rest sleeps until somebody may be asked for again. Who asked and has gone
// since is no reason to turn any more, but counted itself out behind its asking: so
// what it asked for is seen here, behind the counts, and not before them.
static void keeper_rest(void)
{
	store_relaxed(&keeper_word, 1);
	fence_full(); // keeper_word is written, the counts are read
	if (!keeper_needed() && !load_acquire(&keeper_ends)) {
		ring_asked();
		futex(&keeper_word, FUTEX_WAIT, 1, NULL);
	}
	store_relaxed(&keeper_word, 0);
}

static void *keep(void *arg)
{
	const struct timespec period = {.tv_nsec = WEIR_BELL_PERIOD_NS};

	prctl(PR_SET_NAME, "weir-bells");
	prctl(PR_SET_TIMERSLACK, 1);
	while (!load_acquire(&keeper_ends)) {
		if (!keeper_needed()) {
			keeper_rest();
			continue;
		}
		nanosleep(&period, NULL);
		ring_asked();
	}
	return NULL;
}

static void keeper_wake(void)
{
	if (load_relaxed(&keeper_word) && exchange_acq_rel(&keeper_word, 0))
		wake(&keeper_word);
}

static bool keeper_start(void)
{
	pthread_attr_t attributes;
	int err;

	keeper_ends = false;
	pthread_attr_init(&attributes);
	weir_thread_quiet(&attributes);
	err = pthread_create(&keeper, &attributes, keep, NULL);
	pthread_attr_destroy(&attributes);
	return !err;
}

static void keeper_stop(void)
{
	store_release(&keeper_ends, true);
	exchange_acq_rel(&keeper_word, 0);
	fence_full();
	wake(&keeper_word);
	pthread_join(keeper, NULL);
}

// ---- bells ----

static struct weir_bell *take_free(void)
{
	for (unsigned i = 0; i < WEIR_BELLS; i++) {
		if (bells[i].used)
			continue;
		bells[i].used = true;
		used_count++;
		if (i >= bells_end)
			store_release(&bells_end, i + 1);
		return &bells[i];
	}
	return NULL;
}

struct weir_bell *weir_bell_get(void)
{
	struct weir_bell *bell = NULL;

	pthread_mutex_lock(&lock);
	if (used_count > 0 || keeper_start())
		bell = take_free();
	pthread_mutex_unlock(&lock);
	return bell;
}

void weir_bell_put(struct weir_bell *bell)
{
	if (!bell)
		return;
	pthread_mutex_lock(&lock);
	bell->used = false;
	store_relaxed(&bell->in_epoll, false);
	if (--used_count == 0)
		keeper_stop();
	pthread_mutex_unlock(&lock);
}

// A directory has one link for each directory in it, and two of its own. Under
// the lock, so that the keeper is there as long as it is counted.
bool weir_bell_other_threads(void)
{
	struct stat s;
	bool others;

	pthread_mutex_lock(&lock);
	others = stat("/proc/self/task", &s) ||
		 s.st_nlink != (used_count > 0 ? 4 : 3);
	pthread_mutex_unlock(&lock);
	return others;
}

static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

static void thread_ends(void *bell)
{
	weir_bell_put(bell);
}

static void thread_key_create(void)
{
	weir_assert(pthread_key_create(&thread_key, thread_ends) == 0);
}

struct weir_bell *weir_bell_of_thread(void)
{
	struct weir_bell *bell;

	pthread_once(&thread_once, thread_key_create);
	bell = pthread_getspecific(thread_key);
	if (!bell) {
		bell = weir_bell_get();
		pthread_setspecific(thread_key, bell);
	}
	return bell;
}

void weir_bell_arm(struct weir_bell *bell)
{
	store_release(&bell->word, ARMED);
	add_acq_rel(&armed_count, 1);
	// "The bell"; and armed_count is written, the other two are read.
	fence_full();
	if (load_relaxed(&asker_count) > 0)
		keeper_wake();
}

void weir_bell_askers(int change)
{
	add_acq_rel(&asker_count, (uint32_t)change);
	fence_full(); // asker_count is written, armed_count and keeper_word read
	if (change > 0 && load_relaxed(&armed_count) > 0)
		keeper_wake();
}

int weir_bell_descriptor(struct weir_bell *bell)
{
	if (bell->descriptor_next == 0) {
		int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		if (fd < 0)
			return -errno;
		bell->descriptor_next = fd + 1;
	}
	store_relaxed(&bell->in_epoll, true);
	return bell->descriptor_next - 1;
}

void weir_bell_disarm(struct weir_bell *bell)
{
	store_relaxed(&bell->word, QUIET);
	sub_acq_rel(&armed_count, 1);
}

// ns_until answers the time until a tick; 0: it has come.
static uint64_t ns_until(uint64_t tick)
{
	const struct weir_clock *clock = weir_clock_real();
	int64_t left = (int64_t)(tick - weir_clock_now(clock));

	return left > 0 ? weir_clock_ns(clock, (uint64_t)left) + 1 : 0;
}

uint64_t weir_bell_patience(uint64_t until)
{
	uint64_t ns = until == WEIR_NEVER ? WEIR_NEVER : ns_until(until);

	if (unlikely(load_relaxed(&naps)) && ns > WEIR_BELL_NAP_NS)
		ns = WEIR_BELL_NAP_NS;
	return ns;
}

void weir_bell_sleep(struct weir_bell *bell, uint64_t until)
{
	uint64_t ns = weir_bell_patience(until);
	struct timespec timeout;

	timeout.tv_sec = (time_t)(ns / 1000000000);
	timeout.tv_nsec = (long)(ns % 1000000000);
	while (ns > 0) {
		uint32_t word = load_acquire(&bell->word);

		// One that was asked for rings soon: until then it sleeps on.
		if (word == QUIET)
			break;
		if (futex(&bell->word, FUTEX_WAIT, word,
			    ns == WEIR_NEVER ? NULL : &timeout) == 0 ||
			ns != WEIR_NEVER)
			break;
	}
}

static bool may_call(void)
{
	const struct weir_executor *self = weir_executor_current();

	return !self || self->bell;
}

void weir_bell_ring(struct weir_bell *bell)
{
	uint32_t armed = ARMED;

	if (load_relaxed(&bell->word) != ARMED)
		return;
	WEIR_TRACE(bell_rung, bell);
	if (!may_call())
		cas_acq_rel(&bell->word, &armed, ASKED);
	else if (cas_acq_rel(&bell->word, &armed, QUIET))
		wake_sleeper(bell);
}

// ---- fences in others ----

static void fences_begin(void)
{
	fences = syscall(SYS_membarrier,
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

bool weir_bell_may_fence(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fences_begin);
	return fences;
}

void weir_bell_fence_others(void)
{
	if (!load_relaxed(&naps) &&
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		store_relaxed(&naps, true);
}

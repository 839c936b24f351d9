// SPDX-License-Identifier: BSD-3-Clause
//
// The last receiver closes while a message is on its way into the channel: it is
// answered as sent, and received or released as soon as both are through; or it
// is answered closed, and still the sender's. Nobody does anything further for
// it: the sender keeps its end, and sends no more.
//
// Once as the system is, and once where no fence can be put into other threads.
#include "base/assert.h"
#include "base/atomic.h"
#include "base/random.h"
#include "chan/chan.h"
#include "chan/permit.h"
#include "chan/segments.h"
#include "task/bell.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 40000
#define SENDERS_MAX 2

enum how { ONE, BURST, PERMIT };

static struct world {
	const char *name;
	struct weir_channel_options options;
	unsigned senders;
	enum how how;
} worlds[] = {
	{"spsc", {.class_ = WEIR_SPSC, .message_size = 8}, 1, ONE},
	{"spsc burst", {.class_ = WEIR_SPSC, .message_size = 8}, 1, BURST},
	{"mpsc", {.class_ = WEIR_MPSC, .message_size = 8}, 2, ONE},
	{"mpmc", {.message_size = 8}, 2, ONE},
	{"permits", {.message_size = 8, .permits = true}, 2, PERMIT},
	{"segments", {.message_size = 8}, 2, BURST},
};

static const struct world *world;
static struct weir_tx tx[SENDERS_MAX];
static uint32_t opened, through; // rounds; senders that are through with one
static uint32_t sent, released;	 // in the round
static uint64_t in_the_way; // rounds with both a value sent and one refused

static void count(void *arg, void *message)
{
	add_acq_rel(&released, 1);
}

static void dawdle(struct weir_random *random, unsigned most)
{
	for (uint64_t n = weir_random_below(random, most); n > 0; n--)
		cpu_relax();
}

// Two messages, so that the way of who has used its end before is met too.
static unsigned send_two(struct weir_tx *end)
{
	uint64_t words[2] = {1, 2};
	struct weir_permits permits = {0};
	unsigned done = 0;

	switch (world->how) {
	case BURST:
		(void)!weir_try_send_burst(end, words, 2, &done);
		return done;
	case PERMIT:
		if (weir_try_reserve(end, 2, 2, &permits) != WEIR_RESERVED)
			return 0;
		done += weir_permits_send(&permits, &words[0]) == WEIR_SENT;
		done += weir_permits_send(&permits, &words[1]) == WEIR_SENT;
		return done;
	case ONE:
		break;
	}
	done += weir_try_send(end, &words[0]) == WEIR_SENT;
	done += weir_try_send(end, &words[1]) == WEIR_SENT;
	return done;
}

static void *senders(void *arg)
{
	struct weir_tx *end = arg;
	struct weir_random random;

	random.state = 3 + (uint64_t)(end - tx);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		while (load_acquire(&opened) != round)
			sched_yield();
		dawdle(&random, 60);
		add_acq_rel(&sent, send_two(end));
		add_acq_rel(&through, 1);
		while (load_acquire(&opened) == round)
			sched_yield();
	}
	return NULL;
}

// all_through waits for the senders; then nothing may be left, though each has
// its end still.
static void all_through(unsigned received)
{
	while (load_acquire(&through) != world->senders)
		sched_yield();
	if (sent != received + load_acquire(&released)) {
		fprintf(stderr, "%s: %u sent, %u received, %u released\n",
			world->name, sent, received, released);
		abort();
	}
	in_the_way += sent > 0 && sent < 2 * world->senders;
}

static void one_round(uint32_t round, struct weir_random *random)
{
	struct weir_rx rx;
	uint64_t word;
	unsigned received = 0;

	sent = released = through = 0;
	weir_assert(!weir_channel_open_with(8, &world->options, &tx[0], &rx));
	for (unsigned i = 1; i < world->senders; i++)
		weir_assert(!weir_tx_clone(&tx[0], &tx[i]));
	received += weir_try_recv(&rx, &word) == WEIR_RECEIVED;
	store_release(&opened, round);
	dawdle(random, 120);
	if (weir_random_below(random, 2))
		received += weir_try_recv(&rx, &word) == WEIR_RECEIVED;
	weir_rx_close(&rx);
	all_through(received);
	for (unsigned i = 0; i < world->senders; i++)
		weir_tx_close(&tx[i]);
}

static void race(struct world *w)
{
	struct weir_segments *segments = NULL;
	struct weir_random random;
	pthread_t threads[SENDERS_MAX];

	if (!strcmp(w->name, "segments"))
		weir_assert(!weir_segments_open(&segments, 8, 4, 8));
	w->options.segments = segments;
	w->options.release = count;
	world = w;
	opened = 0;
	random.state = 1;
	for (unsigned i = 0; i < w->senders; i++)
		pthread_create(&threads[i], NULL, senders, &tx[i]);
	for (uint32_t round = 1; round <= ROUNDS; round++)
		one_round(round, &random);
	store_release(&opened, 0);
	for (unsigned i = 0; i < w->senders; i++)
		pthread_join(threads[i], NULL);
	if (segments)
		weir_assert(!weir_segments_close(segments));
}

// no_fences takes the system call away, as an older system or a filter of a
// container does; false where no filter can be set.
static bool no_fences(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = filter};

	weir_assert(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return false;
	weir_assert(!weir_bell_may_fence());
	return true;
}

static void all_races(const char *where)
{
	in_the_way = 0;
	for (unsigned i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++)
		race(&worlds[i]);
	printf("%s: in %llu rounds the close came between two messages\n",
		where, (unsigned long long)in_the_way);
	fflush(stdout);
}

int main(void)
{
	pid_t child = fork();
	int status;

	weir_assert(child >= 0);
	if (child == 0) {
		if (no_fences())
			all_races("no fences");
		else
			puts("no fences: left out, no filter can be set here");
		_exit(0);
	}
	weir_assert(waitpid(child, &status, 0) == child);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		puts("without fences it failed");
		return 1;
	}
	all_races("fences");
	return 0;
}

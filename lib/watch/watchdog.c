// SPDX-License-Identifier: BSD-3-Clause
#include "watch/watchdog.h"
#include "base/log.h"
#include "base/thread.h"
#include "task/executor_inline.h"
#include "task/misuse.h"
#include "task/roster.h"
#include "watch/code.h"
#include "watch/machine.h"
#include "watch/thread.h"
#include "watch/watched.h"
#include "watch/words.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000u
#define LOOKS 5 // that have room between a limit and 1.5 × it + 1 ms
#define PERIOD_NS_MIN 200000
#define PERIOD_NS_MAX 1000000
#define PERIOD_NS_IDLE 100000000 // where no class has a limit

// One for the process. lock guards all of it, and rounds.
static struct {
	pthread_mutex_t lock;
	unsigned users;
	pthread_t thread;
	uint64_t life;	// of threads: each ends when it is no more its own
	uint32_t rings; // a futex: a nap ends when it moves; anyone writes
	bool accounts, robbed;
	uint64_t known; // see struct weir_round
	bool warns;	// the thread that says what is due is there
	struct weir_list watched;
} dog = {.lock = PTHREAD_MUTEX_INITIALIZER,
	.watched = {&dog.watched, &dog.watched}};

// ---- what it says ----

static bool is_due(const struct weir_telling *telling)
{
	return telling->unended || telling->deaf;
}

// take_due answers what is to be said next, if there is something. The watchdog
// is locked.
static bool take_due(struct weir_telling *telling)
{
	weir_list_each (link, &dog.watched) {
		struct weir_watched *one =
			weir_container(link, struct weir_watched, link);

		if (!is_due(&one->telling))
			continue;
		*telling = one->telling;
		one->telling.unended = one->telling.deaf = false;
		return true;
	}
	return false;
}

static void say_unended(struct weir_telling *telling)
{
	struct weir_symbols *symbols = NULL;
	struct weir_code *code = weir_code_create();
	char text[1024];

	weir_code_cut(code, &telling->sighting.frames);
	weir_code_destroy(code);
	(void)weir_symbols_open(&symbols, 0, NULL);
	weir_log(WEIR_LOG_WARNING, "watch.blocked",
		"a step of '%s' does not end: %s", telling->of,
		weir_words_seen(
			symbols, &telling->sighting, text, sizeof(text)));
	weir_symbols_close(symbols);
}

static void say(struct weir_telling *telling)
{
	if (telling->unended)
		say_unended(telling);
	if (telling->deaf)
		weir_log(WEIR_LOG_WARNING, "watch.deaf",
			"the thread of '%s' does not answer signal %d, so "
			"that its steps which are too long stay not "
			"witnessed: start the watchdog before it, and do not "
			"block or handle that signal",
			telling->executor, WEIR_LOOK_SIGNAL);
}

// warn says what is due, on a thread of its own and under no lock: names of
// addresses take a while, and standard error may take for ever. Nobody waits for
// it, and the executors stay watched.
static void *warn(void *arg)
{
	struct weir_telling telling;

	prctl(PR_SET_NAME, "weir-warns");
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), 0);
	pthread_mutex_lock(&dog.lock);
	while (take_due(&telling)) {
		pthread_mutex_unlock(&dog.lock);
		say(&telling);
		pthread_mutex_lock(&dog.lock);
	}
	dog.warns = false;
	pthread_mutex_unlock(&dog.lock);
	return arg;
}

// begin_to_warn does that if something is due; without a thread for it, a later
// round tries again. The watchdog is locked.
static void begin_to_warn(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool due = false;

	weir_list_each (link, &dog.watched)
		due |= is_due(&weir_container(link, struct weir_watched, link)
				       ->telling);
	if (!due || dog.warns)
		return;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	weir_thread_quiet(&attributes);
	dog.warns = !pthread_create(&thread, &attributes, warn, NULL);
	pthread_attr_destroy(&attributes);
}

// ---- rounds ----

static struct weir_watched *find(struct weir_executor *executor)
{
	struct weir_watched *free_one = NULL;

	weir_list_each (link, &dog.watched) {
		struct weir_watched *one =
			weir_container(link, struct weir_watched, link);

		if (one->executor == executor)
			return one;
		if (!one->executor)
			free_one = one;
	}
	if (!free_one) {
		free_one = calloc(1, sizeof(*free_one));
		if (!free_one)
			return NULL;
		weir_list_add(&dog.watched, &free_one->link);
	}
	weir_watched_take(free_one, executor);
	return free_one;
}

static void look_at(struct weir_executor *executor, void *arg)
{
	const struct weir_round *round = arg;
	struct weir_watched *watched;

	if (executor->clock->virtual_ticks)
		return;
	watched = find(executor);
	if (!watched)
		return;
	watched->seen = true;
	weir_watched_look(watched, executor, round);
}

// all looks at all executors. The watchdog is locked.
static void all(struct weir_round round)
{
	round.accounts = dog.accounts;
	round.robbed = dog.robbed;
	dog.known = round.known;
	weir_list_each (link, &dog.watched)
		weir_container(link, struct weir_watched, link)->seen = false;
	weir_roster_each(look_at, &round);
	weir_list_each (link, &dog.watched) {
		struct weir_watched *one =
			weir_container(link, struct weir_watched, link);

		// Its look stays where it is: it may yet be answered.
		if (!one->seen)
			one->executor = NULL;
	}
	begin_to_warn();
}

// part judges what an executor that goes has written down: nobody will see it
// later, and its place may be another's soon.
static void part(struct weir_executor *executor)
{
	pthread_mutex_lock(&dog.lock);
	if (dog.users) {
		struct weir_round round = {.known = dog.known,
			.accounts = dog.accounts,
			.robbed = dog.robbed};

		look_at(executor, &round);
	}
	weir_list_each (link, &dog.watched) {
		struct weir_watched *one =
			weir_container(link, struct weir_watched, link);

		if (one->executor == executor)
			one->executor = NULL;
	}
	pthread_mutex_unlock(&dog.lock);
}

static void drop(struct weir_executor *executor, void *arg)
{
	struct weir_overrun overrun;

	while (weir_overruns_get(&executor->overruns, &overrun))
		;
}

void weir_watchdog_forget(const struct weir_histogram *steps)
{
	pthread_mutex_lock(&dog.lock);
	if (dog.users)
		all((struct weir_round){.known = dog.known});
	else
		weir_roster_each(drop, NULL);
	weir_list_each (link, &dog.watched)
		weir_watched_forget(
			weir_container(link, struct weir_watched, link), steps);
	pthread_mutex_unlock(&dog.lock);
}

// ---- its thread ----

static uint64_t period_ns(void)
{
	uint64_t least = weir_books_least(), ns;

	if (!least)
		return PERIOD_NS_IDLE;
	ns = (weir_clock_ns(weir_clock_real(), least) / 2 + 1000000) / LOOKS;
	return ns < PERIOD_NS_MIN   ? PERIOD_NS_MIN
	       : ns > PERIOD_NS_MAX ? PERIOD_NS_MAX
				    : ns;
}

// urge lets the watchdog run when it wakes, where that is allowed.
static void urge(void)
{
	prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), -20);
}

// go_round does a round, unless the caller's life is over: when the last user had
// stopped it another may have started the next one at once.
static bool go_round(uint64_t life, struct weir_round round)
{
	bool mine;

	pthread_mutex_lock(&dog.lock);
	mine = dog.life == life;
	if (mine)
		all(round);
	pthread_mutex_unlock(&dog.lock);
	return mine;
}

void weir_watchdog_ring(void)
{
	add_acq_rel(&dog.rings, 1);
	syscall(SYS_futex, &dog.rings, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL,
		0);
}

// What the watchdog's thread knew when it last woke.
struct awake {
	uint64_t tick;
	uint64_t sleeps; // of it so far
};

// nap sleeps until the next round, or until somebody rings who does not know yet
// that rings have been seen, and finds out whether the process was stopped since
// the last one. A nap is one sleep; one more is a stop. Sleeps between two naps are
// the watchdog's, waits for a lock mostly, but may hide a stop.
static struct weir_round nap(struct awake *last, uint32_t seen)
{
	const struct timespec period = {.tv_nsec = (long)period_ns()};
	uint64_t sleeps = weir_own_sleeps(), began = weir_ticks(), own;
	struct weir_round round = {0};
	struct awake now;

	own = !syscall(SYS_futex, &dog.rings, FUTEX_WAIT_PRIVATE, seen, &period,
		      NULL, 0) ||
	      errno != EAGAIN;
	now.tick = round.known = weir_ticks();
	now.sleeps = weir_own_sleeps();
	round.stopped = now.sleeps - sleeps > own;
	if (round.stopped)
		round.away = weir_ticks() - last->tick;
	else if (sleeps != last->sleeps)
		round.away = began - last->tick;
	*last = now;
	return round;
}

static void *watch(void *arg)
{
	struct weir_round round = {.known = weir_ticks()};
	uint64_t life = (uintptr_t)arg;
	struct awake last;
	uint32_t seen;

	urge();
	last.tick = weir_ticks();
	last.sleeps = weir_own_sleeps();
	// What is rung for is written before: either it is seen here, or the nap
	// does not begin.
	while (seen = load_acquire(&dog.rings), go_round(life, round))
		round = nap(&last, seen);
	return NULL;
}

static int create(int cpu, struct weir_error *e)
{
	pthread_attr_t attributes;
	cpu_set_t cpus;
	int err;

	dog.accounts = weir_machine_accounts();
	dog.robbed = weir_machine_robs();
	dog.known = weir_ticks();
	pthread_attr_init(&attributes);
	weir_thread_quiet(&attributes);
	if (cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET((unsigned)cpu, &cpus);
		pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
	}
	err = pthread_create(
		&dog.thread, &attributes, watch, (void *)(uintptr_t)dog.life);
	pthread_attr_destroy(&attributes);
	if (err)
		return weir_error_set(e, -err, "no thread for the watchdog: %s",
			strerror(err));
	pthread_setname_np(dog.thread, "weir-watchdog");
	return 0;
}

int weir_watchdog_start(int cpu, struct weir_error *e)
{
	int err = weir_look_open(e);

	if (err)
		return err;
	weir_roster_on_remove(part);
	pthread_mutex_lock(&dog.lock);
	if (!dog.users)
		err = create(cpu, e);
	dog.users += !err;
	pthread_mutex_unlock(&dog.lock);
	return err;
}

void weir_watchdog_settle(void)
{
	pthread_mutex_lock(&dog.lock);
	if (dog.users)
		all((struct weir_round){.known = dog.known});
	pthread_mutex_unlock(&dog.lock);
}

uint64_t weir_watchdog_sleeps(const struct weir_executor *executor)
{
	uint64_t slept = load_acquire(&executor->slept), stops = 0;

	if (weir_watched_is_exempt(executor))
		return 0;
	pthread_mutex_lock(&dog.lock);
	weir_list_each (link, &dog.watched) {
		const struct weir_watched *one =
			weir_container(link, struct weir_watched, link);

		if (one->executor == executor)
			stops = one->halts;
	}
	pthread_mutex_unlock(&dog.lock);
	return slept > stops ? slept - stops : 0;
}

void weir_watchdog_stop(void)
{
	pthread_t thread;
	bool last;

	pthread_mutex_lock(&dog.lock);
	if (!dog.users)
		weir_misuse_end("weir_watchdog_stop",
			"it does not run: stop it once for each start that "
			"answered 0");
	if (dog.users == 1)
		all((struct weir_round){.known = dog.known});
	last = --dog.users == 0;
	thread = dog.thread;
	dog.life += last;
	pthread_mutex_unlock(&dog.lock);
	if (!last)
		return;
	weir_watchdog_ring();
	pthread_join(thread, NULL);
}

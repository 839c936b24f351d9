// SPDX-License-Identifier: BSD-3-Clause
//
// Planted faults on an executor of a thread, under the watchdog. What the machine
// steals may hide one, so each is tried until it is seen; never is it called
// something else that would break the contract.
#include "base/log.h"
#include "task/bell.h"
#include "task/executor_inline.h"
#include "task/task.h"
#include "task/timer.h"
#include "watch/book.h"
#include "watch/thread.h"
#include "watch/watchdog.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000u
#define LIMIT_MS 5
#define TRIES 40

static struct weir_executor *executor;
static struct weir_contract *contract;
static struct weir_error error;
static pthread_t thread;
static bool go_on, ended;
static bool may_sleep; // the executor of begin may

static void *run(void *arg)
{
	weir_executor_run(executor);
	return arg;
}

static void has_ended(void *arg)
{
	store_release(&ended, true);
}

// begin runs fn as the only task of an executor, in the contract's class.
static void begin(void (*fn)(void *arg))
{
	struct weir_executor_options options = {.name = "watched",
		.idle = may_sleep ? NULL : weir_idle_yield,
		.sleeps = may_sleep};
	struct weir_spawn_options how = {.name = "faulty"};

	ended = go_on = false;
	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_MS * MS, &error),
		0);
	how.steps = weir_contract_steps(contract);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, fn, NULL, &how, has_ended), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void end(void)
{
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000); // let it be judged
	weir_executor_stop(executor);
	pthread_join(thread, NULL);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(contract);
}

static void stop_it(void *arg)
{
	weir_executor_stop(weir_executor_self());
}

// alone runs fn as the only task of an executor of this thread, which then goes.
static void alone(void (*fn)(void *arg))
{
	struct weir_executor_options options = {.name = "watched"};
	struct weir_spawn_options how = {
		.name = "faulty", .steps = weir_contract_steps(contract)};

	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, fn, NULL, &how, stop_it), 0);
	weir_executor_run(executor);
	weir_executor_destroy(executor);
}

static struct weir_contract_state read_state(void)
{
	struct weir_contract_state state;

	weir_contract_read(contract, 0, &state);
	cr_assert_eq(state.over, state.blocked + state.blocking + state.stolen +
					 state.unwitnessed);
	return state;
}

// ---- a task that never yields ----

__attribute__((noinline)) static void never_yield(void *arg)
{
	while (!load_relaxed(&go_on))
		cpu_relax();
}

Test(watchdog, a_step_that_does_not_end_is_seen_with_its_task_and_stack)
{
	struct weir_sighting worst = {0};

	begin(never_yield);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	cr_assert_eq(read_state().blocked, 1);
	cr_expect_eq(read_state().unended, 1);
	cr_expect_eq(read_state().steps, 0);
	weir_books_lock();
	worst = contract->worst[0];
	weir_books_unlock();
	cr_expect_eq(worst.found, WEIR_BLOCKED);
	cr_expect_geq(worst.ns, LIMIT_MS * MS);
	cr_expect_str_eq(worst.task, "faulty");
	cr_expect_str_eq(worst.executor, "watched");
	cr_assert_geq(worst.frames.count, 1);
	cr_expect_lt(worst.frames.at[0] - (uintptr_t)never_yield, 256,
		"the stack begins in the function that spins");
	store_release(&go_on, true);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 10000 && read_state().unended; i++)
		usleep(1000);
	cr_expect_eq(read_state().unended, 0, "it is no other when it ends");
	cr_expect_geq(read_state().over, 1);
	cr_expect_eq(read_state().blocked, 1);
	end();
}

// ---- one whose end finds no room to be written down ----

static void fill_up(const struct weir_histogram *nobodys)
{
	struct weir_overruns *overruns = &executor->overruns;
	const struct weir_overrun one = {
		.steps = nobodys, .begin = 1, .end = 2};
	uint64_t read = load_acquire(&overruns->read);

	// The watchdog takes some, and then waits for the books.
	for (int i = 0; i < WEIR_OVERRUNS; i++)
		weir_overruns_put(overruns, &one);
	while (load_acquire(&overruns->read) == read)
		cpu_relax();
	usleep(50000); // it takes as many as it finds in one go
	while (overruns->lost == 0)
		weir_overruns_put(overruns, &one);
}

static void end_unheard(void *arg)
{
	static struct weir_histogram nobodys;

	while (!load_relaxed(&go_on))
		cpu_relax();
	weir_books_lock();
	fill_up(&nobodys);
	weir_yield(); // ends the step, beyond its limit
	weir_books_unlock();
	(void)!weir_sleep(weir_in_ms(50)); // no step that is too long follows
}

Test(watchdog, a_step_whose_end_finds_no_room_does_not_stay_one_that_goes_on)
{
	begin(end_unheard);
	for (int i = 0; i < 10000 && !read_state().unended; i++)
		usleep(1000);
	cr_assert_eq(read_state().unended, 1);
	store_release(&go_on, true);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 5000 && read_state().unended; i++)
		usleep(1000);
	cr_expect_eq(read_state().unended, 0);
	cr_expect_eq(read_state().blocked, 1, "it is found once");
	cr_expect_eq(read_state().over, contract->steps->over_count);
	end();
}

// ---- a post, a timer ----

static void post_never_ends(struct weir_executor *x, struct weir_post *post)
{
	never_yield(NULL);
	weir_executor_stop(x);
}

static void timer_never_ends(struct weir_executor *x, struct weir_timer *timer)
{
	never_yield(NULL);
	weir_executor_stop(x);
}

// spin_outside lets an executor do that, whose tasks of no class have a contract.
static void spin_outside(struct weir_post *post, struct weir_timer *timer)
{
	struct weir_executor_options options = {
		.name = "watched", .idle = weir_idle_yield};

	cr_assert_eq(weir_contract_create(
			     &contract, "(runtime)", LIMIT_MS * MS, &error),
		0);
	options.task_steps = weir_contract_steps(contract);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	if (timer)
		weir_timer_set(executor, timer, weir_ticks());
	cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
	if (post)
		weir_executor_post(executor, post);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	cr_expect_eq(read_state().blocked, 1);
	cr_expect_eq(read_state().unended, 1);
	weir_books_lock();
	cr_expect_str_eq(contract->worst[0].task, "");
	cr_expect_lt(
		contract->worst[0].frames.at[0] - (uintptr_t)never_yield, 256);
	weir_books_unlock();
	store_release(&go_on, true);
	pthread_join(thread, NULL);
	weir_watchdog_settle();
	cr_expect_eq(read_state().unended, 0);
	cr_expect_eq(read_state().blocked, 1);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(contract);
}

Test(watchdog, a_post_is_under_the_contract_of_tasks_of_no_class)
{
	struct weir_post post = {.fn = post_never_ends};

	spin_outside(&post, NULL);
}

Test(watchdog, so_is_a_timer)
{
	struct weir_timer timer;

	weir_timer_init(&timer, timer_never_ends);
	spin_outside(NULL, &timer);
}

// ---- what is said of it ----

// How many lines were said of an event.
struct heard {
	const char *event;
	unsigned count;
	char line[2048]; // the last
};

static void hear(void *arg, enum weir_log_level level, const char *event,
	const char *line)
{
	struct heard *heard = arg;

	if (strcmp(event, heard->event))
		return;
	snprintf(heard->line, sizeof(heard->line), "%s", line);
	store_release(&heard->count, heard->count + 1);
}

// each_thread answers how many threads of this name the process has; *tid is one.
static unsigned each_thread(const char *wanted, int *tid)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *task;
	unsigned count = 0;
	char line[32];

	cr_assert(tasks);
	snprintf(line, sizeof(line), "%s\n", wanted);
	while ((task = readdir(tasks))) {
		char path[300], name[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strcmp(name, line)) {
			count++;
			*tid = atoi(task->d_name);
		}
		fclose(file);
	}
	closedir(tasks);
	return count;
}

static unsigned threads(const char *wanted)
{
	int tid;

	return each_thread(wanted, &tid);
}

static int thread_named(const char *wanted)
{
	int tid = 0;

	cr_assert_eq(each_thread(wanted, &tid), 1);
	return tid;
}

// fill_pipe gives standard error to a pipe that is full and that nobody reads.
static void fill_pipe(int ends[2])
{
	char bytes[4096] = "";

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
	cr_assert_geq(dup2(ends[1], STDERR_FILENO), 0);
	close(ends[1]);
}

Test(watchdog, who_cannot_say_it_holds_up_nobody, .timeout = 60)
{
	struct weir_executor_options options = {.name = "another"};
	int ends[2], kept = dup(STDERR_FILENO);
	struct weir_executor *another;

	fill_pipe(ends);
	begin(never_yield);
	for (int i = 0; i < 10000 && !threads("weir-warns"); i++)
		usleep(1000);
	cr_assert_eq(threads("weir-warns"), 1, "it says it");
	usleep(300000);
	cr_assert_eq(threads("weir-warns"), 1, "and cannot");
	cr_assert_eq(weir_executor_create(&another, &options, &error), 0);
	weir_watchdog_settle();
	cr_expect_eq(read_state().blocked, 1);
	weir_executor_destroy(another);
	store_release(&go_on, true);
	end();
	cr_assert_eq(threads("weir-warns"), 1);
	close(ends[0]);
	dup2(kept, STDERR_FILENO);
}

// Readings of another thread's CPU clock that take too long, four of each forty.
static bool wide;

int clock_gettime(clockid_t clock, struct timespec *t)
{
	static unsigned count;

	if (load_relaxed(&wide) && clock < 0 && count++ % 40 < 4) {
		uint64_t until = weir_in_us(40);

		while (weir_ticks() < until)
			cpu_relax();
	}
	return (int)syscall(SYS_clock_gettime, clock, t);
}

Test(watchdog, a_step_is_one_whatever_the_reading_of_a_clock_takes)
{
	begin(never_yield);
	store_relaxed(&wide, true);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	for (int i = 0; i < 300; i++) {
		usleep(1000);
		cr_assert_eq(read_state().blocked, 1);
		cr_assert_eq(read_state().unended, 1);
	}
	store_release(&go_on, true);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 10000 && read_state().unended; i++)
		usleep(1000);
	cr_expect_eq(read_state().blocked, 1);
	end();
}

static void spin_a_while(void *arg)
{
	uint64_t until = weir_in_ms(20 * LIMIT_MS);

	while (weir_ticks() < until)
		cpu_relax();
}

Test(watchdog, one_that_ends_with_its_executor_has_ended)
{
	struct weir_contract_state state = {0};

	for (int i = 0; i < TRIES && !state.blocked; i++) {
		cr_assert_eq(weir_contract_create(
				     &contract, "class", LIMIT_MS * MS, &error),
			0);
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		alone(spin_a_while);
		weir_watchdog_stop();
		state = read_state();
		weir_contract_destroy(contract);
		cr_expect_eq(state.unended, 0);
		cr_expect_eq(state.over, 1);
		cr_expect_geq(state.worst_ns, 20 * LIMIT_MS * MS);
	}
	cr_expect_eq(state.blocked, 1);
}

// ---- one that sleeps in the kernel ----

static bool cut_short;

static void sleep_long(void *arg)
{
	struct timespec nap = {.tv_nsec = 10 * LIMIT_MS * MS};

	cut_short = nanosleep(&nap, NULL) != 0;
}

Test(watchdog, a_call_that_sleeps_is_named_and_not_cut_short)
{
	struct weir_contract_state state = {0};
	bool named = false;

	for (int i = 0; i < TRIES && !named; i++) {
		begin(sleep_long);
		while (!load_acquire(&ended))
			usleep(1000);
		usleep(20000);
		state = read_state();
		named = contract->worst_count && contract->worst[0].call >= 0;
		end();
		cr_assert_not(cut_short);
		cr_assert_eq(state.blocked, 0);
		cr_assert_geq(state.over, 1);
	}
	cr_expect_geq(state.blocking, 1);
	cr_expect(named);
}

static void sleep_at_once(void *arg)
{
	usleep(10 * LIMIT_MS * 1000);
}

Test(watchdog, a_call_in_the_first_step_and_the_last_is_one)
{
	struct weir_contract_state state = {0};

	for (int i = 0; i < TRIES && !state.blocking; i++) {
		cr_assert_eq(weir_contract_create(
				     &contract, "class", LIMIT_MS * MS, &error),
			0);
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		alone(sleep_at_once);
		weir_watchdog_stop();
		state = read_state();
		weir_contract_destroy(contract);
		cr_expect_eq(state.stolen, 0);
	}
	cr_expect_eq(state.blocking, 1);
}

// ---- one that sleeps and does not end ----

static int ends[2]; // of a pipe

static void read_for_ever(void *arg)
{
	char byte;

	cr_assert_eq(read(ends[0], &byte, 1), 1);
}

Test(watchdog, a_call_that_does_not_end_is_seen_while_it_sleeps)
{
	struct weir_contract_state state;
	struct weir_sighting worst;

	cr_assert_eq(pipe(ends), 0);
	begin(read_for_ever);
	for (int i = 0; i < 10000 && !read_state().blocking; i++)
		usleep(1000);
	weir_books_lock();
	worst = contract->worst[0];
	weir_books_unlock();
	state = read_state();
	cr_assert_eq(state.blocking, 1);
	cr_expect_eq(state.unended, 1);
	cr_expect_eq(state.steps, 0);
	cr_expect_geq(state.worst_ns, LIMIT_MS * MS * 3 / 2 + MS);
	cr_expect_eq(worst.found, WEIR_BLOCKING);
	cr_expect_eq(worst.call, SYS_read);
	cr_expect_str_eq(worst.task, "faulty");
	cr_assert_eq(write(ends[1], "", 1), 1);
	while (!load_acquire(&ended))
		usleep(1000);
	for (int i = 0; i < 10000 && read_state().unended; i++)
		usleep(1000);
	state = read_state();
	cr_expect_eq(state.unended, 0);
	cr_expect_eq(state.blocking, 1, "it is no other when it ends");
	cr_expect_eq(state.over, 1);
	end();
}

static void sleep_again_and_again(void *arg)
{
	for (int i = 0; i < 10; i++) {
		usleep((LIMIT_MS + 1) * 1000);
		(void)!weir_sleep(weir_in_ms(3));
	}
}

static void main_task(void *arg)
{
	struct weir_spawn_options how = {
		.name = "faulty", .steps = weir_contract_steps(contract)};
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(
			     &scope, NULL, sleep_again_and_again, NULL, &how),
		0);
	(void)!weir_scope_close(&scope, WEIR_NEVER);
}

Test(watchdog, a_call_that_an_executor_of_weir_run_makes_is_one)
{
	struct weir_contract_state state;

	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_MS * MS, &error),
		0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(weir_run(main_task, NULL), 0);
	weir_watchdog_stop();
	state = read_state();
	cr_expect_eq(state.stolen, 0);
	cr_expect_geq(state.blocking, 2);
	weir_contract_destroy(contract);
}

Test(watchdog, so_is_one_of_an_executor_that_may_sleep_between_steps)
{
	struct weir_contract_state state;

	may_sleep = true;
	begin(sleep_again_and_again);
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000);
	state = read_state();
	cr_expect_eq(state.stolen, 0);
	cr_expect_geq(state.blocking, 2);
	end();
}

// ---- a class after another ----

static void sleep_long_enough(void *arg)
{
	usleep(4 * LIMIT_MS * 1000);
}

static void do_little(void *arg)
{
	for (int i = 0; i < 10; i++)
		(void)!weir_sleep(weir_in_ms(1));
}

static void child(void (*fn)(void *arg), struct weir_contract *of)
{
	struct weir_spawn_options how = {.steps = weir_contract_steps(of)};
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_spawn_with(&scope, NULL, fn, NULL, &how), 0);
	(void)!weir_scope_close(&scope, WEIR_NEVER);
}

static void bad_then_good(void *arg)
{
	struct weir_contract *bad, *good;
	struct weir_contract_state state;

	for (int i = 0; i < 10; i++) {
		cr_assert_eq(weir_contract_create(
				     &bad, "bad", LIMIT_MS * MS, &error),
			0);
		child(sleep_long_enough, bad);
		weir_contract_destroy(bad);
		cr_assert_eq(weir_contract_create(
				     &good, "good", LIMIT_MS * MS, &error),
			0);
		child(do_little, good);
		weir_contract_read(good, 0, &state);
		cr_expect_eq(state.blocking, 0);
		cr_expect_eq(state.blocked, 0);
		cr_expect_eq(state.unended, 0);
		weir_contract_destroy(good);
	}
}

Test(watchdog, a_class_is_not_blamed_for_one_that_had_its_place)
{
	struct weir_contract *busy;

	// Rounds are short while there is a limit.
	cr_assert_eq(
		weir_contract_create(&busy, "busy", LIMIT_MS * MS, &error), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(weir_run(bad_then_good, NULL), 0);
	weir_watchdog_stop();
	weir_contract_destroy(busy);
}

static void be_bad(void *arg)
{
	child(sleep_long_enough, arg);
}

Test(watchdog, nor_for_one_that_went_before_there_was_a_watchdog)
{
	struct weir_executor_options options = {.name = "watched"};
	struct weir_contract *bad, *good;
	struct weir_contract_state state;

	cr_assert_eq(
		weir_contract_create(&bad, "bad", LIMIT_MS * MS, &error), 0);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, be_bad, bad, NULL, stop_it), 0);
	weir_executor_run(executor);
	weir_contract_destroy(bad);
	cr_assert_eq(
		weir_contract_create(&good, "good", LIMIT_MS * MS, &error), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_settle();
	weir_contract_read(good, 0, &state);
	cr_expect_eq(state.blocking, 0);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(good);
}

// ---- what another has done ----

static void nap(void *arg)
{
	while (!load_relaxed(&go_on)) {
		usleep(50);
		if (weir_sleep(weir_in_ms(5)))
			break;
	}
}

static void end_toil(void *arg)
{
	store_release(&go_on, true);
}

static void toil(void *arg)
{
	uint64_t all = weir_in_ms(1500);

	while (weir_ticks() < all) {
		uint64_t one = weir_in_us(500);

		while (weir_ticks() < one)
			cpu_relax();
		weir_yield();
	}
}

static void pin(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	(void)sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void *steal(void *arg)
{
	const struct sched_param urgent = {.sched_priority = 10};

	pin();
	if (sched_setscheduler(0, SCHED_FIFO, &urgent))
		return NULL;
	while (!load_acquire(&go_on)) {
		uint64_t until;

		usleep(100000);
		until = weir_in_ms(4 * LIMIT_MS);
		while (weir_ticks() < until)
			cpu_relax();
	}
	return NULL;
}

static void *run_on_one(void *arg)
{
	pin();
	return run(arg);
}

Test(watchdog, a_core_that_was_stolen_while_another_took_naps_is_no_call)
{
	struct weir_executor_options options = {
		.name = "watched", .idle = weir_idle_yield};
	struct weir_spawn_options worker = {.name = "worker"};
	struct weir_spawn_options napper = {.name = "napper"};
	struct weir_contract *other;
	struct weir_contract_state state;
	pthread_t thief;

	cr_assert_eq(
		weir_contract_create(&contract, "class", LIMIT_MS * MS, &error),
		0);
	cr_assert_eq(
		weir_contract_create(&other, "other", LIMIT_MS * MS, &error),
		0);
	worker.steps = weir_contract_steps(contract);
	napper.steps = weir_contract_steps(other);
	cr_assert_eq(weir_executor_create(&executor, &options, &error), 0);
	cr_assert_eq(weir_start(executor, toil, NULL, &worker, end_toil), 0);
	cr_assert_eq(weir_start(executor, nap, NULL, &napper, has_ended), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run_on_one, NULL), 0);
	cr_assert_eq(pthread_create(&thief, NULL, steal, NULL), 0);
	pthread_join(thief, NULL);
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000);
	state = read_state();
	cr_expect_eq(state.blocking, 0);
	cr_expect_eq(state.blocked, 0);
	end();
	weir_contract_destroy(other);
}

// ---- how often ----

static void sleep_thrice(void *arg)
{
	// The first before the watchdog has looked.
	for (int i = 0; i < 3; i++) {
		usleep(1000);
		weir_yield();
	}
}

// sleeps_of runs fn to its end and answers how often its thread slept.
static uint64_t sleeps_of(void (*fn)(void *arg))
{
	uint64_t sleeps;

	begin(fn);
	while (!load_acquire(&ended))
		usleep(1000);
	weir_executor_stop(executor);
	pthread_join(thread, NULL);
	sleeps = weir_watchdog_sleeps(executor);
	weir_watchdog_stop();
	weir_executor_destroy(executor);
	weir_contract_destroy(contract);
	return sleeps;
}

Test(watchdog, each_sleep_of_a_thread_that_polls_is_counted)
{
	for (int i = 0; i < 5; i++)
		cr_expect_geq(sleeps_of(sleep_thrice), 3);
}

// be_stopped has the process stopped by another, five times.
static void be_stopped(void *arg)
{
	pid_t child = fork(), parent;

	if (child) {
		while (waitpid(child, NULL, WNOHANG) == 0)
			(void)!weir_sleep(weir_in_ms(1));
		return;
	}
	parent = getppid();
	for (int i = 0; i < 5; i++) {
		usleep(5000);
		kill(parent, SIGSTOP);
		usleep(1000);
		kill(parent, SIGCONT);
	}
	_exit(0);
}

Test(watchdog, stops_of_an_executor_that_has_gone_hide_no_sleep_of_the_next)
{
	for (int i = 0; i < 3; i++) {
		sleeps_of(be_stopped);
		cr_expect_geq(sleeps_of(sleep_thrice), 3);
	}
}

// ---- nothing wrong ----

static void behave(void *arg)
{
	for (int i = 0; i < 200; i++) {
		uint64_t until = weir_in_us(20);

		while (weir_ticks() < until)
			cpu_relax();
		weir_yield();
		if (weir_sleep(weir_in_us(100)))
			break;
	}
}

Test(watchdog, a_task_that_behaves_is_blamed_for_nothing)
{
	struct weir_contract_state state;

	begin(behave);
	while (!load_acquire(&ended))
		usleep(1000);
	usleep(20000);
	state = read_state();
	cr_expect_eq(state.blocked, 0);
	cr_expect_eq(state.blocking, 0);
	cr_expect_gt(state.steps, 200);
	end();
}

// ---- signals that are blocked ----

static void block_all(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	cr_assert_eq(pthread_sigmask(SIG_SETMASK, &all, before), 0);
}

static bool blocks(int number)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, number);
}

// As a server does whose one thread takes all signals.
Test(watchdog, a_program_that_blocks_all_signals_is_witnessed_too)
{
	block_all(NULL);
	begin(never_yield);
	for (int i = 0; i < 10000 && !read_state().blocked; i++)
		usleep(1000);
	cr_expect_eq(read_state().blocked, 1);
	store_release(&go_on, true);
	end();
}

static bool blocked_in_a_step, blocked_another;

static void look_at_mask(void *arg)
{
	blocked_in_a_step = blocks(WEIR_LOOK_SIGNAL);
	blocked_another = blocks(SIGRTMIN + 7);
	weir_executor_stop(weir_executor_self());
}

Test(watchdog, a_mask_is_after_a_run_what_it_was_before)
{
	struct weir_executor_options options = {.name = "own"};

	block_all(NULL);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(
			weir_executor_create(&executor, &options, &error), 0);
		cr_assert_eq(
			weir_start(executor, look_at_mask, NULL, NULL, NULL),
			0);
		weir_executor_run(executor);
		weir_executor_destroy(executor);
		cr_expect_eq(blocked_in_a_step, i == 0,
			"before there was a watchdog it is the program's");
		cr_expect(blocked_another);
		cr_expect(blocks(WEIR_LOOK_SIGNAL));
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	}
}

static void block_and_never_yield(void *arg)
{
	block_all(NULL);
	never_yield(arg);
}

Test(watchdog, a_thread_that_does_not_answer_is_told_of_once)
{
	struct heard heard = {.event = "watch.deaf"};

	weir_log_hook(hear, &heard);
	begin(block_and_never_yield);
	for (int i = 0; i < 20000 && !load_acquire(&heard.count); i++)
		usleep(1000);
	usleep(1500000);
	cr_expect_eq(load_acquire(&heard.count), 1);
	cr_expect(strstr(heard.line, "'watched' does not answer signal"), "%s",
		heard.line);
	store_release(&go_on, true);
	end();
	weir_log_hook(NULL, NULL);
}

static void own_handler(int number)
{
}

Test(watchdog, a_handler_of_the_program_is_not_replaced)
{
	struct sigaction own = {.sa_handler = own_handler}, now;

	cr_assert_eq(sigaction(WEIR_LOOK_SIGNAL, &own, NULL), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), -EBUSY);
	cr_expect(strstr(error.text, "has a handler of the program"), "%s",
		error.text);
	cr_assert_eq(sigaction(WEIR_LOOK_SIGNAL, NULL, &now), 0);
	cr_expect_eq(now.sa_handler, own_handler);
	signal(WEIR_LOOK_SIGNAL, SIG_DFL);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_stop();
}

// ---- the program's own signals ----

static volatile sig_atomic_t came;

static void on_signal(int number)
{
	came = 1;
}

// A server blocks what it takes with signalfd, and may do so late: a thread of the
// library that left it open would take it first.
Test(watchdog, threads_of_the_library_take_no_signal_of_the_program)
{
	struct signalfd_siginfo info;
	sigset_t term;
	int file;

	signal(SIGTERM, on_signal);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	cr_assert_eq(sigprocmask(SIG_UNBLOCK, &term, NULL), 0);
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert(weir_bell_of_thread());
	cr_assert_eq(sigprocmask(SIG_BLOCK, &term, NULL), 0);
	file = signalfd(-1, &term, SFD_NONBLOCK);
	cr_assert_geq(file, 0);
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(kill(getpid(), SIGTERM), 0);
		usleep(1000);
		cr_assert_eq(came, 0, "the handler ran elsewhere");
		cr_assert_eq(read(file, &info, sizeof(info)), sizeof(info));
	}
	close(file);
	weir_watchdog_stop();
}

Test(watchdog, it_serves_several_and_ends_with_the_last)
{
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	cr_assert_eq(weir_watchdog_start(0, &error), 0);
	weir_watchdog_stop();
	weir_watchdog_settle();
	weir_watchdog_stop();
	weir_watchdog_settle();
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_stop();
}

// ---- its naps ----

// start_and_wait starts it and waits until it naps, for long as there is no limit.
static void start_and_wait(void)
{
	long call = -1;

	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	while (threads("weir-watchdog") != 1 ||
		!weir_thread_is_asleep(
			0, thread_named("weir-watchdog"), &call) ||
		call != SYS_futex)
		usleep(100);
	usleep(2000); // that was not a lock
}

// What may be late on a busy machine is tried until it is not.
Test(watchdog, a_stop_does_not_wait_for_the_end_of_a_nap)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES && least > 50 * MS; i++) {
		uint64_t begin, ns;

		start_and_wait();
		begin = weir_ticks();
		weir_watchdog_stop();
		ns = weir_clock_ns(weir_clock_real(), weir_ticks() - begin);
		least = ns < least ? ns : least;
	}
	cr_expect_lt(least, 50 * MS);
}

// naps answers how often the watchdog went to sleep so far.
static uint64_t naps(void)
{
	uint64_t count = 0;

	cr_assert(weir_thread_sleeps(thread_named("weir-watchdog"), &count));
	return count;
}

static uint64_t ns_since(uint64_t tick)
{
	return weir_clock_ns(weir_clock_real(), weir_ticks() - tick);
}

// A nap that has just begun would last 100 ms.
Test(watchdog, it_takes_up_a_limit_when_it_is_set)
{
	uint64_t before, begun, count = 0;
	bool prompt = false;

	for (int i = 0; i < TRIES && !prompt; i++) {
		start_and_wait();
		before = naps();
		do {
			begun = weir_ticks();
			usleep(100);
		} while (naps() == before);
		before = naps();
		cr_assert_eq(
			weir_contract_create(&contract, "late", MS, &error), 0);
		usleep(30000);
		count = naps() - before;
		prompt = count > 5 && ns_since(begun) < 90 * MS;
		weir_watchdog_stop();
		weir_contract_destroy(contract);
	}
	cr_expect(prompt, "%ju", (uintmax_t)count);
}

static void *stop(void *arg)
{
	weir_watchdog_stop();
	return arg;
}

Test(watchdog, who_starts_it_while_the_last_user_stops_it_holds_up_nobody,
	.timeout = 20)
{
	for (int i = 0; i < 5; i++) {
		pthread_t stopper;

		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		usleep(10000); // it sleeps, for longer than what follows
		cr_assert_eq(pthread_create(&stopper, NULL, stop, NULL), 0);
		usleep(10000);
		cr_assert_eq(weir_watchdog_start(-1, &error), 0);
		cr_assert_eq(pthread_join(stopper, NULL), 0);
		for (int j = 0; j < 1000 && threads("weir-watchdog") != 1; j++)
			usleep(1000);
		cr_assert_eq(threads("weir-watchdog"), 1);
		weir_watchdog_stop();
		cr_assert_eq(threads("weir-watchdog"), 0);
	}
}

Test(watchdog, a_stop_without_a_start_is_our_caller_s_fault, .signal = SIGABRT)
{
	cr_assert_eq(weir_watchdog_start(-1, &error), 0);
	weir_watchdog_stop();
	weir_watchdog_stop();
}

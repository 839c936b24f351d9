// SPDX-License-Identifier: BSD-3-Clause
#include "base/eal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static unsigned first_cpu(void)
{
	cpu_set_t set;
	unsigned cpu = 0;

	sched_getaffinity(0, sizeof(set), &set);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	return cpu;
}

static int open_two(struct weir_error *e)
{
	unsigned cpu = first_cpu();
	struct weir_eal_options options = {
		.no_huge = true,
		.lcore_count = 2,
		.lcore_cpu = {cpu, cpu},
		.main_cpu = cpu,
	};

	return weir_eal_open(&options, e);
}

static void start(void)
{
	struct weir_error e = {0};

	cr_assert_eq(open_two(&e), 0, "%s", e.text);
}

#define TestEal(name) Test(eal, name, .init = start, .fini = weir_eal_close)

Test(eal, is_not_open_before_it_is_opened)
{
	cr_expect_not(weir_eal_is_open());
}

TestEal(is_open_then)
{
	cr_expect(weir_eal_is_open());
	cr_expect_eq(rte_lcore_id(), 0);
	cr_expect_eq(rte_lcore_count(), 3);
}

TestEal(cannot_be_opened_twice)
{
	struct weir_error e = {0};

	cr_expect_eq(open_two(&e), -EALREADY);
	cr_expect(strstr(e.text, "once in a process"));
}

Test(eal, cannot_be_opened_again_after_its_end, .init = start)
{
	struct weir_error e = {0};

	weir_eal_close();
	cr_expect_not(weir_eal_is_open());
	cr_expect_eq(open_two(&e), -EALREADY);
	weir_eal_close();
}

static int answer_cpu(void *arg)
{
	*(unsigned *)arg = rte_lcore_id();
	return sched_getcpu();
}

TestEal(launches_on_an_lcore_and_joins_with_what_it_answered)
{
	unsigned ids[2] = {99, 99};
	struct weir_error e = {0};

	for (unsigned id = 1; id <= 2; id++)
		cr_assert_eq(
			weir_eal_launch(id, answer_cpu, &ids[id - 1], &e), 0);
	for (unsigned id = 1; id <= 2; id++) {
		cr_expect_eq(weir_eal_join(id), (int)first_cpu());
		cr_expect_eq(ids[id - 1], id);
	}
}

TestEal(refuses_an_lcore_that_does_not_exist)
{
	struct weir_error e = {0};

	cr_expect_eq(weir_eal_launch(3, answer_cpu, NULL, &e), -EINVAL);
	cr_expect_str_eq(e.text, "lcore 3 does not exist: EAL was started "
				 "with 1 to 2");
	cr_expect_eq(weir_eal_launch(0, answer_cpu, NULL, NULL), -EINVAL);
}

static int wait_for(void *arg)
{
	while (!__atomic_load_n((int *)arg, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

TestEal(says_that_an_lcore_is_busy)
{
	struct weir_error e = {0};
	int go = 0;

	cr_assert_eq(weir_eal_launch(1, wait_for, &go, &e), 0);
	cr_expect_eq(weir_eal_launch(1, wait_for, &go, &e), -EBUSY);
	cr_expect_str_eq(e.text, "lcore 1 is busy: join it first");
	__atomic_store_n(&go, 1, __ATOMIC_RELEASE);
	weir_eal_join(1);
}

static int blocks_interrupts(void *arg)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, SIGINT) && sigismember(&set, SIGTERM) &&
	       !sigismember(&set, SIGSEGV);
}

TestEal(lcores_are_not_interrupted_by_the_signals_of_the_process)
{
	sigset_t set;

	cr_assert_eq(weir_eal_launch(1, blocks_interrupts, NULL, NULL), 0);
	cr_expect_eq(weir_eal_join(1), 1);
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	cr_expect_not(sigismember(&set, SIGINT));
}

TestEal(without_hugepages_the_heap_is_on_ordinary_pages)
{
	cr_expect_eq(weir_eal_page_size(), (size_t)sysconf(_SC_PAGESIZE));
	cr_expect_eq(strncmp(weir_eal_version(), "DPDK ", 5), 0);
}

TestEal(the_default_heap_has_64_MiB)
{
	struct rte_malloc_socket_stats stats;

	cr_assert_eq(rte_malloc_get_socket_stats(0, &stats), 0);
	cr_expect_gt(stats.heap_totalsz_bytes, 63u << 20);
	cr_expect_leq(stats.heap_totalsz_bytes, 64u << 20);
}

Test(eal, refuses_a_cpu_that_is_not_there)
{
	struct weir_eal_options options = {
		.no_huge = true, .main_cpu = CPU_SETSIZE - 1};
	struct weir_error e = {0};

	cr_expect_eq(weir_eal_open(&options, &e), -EINVAL);
	cr_expect(
		strstr(e.text, "lcore 0 is to run on CPU 1023"), "%s", e.text);
	options.main_cpu = first_cpu();
	cr_expect_eq(weir_eal_open(&options, &e), 0); // nothing was started
	weir_eal_close();
}

Test(eal, says_in_a_sentence_why_it_does_not_start)
{
	const char *const args[] = {"--iova-mode=nonsense", NULL};
	struct weir_eal_options options = {
		.no_huge = true, .main_cpu = first_cpu(), .args = args};
	struct weir_error e = {0};

	cr_expect_lt(weir_eal_open(&options, &e), 0);
	cr_expect_eq(strncmp(e.text, "EAL does not start: ", 20), 0);
	cr_expect(strstr(e.text, "iova-mode"), "%s", e.text);
	cr_expect_null(strchr(e.text, '\n'));
	cr_expect_not(weir_eal_is_open());
}

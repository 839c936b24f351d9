// SPDX-License-Identifier: BSD-3-Clause
#include "base/atomic.h"
#include "base/eal.h"
#include "mem/mem.h"

#include <criterion/criterion.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

static void start(void)
{
	const struct weir_eal_options options = {.no_huge = true};
	struct weir_error e = {0};

	cr_assert_eq(weir_eal_open(&options, &e), 0, "%s", e.text);
}

static void expect_good(size_t size)
{
	char *memory = weir_mem_create(size, WEIR_NODE_ANY);

	cr_assert_not_null(memory);
	cr_expect_eq((uintptr_t)memory % WEIR_CACHE_LINE, 0);
	for (size_t i = 0; i < size; i++)
		cr_assert_eq(memory[i], 0);
	memset(memory, 0xff, size);
	weir_mem_destroy(memory);
}

Test(mem, is_zeroed_and_aligned_without_eal)
{
	const size_t sizes[] = {1, 63, 64, 65, 4096, 100000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect_good(sizes[i]);
		expect_good(sizes[i]); // again where the last one was dirty
	}
}

Test(mem, is_zeroed_and_aligned_with_eal, .init = start, .fini = weir_eal_close)
{
	const size_t sizes[] = {1, 63, 64, 65, 4096, 100000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect_good(sizes[i]);
		expect_good(sizes[i]);
	}
}

Test(mem, is_had_on_a_node_by_number)
{
	char *memory = weir_mem_create(100, weir_mem_node_of_cpu(0));

	cr_assert_not_null(memory);
	weir_mem_destroy(memory);
}

Test(mem, comes_from_the_heap_of_eal_where_eal_runs, .init = start,
	.fini = weir_eal_close)
{
	void *memory = weir_mem_create(100, WEIR_NODE_ANY);

	cr_expect_not_null(rte_mem_virt2memseg_list(memory));
	weir_mem_destroy(memory);
}

Test(mem, that_is_older_than_eal_can_be_given_back)
{
	void *memory = weir_mem_create(100, WEIR_NODE_ANY);

	start();
	weir_mem_destroy(memory);
	weir_eal_close();
}

Test(mem, that_is_not_there_is_null)
{
	cr_expect_null(weir_mem_create(SIZE_MAX, WEIR_NODE_ANY));
	cr_expect_null(weir_mem_create(SIZE_MAX - 100, WEIR_NODE_ANY));
}

Test(mem, the_heap_of_eal_has_an_end, .init = start, .fini = weir_eal_close)
{
	cr_expect_null(weir_mem_create(65u << 20, WEIR_NODE_ANY));
}

Test(mem, nothing_is_given_back_harmlessly)
{
	weir_mem_destroy(NULL);
}

Test(mem, every_cpu_has_a_node)
{
	cr_expect_geq(weir_mem_node_of_cpu(0), 0);
	cr_expect_eq(weir_mem_node_of_cpu(100000), 0);
}

#ifdef WEIR_DEBUG
Test(mem, forbidden_aborts_in_checked_builds, .signal = SIGABRT)
{
	weir_mem_forbid(1);
	weir_mem_create(1, WEIR_NODE_ANY);
}
#endif

Test(mem, allowed_again_it_is_given)
{
	void *memory;

	weir_mem_forbid(1);
	weir_mem_forbid(0);
	memory = weir_mem_create(1, WEIR_NODE_ANY);
	cr_expect_not_null(memory);
	weir_mem_destroy(memory);
}

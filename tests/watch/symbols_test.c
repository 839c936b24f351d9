// SPDX-License-Identifier: BSD-3-Clause
#include "watch/symbols.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct weir_symbols *symbols;
static char name[256];

static void open_own(void)
{
	struct weir_error e = {0};

	cr_assert_eq(weir_symbols_open(&symbols, 0, &e), 0, "%s", e.text);
}

static void close_own(void)
{
	weir_symbols_close(symbols);
}

static const char *name_of(uintptr_t address)
{
	weir_symbols_name(symbols, address, name, sizeof(name));
	return name;
}

TestSuite(symbols, .init = open_own, .fini = close_own);

static __attribute__((noinline)) uintptr_t here(void)
{
	return (uintptr_t)__builtin_return_address(0);
}

Test(symbols, a_static_function_has_its_name_and_its_line)
{
	static const char expected[] = "here at symbols_test.c:";

	cr_assert_eq(
		strncmp(name_of((uintptr_t)here), expected, strlen(expected)),
		0, "%s", name);
}

Test(symbols, an_address_in_the_middle_belongs_to_its_function)
{
	uintptr_t address = here() - 1;

	cr_assert(strstr(name_of(address), "in_the_middle"), "%s", name);
	cr_assert(strstr(name, "symbols_test.c:"), "%s", name);
}

Test(symbols, a_library_without_debug_information_has_name_and_offset)
{
	cr_assert(strstr(name_of((uintptr_t)dlsym(RTLD_DEFAULT, "lfind")),
			  "lfind"),
		"%s", name);
	cr_assert(strstr(name, "libc.so") || strstr(name, ".c:"), "%s", name);
}

Test(symbols, what_was_loaded_later_is_found)
{
	void *library, *function;

	name_of((uintptr_t)here);
	library = dlopen("libthread_db.so.1", RTLD_LAZY);
	function = library ? dlsym(library, "td_ta_new") : NULL;
	if (!function)
		cr_skip_test("no library to load");
	cr_assert(
		strstr(name_of((uintptr_t)function), "td_ta_new"), "%s", name);
}

Test(symbols, an_address_of_nothing_is_a_number)
{
	cr_assert_str_eq(name_of(0x10), "0x10");
	for (uintptr_t i = 0; i < 100; i++) // more than it looks anew
		name_of(i);
	cr_assert_str_eq(name_of(UINTPTR_MAX), "0xffffffffffffffff");
}

Test(symbols, a_name_is_cut_to_its_room)
{
	char small[8];

	memset(small, 'x', sizeof(small));
	weir_symbols_name(symbols, (uintptr_t)here, small, 5);
	cr_assert_str_eq(small, "here");
	cr_assert_eq(small[5], 'x');
}

Test(symbols, another_process_has_names_too)
{
	struct weir_symbols *other;
	struct weir_error e = {0};
	int pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	cr_assert_eq(weir_symbols_open(&other, pid, &e), 0, "%s", e.text);
	weir_symbols_name(other, (uintptr_t)here, name, sizeof(name));
	cr_assert_eq(strncmp(name, "here at ", 8), 0, "%s", name);
	weir_symbols_close(other);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(symbols, a_process_that_is_not_there_is_a_sentence)
{
	struct weir_symbols *other;
	struct weir_error e = {0};

	cr_assert_eq(weir_symbols_open(&other, 0x7fffffff, &e), -ESRCH);
	cr_assert_str_eq(e.text, "there is no process 2147483647");
}

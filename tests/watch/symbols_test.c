// SPDX-License-Identifier: BSD-3-Clause
#include "watch/symbols.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
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

static char folder[] = "/tmp/weir-symbols-XXXXXX";

// put copies the library that has a function into the folder, as lib.so.
static void put(const char *library, const char *function)
{
	void *handle = dlopen(library, RTLD_LAZY);
	void *address = handle ? dlsym(handle, function) : NULL;
	char command[512];
	Dl_info info;

	if (!address || !dladdr(address, &info))
		_exit(2);
	snprintf(command, sizeof(command), "cp %s %s/lib.so", info.dli_fname,
		folder);
	if (system(command))
		_exit(3);
}

// in_its_own_place lets the calling process see another lib.so than all others,
// and answers where its 'cos' is; NULL: it may not.
static void *in_its_own_place(void)
{
	char path[64];
	void *handle;

	if (unshare(CLONE_NEWNS) ||
		mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("tmpfs", folder, "tmpfs", 0, NULL))
		return NULL;
	put("libm.so.6", "cos");
	snprintf(path, sizeof(path), "%s/lib.so", folder);
	handle = dlopen(path, RTLD_LAZY);
	return handle ? dlsym(handle, "cos") : NULL;
}

Test(symbols, a_process_with_other_files_has_names_of_those)
{
	struct weir_symbols *other;
	struct weir_error e = {0};
	void *address = NULL;
	int pid, pipes[2];
	char command[64];

	cr_assert(mkdtemp(folder));
	cr_assert_eq(pipe(pipes), 0);
	put("libresolv.so.2", "ns_name_ntop");
	pid = fork();
	if (pid == 0) {
		address = in_its_own_place();
		if (write(pipes[1], &address, sizeof(address)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	if (read(pipes[0], &address, sizeof(address)) == sizeof(address) &&
		address) {
		cr_expect_eq(
			weir_symbols_open(&other, pid, &e), 0, "%s", e.text);
		weir_symbols_name(
			other, (uintptr_t)address, name, sizeof(name));
		cr_expect(strstr(name, "cos"), "%s", name);
		weir_symbols_close(other);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
	if (!address)
		cr_skip_test("needs a mount namespace of its own");
}

Test(symbols, a_process_that_is_not_there_is_a_sentence)
{
	struct weir_symbols *other;
	struct weir_error e = {0};

	cr_assert_eq(weir_symbols_open(&other, 0x7fffffff, &e), -ESRCH);
	cr_assert_str_eq(e.text, "there is no process 2147483647");
}

// SPDX-License-Identifier: BSD-3-Clause
#include "watch/symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct weir_symbols {
	int pid;
};

int weir_symbols_open(
	struct weir_symbols **symbols, int pid, struct weir_error *e)
{
	if (pid)
		return weir_error_set(e, -ENOTSUP,
			"names of another process are not known here");
	*symbols = calloc(1, sizeof(**symbols));
	return *symbols ? 0 : weir_error_set(e, -ENOMEM, "out of memory");
}

void weir_symbols_name(struct weir_symbols *symbols, uintptr_t address,
	char *text, size_t size)
{
	Dl_info info;
	const char *file;

	(void)symbols;
	if (!dladdr((void *)address, &info) || !info.dli_fname) {
		snprintf(text, size, "0x%lx", (unsigned long)address);
		return;
	}
	file = strrchr(info.dli_fname, '/');
	snprintf(text, size, "%s%s%s+0x%lx%s",
		info.dli_sname ? info.dli_sname : "",
		info.dli_sname ? " (" : "", file ? file + 1 : info.dli_fname,
		(unsigned long)(address - (uintptr_t)info.dli_fbase),
		info.dli_sname ? ")" : "");
}

void weir_symbols_close(struct weir_symbols *symbols)
{
	free(symbols);
}

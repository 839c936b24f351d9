// SPDX-License-Identifier: BSD-3-Clause
#include "base/error.h"
#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int weir_error_set(struct weir_error *e, int code, const char *format, ...)
{
	va_list args;
	size_t used;

	weir_assert(code < 0);
	if (!e)
		return code;
	used = e->code ? strlen(e->text) : 0;
	if (!e->code)
		e->code = code;
	if (used && used + 2 < sizeof(e->text))
		e->text[used++] = '\n';
	va_start(args, format);
	vsnprintf(e->text + used, sizeof(e->text) - used, format, args);
	va_end(args);
	return code;
}

void weir_error_clear(struct weir_error *e)
{
	e->code = 0;
	e->text[0] = '\0';
}

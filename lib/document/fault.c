// SPDX-License-Identifier: BSD-3-Clause
#include "document/fault.h"
#include "option/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_place(struct weir_at a, struct weir_at b)
{
	return a.line == b.line && a.column == b.column &&
	       !strcmp(a.file, b.file);
}

// Names and texts from outside must not be able to speak to the terminal.
static void tame(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?'; // U+0080 to U+009F
	}
}

void weir_fault_add(
	struct weir_faults *faults, struct weir_at at, const char *format, ...)
{
	struct weir_fault *fault;
	struct weir_fault here = {.at = at};
	va_list args;

	va_start(args, format);
	vsnprintf(here.text, sizeof(here.text), format, args);
	va_end(args);
	tame(here.text);
	for (unsigned i = 0; i < faults->count; i++) {
		fault = &faults->list[i];
		if (same_place(fault->at, at) &&
			!strcmp(fault->text, here.text))
			return;
	}
	if (faults->count == WEIR_FAULTS_MAX)
		faults->untold++;
	else
		faults->list[faults->count++] = here;
}

// Writes "a, b, c", cut where it does not fit.
static void words_join(
	const struct weir_unknown *unknown, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < unknown->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
			i ? ", " : "", unknown->words[i]);
	if (used >= size)
		memcpy(text + size - sizeof("..."), "...", sizeof("..."));
}

void weir_fault_unknown(struct weir_faults *faults, struct weir_at at,
	const struct weir_unknown *unknown)
{
	const char *near =
		weir_nearest(unknown->word, unknown->words, unknown->count);
	char quoted[WEIR_QUOTED_SIZE], all[WEIR_FAULT_SIZE / 2] = "";
	char meant[WEIR_QUOTED_SIZE] = "", known[WEIR_FAULT_SIZE / 2 + 16] = "";

	words_join(unknown, all, sizeof(all));
	if (near)
		snprintf(meant, sizeof(meant), "; did you mean '%s'?", near);
	if (!unknown->count)
		snprintf(known, sizeof(known), " (there are none)");
	else if (!near || unknown->list_all)
		snprintf(known, sizeof(known), " (known: %s)", all);
	weir_fault_add(faults, at, "unknown %s %s%s%s%s", unknown->what,
		weir_quote(unknown->word, quoted), unknown->where, meant,
		known);
}

static bool before(struct weir_at a, struct weir_at b)
{
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

// Sorts by place; what has the same place, or none, stays in order.
static void sort(struct weir_faults *faults)
{
	struct weir_fault *list = faults->list, here;

	for (unsigned i = 1; i < faults->count; i++) {
		unsigned j = i;

		here = list[i];
		for (; j && before(here.at, list[j - 1].at); j--)
			list[j] = list[j - 1];
		list[j] = here;
	}
}

static void tell(const struct weir_fault *fault, struct weir_error *e)
{
	if (fault->at.line)
		weir_error_set(e, -EINVAL, "%s:%u:%u: error: %s",
			fault->at.file, fault->at.line, fault->at.column,
			fault->text);
	else
		weir_error_set(e, -EINVAL, "%s: error: %s", fault->at.file,
			fault->text);
}

int weir_faults_report(struct weir_faults *faults, struct weir_error *e)
{
	if (faults->no_memory)
		return weir_error_set(e, -ENOMEM,
			"error: no memory to read the pipeline: free some");
	if (!faults->count)
		return 0;
	sort(faults);
	for (unsigned i = 0; i < faults->count; i++)
		tell(&faults->list[i], e);
	if (faults->untold)
		weir_error_set(e, -EINVAL, "… and %u more", faults->untold);
	return -EINVAL;
}

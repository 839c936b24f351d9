// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/quantity.h"

#include <stdio.h>
#include <string.h>

// print writes three digits: 1.23, 12.3, 123.
static void print(struct weir_quantity *q, double value, const char *unit)
{
	int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(q->text, sizeof(q->text), "%.*f %s", digits, value, unit);
}

struct weir_quantity weir_quantity_ns(uint64_t ns)
{
	static const char *const units[] = {"ns", "µs", "ms", "s"};
	struct weir_quantity q;
	double value = (double)ns;
	unsigned unit = 0;

	for (; unit < 3 && value >= 999.5; unit++)
		value /= 1000;
	if (unit)
		print(&q, value, units[unit]);
	else
		snprintf(q.text, sizeof(q.text), "%.0f ns", value);
	return q;
}

struct weir_quantity weir_quantity_of(double value, const char *unit)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T"};
	struct weir_quantity q;
	char whole[16];
	unsigned prefix = 0;

	for (; prefix < 4 && value >= 999.5; prefix++)
		value /= 1000;
	snprintf(whole, sizeof(whole), "%s%s", prefixes[prefix], unit);
	if (prefix)
		print(&q, value, whole);
	else
		snprintf(q.text, sizeof(q.text), "%.0f %s", value, whole);
	return q;
}

int weir_quantity_width(const char *text)
{
	int width = 0;

	// Bytes that go on a character of UTF-8 take no column.
	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

struct weir_quantity weir_quantity_pad(struct weir_quantity q, int width)
{
	struct weir_quantity padded = q;
	size_t length = strlen(q.text);
	int spaces = width - weir_quantity_width(q.text);

	if (spaces > 0 && length + (size_t)spaces < sizeof(padded.text)) {
		memset(padded.text, ' ', (size_t)spaces);
		memcpy(padded.text + spaces, q.text, length + 1);
	}
	return padded;
}

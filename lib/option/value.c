// SPDX-License-Identifier: BSD-3-Clause
//
// A quantity is digits, perhaps a fraction, perhaps a unit: its value is
// mantissa × scale ÷ 10^fraction, which must come out whole. The bound on the
// digits keeps mantissa × scale below 2^128 for every scale in the tables.
#include "option/value.h"
#include "base/assert.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 24
#define QUOTED_MAX 60

struct unit {
	const char *name;
	uint64_t scale;
};

// What distinguishes the three: what they are called and how they are written.
struct quantity {
	const char *name;     // "a number"
	const char *examples; // "12, 0x10, 4k or 4Ki"
	const char *finer;    // "a nanosecond"
	const struct unit *units;
	bool needs_unit; // unless it is 0
};

struct decimal {
	unsigned __int128 mantissa;
	unsigned fraction; // digits behind the point
	unsigned digits;   // that count
	const char *rest;  // what follows: the unit
};

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static const struct quantity number = {
	.name = "a number",
	.examples = "12, 0x10, 4k or 4Ki",
	.finer = "one",
	.units = (const struct unit[]){{"", 1}, {"k", 1000}, {"M", MS},
		{"G", SECOND}, {"Ki", UINT64_C(1) << 10},
		{"Mi", UINT64_C(1) << 20}, {"Gi", UINT64_C(1) << 30},
		{NULL, 0}},
};

static const struct quantity duration = {
	.name = "a duration",
	.examples = "300us, 1.5ms, 2s or 5m",
	.finer = "a nanosecond",
	.units = (const struct unit[]){{"ns", 1}, {"us", US}, {"µs", US},
		{"ms", MS}, {"s", SECOND}, {"m", 60 * SECOND},
		{"h", 3600 * SECOND}, {NULL, 0}},
	.needs_unit = true,
};

static const struct quantity size = {
	.name = "a size",
	.examples = "1500, 64k, 256MiB or 1GiB",
	.finer = "a byte",
	.units = (const struct unit[]){{"", 1}, {"B", 1}, {"k", 1000},
		{"kB", 1000}, {"M", MS}, {"MB", MS}, {"G", SECOND},
		{"GB", SECOND}, {"Ki", UINT64_C(1) << 10},
		{"KiB", UINT64_C(1) << 10}, {"Mi", UINT64_C(1) << 20},
		{"MiB", UINT64_C(1) << 20}, {"Gi", UINT64_C(1) << 30},
		{"GiB", UINT64_C(1) << 30}, {"Ti", UINT64_C(1) << 40},
		{"TiB", UINT64_C(1) << 40}, {NULL, 0}},
};

static const struct quantity rate = {
	.name = "a rate",
	.examples = "100Mbit/s, 1.5Gbit/s, 12MB/s or 10kpps",
	.finer = "one in a second",
	.units = (const struct unit[]){{"bit/s", 1}, {"kbit/s", 1000},
		{"Mbit/s", MS}, {"Gbit/s", SECOND}, {"bps", 1}, {"kbps", 1000},
		{"Mbps", MS}, {"Gbps", SECOND}, {"B/s", 8}, {"kB/s", 8000},
		{"MB/s", 8 * MS}, {"GB/s", 8 * SECOND}, {"pps", 1},
		{"kpps", 1000}, {"Mpps", MS}, {"Gpps", SECOND}, {NULL, 0}},
	.needs_unit = true,
};

const char *weir_quote(const char *text, char *to)
{
	size_t length = strlen(text), kept = length, at = 0;

	if (length > QUOTED_MAX) {
		kept = QUOTED_MAX;
		while (kept && ((unsigned char)text[kept] & 0xc0) == 0x80)
			kept--; // not within a character of UTF-8
	}
	to[at++] = '\'';
	for (size_t i = 0; i < kept; i++) {
		unsigned char c = (unsigned char)text[i];

		to[at++] = c < 0x20 || c == 0x7f ? '?' : text[i];
	}
	snprintf(to + at, WEIR_QUOTED_SIZE - at, "%s'",
		kept < length ? "…" : "");
	return to;
}

static int refuse(const struct quantity *q, const char *text, const char *why,
	struct weir_error *e)
{
	char quoted[WEIR_QUOTED_SIZE];

	return weir_error_set(e, -EINVAL, "%s %s: write %s",
		weir_quote(text, quoted), why, q->examples);
}

static int not_a(
	const struct quantity *q, const char *text, struct weir_error *e)
{
	char why[32];

	snprintf(why, sizeof(why), "is not %s", q->name);
	return refuse(q, text, why, e);
}

static void digits_read(struct decimal *d, bool behind_point)
{
	for (; isdigit((unsigned char)*d->rest); d->rest++) {
		if (d->digits || *d->rest != '0')
			d->digits++;
		if (d->digits > DIGITS_MAX)
			continue;
		d->mantissa = d->mantissa * 10 + (unsigned)(*d->rest - '0');
		d->fraction += behind_point;
	}
}

static const struct unit *unit_find(const struct quantity *q, const char *name)
{
	for (const struct unit *unit = q->units; unit->name; unit++) {
		if (!strcmp(unit->name, name))
			return unit;
	}
	return NULL;
}

static int scale(const struct quantity *q, const char *text,
	const struct decimal *d, uint64_t *value, struct weir_error *e)
{
	const struct unit *unit = unit_find(q, d->rest);
	unsigned __int128 product;
	char why[64];

	if (!unit && !*d->rest && !d->mantissa)
		unit = q->units;
	if (!unit && !*d->rest)
		return refuse(q, text, "has no unit", e);
	if (!unit)
		return not_a(q, text, e);
	if (d->digits > DIGITS_MAX)
		return refuse(q, text, "has too many digits", e);
	product = d->mantissa * unit->scale;
	for (unsigned i = 0; i < d->fraction; i++) {
		if (product % 10) {
			snprintf(
				why, sizeof(why), "is finer than %s", q->finer);
			return refuse(q, text, why, e);
		}
		product /= 10;
	}
	if (product > UINT64_MAX)
		return refuse(q, text, "is too large", e);
	*value = (uint64_t)product;
	return 0;
}

static int quantity_parse(const struct quantity *q, const char *text,
	uint64_t *value, struct weir_error *e)
{
	struct decimal d = {.rest = text};
	const char *point;

	if (!isdigit((unsigned char)*text))
		return not_a(q, text, e);
	digits_read(&d, false);
	if (*d.rest == '.') {
		point = d.rest++;
		digits_read(&d, true);
		if (d.rest == point + 1)
			return not_a(q, text, e);
	}
	return scale(q, text, &d, value, e);
}

static int hex_parse(const char *text, uint64_t *value, struct weir_error *e)
{
	uint64_t result = 0;
	const char *c = text + 2;

	if (!*c)
		return not_a(&number, text, e);
	for (; *c; c++) {
		if (!isxdigit((unsigned char)*c))
			return not_a(&number, text, e);
		if (result >> 60)
			return refuse(&number, text, "is too large", e);
		result = result << 4 |
			 (unsigned)(isdigit((unsigned char)*c)
					    ? *c - '0'
					    : tolower((unsigned char)*c) - 'a' +
						      10);
	}
	*value = result;
	return 0;
}

int weir_number_parse(const char *text, uint64_t *value, struct weir_error *e)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return hex_parse(text, value, e);
	return quantity_parse(&number, text, value, e);
}

int weir_duration_parse(const char *text, uint64_t *ns, struct weir_error *e)
{
	return quantity_parse(&duration, text, ns, e);
}

int weir_size_parse(const char *text, uint64_t *bytes, struct weir_error *e)
{
	return quantity_parse(&size, text, bytes, e);
}

int weir_rate_parse(
	const char *text, struct weir_rate *value, struct weir_error *e)
{
	size_t length = strlen(text);
	int err = quantity_parse(&rate, text, &value->per_second, e);

	if (!err)
		value->packets =
			length > 3 && !strcmp(text + length - 3, "pps");
	return err;
}

const char *weir_number_format(uint64_t value, char *text)
{
	snprintf(text, WEIR_VALUE_SIZE, "%" PRIu64, value);
	return text;
}

// Writes value in a unit that is a power of 1000, with as many decimals as it
// needs.
static void decimal_format(
	uint64_t value, uint64_t unit, const char *name, char *text)
{
	char digits[WEIR_VALUE_SIZE];
	int end = 0;

	if (value % unit) {
		end = snprintf(digits, sizeof(digits), ".%09" PRIu64,
			value % unit * (SECOND / unit));
		while (digits[end - 1] == '0')
			end--;
	}
	snprintf(text, WEIR_VALUE_SIZE, "%" PRIu64 "%.*s%s", value / unit, end,
		digits, name);
}

const char *weir_duration_format(uint64_t ns, char *text)
{
	if (!ns)
		snprintf(text, WEIR_VALUE_SIZE, "0");
	else if (ns % (3600 * SECOND) == 0)
		decimal_format(ns, 3600 * SECOND, "h", text);
	else if (ns % (60 * SECOND) == 0)
		decimal_format(ns, 60 * SECOND, "m", text);
	else if (ns >= SECOND)
		decimal_format(ns, SECOND, "s", text);
	else if (ns >= MS)
		decimal_format(ns, MS, "ms", text);
	else if (ns >= US)
		decimal_format(ns, US, "us", text);
	else
		decimal_format(ns, 1, "ns", text);
	return text;
}

const char *weir_size_format(uint64_t bytes, char *text)
{
	static const char *const names[] = {"", "KiB", "MiB", "GiB", "TiB"};
	unsigned power = 0;

	while (bytes && bytes % 1024 == 0 && power < 4) {
		bytes /= 1024;
		power++;
	}
	snprintf(text, WEIR_VALUE_SIZE, "%" PRIu64 "%s", bytes, names[power]);
	return text;
}

const char *weir_rate_format(const struct weir_rate *value, char *text)
{
	static const struct unit units[2][4] = {
		{{"Gbit/s", SECOND}, {"Mbit/s", MS}, {"kbit/s", 1000},
			{"bit/s", 1}},
		{{"Gpps", SECOND}, {"Mpps", MS}, {"kpps", 1000}, {"pps", 1}},
	};
	const struct unit *unit = units[value->packets];

	while (unit->scale > 1 && value->per_second < unit->scale)
		unit++;
	decimal_format(value->per_second, unit->scale, unit->name, text);
	return text;
}

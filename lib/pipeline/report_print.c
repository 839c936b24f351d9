// SPDX-License-Identifier: BSD-3-Clause
//
// The report for people: 80 columns, the equations word for word, so that they
// can be searched for.
#include "pipeline/pipeline.h"
#include "pipeline/quantity.h"
#include "pipeline/report_page.h"

#include <inttypes.h>

#define COLUMNS 46 // of numbers in a row of an executor's table

// ---- head ----

static void print_executors_short(
	const struct page *page, const json_t *executors)
{
	for (size_t i = 0; i < json_array_size(executors); i++) {
		const json_t *one = json_array_get(executors, i);

		fprintf(page->to, ", %s %" PRIu64 " on CPU %" PRIu64,
			text(one, "kind"), number(one, "id"),
			number(one, "cpu"));
		if (i == 2 && json_array_size(executors) > 4) {
			fprintf(page->to, ", … %zu in all",
				json_array_size(executors));
			break;
		}
	}
	fputc('\n', page->to);
}

static void print_flow(const struct page *page, const json_t *total,
	const char *way, const char *count, const char *bytes,
	const char *packet_rate, const char *bit_rate)
{
	struct weir_quantity size = weir_quantity_pad(
		weir_quantity_of((double)number(total, bytes), "B"), 9);
	struct weir_quantity packets = weir_quantity_pad(
		weir_quantity_of(real(total, packet_rate), "packets/s"), 15);
	struct weir_quantity bits = weir_quantity_pad(
		weir_quantity_of(real(total, bit_rate), "bit/s"), 11);

	// Some devices count packets, not bytes.
	if (number(total, count) && !number(total, bytes)) {
		fprintf(page->to, "  %-4s%12" PRIu64 " packets  %9s  %s\n", way,
			number(total, count), "-", packets.text);
		return;
	}
	fprintf(page->to, "  %-4s%12" PRIu64 " packets  %s  %s  %s\n", way,
		number(total, count), size.text, packets.text, bits.text);
}

static void print_head(const struct page *page, const json_t *report)
{
	const json_t *total = json_object_get(report, "total");
	const char *instance = text(report, "instance");
	uint64_t page_size = number(report, "page_size");
	const char *why = text(report, "pages_why");

	fprintf(page->to, "%sweir %s%s, %s, %" PRIu64 " %s pages",
		on(page, BOLD), text(report, "weir"), off(page),
		text(report, "dpdk"),
		page_size >> (page_size < 1 << 20 ? 10 : 20),
		page_size < 1 << 20 ? "KiB" : "MiB");
	print_executors_short(page, json_object_get(report, "executors"));
	if (*why && page_size < 1 << 20)
		fprintf(page->to, "ordinary pages: %s\n", why);
	fprintf(page->to, "%s%s%s%s: %s after %s\n", text(report, "file"),
		*instance ? " (" : "", instance, *instance ? ")" : "",
		text(report, "ended"),
		weir_quantity_ns(number(report, "duration_ns")).text);
	fputc('\n', page->to);
	print_flow(page, total, "in", "in", "rx_bytes", "rx_packets_per_second",
		"rx_bits_per_second");
	print_flow(page, total, "out", "out", "tx_bytes",
		"tx_packets_per_second", "tx_bits_per_second");
	fputc('\n', page->to);
}

// ---- equations ----

static void print_equation(const struct page *page, const json_t *one)
{
	int64_t unaccounted =
		json_integer_value(json_object_get(one, "unaccounted"));
	const json_t *outputs = json_object_get(one, "outputs");
	bool ends = outputs && !json_object_size(outputs);

	fprintf(page->to, "in %" PRIu64, number(one, "in"));
	if (number(one, "made"))
		fprintf(page->to, " made %" PRIu64, number(one, "made"));
	if (!ends || number(one, "out"))
		fprintf(page->to, " out %" PRIu64, number(one, "out"));
	if (number(one, "consumed"))
		fprintf(page->to, " consumed %" PRIu64,
			number(one, "consumed"));
	fprintf(page->to, " dropped %" PRIu64 " held %" PRIu64 ": ",
		number(one, "dropped"), number(one, "held"));
	fprintf(page->to, "%s%" PRId64 " unaccounted%s\n",
		on(page, unaccounted ? RED : DIM), unaccounted, off(page));
}

static void print_drop(const struct page *page, const char *reason,
	uint64_t count, int width, unsigned *printed)
{
	if (!count)
		return;
	if (!*printed)
		fprintf(page->to, "  %*s  %sdropped:", width, "",
			on(page, DIM));
	fprintf(page->to, "%s %s %" PRIu64, *printed ? "," : "", reason, count);
	++*printed;
}

static void print_drops(const struct page *page, const json_t *one, int width)
{
	json_t *drops = json_object_get(one, "drops"), *value;
	const char *reason;
	unsigned printed = 0;

	json_object_foreach(drops, reason, value) print_drop(page, reason,
		(uint64_t)json_integer_value(value), width, &printed);
	print_drop(page, "full", number(one, "full"), width, &printed);
	print_drop(page, "overrun", number(one, "overrun"), width, &printed);
	print_drop(page, "ended", number(one, "ended"), width, &printed);
	if (printed)
		fprintf(page->to, "%s\n", off(page));
}

// print_own prints what a stage counted itself, where it is not 0.
static void print_own(const struct page *page, const json_t *one, int width)
{
	json_t *own = json_object_get(one, "counters"), *value;
	const char *counter;
	unsigned printed = 0;

	json_object_foreach(own, counter, value)
	{
		if (!json_integer_value(value))
			continue;
		if (!printed++)
			fprintf(page->to, "  %*s  %scounted:", width, "",
				on(page, DIM));
		fprintf(page->to, "%s %s %" JSON_INTEGER_FORMAT,
			printed > 1 ? "," : "", counter,
			json_integer_value(value));
	}
	if (printed)
		fprintf(page->to, "%s\n", off(page));
}

static void print_books(
	const struct page *page, const json_t *report, const char *key)
{
	const json_t *list = json_object_get(report, key);
	int width = name_width(list, "name");

	if (!json_array_size(list))
		return;
	heading(page, key);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		name(page, text(one, "name"), width);
		print_equation(page, one);
		print_drops(page, one, width);
		print_own(page, one, width);
	}
}

static void print_pool(const struct page *page, const json_t *report)
{
	const json_t *pool = json_object_get(report, "pool");
	uint64_t lost = number(pool, "unaccounted");

	heading(page, "pool");
	fprintf(page->to,
		"  %" PRIu64 " packets: free %" PRIu64 " held %" PRIu64
		": %s%" PRIu64 " unaccounted%s\n\n",
		number(pool, "size"), number(pool, "free"),
		number(pool, "held"), on(page, lost ? RED : DIM), lost,
		off(page));
}

// ---- time ----

static void print_latency(const struct page *page, const json_t *report)
{
	static const char *const keys[][2] = {{"p50", "p50_ns"},
		{"p90", "p90_ns"}, {"p99", "p99_ns"}, {"p99.9", "p999_ns"},
		{"max", "max_ns"}};
	const json_t *latency =
		json_array_get(json_object_get(report, "latency"), 0);

	if (!number(latency, "packets"))
		return;
	fprintf(page->to, "%slatency%s", on(page, BOLD), off(page));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		fprintf(page->to, "  %s %s", keys[i][0],
			weir_quantity_ns(number(latency, keys[i][1])).text);
	fprintf(page->to,
		"\n  %sfrom rx to tx, of %" PRIu64 " packets: %s%s\n\n",
		on(page, DIM), number(latency, "packets"),
		text(latency, "sampled"), off(page));
}

static const json_t *find(const json_t *list, const char *called)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(text(json_array_get(list, i), "name"), called))
			return json_array_get(list, i);
	return NULL;
}

// print_steps prints a stage's steps and answers the columns that took; of a
// regime (stage NULL) there are none.
static int print_steps(const struct page *page, const json_t *stage)
{
	static const char *const keys[] = {
		"step_p50_ns", "step_p99_ns", "step_longest_ns"};

	if (!stage)
		return 0;
	if (json_object_get(stage, "timed_with"))
		return fprintf(page->to, "   timed with '%s'",
			text(stage, "timed_with"));
	fprintf(page->to, "%10" PRIu64, number(stage, "steps"));
	for (size_t i = 0; i < 3; i++)
		fputs(weir_quantity_pad(
			      weir_quantity_ns(number(stage, keys[i])), 9)
				.text,
			page->to);
	return 37;
}

// print_row prints one part of an executor's time: the share, the steps, and a
// bar in what is left of the line.
static void print_row(
	const struct page *page, const json_t *stage, double percent, int width)
{
	int room = WIDTH - 2 - width - COLUMNS - 2;
	int cells = (int)(percent / 100 * room + 0.5);
	int used;

	fprintf(page->to, "%7.1f %%", percent);
	used = print_steps(page, stage);
	if (cells > 0)
		fprintf(page->to, "%*s", COLUMNS - 9 + 2 - used, "");
	for (int i = 0; i < cells; i++)
		fputs("▇", page->to);
	fputc('\n', page->to);
}

static int longest_key(json_t *object)
{
	const char *key;
	json_t *value;
	int width = 6;

	json_object_foreach(object, key, value) if ((int)strlen(key) > width)
		width = (int)strlen(key);
	return width < NAME_MAX_WIDTH ? width : NAME_MAX_WIDTH;
}

static void print_ready(const struct page *page, const json_t *executor)
{
	if (!json_object_get(executor, "ready_longest_ns"))
		return;
	fprintf(page->to,
		"  a ready task ran after %s at most (bound: two turns, %s)\n",
		weir_quantity_ns(number(executor, "ready_longest_ns")).text,
		weir_quantity_ns(number(executor, "ready_bound_ns")).text);
}

static void print_executor(
	const struct page *page, const json_t *report, const json_t *executor)
{
	json_t *shares = json_object_get(executor, "time_percent"), *value;
	int width = longest_key(shares);
	char title[64];
	const char *key;

	snprintf(title, sizeof(title), "%s %" PRIu64, text(executor, "kind"),
		number(executor, "id"));
	width = width > (int)strlen(title) - 2 ? width : (int)strlen(title) - 2;
	fprintf(page->to, "%s%-*s%s%9s%10s%9s%9s%9s\n", on(page, BOLD),
		width + 2, title, off(page), "time", "steps", "p50", "p99",
		"longest");
	json_object_foreach(shares, key, value)
	{
		const json_t *stage =
			find(json_object_get(report, "stages"), key);

		fprintf(page->to, "  %-*s", width, key);
		print_row(page, stage, json_number_value(value), width);
	}
	print_ready(page, executor);
	fputc('\n', page->to);
}

// ---- tables, outputs, verdict ----

static void print_table(const struct page *page, const json_t *table)
{
	const json_t *rows = json_object_get(table, "rows");
	int width = 6;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		int one = weir_quantity_width(
			text(json_array_get(rows, i), "key"));

		width = one > width ? one : width;
	}
	fprintf(page->to, "%s%s%s: %s\n", on(page, BOLD), text(table, "stage"),
		off(page), text(table, "table"));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		struct weir_quantity size =
			weir_quantity_of((double)number(row, "bytes"), "B");
		const char *key = text(row, "key");

		fprintf(page->to, "  %s%*s%12" PRIu64 " packets  %s\n", key,
			width - weir_quantity_width(key), "",
			number(row, "packets"),
			weir_quantity_pad(size, 9).text);
	}
	fputc('\n', page->to);
}

static void print_outputs(const struct page *page, const json_t *report)
{
	const json_t *ports = json_object_get(report, "ports");

	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *port = json_array_get(ports, i);

		if (!json_is_true(json_object_get(port, "sends")) ||
			strcmp(text(port, "kind"), "file"))
			continue;
		fprintf(page->to, "output %s%s%s: %" PRIu64 " packets\n",
			on(page, BOLD), text(port, "value"), off(page),
			number(port, "tx_packets"));
	}
}

static void print_verdict(const struct page *page, const json_t *report)
{
	const json_t *verdict = json_object_get(report, "verdict");

	fprintf(page->to, "%s%s%s\n",
		on(page, number(verdict, "exit") ? RED : GREEN),
		text(verdict, "text"), off(page));
}

void weir_report_print(const struct json_t *report, FILE *to, bool colour)
{
	const struct page page = {to, colour};
	const json_t *executors = json_object_get(report, "executors");
	const json_t *tables = json_object_get(report, "tables");

	print_head(&page, report);
	print_books(&page, report, "ports");
	print_books(&page, report, "stages");
	print_books(&page, report, "edges");
	print_pool(&page, report);
	print_latency(&page, report);
	for (size_t i = 0; i < json_array_size(executors); i++)
		print_executor(&page, report, json_array_get(executors, i));
	for (size_t i = 0; i < json_array_size(tables); i++)
		print_table(&page, json_array_get(tables, i));
	weir_report_print_contract(&page, report);
	weir_report_print_findings(&page, report);
	print_outputs(&page, report);
	print_verdict(&page, report);
}

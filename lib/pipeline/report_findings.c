// SPDX-License-Identifier: BSD-3-Clause
//
// The report for people: the contract, the findings and the remarks.
#include "pipeline/quantity.h"
#include "pipeline/report_page.h"

#include <inttypes.h>

// print_wrapped prints words as an item of a list, at most WIDTH columns wide.
static void print_wrapped(const struct page *page, const char *words)
{
	int column = 2;

	fputs("  •", page->to);
	while (*words) {
		int length = (int)strcspn(words, " \n");

		if (column + 1 + length > WIDTH) {
			fputs("\n   ", page->to);
			column = 3;
		}
		fprintf(page->to, " %.*s", length, words);
		column += 1 + length;
		words += length;
		words += strspn(words, " \n");
	}
	fputc('\n', page->to);
}

static void print_class(const struct page *page, const json_t *one, int width)
{
	static const char *const keys[][2] = {{"blocked task", "blocked_task"},
		{"blocking call", "blocking_call"},
		{"stolen core", "stolen_core"},
		{"not witnessed", "not_witnessed"}};
	uint64_t over = number(one, "over");

	name(page, text(one, "name"), width);
	fprintf(page->to,
		"%" PRIu64 " steps, at most %s of %s, %" PRIu64 " over\n",
		number(one, "steps"),
		weir_quantity_ns(number(one, "longest_ns")).text,
		weir_quantity_ns(number(one, "max_exec_ns")).text, over);
	for (size_t i = 0; over && i < 4; i++)
		if (number(one, keys[i][1]))
			fprintf(page->to, "  %*s    %s %" PRIu64 "\n", width,
				"", keys[i][0], number(one, keys[i][1]));
}

void weir_report_print_contract(const struct page *page, const json_t *report)
{
	const json_t *contract = json_object_get(report, "contract");
	const json_t *classes = json_object_get(contract, "classes");
	int width = name_width(classes, "name");

	if (!contract)
		return;
	heading(page, "contract");
	print_wrapped(page, text(contract, "verdict"));
	for (size_t i = 0; i < json_array_size(classes); i++)
		print_class(page, json_array_get(classes, i), width);
	fputc('\n', page->to);
}

static void print_list(
	const struct page *page, const json_t *report, const char *key)
{
	const json_t *list = json_object_get(report, key);

	if (!json_array_size(list))
		return;
	heading(page, key);
	for (size_t i = 0; i < json_array_size(list); i++)
		print_wrapped(page, json_string_value(json_array_get(list, i)));
	fputc('\n', page->to);
}

void weir_report_print_findings(const struct page *page, const json_t *report)
{
	print_list(page, report, "findings");
	print_list(page, report, "remarks");
}

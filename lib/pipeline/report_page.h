// SPDX-License-Identifier: BSD-3-Clause
//
// The page that the report for people is printed on, and short names for what is
// read of the report: for the sources that print it, nobody else.
#ifndef WEIR_PIPELINE_REPORT_PAGE_H
#define WEIR_PIPELINE_REPORT_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 80
#define NAME_MAX_WIDTH 24

struct page {
	FILE *to;
	bool colour;
};

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[1;31m"
#define GREEN "\033[32m"

static inline const char *on(const struct page *page, const char *code)
{
	return page->colour ? code : "";
}

static inline const char *off(const struct page *page)
{
	return page->colour ? "\033[0m" : "";
}

static inline uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static inline double real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static inline const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static inline void heading(const struct page *page, const char *words)
{
	fprintf(page->to, "%s%s%s\n", on(page, BOLD), words, off(page));
}

// name prints a name in a column that fits the longest of its list.
static inline void name(const struct page *page, const char *words, int width)
{
	fprintf(page->to, "  %-*s  ", width, words);
}

static inline int name_width(const json_t *list, const char *key)
{
	int width = 6;

	for (size_t i = 0; i < json_array_size(list); i++) {
		int one = (int)strlen(text(json_array_get(list, i), key));

		width = one > width ? one : width;
	}
	return width < NAME_MAX_WIDTH ? width : NAME_MAX_WIDTH;
}

// What was promised and kept; what was found, and remarked on: nothing where there
// is none.
void weir_report_print_contract(const struct page *page, const json_t *report);
void weir_report_print_findings(const struct page *page, const json_t *report);

#endif

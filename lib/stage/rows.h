// SPDX-License-Identifier: BSD-3-Clause
//
// A book of report rows: adds up what replicas of a stage say, and answers each
// table sorted and cut at its top.
//
//	struct weir_rows *rows = weir_rows_create();
//	stage->report(state, weir_rows_of(rows));   for each replica
//	weir_rows_each(rows, print, NULL);
//
// Threads.  One.
#ifndef WEIR_STAGE_ROWS_H
#define WEIR_STAGE_ROWS_H

#include "stage/stage.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weir_rows;

// weir_rows_create answers an empty book, NULL when there is no memory.
struct weir_rows *weir_rows_create(void);
void weir_rows_destroy(struct weir_rows *rows);

// weir_rows_of answers what a stage's report writes to.
struct weir_report_rows *weir_rows_of(struct weir_rows *rows);

// weir_rows_each calls each for every row: tables in the order in which they
// were first named, in each the keys with the most packets first (equal ones by
// bytes, then by name), "other" for those beyond the top, then keys in
// parentheses.
void weir_rows_each(struct weir_rows *rows,
	void (*each)(void *arg, const char *table, const char *key,
		uint64_t packets, uint64_t bytes),
	void *arg);

#ifdef __cplusplus
}
#endif

#endif

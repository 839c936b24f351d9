// SPDX-License-Identifier: BSD-3-Clause
//
// What is wrong with a file, and where: a bounded list, told in the order of
// the file. One reading finds several faults, so that one need not mend and
// try again for each.
#ifndef WEIR_DOCUMENT_FAULT_H
#define WEIR_DOCUMENT_FAULT_H

#include "base/error.h"

#include <stdbool.h>

#define WEIR_FAULTS_MAX 20
#define WEIR_FAULT_SIZE 400

// Where something was said. file is "-e" or "--set PATH" for what came from
// the command line.
struct weir_at {
	const char *file;
	unsigned line, column; // from 1; 0: not known
};

struct weir_fault {
	struct weir_at at;
	char text[WEIR_FAULT_SIZE];
};

struct weir_faults {
	unsigned count;	 // of list
	unsigned untold; // found when the list was full
	bool no_memory;	 // reading could not go on
	struct weir_fault list[WEIR_FAULTS_MAX];
};

// weir_fault_add notes a fault in a sentence without a full stop. The same
// fault at the same place is noted once.
__attribute__((format(printf, 3, 4))) void weir_fault_add(
	struct weir_faults *faults, struct weir_at at, const char *format, ...);

// A word that is not among those that would do.
struct weir_unknown {
	const char *what;  // "stage type"
	const char *word;  // as it was written
	const char *where; // "" or " in stage 'web'"
	const char *const *words;
	unsigned count;
	bool list_all; // also where one is near enough to be meant
};

// weir_fault_unknown notes "unknown stage type 'fliter'; did you mean
// 'filter'?", or what is known where nothing is near.
void weir_fault_unknown(struct weir_faults *faults, struct weir_at at,
	const struct weir_unknown *unknown);

// weir_faults_report writes all as "FILE:LINE:COLUMN: error: …" lines into e.
// Answers 0 if there are none, else -EINVAL or -ENOMEM.
int weir_faults_report(struct weir_faults *faults, struct weir_error *e);

#endif

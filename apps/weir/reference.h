// SPDX-License-Identifier: BSD-3-Clause
//
// The reference of every stage and kind of port, from the tables that the
// program works with: docs/stages.md is what this prints.
#ifndef WEIR_APPS_REFERENCE_H
#define WEIR_APPS_REFERENCE_H

#include "option/option.h"

#include <stdio.h>

// weir_reference_values prints what an option takes: "number, at least 1, at
// most 64, or 'auto'".
void weir_reference_values(const struct weir_option *option, FILE *to);

// weir_reference_print prints all that is registered, as Markdown.
void weir_reference_print(FILE *to);

#endif

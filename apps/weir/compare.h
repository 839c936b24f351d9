// SPDX-License-Identifier: BSD-3-Clause
//
// Compares two captures packet by packet: time stamps, lengths, bytes.
#ifndef WEIR_APPS_COMPARE_H
#define WEIR_APPS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

// weir_compare tells whether the capture got is the capture wanted; if not,
// words says what the first difference is.
bool weir_compare(
	const char *got, const char *wanted, char *words, size_t size);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// How quantities are written: numbers, durations, sizes and rates, the same in
// files, on the command line and in reports. What is read is exact: 1.5ms is 1500000
// ns, and what is finer than the unit counts is refused, never rounded. What is
// written reads back as the same value.
#ifndef WEIR_OPTION_VALUE_H
#define WEIR_OPTION_VALUE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_VALUE_SIZE 32  // room for any of them, written
#define WEIR_QUOTED_SIZE 96 // room for what weir_quote writes

// A rate counts bits or packets.
struct weir_rate {
	uint64_t per_second;
	bool packets;
};

// weir_number_parse reads 12, 1.5k, 0x10, 4Ki; weir_duration_parse 300us, 1.5s,
// 2m and 0 (nanoseconds); weir_size_parse 256MiB, 64k, 1500 (bytes);
// weir_rate_parse 100Mbit/s, 12.5MB/s, 10kpps and 0. They answer 0, or -EINVAL
// with words that start at the value.
int weir_number_parse(const char *text, uint64_t *value, struct weir_error *e);
int weir_duration_parse(const char *text, uint64_t *ns, struct weir_error *e);
int weir_size_parse(const char *text, uint64_t *bytes, struct weir_error *e);
int weir_rate_parse(
	const char *text, struct weir_rate *rate, struct weir_error *e);

// weir_number_format, … write a value into WEIR_VALUE_SIZE bytes and answer
// text.
const char *weir_number_format(uint64_t value, char *text);
const char *weir_duration_format(uint64_t ns, char *text);
const char *weir_size_format(uint64_t bytes, char *text);
const char *weir_rate_format(const struct weir_rate *rate, char *text);

// weir_quote writes text from outside into WEIR_QUOTED_SIZE bytes as a message
// may show it: in '…', cut after some 60 bytes, bytes that a terminal might
// obey shown as '?'. Answers to.
const char *weir_quote(const char *text, char *to);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Quantities as people read them: three digits and a unit.
//
// Threads.  Any.
#ifndef WEIR_PIPELINE_QUANTITY_H
#define WEIR_PIPELINE_QUANTITY_H

#include <stdint.h>

// A short text by value, so that several fit into one printf.
struct weir_quantity {
	char text[24];
};

// weir_quantity_ns: "70 ns", "51.4 µs", "1.30 ms", "12.0 s".
struct weir_quantity weir_quantity_ns(uint64_t ns);

// weir_quantity_of: "7.63 Mpps" of 7630000 and "pps"; "812 B" of 812 and "B".
struct weir_quantity weir_quantity_of(double value, const char *unit);

// weir_quantity_width answers the columns that a text takes on a terminal.
int weir_quantity_width(const char *text);

// weir_quantity_pad answers the text with spaces before it, width columns wide.
struct weir_quantity weir_quantity_pad(struct weir_quantity q, int width);

#endif

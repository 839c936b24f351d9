// SPDX-License-Identifier: BSD-3-Clause
//
// One value of an option in its place in a struct: texts in, text out. The
// block above it knows which struct and whether it was given.
#ifndef WEIR_OPTION_FIELD_H
#define WEIR_OPTION_FIELD_H

#include "option/option.h"

#define WEIR_CHOICES_MAX 32 // bits of a mask

// weir_option_keep gives size bytes that live as long as the block, or NULL.
void *weir_option_keep(struct weir_option_block *block, size_t size);

// weir_field_parse reads count texts into the field at to; see weir_option_set.
int weir_field_parse(struct weir_option_block *block, void *to,
	const struct weir_option *option, const char *const *texts,
	unsigned count, struct weir_error *e);

// weir_field_format writes the field at from; see weir_option_format.
void weir_field_format(const void *from, const struct weir_option *option,
	char *text, size_t size);

#endif

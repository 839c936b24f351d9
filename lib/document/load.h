// SPDX-License-Identifier: BSD-3-Clause
//
// What reading a document shares inside this folder.
#ifndef WEIR_DOCUMENT_LOAD_H
#define WEIR_DOCUMENT_LOAD_H

#include "document/node.h"

struct yaml_parser_s;

// weir_document_look tells whether a text keeps the bounds within which it may
// be loaded; if not, that is noted. What is no YAML passes: loading tells.
bool weir_document_look(const struct weir_document *document, const char *text,
	size_t size, struct weir_faults *faults);

// weir_document_at answers a place in document; line 0 is the file as such.
struct weir_at weir_document_at(
	const struct weir_document *document, unsigned line, unsigned column);

// weir_syntax_fault notes in words for people why the parser stopped.
void weir_syntax_fault(const struct weir_document *document,
	const struct yaml_parser_s *parser, const char *text, size_t size,
	struct weir_faults *faults);

#endif

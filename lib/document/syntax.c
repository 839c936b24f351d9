// SPDX-License-Identifier: BSD-3-Clause
//
// libyaml says what its scanner expected; people want to know what to mend.
// The table puts the one for the other; a problem that is not in it is told as
// libyaml does.
#include "document/load.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct saying {
	const char *problem; // how libyaml's words begin
	const char *context; // in what, or NULL for any
	const char *words;
	enum { HERE, SAY_BEGIN, AT_BEGIN } place;
};

// The first that fits counts.
static const struct saying sayings[] = {
	{"mapping values are not allowed", NULL,
		"a ':' that cannot stand here: put the value in quotes, or "
		"check the indentation"},
	{"could not find expected ':'", NULL, "a key without ':' behind it",
		AT_BEGIN},
	{"found unexpected end of stream", "while scanning a quoted scalar",
		"a quote that is not closed", AT_BEGIN},
	{"did not find expected ',' or '}'", NULL, "a ',' or '}' is missing",
		SAY_BEGIN},
	{"did not find expected ',' or ']'", NULL, "a ',' or ']' is missing",
		SAY_BEGIN},
	{"did not find expected key", NULL,
		"this does not belong to the mapping: check the indentation "
		"and the quotes above it",
		SAY_BEGIN},
	{"did not find expected '-' indicator", NULL,
		"this does not belong to the list: check the indentation",
		SAY_BEGIN},
	{"did not find expected <document start>", NULL,
		"this does not belong to what is above it: check the "
		"indentation and the quotes"},
	{"did not find expected node content", NULL, "a value is missing here"},
	{"block sequence entries are not allowed", NULL,
		"a list element '- ' that cannot stand here: begin it in a "
		"line of its own"},
	{"block mapping keys are not allowed", NULL,
		"a key that cannot stand here: begin it in a line of its own"},
	{"mapping keys are not allowed", NULL,
		"a key that cannot stand here: begin it in a line of its own"},
	{"found undefined alias", NULL,
		"an alias ('*name') without an anchor ('&name') before it; if "
		"it is a text, put it in quotes"},
	{"found duplicate anchor", NULL, "an anchor that is there already",
		SAY_BEGIN},
	{"found unknown escape character", NULL,
		"an unknown escape: in double quotes a backslash is written "
		"'\\\\'"},
	{"found undefined tag handle", NULL,
		"a tag ('!…') means nothing here; if it is a text, put it in "
		"quotes"},
	{"did not find expected alphabetic", NULL,
		"an alias or anchor ('*', '&') without a name; if it is a "
		"text, put it in quotes"},
	{"found incompatible YAML document", NULL,
		"a %YAML version other than 1.1 or 1.2: take the line away"},
	{"exceeded max depth", NULL, "nested too deep"},
};

static bool begins(const char *text, const char *with)
{
	return text && !strncmp(text, with, strlen(with));
}

// Line and column (from 1) of a byte.
static struct weir_at place_of(const struct weir_document *document,
	const char *text, size_t size, size_t offset)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset && i < size; i++) {
		column++;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return weir_document_at(document, line, column);
}

// The line that begins at or before line (from 0), for a look at its letters.
static const char *line_at(const char *text, size_t size, size_t line)
{
	const char *at = text, *end = text + size, *next;

	for (; line > 0; line--) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (!next)
			return end;
		at = next + 1;
	}
	return at;
}

static void cannot_start(const struct weir_document *document, const char *text,
	size_t size, yaml_mark_t mark, struct weir_faults *faults)
{
	struct weir_at at = weir_document_at(
		document, (unsigned)mark.line + 1, (unsigned)mark.column + 1);
	const char *end = text + size;
	const char *letter = line_at(text, size, mark.line) + mark.column;

	if (letter < end && *letter == '\t')
		weir_fault_add(
			faults, at, "a tab: YAML wants spaces for indentation");
	else if (letter<end && * letter> ' ' && *letter < 0x7f)
		weir_fault_add(faults, at,
			"a value cannot begin with '%c': put it in quotes",
			*letter);
	else
		weir_fault_add(faults, at,
			"a value cannot begin with this: put it in quotes");
}

static void not_text(const struct weir_document *document,
	const yaml_parser_t *parser, const char *text, size_t size,
	struct weir_faults *faults)
{
	struct weir_at at =
		place_of(document, text, size, parser->problem_offset);

	if (parser->problem_value >= 0)
		weir_fault_add(faults, at, "not a text: byte 0x%02x (%s)",
			parser->problem_value, parser->problem);
	else
		weir_fault_add(faults, at, "not a text: %s", parser->problem);
}

static const struct saying *saying_of(const yaml_parser_t *parser)
{
	unsigned count = sizeof(sayings) / sizeof(sayings[0]);

	for (unsigned i = 0; i < count; i++) {
		if (begins(parser->problem, sayings[i].problem) &&
			(!sayings[i].context ||
				begins(parser->context, sayings[i].context)))
			return &sayings[i];
	}
	return NULL;
}

static void not_yaml(const struct weir_document *document,
	const yaml_parser_t *parser, struct weir_faults *faults)
{
	const struct saying *saying = saying_of(parser);
	bool at_begin = saying && saying->place == AT_BEGIN && parser->context;
	const yaml_mark_t *mark =
		at_begin ? &parser->context_mark : &parser->problem_mark;
	struct weir_at at = weir_document_at(
		document, (unsigned)mark->line + 1, (unsigned)mark->column + 1);
	char began[64] = "";

	if (saying && saying->place == SAY_BEGIN && parser->context && at.line)
		snprintf(began, sizeof(began), " (it began in line %zu)",
			parser->context_mark.line + 1);
	if (saying)
		weir_fault_add(faults, at, "%s%s", saying->words, began);
	else
		weir_fault_add(faults, at, "not YAML: %s",
			parser->problem ? parser->problem : "unreadable");
}

void weir_syntax_fault(const struct weir_document *document,
	const struct yaml_parser_s *parser, const char *text, size_t size,
	struct weir_faults *faults)
{
	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		faults->no_memory = true;
		return;
	case YAML_READER_ERROR:
		not_text(document, parser, text, size, faults);
		return;
	default:
		break;
	}
	if (begins(parser->problem, "found character that cannot start"))
		cannot_start(
			document, text, size, parser->problem_mark, faults);
	else
		not_yaml(document, parser, faults);
}

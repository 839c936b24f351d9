// SPDX-License-Identifier: BSD-3-Clause
//
// libyaml takes a time that grows with the square of the depth and of the
// number of anchors: a file of 1 MiB can keep it busy for minutes. So both are
// looked at first, event by event, and reading ends at the first too many.
#include "document/load.h"

#include <yaml.h>

#define ANCHORS_MAX 1024

struct look {
	unsigned depth, anchors;
	bool end;
	yaml_mark_t mark; // of the event looked at last
};

static void take(struct look *look, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL;

	look->mark = event->start_mark;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		look->depth++;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		look->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		look->depth--;
		break;
	case YAML_STREAM_END_EVENT:
		look->end = true;
		break;
	default:
		break;
	}
	look->anchors += anchor != NULL;
}

static bool within_bounds(const struct weir_document *document,
	yaml_parser_t *parser, struct weir_faults *faults)
{
	struct look look = {.depth = 0};
	struct weir_at at;
	yaml_event_t event;

	while (!look.end && look.depth <= WEIR_DOCUMENT_DEPTH_MAX &&
		look.anchors <= ANCHORS_MAX &&
		yaml_parser_parse(parser, &event)) {
		take(&look, &event);
		yaml_event_delete(&event);
	}
	at = weir_document_at(document, (unsigned)look.mark.line + 1,
		(unsigned)look.mark.column + 1);
	if (look.depth > WEIR_DOCUMENT_DEPTH_MAX)
		weir_fault_add(faults, at, "nested more than %u deep",
			WEIR_DOCUMENT_DEPTH_MAX);
	else if (look.anchors > ANCHORS_MAX)
		weir_fault_add(faults, at, "more than %u anchors", ANCHORS_MAX);
	else
		return true;
	return false;
}

bool weir_document_look(const struct weir_document *document, const char *text,
	size_t size, struct weir_faults *faults)
{
	yaml_parser_t parser;
	bool sound;

	if (!yaml_parser_initialize(&parser)) {
		faults->no_memory = true;
		return false;
	}
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)text, size);
	sound = within_bounds(document, &parser, faults);
	yaml_parser_delete(&parser);
	return sound;
}

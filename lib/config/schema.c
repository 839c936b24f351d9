// SPDX-License-Identifier: BSD-3-Clause
//
// The JSON Schema of the file, made from the same tables that its reader works
// from: editors complete and check with it while one writes. It knows each
// part alone; what only the whole can tell (who gives to whom) it leaves to
// the reader.
#include "config/config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NAME "^[A-Za-z][A-Za-z0-9_-]{0,31}$|^x-"
#define NUMBER "^([0-9]+(\\.[0-9]+)?(k|M|G|Ki|Mi|Gi)?|0[xX][0-9a-fA-F]+)$"
#define SIZE "^[0-9]+(\\.[0-9]+)?(k|M|G|Ki|Mi|Gi|Ti)?B?$"
#define DURATION "^(0|[0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))$"

#define RATE "^(0|[0-9]+(\\.[0-9]+)?[kMG]?(bit/s|bps|B/s|pps))$"

// Any text may come from a variable.
static json_t *variable(void)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", "\\$");
}

static json_t *text_like(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

// A text may look like a number or a truth to YAML.
static json_t *any_text(void)
{
	return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
}

static json_t *words(const char *const *list)
{
	json_t *array = json_array();

	for (; *list; list++)
		json_array_append_new(array, json_string(*list));
	return json_pack("{s:o}", "enum", array);
}

static json_t *whole_number(const struct weir_option *option)
{
	json_t *number = json_pack("{s:s, s:I}", "type", "integer", "minimum",
		(json_int_t)option->min);

	if (option->max)
		json_object_set_new(number, "maximum",
			json_integer((json_int_t)option->max));
	return number;
}

// A list of what item allows, or one of them.
static json_t *one_or_many(json_t *item)
{
	return json_pack("{s:[O, {s:s, s:o}]}", "anyOf", item, "type", "array",
		"items", item);
}

static json_t *quantity(const struct weir_option *option, const char *pattern)
{
	json_t *any = json_array();

	if (option->type != WEIR_TYPE_DURATION &&
		option->type != WEIR_TYPE_RATE)
		json_array_append_new(any, whole_number(option));
	else if (!option->min)
		json_array_append_new(any, json_pack("{s:i}", "const", 0));
	json_array_append_new(any, text_like(pattern));
	if (option->zero)
		json_array_append_new(
			any, json_pack("{s:s}", "const", option->zero));
	json_array_append_new(any, variable());
	return json_pack("{s:o}", "anyOf", any);
}

static json_t *value_of(const struct weir_option *option)
{
	switch (option->type) {
	case WEIR_TYPE_U32:
	case WEIR_TYPE_U64:
		return quantity(option, NUMBER);
	case WEIR_TYPE_SIZE:
		return quantity(option, SIZE);
	case WEIR_TYPE_DURATION:
		return quantity(option, DURATION);
	case WEIR_TYPE_RATE:
		return quantity(option, RATE);
	case WEIR_TYPE_BOOL:
		return json_pack("{s:[{s:s}, {s:[s,s,s,s,s,s]}, o]}", "anyOf",
			"type", "boolean", "enum", "true", "false", "yes", "no",
			"on", "off", variable());
	case WEIR_TYPE_DOUBLE:
		return json_pack("{s:[{s:s}, o]}", "anyOf", "type", "number",
			variable());
	case WEIR_TYPE_CHOICE:
		return json_pack("{s:[o, o]}", "anyOf", words(option->choices),
			variable());
	case WEIR_TYPE_CHOICES:
		return one_or_many(json_pack("{s:[o, o]}", "anyOf",
			words(option->choices), variable()));
	case WEIR_TYPE_TEXTS:
		return one_or_many(any_text());
	case WEIR_TYPE_TEXT:
	case WEIR_TYPE_END:
		break;
	}
	return any_text();
}

static void add_options(json_t *properties, const struct weir_option *table)
{
	for (unsigned i = 0; i < weir_option_count(table); i++) {
		json_t *value = value_of(&table[i]);

		json_object_set_new(
			value, "description", json_string(table[i].help));
		if (table[i].preset)
			json_object_set_new(
				value, "default", json_string(table[i].preset));
		json_object_set_new(properties, table[i].name, value);
	}
}

static void add_required(json_t *required, const struct weir_option *table)
{
	for (unsigned i = 0; i < weir_option_count(table); i++) {
		if (!table[i].preset)
			json_array_append_new(
				required, json_string(table[i].name));
	}
}

// A mapping with these keys and no others but "x-…".
static json_t *mapping(json_t *properties, json_t *required)
{
	return json_pack("{s:s, s:o, s:o, s:{s:b}, s:b}", "type", "object",
		"properties", properties, "required", required,
		"patternProperties", "^x-", 1, "additionalProperties", 0);
}

// A mapping whose keys the user names, each of which is what ref says.
static json_t *named(const char *ref, const char *help)
{
	return json_pack("{s:s, s:s, s:{s:s}, s:{s:b}, s:{s:s}}", "type",
		"object", "description", help, "propertyNames", "pattern", NAME,
		"patternProperties", "^x-", 1, "additionalProperties", "$ref",
		ref);
}

static json_t *table_mapping(const struct weir_option *table)
{
	json_t *properties = json_object(), *required = json_array();

	add_options(properties, table);
	add_required(required, table);
	return mapping(properties, required);
}

static json_t *stage_of(const struct weir_stage *stage)
{
	json_t *properties = json_object();
	json_t *required = json_pack("[s]", "type");

	json_object_set_new(properties, "type",
		json_pack("{s:s, s:s}", "const", stage->type, "description",
			stage->help));
	if (!stage->source) {
		json_object_set_new(properties, "inputs",
			json_pack("{s:s}", "$ref", "#/$defs/inputs"));
		json_array_append_new(required, json_string("inputs"));
	}
	add_options(properties, weir_stage_common_options);
	add_options(properties, stage->options);
	add_required(required, stage->options);
	return mapping(properties, required);
}

static json_t *reference(const char *kind, const char *name)
{
	return json_pack(
		"{s:o}", "$ref", json_sprintf("#/$defs/%s_%s", kind, name));
}

static void define(json_t *definitions, const char *kind, const char *name,
	json_t *definition)
{
	json_t *key = json_sprintf("%s_%s", kind, name);

	json_object_set_new(definitions, json_string_value(key), definition);
	json_decref(key);
}

// Each type has a definition of its own; which one counts, the type says.
static void define_stages(json_t *definitions)
{
	json_t *types = json_array(), *branches = json_array();
	const struct weir_stage *stage;

	for (unsigned i = 0; (stage = weir_stage_at(i)); i++) {
		define(definitions, "stage", stage->type, stage_of(stage));
		json_array_append_new(types, json_string(stage->type));
		json_array_append_new(branches,
			json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:o}", "if",
				"properties", "type", "const", stage->type,
				"required", "type", "then",
				reference("stage", stage->type)));
	}
	json_object_set_new(definitions, "stage",
		json_pack("{s:s, s:[s], s:{s:{s:o}}, s:o}", "type", "object",
			"required", "type", "properties", "type", "enum", types,
			"allOf", branches));
}

static json_t *port_of(const struct weir_port_driver *driver)
{
	json_t *properties = json_object(), *required = json_array();

	for (const struct weir_port_kind *kind = driver->kinds; kind->name;
		kind++) {
		json_t *value = any_text();

		if (!kind->traits.one_way)
			json_array_append_new(json_object_get(value, "type"),
				json_string("null"));
		json_object_set_new(
			value, "description", json_string(kind->help));
		json_object_set_new(properties, kind->name, value);
	}
	add_options(properties, weir_port_common_options);
	add_options(properties, driver->options);
	add_required(required, driver->options);
	return mapping(properties, required);
}

// Each driver has a definition; which one counts, the kind says.
static void define_ports(json_t *definitions)
{
	json_t *one = json_array(), *branches = json_array();
	const struct weir_port_driver *driver;

	for (unsigned i = 0; (driver = weir_port_at(i)); i++) {
		define(definitions, "port", driver->name, port_of(driver));
		for (unsigned j = 0; driver->kinds[j].name; j++) {
			const char *kind = driver->kinds[j].name;

			json_array_append_new(
				one, json_pack("{s:[s]}", "required", kind));
			json_array_append_new(branches,
				json_pack("{s:{s:[s]}, s:o}", "if", "required",
					kind, "then",
					reference("port", driver->name)));
		}
	}
	json_object_set_new(definitions, "port",
		json_pack("{s:s, s:o, s:o}", "type", "object", "oneOf", one,
			"allOf", branches));
}

static void define_inputs(json_t *definitions)
{
	json_object_set_new(
		definitions, "input", table_mapping(weir_input_options));
	json_object_set_new(definitions, "inputs",
		json_pack("{s:s, s:[{s:s}, {s:s, s:i, s:{s:[{s:s}, {s:s}]}}]}",
			"description",
			"what comes before it: STAGE or STAGE.OUTPUT, or a "
			"list of them",
			"anyOf", "type", "string", "type", "array", "minItems",
			1, "items", "anyOf", "type", "string", "$ref",
			"#/$defs/input"));
}

static json_t *test_list(void)
{
	json_t *properties = json_pack(
		"{s:{s:s}, s:{s:s, s:[s,s], s:i, s:{s:s}}, "
		"s:{s:s, s:s, s:{s:[s,s]}}}",
		"name", "type", "string", "input", "description",
		"a capture, or {PORT: CAPTURE}", "type", "string", "object",
		"maxProperties", 1, "additionalProperties", "type", "string",
		"expect", "type", "object", "description",
		"a capture or a count for each PORT, STAGE.OUTPUT or "
		"STAGE.drops.REASON",
		"additionalProperties", "type", "string", "integer");

	return json_pack("{s:s, s:s, s:o}", "type", "array", "description",
		"what 'weir test' tries", "items",
		mapping(properties, json_pack("[s]", "expect")));
}

static json_t *load_list(void)
{
	json_t *list = one_or_many(json_pack("{s:s}", "type", "string"));

	json_object_set_new(list, "description",
		json_string("shared objects with stages of one's own, from "
			    "where the file lies"));
	return list;
}

static json_t *schema(void)
{
	json_t *properties =
		json_pack("{s:{s:[i,s]}}", "version", "enum", 1, "1");
	json_t *definitions = json_object(), *top;

	json_object_set_new(properties, "load", load_list());
	json_object_set_new(
		properties, "runtime", table_mapping(weir_runtime_options));
	json_object_set_new(properties, "ports",
		named("#/$defs/port", "where packets come from and go to"));
	json_object_set_new(properties, "stages",
		named("#/$defs/stage", "what is done with them"));
	json_object_set_new(properties, "tests", test_list());
	define_ports(definitions);
	define_inputs(definitions);
	define_stages(definitions);
	top = mapping(properties, json_pack("[s,s]", "version", "stages"));
	json_object_set_new(top, "$schema",
		json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(
		top, "title", json_string("A weir pipeline, version 1"));
	json_object_set_new(top, "$defs", definitions);
	return top;
}

char *weir_config_schema(void)
{
	json_t *top = schema();
	char *text = json_dumps(top, JSON_INDENT(2));

	json_decref(top);
	return text;
}

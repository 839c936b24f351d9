// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/rule.h"

#include "option/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 512 // of a rule
#define BLANKS " \t\r\n"

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{"tcp", 6},
	{"udp", 17},
	{"icmp", 1},
	{"icmp6", 58},
	{"sctp", 132},
	{"gre", 47},
	{"esp", 50},
	{"ah", 51},
	{"igmp", 2},
	{"ospf", 89},
	{"pim", 103},
	{"vrrp", 112},
	{"dccp", 33},
	{"udplite", 136},
};

#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

// What of a rule was said already.
enum {
	PROTOCOL = 1,
	SRC = 2,
	DST = 4,
	SPORT = 8,
	DPORT = 16,
	VLAN = 32,
	IP = 64
};

struct parser {
	struct weir_rule *rule;
	char *rest;
	unsigned said;
	struct weir_error *e;
};

__attribute__((format(printf, 3, 4))) static int refuse(
	struct weir_error *e, const char *text, const char *format, ...)
{
	char quoted[WEIR_QUOTED_SIZE], why[256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return weir_error_set(
		e, -EINVAL, "%s %s", weir_quote(text, quoted), why);
}

static char *next_word(struct parser *parser)
{
	char *word;

	do
		word = strsep(&parser->rest, BLANKS);
	while (word && !*word);
	return word;
}

// value_of answers the word that belongs to the one before it.
static char *value_of(struct parser *parser, const char *word)
{
	char *value = next_word(parser);

	if (!value)
		refuse(parser->e, word, "wants a value behind it");
	return value;
}

static bool read_uint(const char *text, unsigned max, unsigned *value)
{
	uint64_t number;

	if (!*text || strspn(text, "0123456789") != strlen(text) ||
		weir_number_parse(text, &number, NULL) || number > max)
		return false;
	*value = (unsigned)number;
	return true;
}

// read_range reads FROM-TO or one number.
static int read_range(struct parser *parser, const char *text, unsigned max,
	struct weir_rule_range *range)
{
	char copy[16] = "";
	const char *dash = strchr(text, '-');
	unsigned from, to;

	if (strlen(text) >= sizeof(copy))
		return refuse(parser->e, text, "is no number up to %u", max);
	memcpy(copy, text, dash ? (size_t)(dash - text) : strlen(text));
	if (!read_uint(copy, max, &from) ||
		!read_uint(dash ? dash + 1 : copy, max, &to))
		return refuse(parser->e, text,
			"is no number up to %u, nor a range as in 10-20", max);
	if (from > to)
		return refuse(
			parser->e, text, "is empty: write the lower end first");
	*range = (struct weir_rule_range){(uint16_t)from, (uint16_t)to};
	return 0;
}

static int set_version(struct parser *parser, const char *word, uint8_t version)
{
	struct weir_rule *rule = parser->rule;

	if (rule->version && rule->version != version)
		return refuse(parser->e, word,
			"is of IPv%u, what stands before it of IPv%u", version,
			rule->version);
	rule->version = version;
	return 0;
}

static int read_prefix(struct parser *parser, const char *text,
	struct weir_rule_prefix *prefix)
{
	char address[INET6_ADDRSTRLEN] = "";
	const char *slash = strchrnul(text, '/');
	size_t size = (size_t)(slash - text);
	unsigned most, length;
	uint8_t version;

	if (size < sizeof(address))
		memcpy(address, text, size);
	version = inet_pton(AF_INET, address, prefix->bytes) == 1    ? 4
		  : inet_pton(AF_INET6, address, prefix->bytes) == 1 ? 6
								     : 0;
	length = most = version == 4 ? 32 : 128;
	if (!version || (*slash && !read_uint(slash + 1, most, &length)))
		return refuse(parser->e, text,
			"is no prefix: write 10.0.0.0/8, 2001:db8::/32 or an "
			"address");
	prefix->length = (uint8_t)length;
	for (unsigned i = length; i < most; i++)
		prefix->bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return set_version(parser, text, version);
}

static int read_tag(struct parser *parser, const char *text)
{
	struct weir_rule_range *tag = &parser->rule->tag;
	int err;

	if (!strcmp(text, "none"))
		*tag = (struct weir_rule_range){0, 0};
	else if (!strcmp(text, "any"))
		*tag = (struct weir_rule_range){
			WEIR_RULE_TAGGED, WEIR_RULE_TAGGED | 4095};
	else {
		err = read_range(parser, text, 4095, tag);
		tag->from |= WEIR_RULE_TAGGED;
		tag->to |= WEIR_RULE_TAGGED;
		return err;
	}
	return 0;
}

static int set_protocol(struct parser *parser, unsigned number)
{
	parser->rule->protocol = (uint8_t)number;
	parser->rule->any_protocol = false;
	return 0;
}

static int read_protocol(struct parser *parser, const char *text)
{
	unsigned number;

	if (!read_uint(text, 255, &number))
		return refuse(parser->e, text,
			"is no number of a protocol: write 0 to 255");
	return set_protocol(parser, number);
}

// said tells whether a word of this kind stood there before.
static bool said(struct parser *parser, const char *word, unsigned kind)
{
	if (parser->said & kind)
		refuse(parser->e, word, "is said twice");
	parser->said |= kind;
	return parser->e->code;
}

static int read_value(struct parser *parser, const char *word, unsigned kind)
{
	struct weir_rule *rule = parser->rule;
	const char *value;

	if (said(parser, word, kind) || !(value = value_of(parser, word)))
		return -EINVAL;
	switch (kind) {
	case PROTOCOL:
		return read_protocol(parser, value);
	case SRC:
		return read_prefix(parser, value, &rule->source);
	case DST:
		return read_prefix(parser, value, &rule->destination);
	case SPORT:
		rule->any_ports = false;
		return read_range(parser, value, 65535, &rule->source_port);
	case DPORT:
		rule->any_ports = false;
		return read_range(
			parser, value, 65535, &rule->destination_port);
	default:
		return read_tag(parser, value);
	}
}

static int read_word(struct parser *parser, const char *word)
{
	static const struct {
		const char *word;
		unsigned kind;
	} valued[] = {{"src", SRC}, {"dst", DST}, {"sport", SPORT},
		{"dport", DPORT}, {"vlan", VLAN}, {"proto", PROTOCOL}};

	for (unsigned i = 0; i < sizeof(valued) / sizeof(valued[0]); i++)
		if (!strcmp(word, valued[i].word))
			return read_value(parser, word, valued[i].kind);
	for (unsigned i = 0; i < PROTOCOLS; i++)
		if (!strcmp(word, protocols[i].name))
			return said(parser, word, PROTOCOL)
				       ? -EINVAL
				       : set_protocol(
						 parser, protocols[i].number);
	if (!strcmp(word, "ip") || !strcmp(word, "ip6"))
		return said(parser, word, IP)
			       ? -EINVAL
			       : set_version(parser, word, word[2] ? 6 : 4);
	return refuse(parser->e, word,
		"is no word of a rule: they are ip, ip6, src, dst, sport, "
		"dport, vlan, proto and names of protocols");
}

static int read_class(
	struct parser *parser, const char *const *names, const char *class)
{
	for (unsigned i = 0; names[i]; i++) {
		if (strcmp(names[i], class) != 0)
			continue;
		parser->rule->output = i;
		return 0;
	}
	return refuse(parser->e, class, "is not one of the classes");
}

int weir_rule_parse(struct weir_rule *rule, const char *text,
	const char *const *names, struct weir_error *e)
{
	const struct weir_rule_range all = {0, UINT16_MAX};
	struct weir_error why = {0};
	struct parser parser = {.rule = rule, .e = &why};
	char copy[TEXT_SIZE], *word, *colon;
	int err;

	*rule = (struct weir_rule){.any_protocol = true,
		.any_ports = true,
		.source_port = all,
		.destination_port = all,
		.tag = all};
	if (strlen(text) >= sizeof(copy))
		return refuse(e, text, "is too long for a rule");
	snprintf(copy, sizeof(copy), "%s", text);
	colon = strchr(copy, ':');
	if (!colon || colon - copy < 1 ||
		strcspn(copy, BLANKS) < (size_t)(colon - copy))
		return refuse(e, text,
			"begins with no class: write 'CLASS: tcp dport 80'");
	*colon = '\0';
	parser.rest = colon + 1;
	err = read_class(&parser, names, copy);
	while (!err && (word = next_word(&parser)))
		err = read_word(&parser, word);
	return err ? weir_error_set(e, -EINVAL, "%s", why.text) : 0;
}

bool weir_rule_only_tag(const struct weir_rule *rule)
{
	return !rule->version && rule->any_protocol && rule->any_ports &&
	       !rule->source.length && !rule->destination.length;
}

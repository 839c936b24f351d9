// SPDX-License-Identifier: BSD-3-Clause
//
// A rule of classify, as people write it, and as numbers:
//
//	CLASS: [ip | ip6] [PROTOCOL] [src PREFIX] [dst PREFIX]
//	       [sport PORT[-PORT]] [dport PORT[-PORT]] [vlan ID[-ID] | any | none]
//
//	web: tcp dst 10.0.0.0/8 dport 443
//
// A rule that says nothing matches everything; of several that match, the first
// counts. A list of rules comes from texts and from a file with one in a line,
// where '#' begins a comment.
//
// Memory.  weir_rules_read gives a list that weir_rules_free frees. It borrows
// nothing.
#ifndef WEIR_BUILTIN_RULE_H
#define WEIR_BUILTIN_RULE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define WEIR_RULES_MAX 1000000u

// A packet's tag, as rules see it: 0 without one.
#define WEIR_RULE_TAGGED 0x1000u

struct weir_rule_prefix {
	uint8_t bytes[16]; // of IPv4 the first 4; beyond length: 0
	uint8_t length;	   // bits; 0: any
};

struct weir_rule_range {
	uint16_t from, to;
};

struct weir_rule {
	uint32_t output;
	uint8_t version; // 4, 6; 0: any, packets without IP too if the rest is
	uint8_t protocol;
	bool any_protocol, any_ports;
	struct weir_rule_prefix source, destination;
	struct weir_rule_range source_port, destination_port;
	struct weir_rule_range tag; // WEIR_RULE_TAGGED and the id
};

// weir_rule_parse reads one rule. names are the outputs, NULL-ended: the class
// is the index of one. Answers 0, or -EINVAL with words in e that begin with
// what is wrong.
int weir_rule_parse(struct weir_rule *rule, const char *text,
	const char *const *names, struct weir_error *e);

// weir_rule_only_tag tells whether a rule asks of nothing but the tag.
bool weir_rule_only_tag(const struct weir_rule *rule);

struct weir_rules {
	struct weir_rule *at;
	unsigned count, size;
};

// weir_rules_read reads texts (NULL-ended), then file, unless that is empty.
// Answers 0, or -errno with words that name the file's line.
int weir_rules_read(struct weir_rules *rules, const char *const *texts,
	const char *file, const char *const *names, struct weir_error *e);
void weir_rules_free(struct weir_rules *rules);

#endif

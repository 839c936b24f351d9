// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/acl.h"

#include "base/atomic.h"
#include "builtin/headers.h"
#include "builtin/layout.h"
#include "mem/pool.h"
#include "stage/stage.h"

#include <errno.h>
#include <rte_acl.h>
#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_prefetch.h>
#include <stdio.h>
#include <stdlib.h>

#define AHEAD 4 // packets whose lines are asked for before their turn
#define TAGS (1 + 4096)
#define HAS_PORTS 1
#define FIELDS_MAX 13

// What rte_acl looks at: in the order of the wire, the first field one byte.
struct key4 {
	uint8_t protocol, unused[3];
	uint32_t source, destination;
	uint16_t source_port, destination_port;
	uint16_t tag, flags;
};

struct key6 {
	uint8_t protocol, unused[3];
	uint32_t source[4], destination[4];
	uint16_t source_port, destination_port;
	uint16_t tag, flags;
};

struct weir_acl {
	struct rte_acl_ctx *of4, *of6; // NULL: no rule is of that version
	uint32_t rest;
	uint16_t by_tag[TAGS]; // of packets without IP
};

RTE_ACL_RULE_DEF(acl_rule, FIELDS_MAX);

#define FIELD(key, member, type_, index, input)             \
	{                                                   \
		.type = RTE_ACL_FIELD_TYPE_##type_,         \
		.size = sizeof(((struct key *)0)->member),  \
		.field_index = index, .input_index = input, \
		.offset = offsetof(struct key, member)      \
	}
#define WORD(key, member, word, index, input)                       \
	{                                                           \
		.type = RTE_ACL_FIELD_TYPE_MASK, .size = 4,         \
		.field_index = index, .input_index = input,         \
		.offset = offsetof(struct key, member) + 4 * (word) \
	}

static const struct rte_acl_config config4 = {.num_categories = 1,
	.num_fields = 7,
	.defs = {
		FIELD(key4, protocol, BITMASK, 0, 0),
		WORD(key4, source, 0, 1, 1),
		WORD(key4, destination, 0, 2, 2),
		FIELD(key4, source_port, RANGE, 3, 3),
		FIELD(key4, destination_port, RANGE, 4, 3),
		FIELD(key4, tag, RANGE, 5, 4),
		FIELD(key4, flags, BITMASK, 6, 4),
	}};

static const struct rte_acl_config config6 = {.num_categories = 1,
	.num_fields = FIELDS_MAX,
	.defs = {
		FIELD(key6, protocol, BITMASK, 0, 0),
		WORD(key6, source, 0, 1, 1),
		WORD(key6, source, 1, 2, 2),
		WORD(key6, source, 2, 3, 3),
		WORD(key6, source, 3, 4, 4),
		WORD(key6, destination, 0, 5, 5),
		WORD(key6, destination, 1, 6, 6),
		WORD(key6, destination, 2, 7, 7),
		WORD(key6, destination, 3, 8, 8),
		FIELD(key6, source_port, RANGE, 9, 9),
		FIELD(key6, destination_port, RANGE, 10, 9),
		FIELD(key6, tag, RANGE, 11, 10),
		FIELD(key6, flags, BITMASK, 12, 10),
	}};

// ---- making ----

static void put_prefix(struct rte_acl_field *field,
	const struct weir_rule_prefix *prefix, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		unsigned bits =
			prefix->length > 32 * i ? prefix->length - 32 * i : 0;
		uint32_t word;

		memcpy(&word, prefix->bytes + 4 * i, sizeof(word));
		field[i].value.u32 = rte_be_to_cpu_32(word);
		field[i].mask_range.u32 = bits < 32 ? bits : 32;
	}
}

static void put_range(
	struct rte_acl_field *field, const struct weir_rule_range *range)
{
	field->value.u16 = range->from;
	field->mask_range.u16 = range->to;
}

static void put_rule(struct acl_rule *to, const struct weir_rule *rule,
	unsigned words, int32_t priority)
{
	struct rte_acl_field *field = to->field;

	memset(to, 0, sizeof(*to));
	to->data.category_mask = 1;
	to->data.priority = priority;
	to->data.userdata = rule->output + 1;
	field->value.u8 = rule->protocol;
	field->mask_range.u8 = rule->any_protocol ? 0 : 0xff;
	put_prefix(field + 1, &rule->source, words);
	put_prefix(field + 1 + words, &rule->destination, words);
	field += 1 + 2 * words;
	put_range(field, &rule->source_port);
	put_range(field + 1, &rule->destination_port);
	put_range(field + 2, &rule->tag);
	field[3].value.u16 = rule->any_ports ? 0 : HAS_PORTS;
	field[3].mask_range.u16 = rule->any_ports ? 0 : HAS_PORTS;
}

static unsigned count_of(const struct weir_rules *rules, uint8_t version)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rules->count; i++)
		count += !rules->at[i].version ||
			 rules->at[i].version == version;
	return count;
}

// A name that nobody has: rte_acl would answer the context that has it.
static struct rte_acl_ctx *make_context(
	unsigned rule_count, unsigned fields, int node)
{
	static unsigned made;
	char name[RTE_ACL_NAMESIZE];
	const struct rte_acl_param param = {
		.name = name,
		.socket_id = node < 0 ? SOCKET_ID_ANY : node,
		.rule_size = RTE_ACL_RULE_SZ(fields),
		.max_rule_num = rule_count,
	};

	snprintf(name, sizeof(name), "weir-acl-%u",
		__atomic_add_fetch(&made, 1, __ATOMIC_RELAXED));
	return rte_acl_create(&param);
}

static int fill(struct rte_acl_ctx *context, const struct weir_rules *rules,
	uint8_t version)
{
	int err = 0;

	for (unsigned i = 0; !err && i < rules->count; i++) {
		struct acl_rule rule;

		if (rules->at[i].version && rules->at[i].version != version)
			continue;
		put_rule(&rule, &rules->at[i], version == 4 ? 1 : 4,
			(int32_t)(RTE_ACL_MAX_PRIORITY - i));
		err = rte_acl_add_rules(
			context, (const struct rte_acl_rule *)&rule, 1);
	}
	return err;
}

static int make(struct rte_acl_ctx **context, const struct weir_rules *rules,
	uint8_t version, int node, struct weir_error *e)
{
	const struct rte_acl_config *config =
		version == 4 ? &config4 : &config6;
	unsigned count = count_of(rules, version);
	int err = -ENOMEM;

	*context = NULL;
	if (!count)
		return 0;
	*context = make_context(count, config->num_fields, node);
	if (*context)
		err = fill(*context, rules, version);
	if (!err)
		err = rte_acl_build(*context, config);
	if (!err)
		return 0;
	return weir_error_set(e, err,
		"%u rules for IPv%u cannot be compiled: %s%s", count, version,
		rte_strerror(-err),
		err == -ENOMEM ? "; raise runtime.memory" : "");
}

// fill_tags gives each tag the first rule that asks of nothing else.
static void fill_tags(struct weir_acl *acl, const struct weir_rules *rules)
{
	unsigned left = TAGS;

	for (unsigned i = 0; i < TAGS; i++)
		acl->by_tag[i] = UINT16_MAX;
	for (unsigned i = 0; left && i < rules->count; i++) {
		const struct weir_rule *rule = &rules->at[i];

		for (unsigned t = 0; weir_rule_only_tag(rule) && t < TAGS;
			t++) {
			unsigned tag = t ? WEIR_RULE_TAGGED | (t - 1) : 0;

			if (acl->by_tag[t] != UINT16_MAX ||
				tag < rule->tag.from || tag > rule->tag.to)
				continue;
			acl->by_tag[t] = (uint16_t)rule->output;
			left--;
		}
	}
	for (unsigned i = 0; i < TAGS; i++)
		if (acl->by_tag[i] == UINT16_MAX)
			acl->by_tag[i] = (uint16_t)acl->rest;
}

int weir_acl_create(struct weir_acl **acl, const struct weir_rules *rules,
	uint32_t rest, int node, struct weir_error *e)
{
	struct weir_acl *made = calloc(1, sizeof(*made));
	int err;

	*acl = NULL;
	if (!made)
		return weir_error_set(e, -ENOMEM, "out of memory");
	made->rest = rest;
	fill_tags(made, rules);
	err = make(&made->of4, rules, 4, node, e);
	if (!err)
		err = make(&made->of6, rules, 6, node, e);
	if (err)
		weir_acl_destroy(made);
	else
		*acl = made;
	return err;
}

void weir_acl_destroy(struct weir_acl *acl)
{
	if (!acl)
		return;
	rte_acl_free(acl->of4);
	rte_acl_free(acl->of6);
	free(acl);
}

static bool is_wide(const struct weir_rule_range *range)
{
	return range->from != range->to &&
	       (range->from > 0 || range->to < UINT16_MAX);
}

// Measured: 1.4 KiB a rule with prefixes, 16 KiB with ranges, 110 KiB with
// ranges and no prefix.
uint64_t weir_acl_size_estimate(const struct weir_rules *rules)
{
	uint64_t size = rules->count ? 2u << 20 : 0;

	for (unsigned i = 0; i < rules->count; i++) {
		const struct weir_rule *rule = &rules->at[i];
		bool wide = is_wide(&rule->source_port) ||
			    is_wide(&rule->destination_port);
		bool open = !rule->source.length && !rule->destination.length;
		unsigned versions = rule->version ? 1 : 2;

		size += versions * (!wide ? 2048u : !open ? 20480u : 131072u);
	}
	return size;
}

// ---- classifying ----

// One version's share of a burst.
struct share4 {
	struct key4 keys[WEIR_BURST];
	const uint8_t *at[WEIR_BURST];
	uint8_t packet[WEIR_BURST];
	unsigned count;
};

struct share6 {
	struct key6 keys[WEIR_BURST];
	const uint8_t *at[WEIR_BURST];
	uint8_t packet[WEIR_BURST];
	unsigned count;
};

// is_plain: untagged IPv4 without options, no fragment, TCP or UDP, all in one
// piece. What most packets are is read in place.
static inline bool is_plain(struct rte_mbuf *m)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);

	return m->data_len >= 38 && bytes[12] == 0x08 && bytes[13] == 0 &&
	       bytes[14] == 0x45 && !(bytes[20] & 0x3f) && !bytes[21] &&
	       (bytes[23] == 6 || bytes[23] == 17) &&
	       weir_packet_link_type(m) == WEIR_LINK_ETHERNET;
}

static inline void key_plain(struct key4 *key, const uint8_t *bytes)
{
	key->protocol = bytes[23];
	memcpy(&key->source, bytes + 26, 12); // and all up to the ports
	key->tag = 0;
	key->flags = rte_cpu_to_be_16(HAS_PORTS);
}

// tag_of answers the outermost tag, as rules see it.
static uint16_t tag_of(struct rte_mbuf *m)
{
	uint8_t scratch[4];
	const uint8_t *bytes;

	if (weir_packet_link_type(m) != WEIR_LINK_ETHERNET)
		return 0;
	bytes = rte_pktmbuf_read(m, 12, 4, scratch);
	if (!bytes || !weir_layout_is_tag(weir_layout_be16(bytes)))
		return 0;
	return WEIR_RULE_TAGGED | (weir_layout_be16(bytes + 2) & 4095);
}

static void key_end(const struct weir_headers *h, uint16_t *ports,
	uint16_t *tag_and_flags, uint16_t tag)
{
	ports[0] = rte_cpu_to_be_16(h->source_port);
	ports[1] = rte_cpu_to_be_16(h->destination_port);
	tag_and_flags[0] = rte_cpu_to_be_16(tag);
	tag_and_flags[1] = h->ports ? rte_cpu_to_be_16(HAS_PORTS) : 0;
}

// sort_slowly puts a packet into one of the shares, or answers its output at
// once.
static uint32_t sort_slowly(const struct weir_acl *acl, struct rte_mbuf *m,
	struct key4 *key4, struct key6 *key6, uint8_t *version)
{
	struct weir_headers h;
	uint16_t tag = tag_of(m);

	weir_headers_read(&h, m, WEIR_HEADERS_OUTER);
	*version = h.version;
	if (h.version == 4) {
		key4->protocol = h.protocol;
		memcpy(&key4->source, h.source, 4);
		memcpy(&key4->destination, h.destination, 4);
		key_end(&h, &key4->source_port, &key4->tag, tag);
	} else if (h.version == 6) {
		key6->protocol = h.protocol;
		memcpy(key6->source, h.source, 16);
		memcpy(key6->destination, h.destination, 16);
		key_end(&h, &key6->source_port, &key6->tag, tag);
	}
	return acl->by_tag[tag ? 1 + (tag & 4095) : 0];
}

static void look_up(const struct weir_acl *acl, struct rte_acl_ctx *context,
	const uint8_t **keys, const uint8_t *packet, unsigned count,
	uint32_t *outputs)
{
	uint32_t found[WEIR_BURST];

	if (!context)
		memset(found, 0, sizeof(found));
	else
		rte_acl_classify(context, keys, found, count, 1);
	for (unsigned i = 0; i < count; i++)
		outputs[packet[i]] = found[i] ? found[i] - 1 : acl->rest;
}

void weir_acl_classify(const struct weir_acl *acl, struct rte_mbuf **packets,
	unsigned n, uint32_t *outputs)
{
	struct share4 four;
	struct share6 six;

	four.count = six.count = 0;
	for (unsigned i = 0; i < n; i++) {
		uint8_t version = 4;

		if (i + AHEAD < n)
			rte_prefetch0(
				rte_pktmbuf_mtod(packets[i + AHEAD], void *));
		if (likely(is_plain(packets[i])))
			key_plain(&four.keys[four.count],
				rte_pktmbuf_mtod(packets[i], const uint8_t *));
		else
			outputs[i] = sort_slowly(acl, packets[i],
				&four.keys[four.count], &six.keys[six.count],
				&version);
		if (version == 4) {
			four.at[four.count] =
				(const uint8_t *)&four.keys[four.count];
			four.packet[four.count++] = (uint8_t)i;
		} else if (version == 6) {
			six.at[six.count] =
				(const uint8_t *)&six.keys[six.count];
			six.packet[six.count++] = (uint8_t)i;
		}
	}
	if (four.count)
		look_up(acl, acl->of4, four.at, four.packet, four.count,
			outputs);
	if (six.count)
		look_up(acl, acl->of6, six.at, six.packet, six.count, outputs);
}

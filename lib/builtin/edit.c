// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/edit.h"

#include "option/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The DSCPs that have names; the class selectors are cs0 to cs7.
static const struct {
	const char *name;
	uint8_t value;
} dscps[] = {
	{"af11", 10},
	{"af12", 12},
	{"af13", 14},
	{"af21", 18},
	{"af22", 20},
	{"af23", 22},
	{"af31", 26},
	{"af32", 28},
	{"af33", 30},
	{"af41", 34},
	{"af42", 36},
	{"af43", 38},
	{"cs0", 0},
	{"cs1", 8},
	{"cs2", 16},
	{"cs3", 24},
	{"cs4", 32},
	{"cs5", 40},
	{"cs6", 48},
	{"cs7", 56},
	{"ef", 46},
	{"le", 1},
	{"va", 44},
};

#define DSCPS (sizeof(dscps) / sizeof(dscps[0]))

static bool is_keep(const char *text)
{
	return !*text || !strcmp(text, "keep");
}

static int refuse(struct weir_error *e, const char *text, const char *why)
{
	char quoted[WEIR_QUOTED_SIZE];

	return weir_error_set(
		e, -EINVAL, "%s %s", weir_quote(text, quoted), why);
}

// read_number reads min to max; why says what else could stand there.
static int read_number(const char *text, uint64_t min, uint64_t max,
	uint64_t *value, const char *why, struct weir_error *e)
{
	if (weir_number_parse(text, value, NULL) || *value < min ||
		*value > max)
		return refuse(e, text, why);
	return 0;
}

static int read_mac(const char *text, uint8_t *mac, struct weir_error *e)
{
	unsigned byte[6];
	int end = 0;
	char separator = text[0] && text[1] && text[2] == '-' ? '-' : ':';
	const char *format = separator == '-' ? "%2x-%2x-%2x-%2x-%2x-%2x%n"
					      : "%2x:%2x:%2x:%2x:%2x:%2x%n";

	if (strspn(text, "0123456789abcdefABCDEF:-") != strlen(text) ||
		sscanf(text, format, &byte[0], &byte[1], &byte[2], &byte[3],
			&byte[4], &byte[5], &end) != 6 ||
		text[end])
		return refuse(e, text,
			"is no Ethernet address: write six bytes, "
			"02:00:00:00:00:01");
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)byte[i];
	return 0;
}

static int make_mac(struct weir_edit *edit, const char *text, unsigned at,
	struct weir_error *e)
{
	uint8_t keep[12], set[12];

	if (is_keep(text))
		return 0;
	memcpy(keep, &edit->macs_keep, 8);
	memcpy(keep + 8, &edit->macs_keep_end, 4);
	memcpy(set, &edit->macs_set, 8);
	memcpy(set + 8, &edit->macs_set_end, 4);
	memset(keep + at, 0, 6);
	if (read_mac(text, set + at, e))
		return -EINVAL;
	memcpy(&edit->macs_keep, keep, 8);
	memcpy(&edit->macs_keep_end, keep + 8, 4);
	memcpy(&edit->macs_set, set, 8);
	memcpy(&edit->macs_set_end, set + 8, 4);
	edit->macs = true;
	return 0;
}

static int make_ttl(
	struct weir_edit *edit, const char *text, struct weir_error *e)
{
	uint64_t value = 0;

	if (is_keep(text))
		return 0;
	edit->ip = true;
	if (!strcmp(text, "decrement")) {
		edit->ttl_down = 1;
		return 0;
	}
	edit->ttl_keep = 0;
	if (read_number(text, 1, 255, &value,
		    "is no TTL: write decrement, or 1 to 255", e))
		return -EINVAL;
	edit->ttl_set = (uint8_t)value;
	return 0;
}

static int make_dscp(
	struct weir_edit *edit, const char *text, struct weir_error *e)
{
	uint64_t value = 0;
	unsigned i = 0;

	if (is_keep(text))
		return 0;
	while (i < DSCPS && strcmp(text, dscps[i].name) != 0)
		i++;
	if (i < DSCPS)
		value = dscps[i].value;
	else if (read_number(text, 0, 63, &value,
			 "is no DSCP: write 0 to 63, or a name such as ef, "
			 "af41 or cs6",
			 e))
		return -EINVAL;
	edit->ip = true;
	edit->dscp_keep = 3;
	edit->dscp_set = (uint8_t)(value << 2);
	return 0;
}

// read_address reads ADDRESS or ADDRESS/LENGTH; answers the version, or 0.
static unsigned read_address(const char *text, uint8_t *bytes, unsigned *length)
{
	char address[INET6_ADDRSTRLEN] = "";
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	unsigned version;
	uint64_t bits = 0;

	if (size >= sizeof(address))
		return 0;
	memcpy(address, text, size);
	version = inet_pton(AF_INET, address, bytes) == 1    ? 4
		  : inet_pton(AF_INET6, address, bytes) == 1 ? 6
							     : 0;
	*length = version == 4 ? 32 : 128;
	if (!version || !slash)
		return version;
	if (strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
		weir_number_parse(slash + 1, &bits, NULL) || bits > *length)
		return 0;
	*length = (unsigned)bits;
	return version;
}

static int make_address(struct weir_edit_address *both, const char *text,
	unsigned *seen, struct weir_error *e)
{
	uint8_t bytes[16] = {0}, keep[16];
	unsigned length, version = read_address(text, bytes, &length);
	struct weir_edit_address *address = &both[version == 6];

	if (!version)
		return refuse(e, text,
			"is no address: write 192.0.2.1 or 2001:db8::1, with "
			"/LENGTH to set only the first bits");
	if (*seen & 1u << version)
		return refuse(e, text,
			"is the second address of its kind: give one for IPv4 "
			"and one for IPv6 at most");
	*seen |= 1u << version;
	for (unsigned i = 0; i < 16; i++) {
		unsigned ours = length > 8 * i ? length - 8 * i : 0;

		keep[i] = ours >= 8 ? 0 : (uint8_t)(0xff >> ours);
		bytes[i] &= (uint8_t)~keep[i];
	}
	memcpy(address->keep, keep, sizeof(keep));
	memcpy(address->set, bytes, sizeof(bytes));
	return 0;
}

static int make_addresses(struct weir_edit *edit,
	struct weir_edit_address *both, const char **texts,
	struct weir_error *e)
{
	unsigned seen = 0; // a bit for each version
	int err = 0;

	for (; texts && *texts && !err; texts++) {
		edit->ip = edit->transport = true;
		err = make_address(both, *texts, &seen, e);
	}
	return err;
}

static void make_ports(
	struct weir_edit *edit, const struct weir_edit_words *words)
{
	uint16_t keep[2] = {UINT16_MAX, UINT16_MAX}, set[2] = {0};
	uint32_t ports[2] = {words->source_port, words->destination_port};

	for (unsigned i = 0; i < 2; i++) {
		if (!ports[i])
			continue;
		keep[i] = 0;
		set[i] = htons((uint16_t)ports[i]);
		edit->ip = edit->transport = true;
	}
	memcpy(&edit->ports_keep, keep, sizeof(keep));
	memcpy(&edit->ports_set, set, sizeof(set));
}

static const char *make_tag(struct weir_edit *edit,
	const struct weir_edit_words *words, struct weir_error *e)
{
	static const uint16_t types[] = {0x8100, 0x88a8};
	bool keeps_priority = is_keep(words->vlan_priority);
	uint64_t priority = 0;

	edit->vlan = words->vlan;
	edit->tag_type = types[words->vlan_type];
	if (!keeps_priority &&
		read_number(words->vlan_priority, 0, 7, &priority,
			"is no priority: write 0 to 7", e))
		return "vlan_priority";
	edit->tag_keep = (uint16_t)(0x1000 | (keeps_priority ? 0xe000 : 0) |
				    (words->vlan_id ? 0 : 0xfff));
	edit->tag_set = (uint16_t)(priority << 13 | words->vlan_id);
	if (edit->vlan == WEIR_VLAN_PUSH && !words->vlan_id) {
		weir_error_set(e, -EINVAL, "push needs a vlan_id, 1 to 4094");
		return "vlan";
	}
	if (edit->vlan == WEIR_VLAN_SET && !words->vlan_id && keeps_priority) {
		weir_error_set(e, -EINVAL,
			"set needs a vlan_id, a vlan_priority or both");
		return "vlan";
	}
	if (edit->vlan == WEIR_VLAN_KEEP &&
		(words->vlan_id || !keeps_priority)) {
		weir_error_set(e, -EINVAL,
			"a tag is not to be kept then: say 'vlan: push' or "
			"'vlan: set'");
		return words->vlan_id ? "vlan_id" : "vlan_priority";
	}
	return NULL;
}

static void make_swap(struct weir_edit *edit, uint32_t swap)
{
	edit->swap = swap;
	if (swap & WEIR_SWAP_MACS)
		edit->macs = true;
	if (swap & (WEIR_SWAP_ADDRESSES | WEIR_SWAP_PORTS))
		edit->ip = edit->transport = true;
}

const char *weir_edit_make(struct weir_edit *edit,
	const struct weir_edit_words *words, struct weir_error *e)
{
	const char *wrong;

	*edit = (struct weir_edit){
		.macs_keep = UINT64_MAX,
		.macs_keep_end = UINT32_MAX,
		.ttl_keep = UINT8_MAX,
		.dscp_keep = UINT8_MAX,
		.drops_malformed = words->malformed,
	};
	memset(edit->source[0].keep, 0xff, sizeof(edit->source[0].keep));
	edit->source[1] = edit->destination[0] = edit->destination[1] =
		edit->source[0];
	if (make_mac(edit, words->destination_mac, 0, e))
		return "destination_mac";
	if (make_mac(edit, words->source_mac, 6, e))
		return "source_mac";
	if (make_ttl(edit, words->ttl, e))
		return "ttl";
	if (make_dscp(edit, words->dscp, e))
		return "dscp";
	if (make_addresses(edit, edit->source, words->source, e))
		return "source";
	if (make_addresses(edit, edit->destination, words->destination, e))
		return "destination";
	make_ports(edit, words);
	make_swap(edit, words->swap);
	wrong = make_tag(edit, words, e);
	edit->hop = edit->ip && !edit->transport && !edit->swap &&
		    !edit->vlan && edit->dscp_keep == UINT8_MAX;
	return wrong;
}

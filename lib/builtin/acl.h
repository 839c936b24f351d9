// SPDX-License-Identifier: BSD-3-Clause
//
// Rules compiled for rte_acl: a set of tries in which a packet finds the first
// rule that matches in a time that hardly depends on how many there are.
//
//	packets ──▶ keys of IPv4 ──▶ rte_acl ──┐
//	        ──▶ keys of IPv6 ──▶ rte_acl ──┼──▶ outputs
//	        ──▶ others: their tag ──▶ table ┘
//
// Threads.  A made one is constant: any number may classify.
// Memory.  EAL's: a kilobyte or more for each rule, see weir_acl_size_estimate.
#ifndef WEIR_BUILTIN_ACL_H
#define WEIR_BUILTIN_ACL_H

#include "base/error.h"
#include "builtin/rule.h"

#include <stdint.h>

struct rte_mbuf;
struct weir_acl;

// weir_acl_create compiles rules, which it does not keep. What none of them
// matches gets the output rest. -ENOMEM with words that say what to raise.
int weir_acl_create(struct weir_acl **acl, const struct weir_rules *rules,
	uint32_t rest, int node, struct weir_error *e);
void weir_acl_destroy(struct weir_acl *acl);

// weir_acl_classify writes each packet's output; at most WEIR_BURST of them.
void weir_acl_classify(const struct weir_acl *acl, struct rte_mbuf **packets,
	unsigned n, uint32_t *outputs);

// weir_acl_size_estimate answers the bytes of EAL memory that rules may want: of
// ranges of ports that overlap much more than of prefixes.
uint64_t weir_acl_size_estimate(const struct weir_rules *rules);

#endif

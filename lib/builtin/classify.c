// SPDX-License-Identifier: BSD-3-Clause
//
// classify sorts packets by rules: each goes to the class of the first rule that
// matches, and to rest when none does (builtin/rule.h says how rules are
// written). The classes are outputs, named as the file names them.
//
// It looks at the outer headers and the outermost VLAN tag. Fragments, the first
// one too, have no ports here, so that all of them go one way. What has no IP
// can be matched by a tag, or by a rule that says nothing.
//
// Rules may change while it runs: they are compiled beside, swapped between two
// bursts, and the old ones freed.
#include "builtin/builtin.h"
#include "builtin/acl.h"

#include <errno.h>

struct classify {
	const char **classes;
	const char **rules;
	const char *rules_file;
	int node;
	struct weir_acl *acl;
};

static void classify_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	const struct classify *classify = state;
	uint32_t outputs[WEIR_BURST];

	weir_acl_classify(classify->acl, in, n, outputs);
	for (unsigned i = 0; i < n; i++)
		weir_out_put(out, outputs[i], in[i]);
}

// read answers how many classes there are; names has rest behind them.
static int read(const struct classify *classify, struct weir_rules *rules,
	unsigned *class_count, struct weir_error *e)
{
	const char *names[WEIR_STAGE_NAMES + 1] = {NULL};
	unsigned count = 0;

	while (count < WEIR_STAGE_NAMES - 1 && classify->classes[count]) {
		names[count] = classify->classes[count];
		count++;
	}
	names[count] = "rest";
	*class_count = count;
	return weir_rules_read(rules, (const char *const *)classify->rules,
		classify->rules_file, names, e);
}

static int classify_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	const struct classify *classify = options;
	struct weir_rules rules;
	struct weir_acl *acl;
	unsigned rest;
	int err = read(classify, &rules, &rest, e);

	if (err)
		return err;
	err = weir_acl_create(
		&acl, &rules, rest, ((const struct classify *)state)->node, e);
	weir_rules_free(&rules);
	*next = acl;
	return err;
}

static void *classify_commit(void *state, void *next)
{
	struct classify *classify = state;
	void *old = classify->acl;

	classify->acl = next;
	return old;
}

static void classify_retire(void *old)
{
	weir_acl_destroy(old);
}

// A rule can be wrong in the list or in the file.
static const char *classify_check(const void *options, struct weir_error *e)
{
	struct classify classify = *(const struct classify *)options;
	struct weir_rules rules;
	unsigned count;

	if (!*classify.rules && !*classify.rules_file) {
		weir_error_set(e, -EINVAL,
			"classify has no rules: give 'rules', 'rules_file' or "
			"both");
		return "rules";
	}
	if (!read(&classify, &rules, &count, e)) {
		weir_rules_free(&rules);
		return NULL;
	}
	classify.rules_file = "";
	if (read(&classify, &rules, &count, NULL))
		return "rules";
	weir_rules_free(&rules);
	return "rules_file";
}

static int classify_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct classify *classify = state;
	void *acl;
	int err;

	classify->node = setup->node;
	err = classify_prepare(state, state, &acl, e);
	if (!err)
		classify_commit(state, acl);
	return err;
}

static void classify_fini(void *state)
{
	classify_retire(classify_commit(state, NULL));
}

// Two sets of rules are there while they change.
static uint64_t classify_memory(const void *options)
{
	struct weir_rules rules;
	unsigned count;
	uint64_t size;

	if (read(options, &rules, &count, NULL))
		return 0; // init will say what is wrong
	size = 2 * weir_acl_size_estimate(&rules);
	weir_rules_free(&rules);
	return size;
}

const struct weir_stage weir_builtin_classify = {
	.abi = WEIR_STAGE_ABI,
	.type = "classify",
	.help = "sorts packets by rules on addresses, ports, protocol and VLAN",
	.state_size = sizeof(struct classify),
	.options =
		{
			WEIR_OPTION_REQUIRED(WEIR_TYPE_TEXTS, struct classify,
				classes, "classes",
				"names of up to six outputs, besides rest"),
			WEIR_OPTION_TEXTS(struct classify, rules, "rules", "",
				"the first that matches counts; such as \"web: "
				"tcp dst 10.0.0.0/8 dport 80-90 vlan 7\"",
				.live = true),
			WEIR_OPTION_TEXT(struct classify, rules_file,
				"rules_file", "",
				"a file with more rules, one in a line",
				.live = true),
		},
	.outputs = {"rest"},
	.outputs_from = "classes",
	.check = classify_check,
	.init = classify_init,
	.fini = classify_fini,
	.kernel = classify_burst,
	.prepare = classify_prepare,
	.commit = classify_commit,
	.retire = classify_retire,
	.memory = classify_memory,
};

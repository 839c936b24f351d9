// SPDX-License-Identifier: BSD-3-Clause
//
// classify, a promise at a time; classify_model.c has it against looking at each
// rule in turn.
#include "builtin/builtin.h"
#include "builtin/rule.h"
#include "packets.h"

#include <unistd.h>

#define A 0x0a000001
#define B 0x0a000002
#define MANY 10000

TestSuite(classify, .init = packets_init, .fini = packets_fini);

static struct rte_mbuf *udp(uint32_t from, uint32_t to, unsigned port)
{
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	frame_ipv4(&f, 17, from, to);
	frame_ports(&f, 1234, port);
	return packet(&f);
}

// class_of answers the output that a packet takes, which it frees.
static unsigned class_of(
	struct weir_kernel_test *test, unsigned outputs, struct rte_mbuf *m)
{
	unsigned class = UINT32_MAX, count;

	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	for (unsigned i = 0; i < outputs; i++) {
		struct rte_mbuf **out =
			weir_kernel_test_taken(test, i, 0, &count);

		if (!count)
			continue;
		class = i;
		cr_assert_eq(out[0], m);
		rte_pktmbuf_free(m);
	}
	return class;
}

Test(classify, gives_each_class_an_output_and_the_others_rest)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_classify,
		OPTIONS("classes=dns", "classes=net", "rules=dns: udp dport 53",
			"rules=net: src 10.0.0.0/31"),
		1);

	cr_assert_eq(class_of(test, 3, udp(A, B, 53)), 0);
	cr_assert_eq(class_of(test, 3, udp(A, B, 54)), 1);
	cr_assert_eq(class_of(test, 3, udp(B, A, 54)), 2);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(classify, takes_the_first_rule_that_matches)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_classify,
		OPTIONS("classes=a", "classes=b", "rules=rest: dport 53",
			"rules=b: udp", "rules=a: dport 80", "rules=a:"),
		1);

	cr_assert_eq(class_of(test, 3, udp(A, B, 53)), 2);
	cr_assert_eq(class_of(test, 3, udp(A, B, 80)), 1);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(classify, sends_all_fragments_of_a_packet_one_way)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_classify,
		OPTIONS("classes=a", "classes=b", "rules=a: dport 53",
			"rules=b: udp"),
		1);

	for (unsigned field = 0; field < 2; field++) {
		struct frame f = {0};

		frame_ethernet(&f, 0x0800);
		put16(frame_ipv4(&f, 17, A, B) + 6, field ? 0x2000 : 5);
		frame_ports(&f, 53, 53);
		cr_assert_eq(class_of(test, 3, packet(&f)), 1);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(classify, sees_headers_wherever_segments_begin)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_classify,
		OPTIONS("classes=a",
			"rules=a: udp src 10.0.0.1 dst 10.0.0.2 dport 53 vlan "
			"7"),
		1);
	struct frame f = {0};

	frame_ethernet(&f, 0x88a8);
	frame_vlan(&f, 7, 0x0800);
	frame_ipv4(&f, 17, A, B);
	frame_ports(&f, 1, 53);
	for (unsigned at = 1; at < f.size; at++)
		cr_assert_eq(class_of(test, 2,
				     packet_cut(f.bytes, f.size,
					     (const unsigned[]){at, 0})),
			0, "cut at %u", at);
	for (unsigned size = 0; size < f.size - 4; size++)
		cr_assert_eq(class_of(test, 2, packet_of(f.bytes, size)), 1,
			"%u bytes", size);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(classify, changes_its_rules_while_it_runs)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_classify,
		OPTIONS("classes=a", "rules=a: dport 53"), 1);
	struct weir_error e = {0};

	cr_assert_eq(class_of(test, 2, udp(A, B, 53)), 0);
	for (unsigned i = 0; i < 50; i++)
		cr_assert_eq(
			weir_kernel_test_change(test,
				OPTIONS("classes=a", "rules=a: dport 80"), &e),
			0, "%s", e.text);
	cr_assert_eq(class_of(test, 2, udp(A, B, 53)), 1);
	cr_assert_eq(class_of(test, 2, udp(A, B, 80)), 0);
	cr_assert_eq(weir_kernel_test_change(test,
			     OPTIONS("classes=a", "rules=b: dport 80"), &e),
		-EINVAL);
	cr_assert_eq(class_of(test, 2, udp(A, B, 80)), 0, "the old ones stay");
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_path(char *path)
{
	int file;

	strcpy(path, "/tmp/weir-rules-XXXXXX");
	file = mkstemp(path);
	cr_assert_geq(file, 0);
	close(file);
}

Test(classify, reads_rules_from_a_file_after_its_own)
{
	char path[32], option[64];
	struct weir_kernel_test *test;

	make_path(path);
	write_file(path, "# what is ours\n\n  b: udp dport 53 # names\r\n"
			 "a: udp\n\tb:");
	snprintf(option, sizeof(option), "rules_file=%s", path);
	test = kernel_open(&weir_builtin_classify,
		OPTIONS("classes=a", "classes=b", "rules=a: src 10.0.0.2",
			option),
		1);
	cr_assert_eq(class_of(test, 3, udp(B, A, 53)), 0);
	cr_assert_eq(class_of(test, 3, udp(A, B, 53)), 1);
	cr_assert_eq(class_of(test, 3, udp(A, B, 54)), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
	unlink(path);
}

Test(classify, finds_one_of_ten_thousand_rules)
{
	char path[32], option[64];
	struct weir_kernel_test *test;
	FILE *file;

	make_path(path);
	file = fopen(path, "w");
	for (unsigned i = 0; i < MANY; i++)
		fprintf(file, "%s: udp src 10.%u.%u.%u dport %u\n",
			i & 1 ? "b" : "a", i >> 12, i >> 4 & 255, i & 15,
			1 + i);
	fclose(file);
	snprintf(option, sizeof(option), "rules_file=%s", path);
	test = kernel_open(&weir_builtin_classify,
		OPTIONS("classes=a", "classes=b", option), 1);
	for (unsigned i = 0; i < MANY; i += 7) {
		uint32_t from = 10u << 24 | i >> 12 << 16 |
				(i >> 4 & 255) << 8 | (i & 15);

		cr_assert_eq(class_of(test, 3, udp(from, B, 1 + i)), i & 1);
		cr_assert_eq(class_of(test, 3, udp(from, B, 2 + i)), 2);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
	unlink(path);
}

static const struct {
	const char *rule, *words;
} wrong[] = {
	{"", "'' begins with no class: write 'CLASS: tcp dport 80'"},
	{"tcp dport 80", "begins with no class"},
	{": tcp", "begins with no class"},
	{"src 2001:db8::1", "begins with no class"},
	{"b: tcp", "'b' is not one of the classes"},
	{"a: tpc", "'tpc' is no word of a rule: they are ip, ip6,"},
	{"a: tcp udp", "'udp' is said twice"},
	{"a: src 10.0.0.1 src 10.0.0.2", "'src' is said twice"},
	{"a: src", "'src' wants a value behind it"},
	{"a: src 10.0.0.0/33", "'10.0.0.0/33' is no prefix"},
	{"a: src 10.0.0", "'10.0.0' is no prefix"},
	{"a: src 10.0.0.0/", "is no prefix"},
	{"a: dst 2001:db8::/129", "is no prefix"},
	{"a: src 10.0.0.1 dst fd00::1",
		"'fd00::1' is of IPv6, what stands before it of IPv4"},
	{"a: ip6 src 10.0.0.1", "is of IPv4, what stands before it of IPv6"},
	{"a: dport 65536", "'65536' is no number up to 65535"},
	{"a: dport 80-", "is no number up to 65535, nor a range"},
	{"a: dport -80", "is no number"},
	{"a: dport 90-80", "'90-80' is empty: write the lower end first"},
	{"a: vlan 4096", "'4096' is no number up to 4095"},
	{"a: vlan all", "is no number up to 4095"},
	{"a: proto 256", "'256' is no number of a protocol"},
};

Test(classify, says_what_is_wrong_with_a_rule)
{
	static const char *const names[] = {"a", NULL};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct weir_error e = {0};
		struct weir_rule rule;

		cr_assert_eq(weir_rule_parse(&rule, wrong[i].rule, names, &e),
			-EINVAL, "%s", wrong[i].rule);
		cr_assert_not_null(strstr(e.text, wrong[i].words), "%s: %s",
			wrong[i].rule, e.text);
	}
}

static void expect_file_fault(
	const char *path, const char *text, const char *words)
{
	static const char *const names[] = {"a", NULL};
	struct weir_error e = {0};
	struct weir_rules rules;

	if (text)
		write_file(path, text);
	cr_assert_lt(weir_rules_read(&rules, NULL, path, names, &e), 0);
	cr_assert_not_null(strstr(e.text, words), "%s", e.text);
	cr_assert_null(rules.at);
}

Test(classify, says_in_which_line_of_a_file)
{
	static char line[2000];
	char path[32], words[64];

	make_path(path);
	snprintf(words, sizeof(words), "%s:3: 'x' is no word", path);
	expect_file_fault(path, "a: tcp\n# b\na: x\na: y\n", words);
	memset(line, 'a', sizeof(line) - 1);
	snprintf(words, sizeof(words), "%s:1: the line is longer", path);
	expect_file_fault(path, line, words);
	unlink(path);
	expect_file_fault("/tmp/weir-no-such-file", NULL,
		"cannot read /tmp/weir-no-such-file: No such file");
	expect_file_fault("/tmp", NULL, "cannot read /tmp: Is a directory");
	expect_file_fault("/dev/zero", NULL, "cannot read /dev/zero");
}

// SPDX-License-Identifier: BSD-3-Clause
//
// filter against libpcap itself, and against tcpdump, on packets from a seed:
// whole, cut short by the capture, cut into segments, malformed.
#include "builtin/builtin.h"
#include "packets.h"

#include <pcap/pcap.h>
#include <unistd.h>

#define PACKETS 400
#define SIZE_MAX_ 2000

// Among them those that DPDK's own BPF got wrong or crashed on.
static const char *const expressions[] = {
	"",
	"tcp[0] % 2 = 1",
	"udp[4:4] > 0",
	"udp[4:2] > 100",
	"ip[0] & 2 != 0",
	"tcp[tcpflags] & tcp-syn != 0",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src net 10",
	"ip[6:2] & 0x3fff != 0",
	"tcp port 443",
	"udp port 53 or tcp port 53",
	"ip6",
	"ip6 proto 17",
	"ip6 protochain 17",
	"vlan 7",
	"vlan and udp",
	"vlan and vlan and tcp",
	"mpls",
	"arp",
	"host 10.0.0.3",
	"net 10.0.0.0/30",
	"portrange 40-60",
	"greater 600",
	"less 100",
	"len = 60",
	"ether[0] & 1 = 0",
	"ether src 02:00:00:00:00:0a",
	"ip broadcast",
	"ip multicast",
	"ip[ip[0] & 15] = 0",
	"ip[2:2] - ((ip[0] & 0xf) << 2) > 100",
	"icmp[icmptype] = icmp-echo",
	"not ip",
	"tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
	("(host 10.0.0.1 and port 1) or (host 10.0.0.2 and port 2) or "
	 "(host 10.0.0.3 and port 3) or (host 10.0.0.4 and port 4)"),
};

#define EXPRESSIONS (sizeof(expressions) / sizeof(expressions[0]))

struct drawn {
	uint8_t bytes[SIZE_MAX_];
	unsigned size, original;
};

static struct drawn drawn[PACKETS];
static struct weir_random draws;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&draws, bound);
}

static void draw_transport(struct frame *f, uint8_t *fragment)
{
	uint8_t *bytes = frame_ports(f, below(70), below(70));

	if (fragment && below(5) == 0)
		put16(fragment, below(0x4000));
	put16(bytes + 4, below(300));
	frame_add(f, 12)[4] = (uint8_t)(below(16) << 4);
	f->bytes[f->size - 11 + 4] = (uint8_t)below(64); // TCP flags
}

static void draw_headers(struct frame *f)
{
	static const uint8_t protocols[] = {1, 6, 6, 6, 17, 17, 17, 58, 132};
	unsigned tags = below(8) == 0 ? 1 + below(2) : 0, kind = below(10);
	unsigned type = kind < 6 ? 0x0800 : kind < 9 ? 0x86dd : below(0x10000);
	unsigned protocol = protocols[below(sizeof(protocols))];
	uint32_t from = 0x0a000000 + below(6), to = 0x0a000000 + below(6);

	frame_ethernet(f, tags ? 0x8100 : type);
	for (; tags; tags--)
		frame_vlan(f, below(9), tags > 1 ? 0x8100 : type);
	if (type == 0x0800) {
		uint8_t *bytes = frame_ipv4(f, protocol, from, to);

		if (below(4) == 0) {
			bytes[0] = (uint8_t)(0x40 + 5 + below(3));
			frame_add(f, 4 * ((bytes[0] & 0xfu) - 5));
		}
		draw_transport(f, bytes + 6);
	} else if (type == 0x86dd) {
		frame_ipv6(f, protocol, from, to);
		draw_transport(f, NULL);
	}
}

static void draw(struct drawn *d)
{
	struct frame f = {0};

	draw_headers(&f);
	d->original = f.size + below(SIZE_MAX_ - f.size);
	for (unsigned i = f.size; i < d->original; i++)
		f.bytes[i] = (uint8_t)below(256);
	if (below(10) == 0) // something is wrong with it
		f.bytes[below(f.size)] = (uint8_t)below(256);
	d->size = below(4) ? d->original : 1 + below(d->original);
	memcpy(d->bytes, f.bytes, d->size);
}

static void init(void)
{
	packets_init();
	draws = random_of_test();
	for (unsigned i = 0; i < PACKETS; i++)
		draw(&drawn[i]);
}

TestSuite(filter_model, .init = init, .fini = packets_fini);

static struct rte_mbuf *mbuf_of(const struct drawn *d, bool segments)
{
	unsigned sizes[4] = {1 + below(60), 1 + below(60), 1 + below(600)};

	return packet_meta(
		packet_cut(d->bytes, d->size, segments ? sizes : NULL), 1,
		d->original);
}

// answers fills in which packets filter lets through.
static void ask_filter(const char *expr, bool segments, bool *answers)
{
	char text[256];
	struct weir_kernel_test *test;
	unsigned match;

	snprintf(text, sizeof(text), "expr=%s", expr);
	test = kernel_open(&weir_builtin_filter, OPTIONS(text), 1);
	for (unsigned i = 0; i < PACKETS; i++) {
		struct rte_mbuf *m = mbuf_of(&drawn[i], segments), **out;

		weir_test_kernel(test, &m, 1);
		out = weir_kernel_test_taken(test, 0, 0, &match);
		answers[i] = match;
		rte_pktmbuf_free_bulk(out, match);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void ask_libpcap(const char *expr, bool *answers)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program program;

	cr_assert_eq(pcap_compile(pcap, &program, expr, 1, 0), 0, "%s: %s",
		expr, pcap_geterr(pcap));
	for (unsigned i = 0; i < PACKETS; i++) {
		struct pcap_pkthdr header = {
			.caplen = drawn[i].size, .len = drawn[i].original};

		answers[i] =
			pcap_offline_filter(&program, &header, drawn[i].bytes);
	}
	pcap_freecode(&program);
	pcap_close(pcap);
}

// Packets of one burst: in one piece or several, of Ethernet or of what nothing is
// known, which is the same, or of a link type that libpcap has no program for.
#define BURST 32
#define FOREIGN 9999

static unsigned draw_mbufs(
	struct rte_mbuf **burst, unsigned first, bool usual, bool *foreign)
{
	unsigned n = 1 + below(below(2) ? BURST : 3);

	n = PACKETS - first < n ? PACKETS - first : n;
	for (unsigned i = 0; i < n; i++) {
		const struct drawn *d = &drawn[first + i];

		burst[i] = mbuf_of(d, !usual && below(3) == 0);
		foreign[first + i] = !usual && below(5) == 0;
		if (foreign[first + i])
			weir_packet_of(burst[i])->link_type = FOREIGN;
		else if (d->original == d->size)
			burst[i]->ol_flags &= ~weir_packet_flag;
	}
	return n;
}

// ask_in_bursts is ask_filter, many packets at a time. What is of a foreign link
// type is dropped.
static void ask_in_bursts(
	const char *expr, bool usual, bool *answers, bool *foreign)
{
	char text[256];
	struct weir_kernel_test *test;

	memset(answers, 0, PACKETS * sizeof(*answers));
	snprintf(text, sizeof(text), "expr=%s", expr);
	test = kernel_open(&weir_builtin_filter, OPTIONS(text), 1);
	for (unsigned first = 0, n; first < PACKETS; first += n) {
		struct rte_mbuf *burst[BURST], **out;
		unsigned match, rest, found = 0;

		n = draw_mbufs(burst, first, usual, foreign);
		for (unsigned i = 0; i < n; i++)
			weir_packet_of(burst[i])->interface = (uint16_t)i;
		weir_test_kernel(test, burst, n);
		out = weir_kernel_test_taken(test, 0, 0, &match);
		for (unsigned i = 0; i < match; i++) {
			unsigned at = weir_packet_of(out[i])->interface;

			cr_assert_geq(at, found); // in order
			found = at + 1;
			answers[first + at] = true;
		}
		rte_pktmbuf_free_bulk(out, match);
		out = weir_kernel_test_taken(test, 1, 0, &rest);
		rte_pktmbuf_free_bulk(out, rest);
		for (unsigned i = 0; i < n; i++)
			rest += foreign[first + i];
		cr_assert_eq(match + rest, n);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

static void compare(const char *expr, const bool *ours, const bool *theirs)
{
	for (unsigned i = 0; i < PACKETS; i++)
		cr_assert_eq(ours[i], theirs[i], "'%s', packet %u: %d not %d",
			expr, i, ours[i], theirs[i]);
}

Test(filter_model, answers_as_libpcap_does)
{
	static bool ours[PACKETS], theirs[PACKETS];

	for (unsigned i = 0; i < EXPRESSIONS; i++) {
		ask_libpcap(expressions[i], theirs);
		ask_filter(expressions[i], false, ours);
		compare(expressions[i], ours, theirs);
		ask_filter(expressions[i], true, ours);
		compare(expressions[i], ours, theirs);
	}
}

Test(filter_model, answers_the_same_in_bursts_of_all_kinds)
{
	static bool ours[PACKETS], theirs[PACKETS], foreign[PACKETS];

	for (unsigned i = 0; i < 2 * EXPRESSIONS; i++) {
		const char *expr = expressions[i % EXPRESSIONS];

		ask_libpcap(expr, theirs);
		ask_in_bursts(expr, i < EXPRESSIONS, ours, foreign);
		for (unsigned j = 0; j < PACKETS; j++)
			theirs[j] &= !foreign[j];
		compare(expr, ours, theirs);
	}
}

static void write_capture(const char *path)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, path);

	cr_assert_not_null(dumper);
	for (unsigned i = 0; i < PACKETS; i++) {
		// The second tells the packets apart in tcpdump's answer.
		struct pcap_pkthdr header = {.ts = {.tv_sec = i},
			.caplen = drawn[i].size,
			.len = drawn[i].original};

		pcap_dump((u_char *)dumper, &header, drawn[i].bytes);
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

static void ask_tcpdump(const char *path, const char *expr, bool *answers)
{
	char command[512], why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	FILE *from;
	pcap_t *pcap;

	snprintf(command, sizeof(command),
		"tcpdump -r - -w - '%s' <%s 2>/dev/null", expr, path);
	from = popen(command, "r");
	pcap = pcap_fopen_offline(from, why);
	cr_assert_not_null(pcap, "%s: %s", command, why);
	memset(answers, 0, PACKETS * sizeof(*answers));
	while (pcap_next_ex(pcap, &header, &bytes) == 1)
		answers[header->ts.tv_sec] = true;
	pcap_close(pcap);
}

Test(filter_model, answers_as_tcpdump_does)
{
	static bool ours[PACKETS], theirs[PACKETS];
	char path[] = "/tmp/weir-filter-XXXXXX";
	int file = mkstemp(path);

	if (system("command -v tcpdump >/dev/null") != 0)
		cr_skip_test("there is no tcpdump here");
	cr_assert_geq(file, 0);
	close(file);
	write_capture(path);
	for (unsigned i = 0; i < EXPRESSIONS; i++) {
		ask_tcpdump(path, expressions[i], theirs);
		ask_filter(expressions[i], false, ours);
		compare(expressions[i], ours, theirs);
	}
	unlink(path);
}

Test(filter_model, answers_the_same_wherever_a_packet_is_split)
{
	struct weir_kernel_test *tests[EXPRESSIONS];
	static bool whole[EXPRESSIONS][PACKETS];
	char text[256];

	for (unsigned i = 0; i < EXPRESSIONS; i++) {
		ask_libpcap(expressions[i], whole[i]);
		snprintf(text, sizeof(text), "expr=%s", expressions[i]);
		tests[i] = kernel_open(&weir_builtin_filter, OPTIONS(text), 1);
	}
	for (unsigned p = 0; p < 8; p++) {
		const struct drawn *d = &drawn[p];
		unsigned end = d->size < 120 ? d->size : 120;

		for (unsigned at = 1; at < end * EXPRESSIONS; at++) {
			unsigned i = at % EXPRESSIONS, match;
			struct rte_mbuf *m = packet_cut(d->bytes, d->size,
				(const unsigned[]){1 + at / EXPRESSIONS, 0});
			struct rte_mbuf **out;

			packet_meta(m, 1, d->original);
			weir_test_kernel(tests[i], &m, 1);
			out = weir_kernel_test_taken(tests[i], 0, 0, &match);
			cr_assert_eq(match, whole[i][p], "'%s' at %u",
				expressions[i], at);
			rte_pktmbuf_free_bulk(out, match);
			out = weir_kernel_test_taken(tests[i], 1, 0, &match);
			rte_pktmbuf_free_bulk(out, match);
		}
	}
	for (unsigned i = 0; i < EXPRESSIONS; i++)
		cr_assert_eq(weir_kernel_test_close(tests[i]), 0);
}

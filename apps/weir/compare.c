// SPDX-License-Identifier: BSD-3-Clause
#include "compare.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

struct words {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool differ(
	struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words->text, words->size, format, args);
	va_end(args);
	return false;
}

static pcap_t *open_capture(const char *path, struct words *words)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline_with_tstamp_precision(
		path, PCAP_TSTAMP_PRECISION_NANO, why);

	if (!capture)
		differ(words, "cannot read '%s': %s", path, why);
	return capture;
}

static uint64_t time_ns(const struct pcap_pkthdr *head)
{
	return (uint64_t)head->ts.tv_sec * 1000000000u +
	       (uint64_t)head->ts.tv_usec;
}

static bool same_bytes(uint64_t number, const struct pcap_pkthdr *head,
	const uint8_t *got, const uint8_t *wanted, struct words *words)
{
	for (uint32_t i = 0; i < head->caplen; i++)
		if (got[i] != wanted[i])
			return differ(words,
				"packet %" PRIu64
				": byte %u is 0x%02x, expected 0x%02x",
				number, i, got[i], wanted[i]);
	return true;
}

static bool same_packet(uint64_t number, const struct pcap_pkthdr *got,
	const uint8_t *got_bytes, const struct pcap_pkthdr *wanted,
	const uint8_t *wanted_bytes, struct words *words)
{
	int64_t late = (int64_t)(time_ns(got) - time_ns(wanted));

	if (got->len != wanted->len)
		return differ(words,
			"packet %" PRIu64 ": %u bytes long, expected %u",
			number, got->len, wanted->len);
	if (got->caplen != wanted->caplen)
		return differ(words,
			"packet %" PRIu64 ": %u bytes captured, expected %u",
			number, got->caplen, wanted->caplen);
	if (!same_bytes(number, got, got_bytes, wanted_bytes, words))
		return false;
	if (late)
		return differ(words,
			"packet %" PRIu64 ": its time stamp is %" PRIu64
			" ns too %s",
			number, (uint64_t)(late < 0 ? -late : late),
			late < 0 ? "early" : "late");
	return true;
}

// next reads a packet: 1, or 0 at the end, or -1 with words.
static int next(pcap_t *capture, const char *path, struct pcap_pkthdr **head,
	const uint8_t **bytes, struct words *words)
{
	int got = pcap_next_ex(capture, head, bytes);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got == 1)
		return 1;
	differ(words, "cannot read '%s': %s", path, pcap_geterr(capture));
	return -1;
}

// rest counts what else is in a capture.
static uint64_t rest(pcap_t *capture)
{
	struct pcap_pkthdr *head;
	const uint8_t *bytes;
	uint64_t count = 0;

	while (pcap_next_ex(capture, &head, &bytes) == 1)
		count++;
	return count;
}

static bool compare(pcap_t *got, const char *got_path, pcap_t *wanted,
	const char *wanted_path, struct words *words)
{
	if (pcap_datalink(got) != pcap_datalink(wanted))
		return differ(words, "link type %s, expected %s",
			pcap_datalink_val_to_name(pcap_datalink(got)),
			pcap_datalink_val_to_name(pcap_datalink(wanted)));
	for (uint64_t number = 1;; number++) {
		struct pcap_pkthdr *head, *other;
		const uint8_t *bytes, *other_bytes;
		int one = next(got, got_path, &head, &bytes, words);
		int two =
			next(wanted, wanted_path, &other, &other_bytes, words);

		if (one < 0 || two < 0)
			return false;
		if (one != two)
			return differ(words,
				"%" PRIu64 " packets, expected %" PRIu64,
				number - 1 + (one ? 1 + rest(got) : 0),
				number - 1 + (two ? 1 + rest(wanted) : 0));
		if (!one)
			return true;
		if (!same_packet(
			    number, head, bytes, other, other_bytes, words))
			return false;
	}
}

bool weir_compare(const char *got, const char *wanted, char *text, size_t size)
{
	struct words words = {text, size};
	pcap_t *one = open_capture(got, &words);
	pcap_t *two = one ? open_capture(wanted, &words) : NULL;
	bool same = two && compare(one, got, two, wanted, &words);

	if (one)
		pcap_close(one);
	if (two)
		pcap_close(two);
	return same;
}

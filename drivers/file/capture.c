// SPDX-License-Identifier: BSD-3-Clause
#include "file/capture.h"

#include "file/interface.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_HEADER 24u
#define PCAP_RECORD_HEADER 16u
#define PCAP_MAGIC_NANO 0xa1b23c4du
#define PCAPNG_ORDER_AT 8u

const char *weir_capture_name(const struct weir_capture *capture)
{
	return strcmp(capture->path, "-") ? capture->path : "standard input";
}

// What people give instead of a capture, by how it begins.
static const struct {
	const char *magic;
	uint8_t length;
	const char *what;
} packed[] = {
	{"\x1f\x8b", 2, "gzip"},
	{"\x28\xb5\x2f\xfd", 4, "zstd"},
	{"\xfd"
	 "7zXZ",
		5, "xz"},
	{"BZh", 3, "bzip2"},
	{"PK\x03\x04", 4, "zip"},
};

static int refuse(
	struct weir_capture *capture, const char *detail, struct weir_error *e)
{
	return weir_error_set(e, -EINVAL,
		"%s: '%s' is not a capture: %s; pcap and pcapng are read",
		capture->who, weir_capture_name(capture), detail);
}

static int refuse_content(struct weir_capture *capture, const uint8_t *begin,
	size_t size, struct weir_error *e)
{
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		if (size < packed[i].length ||
			memcmp(begin, packed[i].magic, packed[i].length))
			continue;
		return weir_error_set(e, -EINVAL,
			"%s: '%s' is packed with %s; unpack it first",
			capture->who, weir_capture_name(capture),
			packed[i].what);
	}
	return refuse(capture, "it begins like neither", e);
}

// learn_header asks libpcap how it would begin a copy of this capture, which
// is how tcpdump begins one.
static int learn_header(struct weir_capture *capture,
	struct weir_interface *interface, struct weir_error *e)
{
	char *header = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&header, &size);
	pcap_dumper_t *dumper =
		memory ? pcap_dump_fopen(capture->pcap, memory) : NULL;
	int err = 0;

	if (dumper)
		pcap_dump_close(dumper); // closes memory
	else if (memory)
		fclose(memory);
	if (!dumper || size != PCAP_HEADER) {
		err = refuse(capture, pcap_geterr(capture->pcap), e);
	} else {
		memcpy(&interface->snaplen, header + 16, 4);
		memcpy(&interface->link_field, header + 20, 4);
	}
	free(header);
	return err;
}

static int open_pcap(struct weir_capture *capture, uint32_t magic,
	uint32_t source, struct weir_error *e)
{
	struct weir_interface interface = {
		.source = source,
		.nano = magic == PCAP_MAGIC_NANO ||
			magic == __builtin_bswap32(PCAP_MAGIC_NANO),
	};
	char text[PCAP_ERRBUF_SIZE] = "";
	FILE *stream = weir_bytes_stream(&capture->bytes);
	int err;

	if (!stream)
		return weir_error_set(
			e, -ENOMEM, "%s: no memory", capture->who);
	capture->pcap = pcap_fopen_offline_with_tstamp_precision(
		stream, PCAP_TSTAMP_PRECISION_NANO, text);
	if (!capture->pcap) {
		fclose(stream);
		return refuse(capture, text, e);
	}
	err = learn_header(capture, &interface, e);
	if (err)
		return err;
	err = weir_interfaces_add(&interface, NULL);
	if (err < 0)
		return weir_error_set(e, err,
			"%s: no memory for one more interface", capture->who);
	capture->interface = (uint16_t)err;
	capture->link_type = (uint16_t)interface.link_field;
	capture->progress = PCAP_HEADER;
	return 0;
}

static bool is_pcapng(struct weir_capture *capture, uint32_t magic)
{
	static const uint8_t order[2][4] = {
		{0x1a, 0x2b, 0x3c, 0x4d}, {0x4d, 0x3c, 0x2b, 0x1a}};
	const uint8_t *begin;

	if (magic != WEIR_PCAPNG_MAGIC)
		return false;
	begin = weir_bytes_need(&capture->bytes, PCAPNG_ORDER_AT + 4);
	return begin && (!memcmp(begin + PCAPNG_ORDER_AT, order[0], 4) ||
				!memcmp(begin + PCAPNG_ORDER_AT, order[1], 4));
}

static bool is_pcap(uint32_t magic)
{
	// Micro, nano, and two dialects that libpcap knows.
	static const uint32_t known[] = {
		0xa1b2c3d4, PCAP_MAGIC_NANO, 0xa1b2cd34, 0xa1b234cd};

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (magic == known[i] || magic == __builtin_bswap32(known[i]))
			return true;
	return false;
}

static int open_format(struct weir_capture *capture, struct weir_error *e)
{
	const uint8_t *begin = weir_bytes_need(&capture->bytes, 4);
	size_t left = weir_bytes_left(&capture->bytes);
	int source = weir_interfaces_source();
	uint32_t magic;

	if (!begin && capture->bytes.error)
		return weir_error_set(e, capture->bytes.error,
			"%s: cannot read '%s': %s", capture->who,
			weir_capture_name(capture),
			strerror(-capture->bytes.error));
	if (!begin && !left)
		return weir_error_set(e, -EINVAL,
			"%s: '%s' is empty: not even the header of a capture "
			"is there",
			capture->who, weir_capture_name(capture));
	if (!begin)
		return refuse(capture, "it is too short", e);
	if (source < 0)
		return weir_error_set(e, source,
			"%s: more than %u captures are open", capture->who,
			WEIR_INTERFACE_SOURCES_MAX);
	memcpy(&magic, begin, sizeof(magic));
	if (is_pcapng(capture, magic)) {
		weir_pcapng_open(
			&capture->pcapng, &capture->bytes, (uint32_t)source);
		return 0;
	}
	if (is_pcap(magic))
		return open_pcap(capture, magic, (uint32_t)source, e);
	return refuse_content(capture, capture->bytes.window,
		weir_bytes_left(&capture->bytes), e);
}

int weir_capture_open(struct weir_capture *capture, const char *who,
	const char *path, struct weir_error *e)
{
	int err;

	*capture = (struct weir_capture){.who = who, .path = path};
	err = weir_bytes_open(&capture->bytes, who, path, e);
	if (err)
		return err;
	err = open_format(capture, e);
	if (err)
		weir_capture_close(capture);
	return err;
}

// damage says what is wrong with the packet after the last good one.
static int damage(struct weir_capture *capture, int err, const char *detail,
	struct weir_error *e)
{
	return weir_error_set(e, err,
		"%s: '%s' is damaged or cut off at packet %" PRIu64
		": %s; the %" PRIu64 " packets before it were read",
		capture->who, weir_capture_name(capture), capture->records + 1,
		detail, capture->records);
}

static int next_pcap(struct weir_capture *capture, struct weir_record *record,
	struct weir_error *e)
{
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int rc = pcap_next_ex(capture->pcap, &header, &bytes);

	if (rc == PCAP_ERROR_BREAK)
		return 0;
	if (rc != 1)
		return damage(capture,
			capture->bytes.error ? capture->bytes.error : -EBADMSG,
			pcap_geterr(capture->pcap), e);
	record->bytes = bytes;
	record->size = header->caplen;
	record->original_size = header->len;
	// libpcap's seconds are signed; a capture's run until 2106.
	record->time_ns = (uint32_t)header->ts.tv_sec * 1000000000ull +
			  (uint64_t)header->ts.tv_usec;
	record->interface = capture->interface;
	record->link_type = capture->link_type;
	capture->progress += PCAP_RECORD_HEADER + header->caplen;
	return 1;
}

static int next_pcapng(struct weir_capture *capture, struct weir_record *record,
	struct weir_error *e)
{
	struct weir_error detail = {0};
	int rc = weir_pcapng_next(&capture->pcapng, record, &detail);

	capture->progress = capture->bytes.offset;
	capture->too_large = capture->pcapng.too_large;
	return rc < 0 ? damage(capture, rc, detail.text, e) : rc;
}

int weir_capture_next(struct weir_capture *capture, struct weir_record *record,
	struct weir_error *e)
{
	int rc = 0;

	while (capture->pcap && (rc = next_pcap(capture, record, e)) == 1 &&
		record->size > WEIR_RECORD_MAX)
		capture->too_large++;
	if (!capture->pcap)
		rc = next_pcapng(capture, record, e);
	if (rc == 1)
		capture->records++;
	return rc;
}

void weir_capture_close(struct weir_capture *capture)
{
	if (capture->pcap)
		pcap_close(capture->pcap); // and the stream on bytes
	else
		weir_pcapng_close(&capture->pcapng);
	weir_bytes_close(&capture->bytes);
	capture->pcap = NULL;
}

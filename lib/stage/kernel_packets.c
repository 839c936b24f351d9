// SPDX-License-Identifier: BSD-3-Clause
#include "stage/kernel_test.h"

#include "base/eal.h"
#include "mem/packet.h"
#include "mem/pool.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <string.h>

static struct rte_mempool *test_pool;

static int open_eal(struct weir_error *e)
{
	struct weir_eal_options options = {.no_huge = true};
	cpu_set_t allowed;

	if (weir_eal_is_open())
		return 0;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		while (!CPU_ISSET(options.main_cpu, &allowed))
			options.main_cpu++;
	return weir_eal_open(&options, e);
}

struct rte_mempool *weir_kernel_test_pool(struct weir_error *e)
{
	if (!test_pool && open_eal(e) == 0 &&
		weir_pool_create(&test_pool, "weir-test",
			WEIR_KERNEL_TEST_PACKETS, WEIR_KERNEL_TEST_SIZE, -1, e))
		test_pool = NULL;
	return test_pool;
}

static struct rte_mbuf *piece_of(
	struct rte_mempool *pool, const char *bytes, uint32_t size)
{
	struct rte_mbuf *piece = rte_pktmbuf_alloc(pool);

	if (!piece)
		return NULL;
	memcpy(rte_pktmbuf_mtod(piece, char *), bytes, size);
	piece->data_len = (uint16_t)size;
	piece->pkt_len = size;
	return piece;
}

struct rte_mbuf *weir_kernel_test_packet(const void *bytes, uint32_t size)
{
	struct rte_mempool *pool = weir_kernel_test_pool(NULL);
	struct rte_mbuf *packet = NULL, *piece;
	uint32_t done = 0;

	if (!pool)
		return NULL;
	do {
		uint32_t part =
			RTE_MIN(size - done, (uint32_t)WEIR_KERNEL_TEST_SIZE);

		piece = piece_of(pool, (const char *)bytes + done, part);
		if (!piece || (packet && rte_pktmbuf_chain(packet, piece))) {
			rte_pktmbuf_free(piece);
			rte_pktmbuf_free(packet);
			return NULL;
		}
		packet = packet ? packet : piece;
		done += part;
	} while (done < size);
	return packet;
}

static struct rte_mbuf *packet_of(
	const struct pcap_pkthdr *header, const u_char *bytes, int link_type)
{
	struct rte_mbuf *packet =
		weir_kernel_test_packet(bytes, header->caplen);

	if (!packet)
		return NULL;
	*weir_packet_of(packet) = (struct weir_packet){
		// With this precision libpcap has nanoseconds in tv_usec.
		.time_ns = (uint64_t)header->ts.tv_sec * 1000000000 +
			   (uint64_t)header->ts.tv_usec,
		.original_size = header->len,
		.link_type = (uint16_t)link_type,
	};
	packet->ol_flags |= weir_packet_flag;
	return packet;
}

static int read_packets(pcap_t *capture, const char *file,
	struct rte_mbuf **packets, unsigned count, struct weir_error *e)
{
	struct pcap_pkthdr *header;
	const u_char *bytes;
	unsigned done = 0;
	int answer = 1, err;

	while (done < count &&
		(answer = pcap_next_ex(capture, &header, &bytes)) == 1) {
		packets[done] =
			packet_of(header, bytes, pcap_datalink(capture));
		if (!packets[done]) {
			err = weir_error_set(e, -ENOMEM,
				"%s: the pool for tests is empty after %u "
				"packets: free what came out, or read fewer",
				file, done);
			goto undo;
		}
		done++;
	}
	if (answer == 1 || answer == PCAP_ERROR_BREAK)
		return (int)done;
	err = weir_error_set(e, -EINVAL, "%s: %s", file, pcap_geterr(capture));
undo:
	rte_pktmbuf_free_bulk(packets, done);
	return err;
}

int weir_kernel_test_read(const char *file, struct rte_mbuf **packets,
	unsigned count, struct weir_error *e)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture;
	int answer;

	if (!weir_kernel_test_pool(e))
		return -ENOMEM;
	capture = pcap_open_offline_with_tstamp_precision(
		file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!capture)
		return weir_error_set(e, -EINVAL, "%s", why);
	answer = read_packets(capture, file, packets, count, e);
	pcap_close(capture);
	return answer;
}

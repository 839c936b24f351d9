// SPDX-License-Identifier: BSD-3-Clause
//
// A folder of its own for a test, and the ports of drivers/port.h.
#ifndef TESTS_DRIVERS_FILES_H
#define TESTS_DRIVERS_FILES_H

#include "capture.h"
#include "port.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

static char folder[] = "/tmp/weir-file-XXXXXX";
static char in_path[64], out_path[64], out_ng_path[64];

static inline void files_init(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(in_path, sizeof(in_path), "%s/in.pcap", folder);
	snprintf(out_path, sizeof(out_path), "%s/out.pcap", folder);
	snprintf(out_ng_path, sizeof(out_ng_path), "%s/out.pcapng", folder);
	ports_init();
}

static inline void files_fini(void)
{
	unlink(in_path);
	unlink(out_path);
	unlink(out_ng_path);
	rmdir(folder);
	ports_fini();
}

static inline void open_in(
	struct port *in, const struct bytes *b, const char *const *options)
{
	bytes_save(b, in_path);
	cr_assert_eq(port_open(in, "file", in_path, RECEIVES, options), 0, "%s",
		in->e.text);
}

static inline void open_out(
	struct port *out, const char *path, const char *const *options)
{
	cr_assert_eq(port_open(out, "file", path, SENDS, options), 0, "%s",
		out->e.text);
}

// rx_some waits until count packets came.
static inline void rx_some(
	struct port *in, struct rte_mbuf **packets, unsigned count)
{
	for (unsigned n = 0; n < count;) {
		unsigned got = port_rx(in, packets + n, count - n);

		n += got;
		if (!got)
			sched_yield();
	}
}

static inline struct bytes pcap_of(unsigned count, unsigned size)
{
	struct bytes b = {0};

	pcap_header(&b, PCAP_MICRO, 262144, 1);
	for (unsigned i = 0; i < count; i++)
		pcap_packet(&b, 1000 + i, 0, i, size, size);
	return b;
}

#endif

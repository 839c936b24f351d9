// SPDX-License-Identifier: BSD-3-Clause
#include "net/af_packet.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool receives_on(int fd, unsigned interface)
{
	struct sockaddr_ll address = {0};
	socklen_t size = sizeof(int);
	int domain = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) ||
		domain != AF_PACKET)
		return false;
	size = sizeof(address);
	return !getsockname(fd, (struct sockaddr *)&address, &size) &&
	       (unsigned)address.sll_ifindex == interface;
}

void weir_af_packet_find(struct weir_af_packet *packet, const char *interface)
{
	unsigned index = if_nametoindex(interface);
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	packet->count = 0;
	while (folder && index && packet->count < WEIR_AF_PACKET_SOCKETS &&
		(entry = readdir(folder))) {
		int fd = atoi(entry->d_name); // "." is no socket either

		if (receives_on(fd, index))
			packet->sockets[packet->count++] = fd;
	}
	if (folder)
		closedir(folder);
}

void weir_af_packet_look(struct weir_af_packet *packet)
{
	for (unsigned i = 0; i < packet->count; i++) {
		struct tpacket_stats now = {0};
		socklen_t size = sizeof(now);

		if (getsockopt(packet->sockets[i], SOL_PACKET,
			    PACKET_STATISTICS, &now, &size) == 0)
			packet->missed += now.tp_drops;
	}
}

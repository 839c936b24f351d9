// SPDX-License-Identifier: BSD-3-Clause
#include "net/parcel.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union room {
	char bytes[CMSG_SPACE(sizeof(int) * WEIR_PARCEL_FDS)];
	struct cmsghdr aligned;
};

static void take_fds(struct weir_parcel *parcel, struct msghdr *head)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c;
		c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		parcel->fd_count =
			(unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(parcel->fds, CMSG_DATA(c),
			parcel->fd_count * sizeof(int));
	}
}

enum weir_parcel_took weir_parcel_take(struct weir_parcel *parcel, int from)
{
	union room room;
	struct iovec part = {parcel->bytes, sizeof(parcel->bytes)};
	struct msghdr head = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof(room.bytes)};
	ssize_t size;

	parcel->fd_count = 0;
	do
		size = recvmsg(from, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size < 0 && errno == EAGAIN)
		return WEIR_PARCEL_NONE;
	if (size < 0)
		return WEIR_PARCEL_END;
	// Also of an empty message, which looks like an end, and of one that was
	// cut: what came with it is ours.
	take_fds(parcel, &head);
	parcel->size = (size_t)size;
	if (size > 0 && parcel->fd_count <= 1 &&
		!(head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return WEIR_PARCEL_ONE;
	weir_parcel_drop(parcel);
	return WEIR_PARCEL_END;
}

bool weir_parcel_give(const struct weir_parcel *parcel, int to)
{
	union room room;
	struct iovec part = {(void *)(uintptr_t)parcel->bytes, parcel->size};
	struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1};
	size_t fds = parcel->fd_count * sizeof(int);
	ssize_t size;

	if (fds) {
		head.msg_control = room.bytes;
		head.msg_controllen = CMSG_SPACE(fds);
		memset(&room, 0, sizeof(room));
		room.aligned = (struct cmsghdr){.cmsg_len = CMSG_LEN(fds),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&room.aligned), parcel->fds, fds);
	}
	do
		size = sendmsg(to, &head, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (size < 0 && errno == EINTR);
	return size == (ssize_t)parcel->size;
}

void weir_parcel_drop(struct weir_parcel *parcel)
{
	for (unsigned i = 0; i < parcel->fd_count; i++)
		close(parcel->fds[i]);
	parcel->fd_count = 0;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "reactor/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

_Static_assert(sizeof(struct sockaddr_storage) ==
			       sizeof(((struct weir_address *)NULL)->of) &&
		       alignof(struct sockaddr_storage) <= 8,
	"any address has room");
_Static_assert(
	sizeof(socklen_t) == sizeof(unsigned), "as in the system's calls");

#define HOST_SIZE 64

static int wrong(struct weir_error *e, const char *text, const char *why)
{
	return weir_error_set(e, -EINVAL,
		"'%s' is no address: %s, as in tcp:127.0.0.1:9000, "
		"tcp:[::1]:9000, unix:/a/path or unix:@name",
		text, why);
}

// ---- tcp ----

// split_port finds the host in front of the last colon, without its brackets, and
// answers the port; -1: there is none.
static long split_port(const char *text, char *host)
{
	const char *colon = strrchr(text, ':');
	size_t size = colon ? (size_t)(colon - text) : 0;
	char *end;
	long port;

	if (!colon || colon[1] < '0' || colon[1] > '9' || size >= HOST_SIZE)
		return -1;
	port = strtol(colon + 1, &end, 10);
	if (*end || port > UINT16_MAX)
		return -1;
	memcpy(host, text, size);
	host[size] = '\0';
	return port;
}

static bool parse_four(
	struct weir_address *address, const char *host, long port)
{
	struct sockaddr_in *in = (void *)address->of;

	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	address->size = sizeof(*in);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1;
}

static bool parse_six(struct weir_address *address, char *host, long port)
{
	struct sockaddr_in6 *in = (void *)address->of;
	size_t size = strlen(host);

	if (size < 2 || host[size - 1] != ']')
		return false;
	host[size - 1] = '\0';
	in->sin6_family = AF_INET6;
	in->sin6_port = htons((uint16_t)port);
	address->size = sizeof(*in);
	return inet_pton(AF_INET6, host + 1, &in->sin6_addr) == 1;
}

static int parse_tcp(struct weir_address *address, const char *text,
	const char *rest, struct weir_error *e)
{
	char host[HOST_SIZE];
	long port = split_port(rest, host);

	if (port < 0)
		return wrong(e, text, "a port up to 65535 is missing");
	if (host[0] == '[' ? !parse_six(address, host, port)
			   : !parse_four(address, host, port))
		return wrong(e, text, "the host is not written in numbers");
	return 0;
}

// ---- unix ----

static int parse_unix(struct weir_address *address, const char *text,
	const char *rest, struct weir_error *e)
{
	struct sockaddr_un *un = (void *)address->of;
	size_t size = strlen(rest);

	if (size == 0 || strcmp(rest, "@") == 0)
		return wrong(e, text, "a path or a name is missing");
	if (size >= sizeof(un->sun_path))
		return wrong(e, text, "it is longer than the system has it");
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, rest, size);
	if (rest[0] == '@')
		un->sun_path[0] = '\0';
	else
		size++; // with its end
	address->size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return 0;
}

static void print_unix(
	const struct weir_address *address, char *text, size_t size)
{
	const struct sockaddr_un *un = (const void *)address->of;
	size_t path = address->size - offsetof(struct sockaddr_un, sun_path);

	if (address->size <= offsetof(struct sockaddr_un, sun_path))
		snprintf(text, size, "unix:");
	else if (un->sun_path[0] == '\0')
		snprintf(text, size, "unix:@%.*s", (int)path - 1,
			un->sun_path + 1);
	else
		snprintf(text, size, "unix:%.*s", (int)path, un->sun_path);
}

// ---- either ----

int weir_address_parse(
	struct weir_address *address, const char *text, struct weir_error *e)
{
	*address = (struct weir_address){0};
	if (strncmp(text, "tcp:", 4) == 0)
		return parse_tcp(address, text, text + 4, e);
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(address, text, text + 5, e);
	return wrong(e, text, "it begins with neither tcp: nor unix:");
}

void weir_address_print(
	const struct weir_address *address, char *text, size_t size)
{
	const struct sockaddr_in *four = (const void *)address->of;
	const struct sockaddr_in6 *six = (const void *)address->of;
	char host[HOST_SIZE] = "?";

	switch (weir_address_family(address)) {
	case AF_INET:
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
		snprintf(text, size, "tcp:%s:%u", host, ntohs(four->sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
		snprintf(
			text, size, "tcp:[%s]:%u", host, ntohs(six->sin6_port));
		break;
	case AF_UNIX:
		print_unix(address, text, size);
		break;
	default:
		snprintf(text, size, "?");
	}
}

int weir_address_own(const struct weir_fd *fd, struct weir_address *address)
{
	address->size = sizeof(address->of);
	return getsockname(
		       weir_fd_number(fd), (void *)address->of, &address->size)
		       ? -errno
		       : 0;
}

int weir_address_peer(const struct weir_fd *fd, struct weir_address *address)
{
	address->size = sizeof(address->of);
	return getpeername(
		       weir_fd_number(fd), (void *)address->of, &address->size)
		       ? -errno
		       : 0;
}

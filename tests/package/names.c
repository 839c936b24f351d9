// SPDX-License-Identifier: BSD-3-Clause
//
// A program that has functions of its own with names of <sys/socket.h>, and all of
// weir.
#include <stdio.h>
#include <weir/weir.h>

static const char *socket(void)
{
	return "socket";
}

static const char *bind(void)
{
	return "bind";
}

static const char *listen(void)
{
	return "listen";
}

static const char *accept(const char *before)
{
	return before;
}

static void connect(const char *what)
{
	puts(what);
}

static void *send(void *message)
{
	return message;
}

static void *recv(void *message)
{
	return message;
}

static void shutdown(void *arg)
{
	struct weir_address at;
	struct weir_fd listener;

	if (weir_address_parse(&at, "tcp:127.0.0.1:0", NULL) ||
		weir_listen(&listener, &at, NULL, NULL))
		return;
	weir_fd_close(&listener);
	connect(accept(listen()));
}

int main(void)
{
	if (!socket() || !bind() || !send(main) || !recv(main))
		return 1;
	return weir_reactor_run(shutdown, NULL);
}

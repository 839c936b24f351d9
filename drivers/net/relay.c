// SPDX-License-Identifier: BSD-3-Clause
#include "net/relay.h"

#include "net/inside.h"
#include "net/relay_own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct weir_relay *servers; // the main thread's

// ---- open ----

// argument finds the value of the last argument of that name, as net_memif
// does, or NULL.
static const char *argument(const char *args, const char *name)
{
	size_t length = strlen(name);
	const char *found = NULL;

	for (const char *at = args; (at = strstr(at, name)); at++)
		if ((at == args || at[-1] == ',') && at[length] == '=')
			found = at + length + 1;
	return found;
}

static bool is(const char *value, const char *word)
{
	size_t length = strlen(word);

	return value && !strncmp(value, word, length) &&
	       (!value[length] || value[length] == ',');
}

static bool wants_relay(const struct weir_device *device)
{
	return device->name.forgets && argument(device->name.args, "socket") &&
	       is(argument(device->name.args, "socket-abstract"), "no");
}

static int fail(const struct weir_relay *relay, int err, const char *what,
	struct weir_error *e)
{
	return weir_error_set(e, err, "port '%s': the socket '%s' %s: %s",
		relay->port, relay->path, what, strerror(-err));
}

static int make_listener(
	int *listener, const struct sockaddr_un *address, socklen_t size)
{
	int err;

	*listener = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*listener < 0)
		return -errno;
	if (!bind(*listener, (const struct sockaddr *)address, size) &&
		!listen(*listener, WEIR_RELAY_PAIRS))
		return 0;
	err = -errno;
	close(*listener);
	*listener = -1;
	return err;
}

static void set_address(
	struct sockaddr_un *address, const char *path, const char *behind)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "%s%s", path,
		behind);
}

// A socket that nobody listens at was left by a program that did not end well.
static void clear(const char *path)
{
	struct sockaddr_un address;
	struct stat what;
	int fd;

	// The kernel refuses, too, what is no socket.
	if (lstat(path, &what) || !S_ISSOCK(what.st_mode))
		return;
	set_address(&address, path, "");
	fd = weir_relay_connect(&address);
	if (fd == -ECONNREFUSED)
		unlink(path);
	if (fd >= 0)
		close(fd);
}

static int open_server(struct weir_relay *relay, struct weir_error *e)
{
	struct sockaddr_un address;
	struct stat what;
	int err;

	if (strlen(relay->path) + 2 > sizeof(relay->own.sun_path))
		return fail(relay, -ENAMETOOLONG, "cannot be made", e);
	set_address(&address, relay->path, "");
	set_address(&relay->own, relay->path, "~");
	clear(address.sun_path);
	err = make_listener(&relay->listener, &address, sizeof(address));
	if (err)
		return fail(relay, err, "cannot be made", e);
	// Nobody else has the path, so nobody's is the one beside it. Another's
	// net_memif must not be called: it does not stand a caller that leaves.
	if (!lstat(relay->own.sun_path, &what) && S_ISSOCK(what.st_mode))
		unlink(relay->own.sun_path);
	if (!lstat(relay->path, &what))
		relay->made = what.st_ino;
	relay->next = servers;
	servers = relay;
	return 0;
}

// The kernel finds a name that nobody has.
static int open_client(struct weir_relay *relay, struct weir_error *e)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(relay->own);
	int err = make_listener(&relay->listener, &any, sizeof(sa_family_t));

	if (!err && getsockname(relay->listener, (struct sockaddr *)&relay->own,
			    &size))
		err = -errno;
	return err ? fail(relay, err, "cannot be asked for", e) : 0;
}

static struct weir_relay *find_server(const char *path)
{
	struct weir_relay *relay = servers;

	while (relay && strcmp(relay->path, path))
		relay = relay->next;
	return relay;
}

static void destroy(struct weir_relay *relay)
{
	struct weir_relay **at = &servers;
	struct stat what;

	while (*at && *at != relay)
		at = &(*at)->next;
	if (*at) {
		*at = relay->next;
		// Somebody may have taken it away, and another made a new one.
		if (!lstat(relay->path, &what) && what.st_ino == relay->made)
			unlink(relay->path);
	}
	if (relay->listener >= 0)
		close(relay->listener);
	for (unsigned i = 0; i < WEIR_RELAY_PAIRS; i++) {
		if (relay->pairs[i].outer >= 0)
			close(relay->pairs[i].outer);
		if (relay->pairs[i].inner >= 0)
			close(relay->pairs[i].inner);
	}
	if (relay->wake >= 0)
		close(relay->wake);
	pthread_mutex_destroy(&relay->lock);
	sem_destroy(&relay->turned);
	free(relay);
}

static struct weir_relay *create(
	const struct weir_device *device, const char *path, bool serves)
{
	struct weir_relay *relay = calloc(1, sizeof(*relay));

	if (!relay)
		return NULL;
	snprintf(relay->port, sizeof(relay->port), "%s", device->port);
	snprintf(relay->path, sizeof(relay->path), "%s", path);
	relay->serves = serves;
	relay->listener = -1;
	relay->wake = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&relay->lock, NULL);
	sem_init(&relay->turned, 0, 0);
	for (unsigned i = 0; i < WEIR_RELAY_PAIRS; i++)
		relay->pairs[i] = (struct weir_relay_pair){-1, -1, false};
	return relay;
}

// redirect has the device speak to the relay: of an argument that is there
// twice, net_memif takes the last.
static int redirect(struct weir_device *device, const struct weir_relay *relay,
	struct weir_error *e)
{
	char *args = device->name.args;
	size_t used = strlen(args), size = sizeof(device->name.args);
	int more = relay->serves ? snprintf(args + used, size - used,
					   ",socket=%s", relay->own.sun_path)
				 : snprintf(args + used, size - used,
					   ",socket=%s,socket-abstract=yes",
					   relay->own.sun_path + 1);

	return (size_t)more < size - used
		       ? 0
		       : fail(relay, -E2BIG, "has too long a name", e);
}

static int add_device(struct weir_relay *relay, struct weir_device *device,
	struct weir_error *e)
{
	int err = -EUSERS;

	pthread_mutex_lock(&relay->lock);
	for (unsigned i = 0; err && i < WEIR_RELAY_DEVICES; i++)
		if (!relay->devices[i]) {
			relay->devices[i] = device;
			err = 0;
		}
	pthread_mutex_unlock(&relay->lock);
	if (err)
		return fail(relay, err, "has too many ports", e);
	store_release(&device->shut, true);
	relay->users++;
	return 0;
}

int weir_relay_open(struct weir_relay **to, struct weir_device *device,
	struct weir_error *e)
{
	char path[sizeof(((struct weir_relay *)0)->path)];
	const char *value;
	bool serves;
	int err = 0;

	*to = NULL;
	if (!wants_relay(device))
		return 0;
	value = argument(device->name.args, "socket");
	serves = is(argument(device->name.args, "role"), "server") ||
		 is(argument(device->name.args, "role"), "master");
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(value, ","), value);
	*to = serves ? find_server(path) : NULL;
	if (!*to) {
		*to = create(device, path, serves);
		if (!*to)
			return weir_error_set(e, -ENOMEM,
				"port '%s': no memory for its socket",
				device->port);
		err = serves ? open_server(*to, e) : open_client(*to, e);
	}
	if (!err && !(err = add_device(*to, device, e)) &&
		!(err = redirect(device, *to, e)))
		return 0;
	weir_relay_close(*to, device);
	*to = NULL;
	return err;
}

// ---- run ----

int weir_relay_reach(struct weir_relay *relay, struct weir_error *e)
{
	struct sockaddr_un address;
	int fd;

	if (!relay || relay->serves)
		return 0;
	set_address(&address, relay->path, "");
	fd = weir_relay_connect(&address);
	if (fd < 0)
		return weir_error_set(e, fd,
			"port '%s': nobody is at the socket '%s': %s; the side "
			"with 'role: server' goes first",
			relay->port, relay->path, strerror(-fd));
	relay->pairs[0].outer = fd;
	relay->pairs[0].spoke = true;
	return 0;
}

// take_own takes net_memif's connection, and nobody else's.
static int take_own(struct weir_relay *relay)
{
	struct ucred who = {0};
	socklen_t size = sizeof(who);
	int fd;

	while ((fd = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) &&
			who.pid == getpid())
			break;
		close(fd);
	}
	if (fd < 0)
		return -errno;
	relay->pairs[0].inner = fd;
	return 0;
}

int weir_relay_start(struct weir_relay *relay, struct weir_error *e)
{
	int err = 0;

	if (!relay || relay->runs)
		return 0;
	if (relay->wake < 0)
		err = -EMFILE;
	if (!err && !relay->serves)
		err = take_own(relay);
	if (!err)
		err = -pthread_create(
			&relay->thread, NULL, weir_relay_main, relay);
	if (err)
		return fail(relay, err, "cannot be served", e);
	pthread_setname_np(relay->thread, "weir-relay");
	relay->runs = true;
	return 0;
}

void weir_relay_stop(struct weir_relay *relay)
{
	const uint64_t one = 1;

	if (!relay || !relay->runs)
		return;
	if (write(relay->wake, &one, sizeof(one)) == sizeof(one))
		pthread_join(relay->thread, NULL);
	relay->runs = false;
}

void weir_relay_close(struct weir_relay *relay, struct weir_device *device)
{
	if (!relay)
		return;
	weir_relay_stop(relay);
	for (unsigned i = 0; i < WEIR_RELAY_DEVICES; i++)
		if (relay->devices[i] == device) {
			relay->devices[i] = NULL;
			relay->users--;
		}
	if (!relay->users)
		destroy(relay);
}

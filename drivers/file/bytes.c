// SPDX-License-Identifier: BSD-3-Clause
#include "file/bytes.h"

#include "base/assert.h"
#include "base/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIT_LOOK_MS 50
#define PIECE (64u << 10) // of a read: what the kernel copied is still near

static int refuse(const char *who, const char *path, struct weir_error *e)
{
	return weir_error_set(e, -errno,
		"%s: cannot read '%s': %s; name a capture that is there and "
		"readable",
		who, path, strerror(errno));
}

static int open_input(const char *path)
{
	if (!strcmp(path, "-"))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int weir_bytes_open(struct weir_bytes *bytes, const char *who, const char *path,
	struct weir_error *e)
{
	struct stat st;

	*bytes = (struct weir_bytes){.fd = open_input(path)};
	if (bytes->fd < 0)
		return refuse(who, path, e);
	if (fstat(bytes->fd, &st) < 0)
		goto undo;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		goto undo;
	}
	bytes->regular = S_ISREG(st.st_mode);
	bytes->size = bytes->regular ? (uint64_t)st.st_size : 0;
	bytes->window = malloc(WEIR_BYTES_WINDOW);
	if (!bytes->window)
		goto undo;
	if (bytes->regular)
		posix_fadvise(bytes->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;

undo:
	refuse(who, path, e);
	weir_bytes_close(bytes);
	return e ? e->code : -EIO;
}

void weir_bytes_memory(
	struct weir_bytes *bytes, const uint8_t *data, size_t size)
{
	// The window is only read where there is no descriptor to fill it
	// from.
	*bytes = (struct weir_bytes){.fd = -1,
		.regular = true,
		.borrowed = true,
		.window = (uint8_t *)(uintptr_t)data,
		.end = size,
		.size = size};
}

static bool quits(const struct weir_bytes *bytes)
{
	return bytes->quit && load_relaxed(bytes->quit);
}

// wait_readable is false when the input is to end here.
static bool wait_readable(struct weir_bytes *bytes)
{
	struct pollfd p = {.fd = bytes->fd, .events = POLLIN};

	if (bytes->regular)
		return !quits(bytes);
	if (poll(&p, 1, 0) == 0 && bytes->waiting)
		bytes->waiting(bytes->waiting_arg);
	while (!quits(bytes)) {
		int ready = poll(&p, 1, QUIT_LOOK_MS);

		if (ready > 0)
			return true;
		// Without a quit flag nobody else can end the wait: a signal
		// must.
		if (ready < 0 && (errno != EINTR || !bytes->quit)) {
			bytes->error = -errno;
			return false;
		}
	}
	return false;
}

// read_some reads what there is, at most size: 0 at the end.
static size_t read_some(struct weir_bytes *bytes, void *to, size_t size)
{
	while (wait_readable(bytes)) {
		ssize_t got = read(bytes->fd, to, size);

		if (got >= 0)
			return (size_t)got;
		if (errno != EINTR && errno != EAGAIN) {
			bytes->error = -errno;
			return 0;
		}
	}
	return 0;
}

static bool refill(struct weir_bytes *bytes)
{
	size_t got, room;

	if (bytes->fd < 0 || bytes->error)
		return false;
	if (bytes->begin) {
		memmove(bytes->window, bytes->window + bytes->begin,
			weir_bytes_left(bytes));
		bytes->end -= bytes->begin;
		bytes->begin = 0;
	}
	room = WEIR_BYTES_WINDOW - bytes->end;
	got = read_some(
		bytes, bytes->window + bytes->end, room < PIECE ? room : PIECE);
	bytes->end += got;
	return got > 0;
}

const uint8_t *weir_bytes_need(struct weir_bytes *bytes, size_t size)
{
	weir_assert(size <= WEIR_BYTES_WINDOW);
	while (weir_bytes_left(bytes) < size)
		if (!refill(bytes))
			return NULL;
	return bytes->window + bytes->begin;
}

bool weir_bytes_skip(struct weir_bytes *bytes, uint64_t size)
{
	for (;;) {
		size_t now = weir_bytes_left(bytes);

		if (now > size)
			now = (size_t)size;
		bytes->begin += now;
		bytes->offset += now;
		size -= now;
		if (!size)
			return true;
		if (!refill(bytes))
			return false;
	}
}

static ssize_t stream_read(void *cookie, char *to, size_t size)
{
	struct weir_bytes *bytes = cookie;
	size_t now = weir_bytes_left(bytes);

	if (now) {
		if (now > size)
			now = size;
		memcpy(to, bytes->window + bytes->begin, now);
		bytes->begin += now;
		return (ssize_t)now;
	}
	if (bytes->fd < 0)
		return 0;
	now = read_some(bytes, to, size);
	if (!now && bytes->error) {
		errno = -bytes->error;
		return -1;
	}
	return (ssize_t)now;
}

FILE *weir_bytes_stream(struct weir_bytes *bytes)
{
	FILE *stream = fopencookie(
		bytes, "r", (cookie_io_functions_t){.read = stream_read});

	if (!stream)
		return NULL;
	setvbuf(stream, NULL, _IOFBF, PIECE);
	// One thread reads it: a lock at each piece is a fence too, which waits
	// for what was written to mbufs just before.
	__fsetlocking(stream, FSETLOCKING_BYCALLER);
	return stream;
}

void weir_bytes_close(struct weir_bytes *bytes)
{
	if (!bytes->borrowed)
		free(bytes->window);
	if (bytes->fd >= 0)
		close(bytes->fd);
	*bytes = (struct weir_bytes){.fd = -1};
}

// SPDX-License-Identifier: BSD-3-Clause
#include "traced.h"

#include "pipeline/tracing.h"
#include "trace/trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS UINT64_C(1000000000)
#define REQUEST_SIZE 512

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

// ---- folders ----

static bool is_empty(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	bool empty = entries != NULL;

	while (empty && (entry = readdir(entries)))
		empty = !strcmp(entry->d_name, ".") ||
			!strcmp(entry->d_name, "..");
	if (entries)
		closedir(entries);
	return empty;
}

int weir_folder_make(const char *path, struct weir_error *e)
{
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST)
		return weir_error_set(e, -errno,
			"cannot make the folder '%s': %s", path,
			strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return weir_error_set(e, -errno,
			"cannot open the folder '%s': %s", path,
			strerror(errno));
	if (is_empty(fd))
		return fd;
	close(fd);
	return weir_error_set(e, -ENOTEMPTY,
		"the folder '%s' is not empty: a trace wants one of its own",
		path);
}

// ---- set-up ----

int weir_traced_open(
	struct weir_traced *traced, const char *path, struct weir_error *e)
{
	sigset_t set;

	*traced = (struct weir_traced){
		.path = path, .signals = -1, .folder = -1, .asker = -1};
	sigemptyset(&set);
	sigaddset(&set, WEIR_TRACE_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	traced->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (!path)
		return 0;
	traced->folder = weir_folder_make(path, e);
	return traced->folder < 0 ? traced->folder : 0;
}

int weir_traced_begin(struct weir_traced *traced,
	const struct weir_pipeline *pipeline, uint64_t memory_size,
	struct weir_error *e)
{
	traced->pipeline = pipeline;
	if (traced->folder < 0)
		return 0;
	traced->until_ns = UINT64_MAX;
	return weir_tracing_start(pipeline, memory_size, NULL, e);
}

void weir_traced_close(struct weir_traced *traced)
{
	if (traced->signals >= 0)
		close(traced->signals);
	if (traced->folder >= 0)
		close(traced->folder);
}

// ---- what others ask for ----

static void refuse(int folder, const char *text)
{
	int fd = openat(folder, WEIR_TRACE_ERROR,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	// A disk that is full leaves it empty: that says as much.
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

// read_request answers false when it is none.
static bool read_request(
	int folder, uint64_t *duration_ns, uint64_t *memory_size, char *pattern)
{
	char text[REQUEST_SIZE + 1];
	int fd = openat(folder, WEIR_TRACE_REQUEST,
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, REQUEST_SIZE);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	text[n] = '\0';
	return sscanf(text, "%" SCNu64 " %" SCNu64 " %255s", duration_ns,
		       memory_size, pattern) == 3;
}

static void begin_asked(struct weir_traced *traced, int folder, pid_t asker)
{
	struct weir_error error = {0};
	char pattern[256];
	uint64_t duration_ns, memory_size;

	if (!read_request(folder, &duration_ns, &memory_size, pattern)) {
		refuse(folder, "the request cannot be read");
		close(folder);
		return;
	}
	if (weir_tracing_start(traced->pipeline, memory_size,
		    strcmp(pattern, "*") ? pattern : NULL, &error)) {
		refuse(folder, error.text);
		close(folder);
		return;
	}
	unlinkat(folder, WEIR_TRACE_REQUEST, 0);
	traced->folder = folder;
	traced->until_ns = now_ns() + duration_ns;
	traced->asker = pidfd_open(asker, 0);
}

static void forget_asker(struct weir_traced *traced)
{
	close(traced->folder);
	if (traced->asker >= 0)
		close(traced->asker);
	traced->folder = traced->asker = -1;
}

static void end_asked(struct weir_traced *traced)
{
	struct weir_error error = {0};
	struct weir_trace_sum sum;

	if (weir_tracing_end(traced->pipeline, traced->folder, &sum, &error))
		refuse(traced->folder, error.text);
	forget_asker(traced);
}

// is_alone tells whether nobody waits for what was asked for any more.
static bool is_alone(const struct weir_traced *traced)
{
	struct pollfd asker = {.fd = traced->asker, .events = POLLIN};

	return traced->asker >= 0 && poll(&asker, 1, 0) == 1;
}

static void drop_asked(struct weir_traced *traced)
{
	weir_trace_stop();
	weir_trace_drop();
	forget_asker(traced);
}

static void hear(struct weir_traced *traced)
{
	struct signalfd_siginfo info;
	char path[64];
	int folder;

	while (traced->signals >= 0 &&
		read(traced->signals, &info, sizeof(info)) == sizeof(info)) {
		snprintf(path, sizeof(path), "/proc/%u/fd/%d", info.ssi_pid,
			info.ssi_int);
		folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder >= 0)
			begin_asked(traced, folder, (pid_t)info.ssi_pid);
	}
}

void weir_traced_poll(struct weir_traced *traced)
{
	bool asked = traced->folder >= 0 && traced->until_ns != UINT64_MAX;

	if (asked && now_ns() >= traced->until_ns)
		end_asked(traced);
	else if (asked && is_alone(traced))
		drop_asked(traced);
	hear(traced);
}

// ---- the end ----

static void say(
	const struct weir_traced *traced, const struct weir_trace_sum *sum)
{
	fprintf(stderr, "weir: trace '%s': %" PRIu64 " events of %u threads",
		traced->path, sum->events, sum->threads);
	if (sum->overwritten)
		fprintf(stderr,
			"; %" PRIu64 " older ones were overwritten: give more "
			"by --trace-memory",
			sum->overwritten);
	if (sum->nested)
		fprintf(stderr,
			"; %" PRIu64 " of signal handlers within others are "
			"missing",
			sum->nested);
	if (sum->unheard)
		fprintf(stderr, "; %u threads had no memory", sum->unheard);
	fputc('\n', stderr);
}

int weir_traced_end(
	struct weir_traced *traced, bool quiet, struct weir_error *e)
{
	struct weir_trace_sum sum;
	int err;

	if (traced->folder < 0)
		return 0;
	if (traced->until_ns != UINT64_MAX) {
		end_asked(traced);
		return 0;
	}
	err = weir_tracing_end(traced->pipeline, traced->folder, &sum, e);
	close(traced->folder);
	traced->folder = -1;
	if (!err && (!quiet || sum.overwritten || sum.nested || sum.unheard))
		say(traced, &sum);
	return err;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"
#include "ctf.h"
#include "traced.h"

#include "count/count.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS UINT64_C(1000000000)
#define MIB (UINT64_C(1) << 20)
#define POLL_MS 10
#define ANSWER_NS (10 * NS) // that a run may take beyond the time of its trace

struct request {
	const char *what, *output, *keep, *points;
	uint64_t duration_ns, memory_mib;
};

static const struct weir_argument operands[] = {
	{
		.value = "INSTANCE|FOLDER",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, what),
		.offer = WEIR_OFFER_INSTANCES,
	},
	{0},
};

static const struct weir_argument options[] = {
	{"time", 't', WEIR_ARGUMENT_DURATION, .value = "DURATION",
		.at = offsetof(struct request, duration_ns),
		.help = "how long to trace a run: 5s, 100ms; 1s where it is "
			"not said"},
	{"output", 'o', WEIR_ARGUMENT_TEXT, .value = "FILE",
		.at = offsetof(struct request, output),
		.offer = WEIR_OFFER_FILES,
		.help = "where the JSON goes, '-' for standard output; "
			"trace.json where it is not said"},
	{"keep", .type = WEIR_ARGUMENT_TEXT, .value = "FOLDER",
		.at = offsetof(struct request, keep),
		.offer = WEIR_OFFER_FOLDERS,
		.help = "keep the trace itself, for babeltrace2"},
	{"points", .type = WEIR_ARGUMENT_TEXT, .value = "PATTERN",
		.at = offsetof(struct request, points),
		.help = "only points of such names: 'weir.chan.*'"},
	{"memory", .type = WEIR_ARGUMENT_NUMBER, .value = "MIB",
		.at = offsetof(struct request, memory_mib),
		.help = "memory for each thread; the newest events stay; 4 "
			"where it is not said"},
	{0},
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = 1;
}

// ---- the folder ----

static bool is_file(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, 0) == 0;
}

// make_folder makes it, or takes the user's own empty one: then it is not made.
static int make_folder(const struct request *request, char *path, size_t size,
	bool *made, struct weir_error *e)
{
	const char *place = getenv("TMPDIR");

	if (request->keep) {
		snprintf(path, size, "%s", request->keep);
		*made = access(path, F_OK) != 0;
		return weir_folder_make(path, e);
	}
	*made = true;
	snprintf(path, size, "%s/weir-trace-XXXXXX",
		place && *place ? place : "/tmp");
	if (!mkdtemp(path))
		return weir_error_set(e, -errno,
			"cannot make a folder for the trace in '%s': %s",
			place && *place ? place : "/tmp", strerror(errno));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// empty_folder takes away what is in a folder of ours.
static void empty_folder(int folder)
{
	char name[32];

	unlinkat(folder, WEIR_TRACE_REQUEST, 0);
	unlinkat(folder, WEIR_TRACE_ERROR, 0);
	unlinkat(folder, ".metadata", 0);
	unlinkat(folder, "metadata", 0);
	unlinkat(folder, "names", 0);
	for (unsigned i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "channel0_%u", i);
		unlinkat(folder, name, 0);
	}
}

static int write_request(
	int folder, const struct request *request, struct weir_error *e)
{
	int fd = openat(folder, WEIR_TRACE_REQUEST,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int n = fd < 0 ? -1
		       : dprintf(fd, "%" PRIu64 " %" PRIu64 " %s\n",
				 request->duration_ns,
				 request->memory_mib * MIB,
				 request->points ? request->points : "*");

	if (n < 0)
		weir_error_set(e, -errno, "cannot write the request: %s",
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

// read_error adds what the run said, and answers whether it did.
static bool read_error(int folder, const char *instance, struct weir_error *e)
{
	char text[512];
	int fd = openat(folder, WEIR_TRACE_ERROR, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd < 0)
		return false;
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	weir_error_set(e, -EIO, "'%s' took no trace: %s", instance,
		*text ? text : "it could not even say why; is the disk full?");
	return true;
}

// ---- the run ----

// listens tells whether a process has blocked the signal: else it would kill it.
static bool listens(int pid)
{
	char path[64], line[256];
	unsigned long long blocked = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
			break;
	fclose(file);
	return blocked >> (WEIR_TRACE_SIGNAL - 1) & 1;
}

static int ask(
	int process, int folder, const char *instance, struct weir_error *e)
{
	siginfo_t info = {
		.si_signo = WEIR_TRACE_SIGNAL,
		.si_code = SI_QUEUE,
	};

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = folder;
	if (pidfd_send_signal(process, WEIR_TRACE_SIGNAL, &info, 0) == 0)
		return 0;
	return weir_error_set(e, -errno, "'%s' cannot be asked for a trace: %s",
		instance, strerror(errno));
}

// find_run answers a descriptor of the process of a living instance.
static int find_run(const char *instance, struct weir_error *e)
{
	struct weir_count_reader *reader;
	struct weir_count_info info;
	int process;

	if (weir_count_open(&reader, instance, e))
		return -1;
	weir_count_info(reader, &info);
	process = info.alive ? pidfd_open(info.pid, 0) : -1;
	// Opened first, so that the process that is alive is the one.
	weir_count_info(reader, &info);
	weir_count_close(reader);
	if (!info.alive || process < 0) {
		weir_error_set(e, -ESRCH,
			"'%s' has ended: 'weir ls' lists what runs", instance);
	} else if (!listens(info.pid)) {
		weir_error_set(e, -ENOTSUP,
			"'%s' is process %d, which takes no traces: it is no "
			"'weir run', or an older one",
			instance, info.pid);
		close(process);
		process = -1;
	}
	return info.alive ? process : -1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

// say_begun tells of a wait that is long enough to be wondered at.
static void say_begun(const struct request *request)
{
	if (request->duration_ns >= NS)
		fprintf(stderr,
			"weir trace: tracing '%s' for %.10g s; interrupted, it "
			"writes nothing\n",
			request->what, (double)request->duration_ns / NS);
}

// await waits until the run has answered.
static int await(int process, int folder, const struct request *request,
	struct weir_error *e)
{
	struct pollfd ended = {.fd = process, .events = POLLIN};
	uint64_t until = now_ns() + request->duration_ns + ANSWER_NS;
	bool begun = false;

	while (!interrupted) {
		bool gone = poll(&ended, 1, POLL_MS) == 1;

		if (!begun && !is_file(folder, WEIR_TRACE_REQUEST)) {
			begun = true;
			say_begun(request);
		}
		if (is_file(folder, "metadata"))
			return 0;
		if (read_error(folder, request->what, e))
			return -1;
		if (gone)
			return weir_error_set(e, -EIO,
				"'%s' ended before it had written its trace",
				request->what);
		if (now_ns() > until)
			return weir_error_set(e, -ETIMEDOUT,
				"'%s' does not answer: is it stopped?",
				request->what);
	}
	return weir_error_set(e, -EINTR, "interrupted: no trace was written");
}

static int record(
	int folder, const struct request *request, struct weir_error *e)
{
	int process = find_run(request->what, e);
	int err;

	if (process < 0)
		return -1;
	err = write_request(folder, request, e);
	if (!err)
		err = ask(process, folder, request->what, e);
	if (!err)
		err = await(process, folder, request, e);
	unlinkat(folder, WEIR_TRACE_REQUEST, 0);
	close(process);
	return err;
}

// ---- the output ----

static bool is_standard_output(const struct request *request)
{
	return strcmp(request->output, "-") == 0;
}

static int convert(const char *folder, const struct request *request,
	FILE *file, struct weir_error *e)
{
	struct weir_chrome *chrome = weir_chrome_open(file, request->what);
	struct weir_chrome_lost lost;
	struct weir_ctf_sum sum;
	int err, ended;

	if (!chrome)
		return weir_error_set(e, -ENOMEM, "no memory for the trace");
	err = weir_ctf_read(folder, chrome, &sum, e);
	ended = weir_chrome_close(chrome, &lost);
	if (!err && ended)
		err = weir_error_set(e, -ENOMEM, "no memory for the trace");
	if (err)
		return err;
	if (fflush(file) || ferror(file))
		return weir_error_set(e, -errno, "cannot write '%s': %s",
			request->output, strerror(errno));
	fprintf(stderr, "weir trace: %" PRIu64 " events of %u threads in '%s'",
		sum.events, sum.threads, request->output);
	if (lost.overwritten)
		fprintf(stderr,
			"; %" PRIu64 " older ones were overwritten: give more "
			"--memory, or fewer --points",
			lost.overwritten);
	if (lost.nested)
		fprintf(stderr,
			"; %" PRIu64 " of signal handlers within others are "
			"missing",
			lost.nested);
	fputc('\n', stderr);
	return 0;
}

// trace_run takes a trace of a run and converts it.
static int trace_run(
	const struct request *request, FILE *file, struct weir_error *e)
{
	char path[512];
	bool made = false;
	int folder = make_folder(request, path, sizeof(path), &made, e);
	int taken, err;

	if (folder < 0)
		return -1;
	taken = err = record(folder, request, e);
	if (!err)
		err = convert(path, request, file, e);
	if (!request->keep || taken)
		empty_folder(folder);
	if (made && (!request->keep || taken))
		rmdir(path);
	else if (err && !taken)
		fprintf(stderr, "weir trace: the trace itself is in '%s'\n",
			path);
	close(folder);
	return err;
}

// is_trace tells whether what is meant is the folder of a saved trace.
static bool is_trace(const char *what)
{
	struct stat s;

	return stat(what, &s) == 0 && S_ISDIR(s.st_mode);
}

static int usage(const struct request *request)
{
	if (request->memory_mib == 0 ||
		request->memory_mib > WEIR_TRACE_MIB_MAX)
		return weir_usage_error("trace",
			"--memory: a trace takes from 1 to %" PRIu64
			" MiB for each thread",
			WEIR_TRACE_MIB_MAX);
	if (!request->what)
		return weir_usage_error("trace",
			"say which run, or the folder of which trace; 'weir "
			"ls' lists the runs");
	if (request->duration_ns == 0)
		return weir_usage_error("trace",
			"a trace of no time holds nothing: give -t more than "
			"0s");
	if (request->points && strpbrk(request->points, " \t\n"))
		return weir_usage_error("trace",
			"--points: '%s' has a space in it, and no point has",
			request->points);
	if (request->keep && is_trace(request->what))
		return weir_usage_error(
			"trace", "--keep: '%s' is kept already", request->what);
	return -1;
}

// remove_output takes away what was begun, but no device.
static void remove_output(const char *path)
{
	struct stat s;

	if (stat(path, &s) == 0 && S_ISREG(s.st_mode))
		unlink(path);
}

static int trace(int argc, char **argv)
{
	struct request request = {
		.duration_ns = NS, .output = "trace.json", .memory_mib = 4};
	struct sigaction action = {.sa_handler = on_interrupt};
	struct weir_error error = {0};
	FILE *file = stdout;
	int code =
		weir_arguments_read(&weir_command_trace, argc, argv, &request);
	int err;

	if (code < 0)
		code = usage(&request);
	if (code >= 0)
		return code;
	// Before anything else is done: a wrong path is not worth a trace.
	if (!is_standard_output(&request))
		file = fopen(request.output, "we");
	if (!file)
		return weir_usage_error("trace",
			"--output: cannot write '%s': %s", request.output,
			strerror(errno));
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	err = is_trace(request.what)
		      ? convert(request.what, &request, file, &error)
		      : trace_run(&request, file, &error);
	if (file != stdout && fclose(file) && !err)
		err = weir_error_set(&error, -errno, "cannot write '%s': %s",
			request.output, strerror(errno));
	if (!err)
		return WEIR_EXIT_DONE;
	if (file != stdout)
		remove_output(request.output);
	fprintf(stderr, "weir trace: %s\n", error.text);
	return error.code == -ENOENT || error.code == -EINVAL ||
			       error.code == -ESRCH
		       ? WEIR_EXIT_USAGE
		       : WEIR_EXIT_FAILED;
}

const struct weir_command weir_command_trace = {
	.name = "trace",
	.help = "trace a run, for ui.perfetto.dev",
	.usage = (const char *const[]){"[OPTIONS] INSTANCE", "[-o FILE] FOLDER",
		NULL},
	.about = "Traces a run for a while from another terminal: which stage "
		 "and which task ran when and for how long on which lcore, "
		 "what tasks waited for and who woke them, how full the "
		 "channels were. The result is JSON that ui.perfetto.dev and "
		 "chrome://tracing show.\n\n"
		 "INSTANCE is a run of yours that 'weir ls' lists; one that "
		 "has a trace taken costs some nanoseconds a point, one that "
		 "has not, nothing. Of each thread the newest events are "
		 "kept, and how many older ones were overwritten is said. "
		 "FOLDER holds a trace that 'weir run --trace' or --keep "
		 "saved, in the Common Trace Format, which babeltrace2 reads "
		 "too.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples",
				"weir trace web -t 5s -o out.json\n"
				"weir trace web --points 'weir.chan.*' "
				"--memory 64\n"
				"weir trace web --keep web.ctf && babeltrace2 "
				"web.ctf\n"
				"weir run web.yaml --trace web.ctf && weir "
				"trace web.ctf\n"},
			{0}},
	.exits = "0 done; 1 the run took no trace, or it was not written: the "
		 "sentence says why; 2 wrong use, no such run, or no trace in "
		 "the folder.",
	.run = trace,
};

// SPDX-License-Identifier: BSD-3-Clause
#include "watch/thread.h"
#include "base/thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000u

// As the kernel numbers the CPU clocks of threads: the scheduler's, of one.
static clockid_t clock_of(int tid)
{
	return (clockid_t)(~(unsigned)tid << 3 | 6);
}

bool weir_thread_cpu(int tid, uint64_t *ns)
{
	struct timespec t;

	if (clock_gettime(clock_of(tid), &t))
		return false;
	*ns = (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
	return true;
}

// read_file answers how much of a file it has read.
static size_t read_file(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (file < 0)
		return 0;
	n = read(file, text, size - 1);
	close(file);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

// read_end answers how much it has read of the end of a file, at least half a text
// if there is as much.
static size_t read_end(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0, half = size / 2;
	ssize_t n;

	if (file < 0)
		return 0;
	while ((n = read(file, text + used, size - 1 - used)) > 0) {
		used += (size_t)n;
		if (used < size - 1)
			continue;
		memmove(text, text + half, used - half);
		used -= half;
	}
	close(file);
	text[used] = '\0';
	return used;
}

static size_t read_of(
	int pid, int tid, const char *what, char *text, size_t size)
{
	char path[64], process[16] = "self";

	if (pid)
		snprintf(process, sizeof(process), "%d", pid);
	snprintf(path, sizeof(path), "/proc/%s/task/%d/%s", process, tid, what);
	return read_file(path, text, size);
}

bool weir_thread_waited(int tid, uint64_t *ns, uint64_t *turns)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", tid);
	return weir_waited(path, ns, turns);
}

bool weir_thread_sleeps(int tid, uint64_t *count)
{
	static const char key[] = "\nvoluntary_ctxt_switches:";
	char text[1024], path[64];
	const char *at;

	// A process may be in thousands of groups; it is told at the end.
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	if (!read_end(path, text, sizeof(text)))
		return false;
	at = strstr(text, key);
	if (!at)
		return false;
	*count = strtoull(at + sizeof(key) - 1, NULL, 10);
	return true;
}

bool weir_thread_is_asleep(int pid, int tid, long *call)
{
	char text[1024];
	const char *at;

	*call = -1;
	if (!read_of(pid, tid, "stat", text, sizeof(text)))
		return false;
	// "TID (any name) S …"
	at = strrchr(text, ')');
	if (!at || at[1] != ' ' || (at[2] != 'S' && at[2] != 'D'))
		return false;
	// "NUMBER ARGUMENTS…", or "running"
	if (read_of(pid, tid, "syscall", text, sizeof(text)) &&
		text[0] >= '0' && text[0] <= '9')
		*call = strtol(text, NULL, 10);
	return true;
}

#define CALL(name)                \
	{                         \
		SYS_##name, #name \
	}
static const struct {
	long call;
	const char *name;
} names[] = {
	CALL(read),
	CALL(write),
	CALL(close),
	CALL(readv),
	CALL(writev),
	CALL(pread64),
	CALL(pwrite64),
	CALL(openat),
	CALL(fsync),
	CALL(fdatasync),
	CALL(nanosleep),
	CALL(clock_nanosleep),
	CALL(clock_gettime),
	CALL(futex),
	CALL(ppoll),
	CALL(pselect6),
	CALL(epoll_pwait),
	CALL(accept4),
	CALL(connect),
	CALL(sendto),
	CALL(recvfrom),
	CALL(sendmsg),
	CALL(recvmsg),
	CALL(wait4),
	CALL(waitid),
	CALL(mmap),
	CALL(munmap),
	CALL(mprotect),
	CALL(madvise),
	CALL(brk),
	CALL(ioctl),
	CALL(getpid),
	CALL(gettid),
	CALL(getrandom),
	CALL(rt_sigtimedwait),
	CALL(sched_yield),
	CALL(tgkill),
	CALL(flock),
	CALL(fcntl),
	CALL(newfstatat),
	CALL(lseek),
	CALL(socket),
	CALL(getrusage),
	CALL(rt_sigprocmask),
	CALL(rt_sigaction),
	CALL(sigaltstack),
	CALL(tkill),
	CALL(kill),
	CALL(clone),
	CALL(clone3),
	CALL(dup),
	CALL(dup3),
	CALL(pipe2),
	CALL(eventfd2),
	CALL(timerfd_create),
	CALL(timerfd_settime),
	CALL(timerfd_gettime),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(bind),
	CALL(listen),
	CALL(socketpair),
	CALL(setsockopt),
	CALL(getsockopt),
	CALL(shutdown),
	CALL(preadv),
	CALL(pwritev),
	CALL(sendfile),
	CALL(splice),
	CALL(ftruncate),
	CALL(fallocate),
	CALL(fstat),
	CALL(statx),
	CALL(unlinkat),
	CALL(mkdirat),
	CALL(faccessat),
	CALL(readlinkat),
	CALL(getdents64),
	CALL(getcwd),
	CALL(mremap),
	CALL(mlock),
	CALL(msync),
	CALL(memfd_create),
	CALL(membarrier),
	CALL(io_uring_enter),
	CALL(clock_getres),
	CALL(gettimeofday),
	CALL(getcpu),
	CALL(sched_getaffinity),
	CALL(sched_setaffinity),
	CALL(sched_setscheduler),
	CALL(setpriority),
	CALL(prctl),
	CALL(prlimit64),
	CALL(getppid),
	CALL(getuid),
	CALL(uname),
	CALL(sysinfo),
	CALL(set_robust_list),
	CALL(rseq),
#if defined(__x86_64__)
	CALL(open),
	CALL(poll),
	CALL(select),
	CALL(epoll_wait),
	CALL(pause),
	CALL(stat),
	CALL(accept),
	CALL(fork),
	CALL(vfork),
	CALL(pipe),
	CALL(dup2),
	CALL(lstat),
	CALL(access),
	CALL(unlink),
	CALL(mkdir),
	CALL(readlink),
	CALL(time),
#endif
};
#undef CALL

const char *weir_call_name(long call)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].call == call)
			return names[i].name;
	return NULL;
}

// SPDX-License-Identifier: BSD-3-Clause
#include "count/segment.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

Test(instance, refuses_what_cannot_be_a_name)
{
	char long_name[WEIR_COUNT_INSTANCE_SIZE + 1] = "";
	const char *const names[] = {
		"", "a b", "../etc", "a/b", "ü", long_name};
	struct weir_count_segment *segment = NULL;

	memset(long_name, 'x', WEIR_COUNT_INSTANCE_SIZE);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct weir_error e = {0};

		cr_expect_eq(weir_count_create(&segment, names[i], SIZE,
				     weir_clock_real(), &e),
			-EINVAL, "'%s'", names[i]);
		cr_expect(strstr(e.text, "cannot name an instance"));
	}
}

Test(instance, a_name_in_use_is_refused_with_the_pid_that_has_it)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment = segment_of(name), *second = NULL;
	struct weir_error e = {0};
	char pid[32];

	cr_expect_eq(
		weir_count_create(&second, name, SIZE, weir_clock_real(), &e),
		-EEXIST);
	snprintf(pid, sizeof(pid), "as process %d:", (int)getpid());
	cr_expect(strstr(e.text, pid), "%s", e.text);
	cr_expect(is_there(name));
	weir_count_destroy(segment);
}

Test(instance, one_without_its_name_any_more_leaves_it_to_others)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment = segment_of(name), *second;

	weir_count_unname(segment);
	cr_expect_not(is_there(name));
	cr_expect_eq(weir_count_value(weir_count_local(segment), "a.in"), 0);
	second = segment_of(name);
	weir_count_destroy(segment);
	cr_expect(is_there(name));
	weir_count_destroy(second);
	cr_expect_not(is_there(name));
}

Test(instance, what_a_dead_process_left_can_be_read)
{
	const char *name = fresh_name();
	struct weir_count_reader *reader;
	struct weir_count_info info;

	leave_behind(name);
	cr_assert_eq(weir_count_open(&reader, name, NULL), 0);
	weir_count_info(reader, &info);
	cr_expect_not(info.alive);
	cr_expect_eq(weir_count_value(reader, "a.in"), 77);
	weir_count_close(reader);
	weir_count_destroy(segment_of(name));
}

Test(instance, what_a_dead_process_left_is_replaced)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment;

	leave_behind(name);
	segment = segment_of(name);
	cr_expect_eq(weir_count_value(weir_count_local(segment), "a.in"), 0);
	weir_count_destroy(segment);
	cr_expect_not(is_there(name));
}

Test(instance, a_pid_that_another_process_has_now_counts_as_dead)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment = segment_of(name), *second = NULL;

	((struct weir_count_head *)(uintptr_t)weir_count_local(segment)->head)
		->process_start--;
	cr_expect_eq(
		weir_count_create(&second, name, SIZE, weir_clock_real(), NULL),
		0);
	weir_count_destroy(second);
	weir_count_destroy(segment);
}

// Says 'w' when it got the name, 'l' when not, and stays until it is killed.
static void compete(const char *name, int go, int said)
{
	struct weir_count_segment *segment;
	char c;

	(void)!read(go, &c, 1); // ends when all are there
	c = weir_count_create(&segment, name, SIZE, weir_clock_real(), NULL)
		    ? 'l'
		    : 'w';
	(void)!write(said, &c, 1);
	for (;;)
		pause();
}

static int winners_of_a_round(const char *name)
{
	int winners = 0, said[2], go[2];
	pid_t pids[8];
	char c = 0;

	cr_assert_eq(pipe(said), 0);
	cr_assert_eq(pipe(go), 0);
	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			close(go[1]);
			compete(name, go[0], said[1]);
		}
	}
	close(go[1]);
	for (int i = 0; i < 8 && read(said[0], &c, 1) == 1; i++)
		winners += c == 'w';
	for (int i = 0; i < 8; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	close(said[0]);
	close(said[1]);
	close(go[0]);
	return winners;
}

Test(instance, of_many_that_find_the_same_remains_one_gets_the_name)
{
	const char *name = fresh_name();

	leave_behind(name);
	for (int round = 0; round < 3; round++)
		cr_expect_eq(winners_of_a_round(name), 1);
	weir_count_destroy(segment_of(name));
}

// Whether the process waits for the lock of a file.
static bool waits_for_a_lock(pid_t pid)
{
	FILE *file = fopen("/proc/locks", "r");
	char line[256], mark[32];
	bool waits = false;

	cr_assert_not_null(file);
	snprintf(mark, sizeof(mark), " %d ", (int)pid);
	while (fgets(line, sizeof(line), file))
		waits = waits ||
			(strstr(line, "-> FLOCK") && strstr(line, mark));
	fclose(file);
	return waits;
}

Test(instance, who_waited_for_the_remains_leaves_the_new_segment_alone)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment;
	int remains, status = -1;
	char file[128];
	pid_t pid;

	leave_behind(name);
	weir_count_file(file, sizeof(file), name);
	remains = open(file, O_RDWR);
	cr_assert_eq(flock(remains, LOCK_EX), 0);
	pid = fork();
	if (pid == 0) {
		close(remains);
		_exit(weir_count_create(&segment, name, SIZE, weir_clock_real(),
			      NULL) == -EEXIST
				? 42
				: 1);
	}
	while (!waits_for_a_lock(pid) && waitpid(pid, &status, WNOHANG) == 0)
		;
	unlink(file);
	segment = segment_of(name);
	close(remains); // and the lock with it
	waitpid(pid, &status, 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 42, "status %x",
		(unsigned)status);
	cr_expect(is_there(name));
	weir_count_destroy(segment);
}

Test(instance, an_unknown_instance_is_answered_with_those_that_exist)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment = segment_of(name);
	struct weir_count_reader *reader;
	struct weir_error e = {0};
	char there[128];

	cr_expect_eq(weir_count_open(&reader, "no-such", &e), -ENOENT);
	snprintf(there, sizeof(there), " %s (process %d)", name, getpid());
	cr_expect_eq(strncmp(e.text,
			     "there is no instance 'no-such'; there are: ", 43),
		0, "%s", e.text);
	cr_expect(strstr(e.text, there), "%s", e.text);
	weir_count_destroy(segment);
}

struct found {
	const char *name;
	bool seen, alive;
};

static void look(void *arg, const struct weir_count_info *info)
{
	struct found *found = arg;

	if (strcmp(info->instance, found->name) == 0) {
		found->seen = true;
		found->alive = info->alive;
	}
}

Test(instance, the_list_has_the_living_and_the_dead)
{
	struct found found = {.name = fresh_name()};
	struct weir_count_segment *segment;

	leave_behind(found.name);
	cr_expect_geq(weir_count_list(look, &found), 1);
	cr_expect(found.seen && !found.alive);
	segment = segment_of(found.name);
	weir_count_list(look, &found);
	cr_expect(found.seen && found.alive);
	weir_count_destroy(segment);
	found.seen = false;
	weir_count_list(look, &found);
	cr_expect_not(found.seen);
}

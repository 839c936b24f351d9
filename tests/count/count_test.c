// SPDX-License-Identifier: BSD-3-Clause
#include "count/count.h"
#include "count/layout.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 65536

struct block {
	uint64_t in, depth;
	char text[WEIR_COUNT_PATH_SIZE];
	struct weir_histogram steps;
};

static const struct weir_count_field fields[] = {
	{"in", "packets", WEIR_COUNT_TOTAL, offsetof(struct block, in)},
	{"depth", "messages", WEIR_COUNT_GAUGE, offsetof(struct block, depth)},
	{"text", "", WEIR_COUNT_TEXT, offsetof(struct block, text)},
	{"step", "ticks", WEIR_COUNT_HISTOGRAM, offsetof(struct block, steps)},
};

// A name that no other test of this or another run uses.
static const char *fresh_name(void)
{
	static char name[WEIR_COUNT_INSTANCE_SIZE];

	snprintf(name, sizeof(name), "test-%d", (int)getpid());
	return name;
}

static struct weir_count_segment *segment_of(const char *instance)
{
	struct weir_count_segment *segment = NULL;
	struct weir_error e = {0};

	cr_assert_eq(weir_count_create(
			     &segment, instance, SIZE, weir_clock_real(), &e),
		0, "%s", e.text);
	return segment;
}

static struct block *add(struct weir_count_segment *segment, const char *prefix)
{
	struct weir_error e = {0};
	struct block *block = weir_count_add(
		segment, prefix, sizeof(struct block), fields, 4, &e);

	cr_assert_not_null(block, "%s", e.text);
	return block;
}

static bool is_there(const char *instance)
{
	char file[128];

	weir_count_file(file, sizeof(file), instance);
	return access(file, F_OK) == 0;
}

// ---- what is in it ----

Test(count, a_path_finds_what_was_added_under_it)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct block *block = add(segment, "stages.web[0]");
	struct weir_count_entry entry;

	block->in = 12;
	cr_assert(weir_count_find(reader, "stages.web[0].in", &entry));
	cr_expect_str_eq(entry.path, "stages.web[0].in");
	cr_expect_str_eq(entry.unit, "packets");
	cr_expect_eq(entry.kind, WEIR_COUNT_TOTAL);
	cr_expect_eq(entry.value, &block->in);
	cr_expect_not(weir_count_find(reader, "stages.web[0]", &entry));
	cr_expect_not(weir_count_find(reader, "stages.web[0].ins", &entry));
	weir_count_destroy(segment);
}

Test(count, a_value_is_read_by_its_path_and_0_where_there_is_none)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct block *block = add(segment, "a");

	count_add(&block->in, 7);
	block->depth = 3;
	weir_histogram_record(&block->steps, 100);
	weir_histogram_record(&block->steps, 200);
	cr_expect_eq(weir_count_value(reader, "a.in"), 7);
	cr_expect_eq(weir_count_value(reader, "a.depth"), 3);
	cr_expect_eq(weir_count_value(reader, "a.step"), 2);
	cr_expect_eq(weir_count_value(reader, "a.text"), 0);
	cr_expect_eq(weir_count_value(reader, "b.in"), 0);
	weir_count_destroy(segment);
}

Test(count, the_directory_keeps_the_order_of_adding)
{
	static const char *const paths[] = {"a.in", "a.depth", "a.text",
		"a.step", "in", "depth", "text", "step"};
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct weir_count_entry entry;

	add(segment, "a");
	add(segment, "");
	for (unsigned i = 0; i < 8; i++) {
		cr_assert(weir_count_at(reader, i, &entry));
		cr_expect_str_eq(entry.path, paths[i]);
	}
	cr_expect_not(weir_count_at(reader, 8, &entry));
	weir_count_destroy(segment);
}

Test(count, a_block_is_zeroed_and_has_cache_lines_of_its_own)
{
	static const struct weir_count_field field = {
		"in", "packets", WEIR_COUNT_TOTAL, 0};
	struct weir_count_segment *segment = segment_of(NULL);
	uint64_t *a = weir_count_add(segment, "a", 8, &field, 1, NULL);
	uint64_t *b = weir_count_add(segment, "b", 65, &field, 1, NULL);
	uint64_t *c = weir_count_add(segment, "c", 8, &field, 1, NULL);

	cr_expect_eq((uintptr_t)a % WEIR_CACHE_LINE, 0);
	cr_expect_eq((uintptr_t)b % WEIR_CACHE_LINE, 0);
	cr_expect_eq((char *)a - (char *)b, 2 * WEIR_CACHE_LINE);
	cr_expect_eq((char *)b - (char *)c, WEIR_CACHE_LINE);
	for (unsigned i = 0; i < 16; i++)
		cr_expect_eq(b[i], 0);
	weir_count_destroy(segment);
}

Test(count, a_full_segment_refuses_and_stays_whole)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_reader *reader = weir_count_local(segment);
	struct weir_error e = {0};
	unsigned blocks = 0;
	struct block *last = NULL, *block;
	struct weir_count_entry entry;
	char prefix[16];

	for (;;) {
		snprintf(prefix, sizeof(prefix), "s%u", blocks);
		block = weir_count_add(
			segment, prefix, sizeof(*block), fields, 4, &e);
		if (!block)
			break;
		memset(block, 0xff, sizeof(*block));
		last = block;
		blocks++;
	}
	cr_expect_eq(e.code, -ENOSPC);
	cr_expect(strstr(e.text, "is full at 's"), "%s", e.text);
	cr_expect_geq(blocks, SIZE / (sizeof(struct block) + 4 * 128));
	cr_expect_not(weir_count_at(reader, blocks * 4, &entry));
	for (unsigned i = 0; i < blocks * 4; i++) {
		cr_assert(weir_count_at(reader, i, &entry));
		cr_expect_eq(entry.path[0], 's');
	}
	cr_expect_eq((const char *)entry.value, (const char *)&last->steps);
	weir_count_destroy(segment);
}

Test(count, refuses_a_path_that_is_there_or_is_too_long)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_error e = {0};
	char prefix[200];

	add(segment, "a");
	cr_expect_null(weir_count_add(
		segment, "a", sizeof(struct block), fields, 4, &e));
	cr_expect_eq(e.code, -EEXIST);
	cr_expect_str_eq(
		e.text, "there are two counters 'a.in': give one another name");
	weir_error_clear(&e);
	memset(prefix, 'x', sizeof(prefix));
	prefix[WEIR_COUNT_PATH_SIZE - 3] = '\0';
	cr_expect_null(weir_count_add(
		segment, prefix, sizeof(struct block), fields, 1, &e));
	cr_expect_eq(e.code, -ENAMETOOLONG);
	prefix[WEIR_COUNT_PATH_SIZE - 4] = '\0';
	cr_expect_not_null(weir_count_add(
		segment, prefix, sizeof(struct block), fields, 1, &e));
	weir_count_destroy(segment);
}

// ---- who reads ----

Test(count, another_process_reads_while_this_one_writes)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment = segment_of(name);
	struct block *block = add(segment, "a");
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct weir_count_reader *reader;
		uint64_t last = 0, seen = 0, now;

		if (weir_count_open(&reader, name, NULL))
			_exit(1);
		while (seen < 100) {
			now = weir_count_value(reader, "a.in");
			if (now < last)
				_exit(2);
			seen += now > last;
			last = now;
		}
		// What is added later is seen, and its values with it.
		while (weir_count_value(reader, "late.in") == 0)
			;
		weir_count_close(reader);
		_exit(0);
	}
	for (unsigned i = 0; waitpid(pid, &status, WNOHANG) == 0; i++) {
		count_add(&block->in, 1);
		weir_histogram_record(&block->steps, i);
		if (i == 1000000)
			add(segment, "late")->in = 1;
	}
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
		(unsigned)status);
	weir_count_destroy(segment);
}

Test(count, info_describes_the_instance)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment = segment_of(name);
	struct weir_count_reader *reader;
	struct weir_count_info info;
	struct weir_error e = {0};

	cr_assert_eq(weir_count_open(&reader, name, &e), 0, "%s", e.text);
	weir_count_info(reader, &info);
	cr_expect_str_eq(info.instance, name);
	cr_expect_eq(info.pid, getpid());
	cr_expect(info.alive);
	cr_expect_eq(info.clock.hz, weir_clock_real()->hz);
	cr_expect_gt(info.started_ns, UINT64_C(1700000000) * 1000000000u);
	weir_count_destroy(segment);
	weir_count_info(reader, &info);
	cr_expect_not(info.alive); // but what it counted can still be read
	cr_expect_str_eq(info.instance, name);
	weir_count_close(reader);
}

Test(count, readers_that_have_it_open_keep_what_they_see)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment = segment_of(name);
	struct weir_count_reader *reader;

	add(segment, "a")->in = 5;
	cr_assert_eq(weir_count_open(&reader, name, NULL), 0);
	weir_count_destroy(segment);
	cr_expect_not(is_there(name));
	cr_expect_eq(weir_count_value(reader, "a.in"), 5);
	weir_count_close(reader);
}

Test(count, a_private_segment_has_no_name)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_info info;

	weir_count_info(weir_count_local(segment), &info);
	cr_expect_str_eq(info.instance, "");
	cr_expect(info.alive);
	weir_count_close(weir_count_local(segment)); // borrowed: harmless
	weir_count_destroy(segment);
}

// ---- names ----

Test(count, refuses_what_cannot_be_a_name)
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

Test(count, a_name_in_use_is_refused_with_the_pid_that_has_it)
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

static void leave_behind(const char *name)
{
	struct weir_count_segment *segment;
	pid_t pid = fork();

	if (pid == 0) {
		if (weir_count_create(
			    &segment, name, SIZE, weir_clock_real(), NULL))
			_exit(1);
		*(uint64_t *)weir_count_add(segment, "a", sizeof(struct block),
			fields, 4, NULL) = 77;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	cr_assert(is_there(name));
}

Test(count, what_a_dead_process_left_can_be_read)
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

Test(count, what_a_dead_process_left_is_replaced)
{
	const char *name = fresh_name();
	struct weir_count_segment *segment;

	leave_behind(name);
	segment = segment_of(name);
	cr_expect_eq(weir_count_value(weir_count_local(segment), "a.in"), 0);
	weir_count_destroy(segment);
	cr_expect_not(is_there(name));
}

Test(count, a_pid_that_another_process_has_now_counts_as_dead)
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

Test(count, of_many_that_find_the_same_remains_one_gets_the_name)
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

Test(count, who_waited_for_the_remains_leaves_the_new_segment_alone)
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

Test(count, an_unknown_instance_is_answered_with_those_that_exist)
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

Test(count, the_list_has_the_living_and_the_dead)
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

// ---- bytes from outside ----

static struct weir_count_head *damage(const char *name, size_t size)
{
	char file[128];
	void *memory;
	int fd;

	weir_count_file(file, sizeof(file), name);
	fd = open(file, O_RDWR | O_CREAT, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return memory;
}

static int open_error(const char *name, struct weir_error *e)
{
	struct weir_count_reader *reader;

	weir_error_clear(e);
	return weir_count_open(&reader, name, e);
}

Test(count, a_reader_refuses_another_layout_in_words)
{
	const char *name = fresh_name();
	struct weir_error e = {0};

	leave_behind(name);
	damage(name, SIZE)->layout = 9;
	cr_expect_eq(open_error(name, &e), -EPROTO);
	cr_expect(strstr(e.text, "counts in layout 9 and this weir reads 1"),
		"%s", e.text);
	weir_count_destroy(segment_of(name));
}

Test(count, a_reader_refuses_what_is_no_segment)
{
	const char *name = fresh_name();
	struct weir_error e = {0};
	struct weir_count_segment *segment = NULL;
	char file[128];

	damage(name, 4096);
	cr_expect_eq(open_error(name, &e), -EPROTO);
	cr_expect(strstr(e.text, "holds no counters of weir"), "%s", e.text);
	weir_error_clear(&e);
	cr_expect_eq(
		weir_count_create(&segment, name, SIZE, weir_clock_real(), &e),
		-EEXIST);
	cr_expect(strstr(e.text, "is in the way"), "%s", e.text);
	damage(name, 10);
	cr_expect_eq(open_error(name, &e), -EPROTO);
	weir_count_file(file, sizeof(file), name);
	unlink(file);
}

Test(count, a_reader_follows_no_offset_out_of_the_segment)
{
	const char *name = fresh_name();
	struct weir_count_reader *reader;
	struct weir_count_entry entry;
	struct weir_count_record *record;

	leave_behind(name);
	record = (struct weir_count_record *)(damage(name, 69632) + 1);
	cr_assert_eq(weir_count_open(&reader, name, NULL), 0);
	cr_expect(weir_count_at(reader, 0, &entry));
	record[0].offset = 69632 - 4;
	cr_expect_not(weir_count_at(reader, 0, &entry));
	record[0].offset = UINT64_MAX - 3;
	cr_expect_not(weir_count_at(reader, 0, &entry));
	record[0].offset = 69632 - 8;
	cr_expect(weir_count_at(reader, 0, &entry));
	record[3].offset = 69632 - 8; // a histogram is larger
	cr_expect_not(weir_count_at(reader, 3, &entry));
	record[0].kind = 77;
	cr_expect_not(weir_count_at(reader, 0, &entry));
	memset(record[1].path, 'x', sizeof(record[1].path));
	cr_expect_not(weir_count_at(reader, 1, &entry));
	weir_count_close(reader);
	weir_count_destroy(segment_of(name));
}

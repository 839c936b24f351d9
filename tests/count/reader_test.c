// SPDX-License-Identifier: BSD-3-Clause
#include "count/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

Test(reader, another_process_reads_while_this_one_writes)
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

Test(reader, info_describes_the_instance)
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

Test(reader, readers_that_have_it_open_keep_what_they_see)
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

Test(reader, a_private_segment_has_no_name)
{
	struct weir_count_segment *segment = segment_of(NULL);
	struct weir_count_info info;

	weir_count_info(weir_count_local(segment), &info);
	cr_expect_str_eq(info.instance, "");
	cr_expect(info.alive);
	weir_count_close(weir_count_local(segment)); // borrowed: harmless
	weir_count_destroy(segment);
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

Test(reader, a_reader_refuses_another_layout_in_words)
{
	const char *name = fresh_name();
	struct weir_error e = {0};

	leave_behind(name);
	damage(name, SIZE)->layout = 9;
	cr_expect_eq(open_error(name, &e), -EPROTO);
	cr_expect(strstr(e.text, "counts in layout 9 and this weir reads 2"),
		"%s", e.text);
	weir_count_destroy(segment_of(name));
}

Test(reader, a_reader_refuses_what_is_no_segment)
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

Test(reader, a_reader_follows_no_offset_out_of_the_segment)
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

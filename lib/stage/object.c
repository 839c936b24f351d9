// SPDX-License-Identifier: BSD-3-Clause
#include "stage/object.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENTS_MAX 64

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE // not judged
#endif

static bool read_at(int file, void *to, size_t size, uint64_t offset)
{
	return pread(file, to, size, (off_t)offset) == (ssize_t)size;
}

static int not_an_object(const char *path, struct weir_error *e)
{
	return weir_error_set(e, -EINVAL,
		"%s: this is not a shared object: name what `cc -shared -fPIC` "
		"has made",
		path);
}

static int check_header(
	const char *path, const ElfW(Ehdr) * header, struct weir_error *e)
{
	const unsigned char class =
		sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;

	if (memcmp(header->e_ident, ELFMAG, SELFMAG))
		return not_an_object(path, e);
	if (header->e_ident[EI_CLASS] != class ||
		(MACHINE != EM_NONE && header->e_machine != MACHINE))
		return weir_error_set(e, -EINVAL,
			"%s: this was built for another kind of machine: "
			"build it here, or with this machine's compiler",
			path);
	if (header->e_type != ET_DYN ||
		header->e_phentsize != sizeof(ElfW(Phdr)) || !header->e_phnum ||
		header->e_phnum > SEGMENTS_MAX)
		return not_an_object(path, e);
	return 0;
}

static int check_segments(const char *path, int file, uint64_t size,
	const ElfW(Ehdr) * header, struct weir_error *e)
{
	ElfW(Phdr) segments[SEGMENTS_MAX];

	if (!read_at(file, segments, header->e_phnum * sizeof(segments[0]),
		    header->e_phoff))
		goto cut_off;
	for (unsigned i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_LOAD &&
			(segments[i].p_offset > size ||
				segments[i].p_filesz >
					size - segments[i].p_offset))
			goto cut_off;
	}
	return 0;
cut_off:
	return weir_error_set(e, -EINVAL,
		"%s: this shared object is cut off after %llu bytes: build or "
		"copy it again",
		path, (unsigned long long)size);
}

static int check_file(const char *path, int file, struct weir_error *e)
{
	struct stat about;
	ElfW(Ehdr) header;
	int err;

	if (fstat(file, &about))
		return weir_error_set(
			e, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(about.st_mode) ||
		!read_at(file, &header, sizeof(header), 0))
		return not_an_object(path, e);
	err = check_header(path, &header, e);
	if (err)
		return err;
	return check_segments(path, file, (uint64_t)about.st_size, &header, e);
}

int weir_object_check(const char *path, struct weir_error *e)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	if (file < 0 && errno == ENOENT)
		return weir_error_set(e, -ENOENT,
			"%s: there is no such file: build it, or check the "
			"path",
			path);
	if (file < 0)
		return weir_error_set(e, -errno, "%s: cannot be read: %s", path,
			strerror(errno));
	err = check_file(path, file, e);
	close(file);
	return err;
}

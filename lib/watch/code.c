// SPDX-License-Identifier: BSD-3-Clause
//
// What is mapped may go while it is looked at: bytes are read by the system, which
// answers where a load would end the process.
#include "watch/code.h"
#include "watch/arch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROWTH 64

struct range {
	uintptr_t low, high;
};

struct weir_code {
	int memory; // of this process, as a file
	unsigned count, room;
	struct range *ranges;
};

static bool add(struct weir_code *code, uintptr_t low, uintptr_t high)
{
	struct range *more;

	if (code->count == code->room) {
		more = realloc(code->ranges,
			(code->room + GROWTH) * sizeof(*code->ranges));
		if (!more)
			return false;
		code->ranges = more;
		code->room += GROWTH;
	}
	code->ranges[code->count++] = (struct range){low, high};
	return true;
}

// read_maps answers false where there is none, or no memory.
static bool read_maps(struct weir_code *code)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], may[5];
	uintptr_t low, high;
	bool whole = maps;

	while (whole && fgets(line, sizeof(line), maps)) {
		bool ends = strchr(line, '\n');

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &low, &high,
			    may) == 3 &&
			may[2] == 'x')
			whole = add(code, low, high);
		// A path may be longer than any line here.
		while (!ends && fgets(line, sizeof(line), maps))
			ends = strchr(line, '\n');
	}
	if (maps)
		fclose(maps);
	return whole && code->count > 0;
}

struct weir_code *weir_code_create(void)
{
	struct weir_code *code = calloc(1, sizeof(*code));

	if (!code)
		return NULL;
	code->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (code->memory >= 0 && read_maps(code))
		return code;
	weir_code_destroy(code);
	return NULL;
}

static bool holds(const struct weir_code *code, uintptr_t address)
{
	for (unsigned i = 0; i < code->count; i++)
		if (address >= code->ranges[i].low &&
			address < code->ranges[i].high)
			return true;
	return false;
}

bool weir_code_returns(const struct weir_code *code, uintptr_t address)
{
	uint8_t before[WEIR_CALL_SIZE_MAX];

	// A call may be the last of its range: what is there lies before.
	return address > sizeof(before) && holds(code, address - 1) &&
	       pread(code->memory, before, sizeof(before),
		       (off_t)(address - sizeof(before))) == sizeof(before) &&
	       weir_is_call(before);
}

void weir_code_cut(const struct weir_code *code, struct weir_frames *frames)
{
	for (unsigned i = 1; code && i < frames->count; i++)
		if (!weir_code_returns(code, frames->at[i]))
			frames->count = i;
}

void weir_code_destroy(struct weir_code *code)
{
	if (!code)
		return;
	if (code->memory >= 0)
		close(code->memory);
	free(code->ranges);
	free(code);
}

// SPDX-License-Identifier: BSD-3-Clause
//
// The small files that the kernel shows below /sys and /proc. Each call takes
// a root that stands in front of the path: "" for this machine, the folder of
// a made-up one in tests.
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_HOST_SYS_H
#define WEIR_HOST_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_SYS_PATH_SIZE 512

// weir_sys_path writes root and the path behind it. False where it does not
// fit.
__attribute__((format(printf, 3, 4))) bool weir_sys_path(
	char path[WEIR_SYS_PATH_SIZE], const char *root, const char *format,
	...);

// weir_sys_text reads the first line of a file, without its end. Where there
// is no such file, text is "" and the answer false.
__attribute__((format(printf, 4, 5))) bool weir_sys_text(
	char *text, size_t size, const char *root, const char *format, ...);

// weir_sys_number reads the number at the start of a file, "0x8086" or "42";
// missing where there is none.
__attribute__((format(printf, 3, 4))) long weir_sys_number(
	long missing, const char *root, const char *format, ...);

// weir_sys_link answers the last part of where a link leads: of
// ".../0000:3b:00.0/driver" the driver's name. Where there is no such link,
// name is "" and the answer false.
__attribute__((format(printf, 4, 5))) bool weir_sys_link(
	char *name, size_t size, const char *root, const char *format, ...);

// weir_sys_is tells whether there is such a file or folder.
__attribute__((format(printf, 2, 3))) bool weir_sys_is(
	const char *root, const char *format, ...);

#endif

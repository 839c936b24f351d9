// SPDX-License-Identifier: BSD-3-Clause
//
// Which weir this is, after semver. docs/versions.md says what each number
// promises; the others it names stand where they count: the stage's in
// stage/stage.h, the counters' in count/, the file's in config/.
#ifndef WEIR_BASE_VERSION_H
#define WEIR_BASE_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// Of the headers that a program is built with.
#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

// weir_version answers the version of the library that runs, "0.1.0".
const char *weir_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

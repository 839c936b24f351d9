// SPDX-License-Identifier: BSD-3-Clause
//
// An error of the world (device, file, peer, user, memory): -errno for the
// program, a sentence for the person. The sentence is said once, where the
// fault was found; it names the thing, what is wrong and what to do. Callers
// pass the error on and add nothing.
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define WEIR_ERROR_SIZE 4096

struct weir_error {
	int code;		    // 0 or -errno
	char text[WEIR_ERROR_SIZE]; // sentences, a line each
};

// weir_error_set stores code (-errno) and the sentence, and answers code. The
// first error stays: a later one only adds a line. e may be NULL; then only
// the code is answered.
__attribute__((format(printf, 3, 4))) int weir_error_set(
	struct weir_error *e, int code, const char *format, ...);

// weir_error_clear makes e empty: code 0, text "".
void weir_error_clear(struct weir_error *e);

// weir_nearest answers the one of count words that is nearest to word in edits
// (Damerau-Levenshtein), or NULL when none is near enough to be meant.
const char *weir_nearest(
	const char *word, const char *const *words, unsigned count);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

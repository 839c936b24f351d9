// SPDX-License-Identifier: BSD-3-Clause
//
// Text in little room: names are cut between letters of UTF-8, not within, and
// bytes from outside become text that every reader takes.
//
// Threads.  Any.
// Memory.  The caller's. Nothing allocates.
#ifndef WEIR_BASE_TEXT_H
#define WEIR_BASE_TEXT_H

#include <stddef.h>

// weir_text_letter answers how many bytes the letter has that text begins with,
// 0: it begins with none, or with one that is not whole.
unsigned weir_text_letter(const char *text);

// weir_text_copy copies as many letters as fit into size bytes (1 or more), and
// fills what is left with zeros. What is no UTF-8 is copied as it stands.
void weir_text_copy(char *to, size_t size, const char *text);

// weir_text_clean makes printable UTF-8 of size bytes (1 or more), in place: it
// ends the text, control characters become '?', and each byte that is in no
// letter becomes U+FFFD, for which what stands behind may be cut.
void weir_text_clean(char *text, size_t size);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// The log: lines for people on standard error, each with a stable event name
// that scripts may rely on ("port.truncated"). Each event is limited to
// WEIR_LOG_BURST lines a second; what was held back is said with the next line
// that passes. Never used on a polling path: it takes a lock and makes system
// calls.
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

enum weir_log_level {
	WEIR_LOG_ERROR,
	WEIR_LOG_WARNING,
	WEIR_LOG_INFO,
	WEIR_LOG_DEBUG,
};

#define WEIR_LOG_BURST 10 // lines of one event in a second

// weir_log writes one line "weir: warning: TEXT [EVENT]" if level is at or
// above what is asked for. event is a string literal.
__attribute__((format(printf, 3, 4))) void weir_log(
	enum weir_log_level level, const char *event, const char *format, ...);

// weir_log_level_set asks for lines at level and above; WEIR_LOG_WARNING at
// the start.
void weir_log_level_set(enum weir_log_level level);

// weir_log_hook passes each line (no newline) to hook instead of standard
// error, with arg; NULL turns back, and returns when no hook is being called.
// A hook is called for one line at a time and must not log. For programs that
// own the terminal and for tests.
void weir_log_hook(void (*hook)(void *arg, enum weir_log_level level,
			   const char *event, const char *line),
	void *arg);

#ifdef __cplusplus
}
#endif

#endif

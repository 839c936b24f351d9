// SPDX-License-Identifier: BSD-3-Clause
#include "net/rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct need {
	const char *kind;
	unsigned capability;
	const char *word;
};

static const struct need needs[] = {
	{"tap", CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{"af_packet", CAP_NET_RAW, "CAP_NET_RAW"},
	{"af_xdp", CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{"af_xdp", CAP_NET_RAW, "CAP_NET_RAW"},
};

static bool has(unsigned capability)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	// Where the kernel does not say, the device will.
	if (syscall(SYS_capget, &head, data))
		return true;
	return data[capability / 32].effective & (1u << capability % 32);
}

int weir_rights_check(const char *kind, const char *name, struct weir_error *e)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		const struct need *need = &needs[i];

		if (strcmp(need->kind, kind) || has(need->capability))
			continue;
		return weir_error_set(e, -EPERM,
			"port '%s' (%s) needs the capability %s, which this "
			"process lacks: run weir as root, or give it that "
			"(setcap)",
			name, kind, need->word);
	}
	return 0;
}

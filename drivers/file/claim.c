// SPDX-License-Identifier: BSD-3-Clause
#include "file/claim.h"

#include <errno.h>
#include <sys/stat.h>

static struct weir_list claims = {&claims, &claims};

static int refuse(const struct weir_claim *claim,
	const struct weir_claim *other, struct weir_error *e)
{
	return weir_error_set(e, -EBUSY,
		"port '%s': %s the file that port '%s' %s; give it a file of "
		"its own",
		claim->port, claim->writes ? "would write" : "would read",
		other->port, other->writes ? "writes" : "reads");
}

int weir_claim_take(struct weir_claim *claim, const char *port, int fd,
	bool writes, struct weir_error *e)
{
	struct stat st;

	weir_list_init(&claim->link);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	claim->port = port;
	claim->writes = writes;
	claim->device = st.st_dev;
	claim->inode = st.st_ino;
	weir_list_each (node, &claims) {
		struct weir_claim *other =
			weir_container(node, struct weir_claim, link);

		if (other->device == claim->device &&
			other->inode == claim->inode &&
			(writes || other->writes))
			return refuse(claim, other, e);
	}
	weir_list_add(&claims, &claim->link);
	return 0;
}

void weir_claim_drop(struct weir_claim *claim)
{
	if (claim->link.next)
		weir_list_remove(&claim->link);
}

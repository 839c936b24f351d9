// SPDX-License-Identifier: BSD-3-Clause
#include "world.h"

static void wake(struct weir_executor *executor, struct weir_post *post)
{
	struct sim_port *port = weir_container(post, struct sim_port, post);

	port->posted = false;
	weir_wake_all(&port->waiters);
}

void sim_port_init(struct sim_port *port, struct weir_executor *executor)
{
	*port = (struct sim_port){.executor = executor, .post = {.fn = wake}};
	weir_wait_queue_init(&port->waiters);
}

bool sim_port_put(struct sim_port *port)
{
	if (port->room == 0)
		return false;
	port->room--;
	return true;
}

int sim_port_wait(struct sim_port *port, uint64_t deadline)
{
	return weir_wait(&port->waiters, deadline, WEIR_WAIT_BACK);
}

void sim_port_interrupt(struct sim_port *port)
{
	if (port->room > 0 || port->posted || !port->executor)
		return;
	port->room = 1 + sim_below(SIM_BURST);
	if (sim_planted(SIM_FORGET_WAKES, 8))
		return;
	port->posted = true;
	weir_executor_post(port->executor, &port->post);
}

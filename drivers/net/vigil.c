// SPDX-License-Identifier: BSD-3-Clause

// VFIO tells of a removal through an interface that DPDK 22.11 calls
// experimental.
#ifndef ALLOW_EXPERIMENTAL_API
#define ALLOW_EXPERIMENTAL_API
#endif

#include "net/vigil.h"

#include "net/inside.h"
#include "net/tap.h"

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOOK_NS 100000000u
#define HUSH_NS 500000000u // a virtio driver's start takes some 100 ms

// What is gone stays so, whoever says something else at the same time.
static void set_state(struct weir_device *device, uint32_t state)
{
	uint32_t is = load_acquire(&device->state);

	while (is != WEIR_DEVICE_GONE &&
		!cas_acq_rel(&device->state, &is, state))
		;
}

static void set_open(struct weir_device *device)
{
	set_state(device,
		device->careful ? WEIR_DEVICE_CAREFUL : WEIR_DEVICE_OPEN);
}

// ---- removal ----

// On EAL's interrupt thread.
static int on_removal(
	uint16_t id, enum rte_eth_event_type type, void *arg, void *result)
{
	set_state(arg, WEIR_DEVICE_GONE);
	return 0;
}

static void on_event(const char *name, enum rte_dev_event_type type, void *arg)
{
	if (type == RTE_DEV_EVENT_REMOVE)
		set_state(arg, WEIR_DEVICE_GONE);
}

// ---- life ----

void weir_vigil_start(struct weir_vigil *vigil, struct weir_device *device,
	const struct weir_clock *clock, uint64_t wait_ns)
{
	*vigil = (struct weir_vigil){
		.device = device,
		.clock = clock,
		.wait = weir_clock_ticks(clock, wait_ns),
		.started = weir_clock_now(clock),
		.tap = device->name.tap ? weir_tap_find(device->name.interface)
					: -1,
	};
	vigil->linked = vigil->ever_linked = weir_device_link(device);
	vigil->linked_at = vigil->started;
	store_release(&device->hushed, device->name.twice);
	if (vigil->linked || !wait_ns)
		set_open(device);
	else
		set_state(device, WEIR_DEVICE_WAITS);
	rte_eth_dev_callback_register(
		device->id, RTE_ETH_EVENT_INTR_RMV, on_removal, device);
	rte_dev_event_callback_register(device->name.name, on_event, device);
}

void weir_vigil_stop(struct weir_vigil *vigil)
{
	struct weir_device *device = vigil->device;

	if (!device)
		return;
	vigil->device = NULL;
	rte_dev_event_callback_unregister(device->name.name, on_event, device);
	if (device->found)
		rte_eth_dev_callback_unregister(
			device->id, RTE_ETH_EVENT_INTR_RMV, on_removal, device);
}

// ---- looking ----

__attribute__((format(printf, 4, 5))) static bool tell(
	const struct weir_vigil *vigil, struct weir_port_event *event,
	bool fault, const char *format, ...)
{
	size_t used;
	va_list args;

	event->fault = fault;
	used = (size_t)snprintf(event->text, sizeof(event->text),
		"port '%s': ", vigil->device->port);
	va_start(args, format);
	vsnprintf(event->text + used, sizeof(event->text) - used, format, args);
	va_end(args);
	return true;
}

static bool look_gone(struct weir_vigil *vigil, struct weir_port_event *event)
{
	struct weir_device *device = vigil->device;

	if (!vigil->told_gone) {
		vigil->told_gone = true;
		return tell(vigil, event, true,
			"device '%s' was removed: nothing comes in there any "
			"more, and what was to go out is dropped",
			device->name.name);
	}
	// What af_xdp keeps of the pool can only be told when all else is quiet.
	if (device->found && device->careful && !device->plain &&
		weir_inside_nobody(device)) {
		weir_vigil_stop(vigil);
		weir_device_stop(device);
		weir_device_unplug(device);
		device->own = 0; // other lcores use the pool meanwhile
	}
	return false;
}

static const char *remedy(const struct weir_device *device)
{
	return weir_device_hardware(device)
		       ? "is the cable in, and the other side up?"
		       : "is the other side there?";
}

// A virtio driver that connects opens its rings and then sets them up once
// more: what a vhost has put there meanwhile is gone, and nobody has counted it.
static void hush(struct weir_vigil *vigil, bool link, uint64_t now)
{
	uint64_t quiet = weir_clock_ticks(vigil->clock, HUSH_NS);

	if (!vigil->device->name.twice)
		return;
	if (link && !vigil->linked)
		vigil->linked_at = now;
	store_release(&vigil->device->hushed,
		!vigil->quitting && (!link || now - vigil->linked_at < quiet));
}

static void look_at_link(struct weir_vigil *vigil, bool link, uint64_t now)
{
	struct weir_device *device = vigil->device;
	bool waits = load_relaxed(&device->state) == WEIR_DEVICE_WAITS;

	if (waits && (link || now - vigil->started >= vigil->wait))
		set_open(device);
	if (vigil->quitting && !link)
		set_state(device, WEIR_DEVICE_DROPS);
	hush(vigil, link, now);
	vigil->linked = link;
	vigil->ever_linked |= link;
}

// A tap that was moved to where we cannot see its link is taken to have one.
static bool has_link(const struct weir_vigil *vigil)
{
	return !if_nametoindex(vigil->device->name.interface) && vigil->tap >= 0
		       ? true
		       : weir_device_link(vigil->device);
}

static bool is_removed(const struct weir_vigil *vigil)
{
	const char *interface = vigil->device->name.interface;

	return *interface && !if_nametoindex(interface) &&
	       (vigil->tap < 0 || weir_tap_removed(vigil->tap));
}

// has_left tells whether the link went down, if only until this look.
static bool has_left(struct weir_vigil *vigil, bool before, bool link)
{
	uint32_t leaves = load_acquire(&vigil->device->leaves);
	bool left = leaves != vigil->leaves || (before && !link);

	vigil->leaves = leaves;
	return left;
}

static bool look(
	struct weir_vigil *vigil, struct weir_port_event *event, uint64_t now)
{
	struct weir_device *device = vigil->device;
	bool before = vigil->linked, link;

	if (is_removed(vigil)) {
		set_state(device, WEIR_DEVICE_GONE);
		return look_gone(vigil, event);
	}
	link = has_link(vigil);
	look_at_link(vigil, link, now);
	if (has_left(vigil, before, link) && !vigil->told_down) {
		vigil->told_down = true;
		return tell(vigil, event, false, "the link went down; %s",
			remedy(device));
	}
	if (vigil->ever_linked || vigil->told_none)
		return false;
	if (vigil->wait && now - vigil->started >= vigil->wait) {
		vigil->told_none = true;
		return tell(vigil, event, true,
			"there is no link after %.1f s; %s",
			(double)weir_clock_ns(
				vigil->clock, now - vigil->started) /
				1e9,
			remedy(device));
	}
	if (!vigil->quitting)
		return false;
	vigil->told_none = true;
	return tell(vigil, event, false, "there never was a link; %s",
		remedy(device));
}

bool weir_vigil_look(struct weir_vigil *vigil, struct weir_port_event *event)
{
	uint64_t now;

	if (!vigil->device)
		return false;
	if (load_acquire(&vigil->device->state) == WEIR_DEVICE_GONE)
		return look_gone(vigil, event);
	now = weir_clock_now(vigil->clock);
	if (vigil->next && now < vigil->next)
		return false;
	vigil->next = now + weir_clock_ticks(vigil->clock, LOOK_NS);
	return look(vigil, event, now);
}

void weir_vigil_quit(struct weir_vigil *vigil)
{
	vigil->quitting = true;
	vigil->next = 0; // look at once
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Kinds of network ports: what a file says ({memif: /run/x.sock}) turned into
// what EAL is told (net_memif_in with socket=/run/x.sock,…). Further arguments
// behind a comma go through to the device.
//
// Threads.  Set-up only: one thread.
// Memory.  Nothing is kept.
#ifndef WEIR_DRIVERS_NET_KINDS_H
#define WEIR_DRIVERS_NET_KINDS_H

#include "base/error.h"
#include "host/pci.h"
#include "port/port.h"

#include <net/if.h>
#include <rte_dev.h>

#define WEIR_DEVICE_ARGS_SIZE 1024

enum weir_role { WEIR_ROLE_AUTO, WEIR_ROLE_SERVER, WEIR_ROLE_CLIENT };

struct weir_kind_request {
	const char *port, *kind, *value; // "in", "memif", "/run/x.sock,id=1"
	bool receives, sends;
	uint32_t role;
	unsigned queues; // in each direction
	uint32_t mtu;	 // 0: not said
	unsigned room;	 // bytes of an mbuf for a packet
};

// What EAL is told.
struct weir_device_name {
	char bus[8]; // "vdev" or "pci"
	char name[RTE_DEV_NAME_MAX_LEN];
	char args[WEIR_DEVICE_ARGS_SIZE];
	char interface[IFNAMSIZ]; // of the kernel, behind it; "": none
	bool spreads; // over its queues by itself, or its other side does
	bool tap;     // the interface is made by the device, and may be moved
	bool retries; // errors on transmit are counted of packets that it did
		      // not take
	bool loses;   // what it finds no mbuf for is lost
	bool tears;   // loses the packet that it finds too few mbufs for
	bool twice;   // its other side sets the rings up twice at its start
	bool forgets; // what it counted, when the other side goes
	bool linger;  // the other side reads what was sent from our memory
	bool plain;   // sends only what lies in one mbuf of its own
};

// The table of kinds, and what refines it: see struct weir_port_driver.
extern const struct weir_port_kind weir_net_kinds[];
void weir_kind_traits(
	const char *kind, const char *value, struct weir_port_traits *traits);

// weir_kind_keeps answers the most packets that a device of the kind keeps in
// each queue that has so many descriptors (0: not said).
unsigned weir_kind_keeps(const char *kind, uint32_t descriptors);

// weir_kind_check judges a value, and a role, before anything is opened.
// Answers NULL, or the key that is wrong with words in e.
const char *weir_kind_check(const char *kind, const char *value, uint32_t role,
	struct weir_error *e);

// weir_kind_name says what EAL is told. Answers 0 or -errno with words.
int weir_kind_name(struct weir_device_name *name,
	const struct weir_kind_request *request, struct weir_error *e);

// weir_kind_pci writes the address that a value begins with as the kernel does.
// False if it begins with none.
bool weir_kind_pci(const char *value, char address[WEIR_PCI_ADDRESS_SIZE]);

#endif

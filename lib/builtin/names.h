// SPDX-License-Identifier: BSD-3-Clause
//
// Numbers in packets as people call them. Each writes the name into text, cut at
// size; a number without a name is written as a number.
#ifndef WEIR_BUILTIN_NAMES_H
#define WEIR_BUILTIN_NAMES_H

#include <stddef.h>
#include <stdint.h>

// weir_name_ether_type: "IPv4", "802.3" for a length, "0x88b5".
void weir_name_ether_type(uint16_t type, char *text, size_t size);

// weir_name_protocol: "TCP", "253".
void weir_name_protocol(uint8_t protocol, char *text, size_t size);

// weir_name_port: "443/tcp https", "7777/udp".
void weir_name_port(uint8_t protocol, uint16_t port, char *text, size_t size);

#endif

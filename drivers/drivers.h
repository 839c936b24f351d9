// SPDX-License-Identifier: BSD-3-Clause
//
// The port drivers that come with weir: one folder each.
#ifndef WEIR_DRIVERS_DRIVERS_H
#define WEIR_DRIVERS_DRIVERS_H

// weir_drivers_register makes all of them known; a second call does nothing.
void weir_drivers_register(void);

#endif

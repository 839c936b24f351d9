// SPDX-License-Identifier: BSD-3-Clause
//
// The port drivers that come with weir: one folder each.
#ifndef WEIR_DRIVERS_DRIVERS_H
#define WEIR_DRIVERS_DRIVERS_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// weir_drivers_register makes all of them known; a second call does nothing.
void weir_drivers_register(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// Tells stages what they may leave to the ports that send their packets.
#ifndef WEIR_PIPELINE_OFFLOADS_H
#define WEIR_PIPELINE_OFFLOADS_H

#include "base/error.h"

struct weir_pipeline;

// weir_offloads_tell calls the offloads of each stage that has it, when all
// ports are open and before the first packet. Answers 0 or -ENOMEM.
int weir_offloads_tell(struct weir_pipeline *pipeline, struct weir_error *e);

#endif

// SPDX-License-Identifier: BSD-3-Clause
//
// All of weir that programs build against. Each header can be had alone as
// well; weir/stage/kernel_test.h, for tests of stages, is only had so.
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/spin.h"
#include "base/version.h"
#include "builtin/builtin.h"
#include "chan/broadcast.h"
#include "chan/case.h"
#include "chan/chan.h"
#include "chan/latest.h"
#include "chan/oneshot.h"
#include "chan/permit.h"
#include "chan/segments.h"
#include "chan/weak.h"
#include "config/config.h"
#include "count/count.h"
#include "count/histogram.h"
#include "drivers/drivers.h"
#include "mem/mem.h"
#include "mem/packet.h"
#include "option/option.h"
#include "pipeline/pipeline.h"
#include "plan/plan.h"
#include "port/port.h"
#include "stage/load.h"
#include "stage/stage.h"
#include "sync/sync.h"
#include "task/executor.h"
#include "task/interval.h"
#include "task/join.h"
#include "task/local.h"
#include "task/select.h"
#include "task/set.h"
#include "task/shield.h"
#include "task/stepper.h"
#include "task/task.h"
#include "watch/contract.h"
#include "watch/watchdog.h"

#endif

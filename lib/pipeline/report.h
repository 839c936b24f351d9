// SPDX-License-Identifier: BSD-3-Clause
//
// The larger parts of the report, each a noun of it. Inside lib/pipeline only.
#ifndef WEIR_PIPELINE_REPORT_H
#define WEIR_PIPELINE_REPORT_H

#include "pipeline/runner.h"

void weir_report_stages(struct weir_pipeline *pipeline, json_t *report);
void weir_report_latency(struct weir_pipeline *pipeline, json_t *report);
void weir_report_executors(struct weir_pipeline *pipeline, json_t *report);
void weir_report_tables(struct weir_pipeline *pipeline, json_t *report);

#endif

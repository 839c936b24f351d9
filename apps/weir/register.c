// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"

void weir_register_all(void)
{
}

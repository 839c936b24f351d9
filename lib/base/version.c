// SPDX-License-Identifier: BSD-3-Clause
#include "base/version.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define VERSION                  \
	TEXT(WEIR_VERSION_MAJOR) \
	"." TEXT(WEIR_VERSION_MINOR) "." TEXT(WEIR_VERSION_PATCH)

const char *weir_version(void)
{
	return VERSION;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Reads any bytes as a pcapng, and every byte of what comes of it: the address
// sanitizer sees what lies outside.
#include "file/interface.h"
#include "file/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_bytes bytes;
	struct weir_pcapng pcapng;
	struct weir_record record;
	struct weir_error e = {0};
	volatile uint8_t sum = 0;

	weir_interfaces_enter();
	weir_bytes_memory(&bytes, data, size);
	weir_pcapng_open(&pcapng, &bytes, (uint32_t)weir_interfaces_source());
	while (weir_pcapng_next(&pcapng, &record, &e) == 1)
		for (uint32_t i = 0; i < record.size; i++)
			sum = (uint8_t)(sum + record.bytes[i]);
	weir_pcapng_close(&pcapng);
	weir_interfaces_leave();
	return 0;
}

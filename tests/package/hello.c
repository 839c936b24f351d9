// SPDX-License-Identifier: BSD-3-Clause
#include <weir/weir.h>
#include <stdio.h>

static void talk(void *arg)
{
	struct weir_tx tx;
	struct weir_rx rx;
	const char *hello = "Hello", *got = NULL;

	weir_channel_open(
		32, &tx, &rx); // MPMC unless the wiring says otherwise
	if (weir_send(&tx, &hello) != WEIR_SENT) // moved: hello is NULL now
		return;
	if (weir_recv(&rx, &got) == WEIR_RECEIVED) // ours
		puts(got);
	weir_tx_close(&tx);
	weir_rx_close(&rx);
}

int main(void)
{
	return weir_run(
		talk, NULL); // one executor on this thread; no EAL, no root
}

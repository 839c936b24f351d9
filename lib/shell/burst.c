// SPDX-License-Identifier: BSD-3-Clause
//
// The hot path. A burst goes down the tree by calls: each kernel is followed
// by one clock read, which ends its stretch and begins the next one's; what it
// put on a lane is the next kernel's input, where it lies.
//
// What the executor and the handing on take is counted with the kernel that
// runs next: some ten cycles a burst, cheaper than the clock read that would
// tell them apart.
#include "shell/burst.h"
#include "mem/pool.h"
#include "stage/unshare.h"
#include "task/executor_inline.h"

void weir_burst_discard(
	struct weir_shell *shell, struct rte_mbuf **packets, unsigned n)
{
	if (!shell->giveback) {
		rte_pktmbuf_free_bulk(packets, n);
		return;
	}
	// Credit has been taken on the way back, too.
	n -= weir_edge_send(shell->giveback, packets, n);
	weir_assert(n == 0);
}

static void discard_trash(struct weir_shell *shell, struct weir_lane *trash)
{
	weir_assert(trash->count <= trash->size);
	weir_burst_discard(shell, trash->packets, trash->count);
	trash->count = 0;
}

static inline void send_edge(struct weir_shell *shell, struct weir_edge *edge,
	struct rte_mbuf **packets, unsigned n)
{
	unsigned sent = weir_edge_send(edge, packets, n);

	count_add(&edge->sent->in, n);
	if (likely(sent == n))
		return;
	weir_assert(edge->when_full != WEIR_WHEN_FULL_WAIT);
	count_add(&edge->sent->full, n - sent);
	weir_burst_discard(shell, packets + sent, n - sent);
}

// is_plain tells of a packet that surely nobody else has: one piece of memory
// with one user. Most are.
static inline bool is_plain(const struct rte_mbuf *packet)
{
	return packet->nb_segs == 1 && RTE_MBUF_DIRECT(packet) &&
	       rte_mbuf_refcnt_read(packet) == 1;
}

// make_private gives a stage that writes packets that nobody else reads. Those for
// which the pool has none are dropped; answers how many stay.
static unsigned make_private(struct weir_shell *shell,
	struct weir_instance *instance, struct rte_mbuf **in, unsigned n)
{
	struct weir_lane *trash = &instance->out.trash;
	unsigned kept = 0;

	while (kept < n && likely(is_plain(in[kept])))
		kept++;
	// See weir_packet_unshare, which does so for the others.
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (unsigned i = kept; i < n; i++) {
		struct rte_mbuf *alone =
			weir_packet_private(in[i], instance->pool);

		if (unlikely(alone != in[i]))
			trash->packets[trash->count++] = in[i];
		if (likely(alone != NULL))
			in[kept++] = alone;
		else
			count_add(&instance->counts->no_mbuf, 1);
	}
	return kept;
}

// are_plain tells whether all packets are what most are: plain, and Ethernet
// frames for all that is known of them.
static inline bool are_plain(struct rte_mbuf **in, unsigned n)
{
	uint64_t flags = 0;
	unsigned users = 0, pieces = 0;

	for (unsigned i = 0; i < n; i++) {
		flags |= in[i]->ol_flags;
		users |= rte_mbuf_refcnt_read(in[i]);
		pieces |= in[i]->nb_segs;
	}
	return users == 1 && pieces == 1 &&
	       !(flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL |
				 weir_packet_flag));
}

// choose answers how many packets a stage may see that wants Ethernet frames,
// or packets that nobody else reads.
static unsigned choose(struct weir_shell *shell, struct weir_instance *instance,
	struct rte_mbuf **in, unsigned n)
{
	if (instance->ethernet)
		n = weir_ethernet_sift(
			in, n, &instance->out.trash, &instance->counts->sifted);
	if (instance->writes)
		n = make_private(shell, instance, in, n);
	return n;
}

static unsigned sift(struct weir_shell *shell, struct weir_instance *instance,
	struct rte_mbuf **in, unsigned n)
{
	if (likely(are_plain(in, n)))
		__atomic_thread_fence(__ATOMIC_ACQUIRE); // as make_private's
	else
		n = choose(shell, instance, in, n);
	if (instance->emits)
		for (unsigned i = 0; i < instance->lane_count; i++)
			instance->out.lanes[i].room =
				instance->out.lanes[i].size / WEIR_BURST * n;
	return n;
}

static void pass(struct weir_shell *shell, const struct weir_link *link,
	struct rte_mbuf **packets, unsigned n);

// call gives n packets to an instance's kernel, and times it.
static inline void call(struct weir_shell *shell,
	struct weir_instance *instance, struct rte_mbuf **in, unsigned n)
{
	uint64_t begin = shell->now;
	unsigned came = n;

	count_add(&instance->counts->in, n);
	if (unlikely(instance->special))
		n = sift(shell, instance, in, n);
	instance->out.now = shell->now;
	weir_executor_runs(shell->executor, instance->timed_in);
	if (likely(n > 0))
		instance->kernel(instance->state, in, n, &instance->out);
	if (likely(instance->timed_with == NULL))
		shell->now = weir_executor_lap_inline(
			shell->executor, instance->steps);
	else
		shell->tail = instance;
	if (weir_trace_is_on())
		weir_shell_trace_burst(
			shell, instance, came, shell->now - begin);
	if (unlikely(instance->out.trash.count))
		discard_trash(shell, &instance->out.trash);
}

void weir_shell_trace_burst(struct weir_shell *shell,
	const struct weir_instance *instance, unsigned n, uint64_t ticks)
{
	shell->idles = 0;
	weir_trace_stage_burst(
		weir_executor_tick(shell->executor), instance, n, ticks);
}

void weir_shell_trace_idle(struct weir_shell *shell, enum weir_regime regime)
{
	uint64_t tick = weir_executor_tick(shell->executor);

	if (shell->idles == 1 + regime)
		return;
	shell->idles = (unsigned char)(1 + regime);
	if (regime == WEIR_TIME_WAITING)
		weir_trace_stage_waits(tick, shell->root);
	else if (regime == WEIR_TIME_HELD_BACK)
		weir_trace_stage_held_back(tick, shell->root);
}

// settle_ways empties the lanes of an instance that has not just one.
static __attribute__((noinline)) void settle_ways(
	struct weir_shell *shell, struct weir_instance *instance)
{
	for (unsigned i = 0; i < instance->lane_count; i++) {
		struct weir_lane *lane = &instance->out.lanes[i];
		unsigned n = lane->count;

		if (!n)
			continue;
		lane->count = 0;
		pass(shell, &instance->links[i], lane->packets, n);
	}
}

// settle gives what lies on an instance's lanes to those below. A chain is a
// loop: only where it branches is there a deeper call.
static inline void settle(
	struct weir_shell *shell, struct weir_instance *instance)
{
	while (instance->lane_count == 1) {
		const struct weir_link *link = instance->links;
		struct weir_lane *lane = instance->out.lanes;
		unsigned n = lane->count;

		if (!n)
			return;
		lane->count = 0;
		if (unlikely(!link->next || n > WEIR_BURST)) {
			pass(shell, link, lane->packets, n);
			return;
		}
		count_add(link->counter, n);
		instance = link->next;
		call(shell, instance, lane->packets, n);
	}
	if (instance->lane_count)
		settle_ways(shell, instance);
}

static void run(struct weir_shell *shell, struct weir_instance *instance,
	struct rte_mbuf **in, unsigned n)
{
	call(shell, instance, in, n);
	settle(shell, instance);
}

static void pass(struct weir_shell *shell, const struct weir_link *link,
	struct rte_mbuf **packets, unsigned n)
{
	count_add(link->counter, n);
	if (likely(link->next != NULL)) {
		for (; unlikely(n > WEIR_BURST); n -= WEIR_BURST) {
			run(shell, link->next, packets, WEIR_BURST);
			packets += WEIR_BURST;
		}
		run(shell, link->next, packets, n);
	} else if (link->edge) {
		send_edge(shell, link->edge, packets, n);
	} else {
		weir_burst_discard(shell, packets, n);
	}
}

unsigned weir_burst_prepare(struct weir_shell *shell,
	struct weir_instance *instance, struct rte_mbuf **in, unsigned n)
{
	count_add(&instance->counts->in, n);
	if (weir_trace_is_on())
		weir_shell_trace_burst(shell, instance, n, 0);
	if (instance->special)
		n = sift(shell, instance, in, n);
	if (instance->out.trash.count)
		discard_trash(shell, &instance->out.trash);
	return n;
}

void weir_burst_settle(struct weir_shell *shell, struct weir_instance *instance)
{
	if (unlikely(instance->out.trash.count))
		discard_trash(shell, &instance->out.trash);
	settle(shell, instance);
}

void weir_burst_run(struct weir_shell *shell, struct weir_instance *instance,
	struct rte_mbuf **in, unsigned n)
{
	run(shell, instance, in, n);
}

void weir_burst_pass(struct weir_shell *shell, const struct weir_link *link,
	struct rte_mbuf **packets, unsigned n)
{
	pass(shell, link, packets, n);
}

bool weir_burst_can_drop(const struct weir_shell *shell)
{
	return likely(!shell->giveback) ||
	       weir_edge_room(shell->giveback, WEIR_TRASH_SIZE) >=
		       WEIR_TRASH_SIZE;
}

uint32_t weir_burst_emit_room(
	const struct weir_shell *shell, const struct weir_instance *instance)
{
	uint32_t room = weir_leaves_room(&instance->emit);
	uint32_t back;

	if (likely(!shell->giveback))
		return room;
	back = weir_edge_room(shell->giveback, WEIR_GIVEBACK_DEPTH);
	if (back < WEIR_TRASH_SIZE)
		return 0;
	back = (back - WEIR_TRASH_SIZE) / instance->emit_trash;
	return back < room ? back : room;
}

uint32_t weir_burst_credit(const struct weir_shell *shell)
{
	const struct weir_instance *root = shell->root;
	uint32_t room = weir_leaves_room(&root->take);
	uint32_t back;

	if (likely(!shell->giveback))
		return room;
	back = weir_edge_room(shell->giveback, WEIR_GIVEBACK_DEPTH) /
	       root->take_trash;
	return back < room ? back : room;
}

// tick calls one instance's; its time is counted where it did something, else
// it is too short to pay for a clock read.
static unsigned tick(struct weir_shell *shell, struct weir_instance *instance)
{
	uint64_t consumed = instance->counts->consumed;
	unsigned left;

	if (!weir_burst_can_drop(shell))
		return 0;
	if (instance->lane_count)
		weir_burst_set_room(
			instance, weir_burst_emit_room(shell, instance));
	instance->out.now = shell->now;
	weir_executor_runs(shell->executor, instance->steps);
	instance->type->tick(instance->state, shell->now, &instance->out);
	consumed = instance->counts->consumed - consumed;
	left = weir_burst_emitted(instance) + (unsigned)consumed;
	if (likely(!left))
		return 0;
	shell->now = weir_executor_lap_inline(shell->executor, instance->steps);
	weir_burst_settle(shell, instance);
	return left;
}

void weir_burst_publish_held(struct weir_shell *shell)
{
	for (unsigned i = 0; i < shell->tree_count; i++) {
		struct weir_instance *instance = shell->tree[i];

		const struct weir_stage *type = instance->type;

		if (type->held_now)
			store_relaxed(&instance->counts->held,
				type->held_now(instance->state));
		else if (type->held)
			store_relaxed(&instance->counts->held,
				type->held(instance->state));
	}
}

void weir_burst_begin(struct weir_shell *shell, struct weir_executor *executor)
{
	unsigned done = 0;

	shell->now = weir_executor_now_inline(executor);
	weir_burst_beat(shell);
	for (unsigned i = 0; i < shell->ticking_count; i++)
		done += tick(shell, shell->ticking[i]);
	if (done)
		weir_executor_worked_inline(executor, done);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "chan/owner.h"
#include "chan/user.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif
#ifdef POISONS
#include <sanitizer/asan_interface.h>
#endif

#define BUCKETS 1024

// The tag of a message that travels.
struct tag {
	struct tag *next;
	void *message;
	size_t size;
	uint64_t sum;
	char sender[WEIR_USER_NAME_SIZE];
	char channel[32];
};

static struct tag *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct tag **find(void *message)
{
	struct tag **at = &buckets[(uintptr_t)message / 16 % BUCKETS];

	while (*at && (*at)->message != message)
		at = &(*at)->next;
	return at;
}

#ifdef POISONS
static void close_off(struct tag *tag)
{
	__asan_poison_memory_region(tag->message, tag->size);
}

// open_again answers whether nobody has written to the message meanwhile: here
// it would have been told at once.
static bool open_again(struct tag *tag)
{
	__asan_unpoison_memory_region(tag->message, tag->size);
	return true;
}
#else
static uint64_t sum_of(const void *message, size_t size)
{
	const unsigned char *bytes = message;
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3u;
	return sum;
}

static void close_off(struct tag *tag)
{
	tag->sum = sum_of(tag->message, tag->size);
}

static bool open_again(struct tag *tag)
{
	return tag->sum == sum_of(tag->message, tag->size);
}
#endif

static void sent_twice(const char *channel, const struct tag *tag)
{
	char name[WEIR_USER_NAME_SIZE];

	weir_user_name(name);
	weir_user_bug("%s sends %p on channel '%s', but %s has sent it on "
		      "channel '%s', where it still is: a message has one "
		      "owner",
		name, tag->message, channel, tag->sender, tag->channel);
}

void weir_owner_send(const char *channel, void *message, size_t size)
{
	struct tag **at, *tag = calloc(1, sizeof(*tag));

	if (!tag || !message) {
		free(tag);
		return;
	}
	tag->message = message;
	tag->size = size;
	weir_user_name(tag->sender);
	snprintf(tag->channel, sizeof(tag->channel), "%s", channel);
	pthread_mutex_lock(&lock);
	at = find(message);
	if (*at)
		sent_twice(channel, *at);
	close_off(tag);
	*at = tag;
	pthread_mutex_unlock(&lock);
}

// untag takes the tag off; NULL when there is none.
static struct tag *untag(void *message)
{
	struct tag **at, *tag;

	pthread_mutex_lock(&lock);
	at = find(message);
	tag = *at;
	if (tag)
		*at = tag->next;
	pthread_mutex_unlock(&lock);
	return tag;
}

void weir_owner_keep(void *message)
{
	struct tag *tag = untag(message);

	if (tag)
		open_again(tag);
	free(tag);
}

void weir_owner_receive(const char *channel, void *message)
{
	struct tag *tag = untag(message);
	char name[WEIR_USER_NAME_SIZE];

	if (tag && !open_again(tag)) {
		weir_user_name(name);
		weir_user_bug("%p was written to after %s had sent it on "
			      "channel '%s' and before %s received it: what "
			      "was sent is not the sender's any more",
			message, tag->sender, channel, name);
	}
	free(tag);
}

void weir_owner_leak(const char *channel, void *message)
{
	struct tag *tag = untag(message);
	char name[WEIR_USER_NAME_SIZE];

	weir_user_name(name);
	weir_user_bug("%p, which %s sent on channel '%s', is lost: %s closed "
		      "the channel with it inside, and it has no release",
		message, tag ? tag->sender : "somebody", channel, name);
}

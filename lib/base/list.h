// SPDX-License-Identifier: BSD-3-Clause
//
// A doubly linked list through its members, so that adding never allocates and
// removing needs no search. An unlinked node points at itself.
#ifndef WEIR_BASE_LIST_H
#define WEIR_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct weir_list {
	struct weir_list *next, *prev;
};

#define weir_container(node, type, member) \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

#define weir_list_each(node, list)                                             \
	for (struct weir_list *node = (list)->next, *node##_next = node->next; \
		node != (list); node = node##_next, node##_next = node->next)

// weir_list_init makes it empty, or a node one that is in no list.
static inline void weir_list_init(struct weir_list *list)
{
	list->next = list->prev = list;
}

// weir_list_empty tells whether nothing is in it.
static inline bool weir_list_empty(const struct weir_list *list)
{
	return list->next == list;
}

// weir_list_add links node in front of list: at its tail.
static inline void weir_list_add(struct weir_list *list, struct weir_list *node)
{
	node->next = list;
	node->prev = list->prev;
	list->prev->next = node;
	list->prev = node;
}

// weir_list_add_head links node behind list: at its head.
static inline void weir_list_add_head(
	struct weir_list *list, struct weir_list *node)
{
	weir_list_add(list->next, node);
}

// weir_list_remove unlinks node; harmless when it is not linked.
static inline void weir_list_remove(struct weir_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	weir_list_init(node);
}

#endif

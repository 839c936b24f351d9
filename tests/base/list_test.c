// SPDX-License-Identifier: BSD-3-Clause
#include "base/list.h"

#include <criterion/criterion.h>

struct item {
	int value;
	struct weir_list link;
};

static int sum_in_order(struct weir_list *list)
{
	int digits = 0;

	weir_list_each (node, list)
		digits = digits * 10 +
			 weir_container(node, struct item, link)->value;
	return digits;
}

Test(list, keeps_the_order_of_adding)
{
	struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
	struct weir_list list;

	weir_list_init(&list);
	cr_expect(weir_list_empty(&list));
	for (int i = 0; i < 3; i++)
		weir_list_add(&list, &items[i].link);
	cr_expect_not(weir_list_empty(&list));
	cr_expect_eq(sum_in_order(&list), 123);
}

Test(list, adds_at_the_head)
{
	struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
	struct weir_list list;

	weir_list_init(&list);
	for (int i = 0; i < 3; i++)
		weir_list_add_head(&list, &items[i].link);
	cr_expect_eq(sum_in_order(&list), 321);
}

Test(list, a_node_may_leave_while_one_walks_and_leave_twice)
{
	struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
	struct weir_list list;

	weir_list_init(&list);
	for (int i = 0; i < 3; i++)
		weir_list_add(&list, &items[i].link);
	weir_list_each (node, &list)
		if (weir_container(node, struct item, link)->value == 2)
			weir_list_remove(node);
	weir_list_remove(&items[1].link);
	cr_expect_eq(sum_in_order(&list), 13);
}

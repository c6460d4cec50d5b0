/* core/block.h - memory that is given back all at once: what is decoded from a snapshot. */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include <stddef.h>

struct block;

/* Zeroed, aligned for any type; NULL when out of memory. `*head` starts as NULL. */
void *block_alloc(struct block **head, size_t len);
void block_free(struct block *head);

#endif

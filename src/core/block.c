/* core/block.c - memory that is given back all at once. */
#include "core/block.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_LEN 16384

struct block {
    struct block *next;
    size_t used, cap;
    alignas(max_align_t) unsigned char bytes[];
};

void *block_alloc(struct block **head, size_t len)
{
    size_t rounded = (len + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (rounded < len)
        return NULL;
    struct block *b = *head;
    if (b == NULL || b->cap - b->used < rounded) {
        size_t cap = rounded > BLOCK_LEN ? rounded : BLOCK_LEN;
        b = calloc(1, sizeof *b + cap);
        if (b == NULL)
            return NULL;
        b->cap = cap;
        b->next = *head;
        *head = b;
    }
    void *at = b->bytes + b->used;
    b->used += rounded;
    return at;
}

void block_free(struct block *head)
{
    while (head != NULL) {
        struct block *next = head->next;
        free(head);
        head = next;
    }
}

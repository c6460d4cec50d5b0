#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request's needs in one block; a block of this size is what arena_clear keeps. */
#define BLOCK_SIZE ((size_t)16 * 1024)
#define ALIGNMENT  _Alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t cap;
    _Alignas(ALIGNMENT) char data[];
};

static struct arena_block *block_new(size_t cap)
{
    if (cap > SIZE_MAX - sizeof(struct arena_block))
        abort();
    struct arena_block *block = calloc(1, sizeof(*block) + cap);
    if (!block)
        abort();
    block->cap = cap;
    return block;
}

static void block_free(struct arena_block *block)
{
    explicit_bzero(block->data, block->cap);
    free(block);
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        abort();
    size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (a->head && a->head->cap - a->used >= size) {
        void *ptr = a->head->data + a->used;
        a->used += size;
        return ptr;
    }
    if (a->head && size > BLOCK_SIZE / 4) {
        /* A large piece gets a block of its own behind the head, whose room stays in use. */
        struct arena_block *own = block_new(size);
        own->next = a->head->next;
        a->head->next = own;
        return own->data;
    }
    struct arena_block *block = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);
    block->next = a->head;
    a->head = block;
    a->used = size;
    return block->data;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        abort();
    return arena_alloc(a, bytes);
}

char *arena_cstr(struct arena *a, struct cardea_str text)
{
    char *copy = arena_alloc(a, text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

struct cardea_str arena_str(struct arena *a, struct cardea_str text)
{
    return (struct cardea_str){arena_cstr(a, text), text.len};
}

struct cardea_str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        abort();
    char *text = arena_alloc(a, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return (struct cardea_str){text, (size_t)len};
}

void arena_clear(struct arena *a)
{
    struct arena_block *kept = NULL;
    for (struct arena_block *block = a->head, *next; block; block = next) {
        next = block->next;
        if (kept || block->cap != BLOCK_SIZE) {
            block_free(block);
            continue;
        }
        explicit_bzero(block->data, block == a->head ? a->used : block->cap);
        kept = block;
        kept->next = NULL;
    }
    a->head = kept;
    a->used = 0;
}

void arena_release(struct arena *a)
{
    for (struct arena_block *block = a->head, *next; block; block = next) {
        next = block->next;
        block_free(block);
    }
    *a = (struct arena){0};
}

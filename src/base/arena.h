/* base/arena.h - memory that is freed all at once: a request's, a loader's. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <cardea/types.h>

struct arena_block;

/* Zero-initialised is empty and ready. One thread at a time. */
struct arena {
    struct arena_block *head;
    size_t used; /* in head */
};

/* Aligned for any type, zeroed. Aborts when memory is out: a daemon that cannot allocate a request's few kilobytes
 * cannot answer either; sizes that a client controls are bounded before they get here. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
/* NUL-terminated copies; the NUL is not counted. */
struct cardea_str arena_str(struct arena *a, struct cardea_str text);
char *arena_cstr(struct arena *a, struct cardea_str text);
struct cardea_str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
/* Frees all but one block, which is wiped and kept for reuse. */
void arena_clear(struct arena *a);
/* Wipes and frees everything; the arena is empty and ready. */
void arena_release(struct arena *a);

#endif

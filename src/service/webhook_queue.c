#include "service/webhook_queue.h"

#include <stdlib.h>

#include "base/str.h"

#define ROWS_EACH   64 /* read at once */
#define TABLE_FIRST 256

static void *grow(void *old, size_t count, size_t size)
{
    void *grown = realloc(old, count * size);
    if (!grown)
        abort(); /* memory is out */
    return grown;
}

/* ---- the table ---- */

static size_t slot_of(const struct webhook_queues *all, int64_t id)
{
    return (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (all->table_size - 1);
}

static void make_table(struct webhook_queues *all, size_t size)
{
    struct webhook_queue **old = all->table;
    size_t old_size = all->table_size;
    all->table = calloc(size, sizeof(struct webhook_queue *));
    all->table_size = size;
    if (!all->table)
        abort(); /* memory is out */
    for (size_t i = 0; i < old_size; i++) {
        for (struct webhook_queue *q = old[i], *next; q; q = next) {
            size_t slot = slot_of(all, q->id);
            next = q->chain;
            q->chain = all->table[slot];
            all->table[slot] = q;
        }
    }
    free(old);
}

void webhook_queues_init(struct webhook_queues *all, void *owner)
{
    *all = (struct webhook_queues){.owner = owner};
    make_table(all, TABLE_FIRST);
}

static void free_queue(struct webhook_queue *q)
{
    arena_release(&q->arena); /* secrets, too: it wipes */
    free(q->busy);
    free(q);
}

void webhook_queues_release(struct webhook_queues *all)
{
    for (size_t i = 0; i < all->table_size; i++) {
        for (struct webhook_queue *q = all->table[i], *next; q; q = next) {
            next = q->chain;
            free_queue(q);
        }
    }
    free(all->table);
    free(all->heap);
}

struct webhook_queue *webhook_queue_of(struct webhook_queues *all, int64_t id)
{
    struct webhook_queue *q = all->table[slot_of(all, id)];
    while (q && q->id != id)
        q = q->chain;
    if (q)
        return q;
    if (all->count == all->table_size)
        make_table(all, 2 * all->table_size);
    q = calloc(1, sizeof(*q));
    if (!q)
        abort(); /* memory is out */
    *q = (struct webhook_queue){.all = all, .id = id, .failing = true, .slow = true};
    size_t slot = slot_of(all, id);
    q->chain = all->table[slot];
    all->table[slot] = q;
    all->count++;
    return q;
}

/* ---- the heap ---- */

static void put(struct webhook_queues *all, size_t place, struct webhook_queue *q)
{
    all->heap[place - 1] = q;
    q->place = place;
}

static void sift_up(struct webhook_queues *all, struct webhook_queue *q)
{
    size_t at = q->place;
    for (; at > 1 && all->heap[at / 2 - 1]->due_at_ms > q->due_at_ms; at /= 2)
        put(all, at, all->heap[at / 2 - 1]);
    put(all, at, q);
}

static void sift_down(struct webhook_queues *all, struct webhook_queue *q)
{
    size_t at = q->place, child;
    for (; (child = 2 * at) <= all->heap_count; at = child) {
        if (child < all->heap_count && all->heap[child]->due_at_ms < all->heap[child - 1]->due_at_ms)
            child++;
        if (all->heap[child - 1]->due_at_ms >= q->due_at_ms)
            break;
        put(all, at, all->heap[child - 1]);
    }
    put(all, at, q);
}

void webhook_queue_news(struct webhook_queues *all, struct webhook_queue *q)
{
    q->quiet_until_ms = 0;
    webhook_queue_due(all, q, 0);
}

void webhook_queue_due(struct webhook_queues *all, struct webhook_queue *q, int64_t at_ms)
{
    if (q->waiting || (q->place && q->due_at_ms <= at_ms))
        return;
    q->due_at_ms = at_ms;
    if (!q->place) {
        if (all->heap_count == all->heap_room) {
            all->heap_room = all->heap_room ? 2 * all->heap_room : TABLE_FIRST;
            all->heap = grow(all->heap, all->heap_room, sizeof(struct webhook_queue *));
        }
        put(all, ++all->heap_count, q);
    }
    sift_up(all, q);
}

struct webhook_queue *webhook_queues_pop(struct webhook_queues *all, int64_t now_ms)
{
    if (!all->heap_count || all->heap[0]->due_at_ms > now_ms)
        return NULL;
    struct webhook_queue *first = all->heap[0], *last = all->heap[--all->heap_count];
    first->place = 0;
    if (last != first) {
        put(all, 1, last);
        sift_down(all, last);
    }
    return first;
}

int64_t webhook_queues_next_due(const struct webhook_queues *all)
{
    return all->heap_count ? all->heap[0]->due_at_ms : INT64_MAX;
}

void webhook_queue_wait(struct webhook_queues *all, struct webhook_queue *q)
{
    q->waiting = true;
    q->next_waiting = all->waiting;
    all->waiting = q;
}

void webhook_queues_resume(struct webhook_queues *all)
{
    struct webhook_queue *q = all->waiting, *next;
    all->waiting = NULL;
    for (; q; q = next) {
        next = q->next_waiting;
        q->waiting = false;
        webhook_queue_due(all, q, 0);
    }
}

/* ---- one endpoint's ---- */

static bool is_busy(const struct webhook_queue *q, int64_t id)
{
    for (size_t i = 0; i < q->busy_count; i++)
        if (q->busy[i] == id)
            return true;
    return false;
}

static enum store_err read_rows(struct webhook_queue *q, struct store_conn *db, int64_t now_ms)
{
    size_t limit = ROWS_EACH + q->busy_count, count = 0;
    q->rows = arena_array(&q->arena, limit, sizeof(*q->rows));
    enum store_err err = store_webhook_due(db, &q->arena, q->id, now_ms, limit, q->rows, &count);
    for (size_t i = 0; err == STORE_OK && i < count; i++)
        if (!is_busy(q, q->rows[i].id))
            q->rows[q->count++] = q->rows[i];
    return err;
}

/* When the next one's time comes. While some are busy it is not known: writing them down says so. */
static void say_when(struct webhook_queues *all, struct webhook_queue *q, struct store_conn *db, enum store_err err,
                     int64_t now_ms)
{
    int64_t at = 0;
    arena_release(&q->arena);
    if (err != STORE_OK || store_webhook_next_due(db, q->id, &at) != STORE_OK)
        at = now_ms + 1000;
    q->quiet_until_ms = at > now_ms ? at : INT64_MAX;
    if (at > now_ms)
        webhook_queue_due(all, q, at);
}

const struct store_webhook_delivery *webhook_queue_next(struct webhook_queues *all, struct webhook_queue *q,
                                                        struct service *svc, struct store_conn *db, int64_t now_ms)
{
    if (q->next < q->count)
        return &q->rows[q->next++];
    if (now_ms < q->quiet_until_ms) {
        if (q->quiet_until_ms < INT64_MAX)
            webhook_queue_due(all, q, q->quiet_until_ms);
        return NULL;
    }
    q->next = q->count = 0;
    arena_clear(&q->arena);
    if (!webhook_target_read(&q->target, svc, db, &q->arena, q->id)) {
        arena_release(&q->arena); /* whoever enables it says so */
        return NULL;
    }
    enum store_err err = read_rows(q, db, now_ms);
    if (err == STORE_OK && q->count > 0)
        return &q->rows[q->next++];
    q->count = 0;
    say_when(all, q, db, err, now_ms);
    return NULL;
}

struct webhook_attempt *webhook_queue_take(struct webhook_queue *q, const struct store_webhook_delivery *row)
{
    struct arena arena = {0};
    struct webhook_attempt *x = arena_alloc(&arena, sizeof(*x));
    *x = (struct webhook_attempt){.row = *row, .queue = q, .why = ""};
    x->row.type = arena_str(&arena, row->type);
    x->row.attempt_log = arena_str(&arena, row->attempt_log);
    x->row.error = x->row.response = (struct cardea_str){0};
    x->arena = arena;
    if (q->busy_count == q->busy_room) {
        q->busy_room = q->busy_room ? 2 * q->busy_room : 8;
        q->busy = grow(q->busy, q->busy_room, sizeof(*q->busy));
    }
    q->busy[q->busy_count++] = row->id;
    return x;
}

void webhook_queue_settled(struct webhook_queues *all, struct webhook_queue *q, int64_t delivery_id,
                           int64_t again_at_ms)
{
    for (size_t i = 0; i < q->busy_count; i++)
        if (q->busy[i] == delivery_id) {
            q->busy[i] = q->busy[--q->busy_count];
            break;
        }
    if (again_at_ms) {
        q->quiet_until_ms = again_at_ms < q->quiet_until_ms ? again_at_ms : q->quiet_until_ms;
        webhook_queue_due(all, q, q->quiet_until_ms);
    }
    if (q->next < q->count)
        webhook_queue_due(all, q, 0);
    else if (!q->busy_count)
        webhook_queue_news(all, q);
}

void webhook_queue_forget(struct webhook_queues *all, struct webhook_queue *q)
{
    q->next = q->count = 0;
    q->rest_until_ms = 0;
    webhook_queue_news(all, q);
}

void webhook_queues_forget_all(struct webhook_queues *all)
{
    for (size_t i = 0; i < all->table_size; i++)
        for (struct webhook_queue *q = all->table[i]; q; q = q->chain)
            webhook_queue_forget(all, q);
}

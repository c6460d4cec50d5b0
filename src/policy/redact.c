#include <stdio.h>
#include <stdlib.h>

#include "policy/internal.h"

void policy_add_cut(struct arena *a, struct policy_cuts *cuts, const struct policy_hit *hit)
{
    if (!hit->has_span)
        return;
    if (cuts->count == cuts->cap) {
        size_t cap = cuts->cap ? cuts->cap * 2 : 16;
        struct policy_cut *grown = arena_array(a, cap, sizeof(*grown));
        if (cuts->count > 0)
            memcpy(grown, cuts->items, cuts->count * sizeof(*grown));
        cuts->items = grown;
        cuts->cap = cap;
    }
    cuts->items[cuts->count++] = (struct policy_cut){hit->redact.start, hit->redact.end, hit->rule_id};
}

static int by_start(const void *left, const void *right)
{
    const struct policy_cut *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

static bool inside_character(struct cardea_str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

/* In order, each place once. */
static void settle(struct cardea_str text, struct policy_cuts *cuts)
{
    size_t kept = 0;
    struct policy_cut *items = cuts->items;
    for (size_t i = 0; i < cuts->count; i++) {
        while (items[i].start > 0 && inside_character(text, items[i].start))
            items[i].start--;
        while (inside_character(text, items[i].end))
            items[i].end++;
    }
    if (cuts->count > 1)
        qsort(items, cuts->count, sizeof(*items), by_start);
    for (size_t i = 0; i < cuts->count; i++) {
        if (kept && items[i].start < items[kept - 1].end) {
            if (items[i].end > items[kept - 1].end)
                items[kept - 1].end = items[i].end;
            continue;
        }
        items[kept++] = items[i];
    }
    cuts->count = kept;
}

struct cardea_str policy_redact(struct arena *a, struct cardea_str text, struct policy_cuts *cuts)
{
    size_t len = text.len + 1, at = 0, from = 0;
    settle(text, cuts);
    for (size_t i = 0; i < cuts->count; i++)
        len += sizeof("[redacted:]") + strlen(cuts->items[i].rule);
    if (!cuts->count)
        return text;
    char *to = arena_alloc(a, len);
    for (size_t i = 0; i < cuts->count; i++) {
        const struct policy_cut *cut = &cuts->items[i];
        memcpy(to + at, text.ptr + from, cut->start - from);
        at += cut->start - from;
        at += (size_t)snprintf(to + at, len - at, "[redacted:%s]", cut->rule);
        from = cut->end;
    }
    memcpy(to + at, text.ptr + from, text.len - from);
    return (struct cardea_str){to, at + text.len - from};
}

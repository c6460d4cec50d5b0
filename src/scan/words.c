#include "scan/words.h"

#include <stdlib.h>
#include <string.h>

struct words_pair {
    struct words_word word;
    struct words_use use;
};

static void *grown(struct arena *a, void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 1024;
    void *more = arena_array(a, *cap, size);
    if (count > 0)
        memcpy(more, items, count * size);
    return more;
}

static void add_need(struct words_builder *b, const struct need *need, bool caseless)
{
    for (size_t i = 0; i < need->count; i++) {
        const struct need_word *w = &need->words[i];
        b->pairs = grown(b->arena, b->pairs, b->pair_count, &b->pair_cap, sizeof(*b->pairs));
        b->pairs[b->pair_count++] = (struct words_pair){
            {.text = w->text, .caseless = caseless && !w->run, .begins = w->begins, .ends = w->ends},
            {.need = (uint32_t)b->need_count, .reach = w->reach}};
    }
    b->branch_of_need = grown(b->arena, b->branch_of_need, b->need_count, &b->need_cap, sizeof(*b->branch_of_need));
    b->branch_of_need[b->need_count++] = (uint32_t)b->branch_count;
}

void words_add(struct words_builder *b, const struct needs *needs)
{
    for (size_t i = 0; i < needs->count; i++) {
        const struct need_branch *branch = &needs->branches[i];
        struct words_branch made = {(uint32_t)b->unit_count, (uint32_t)b->need_count, (uint32_t)branch->count};
        for (size_t k = 0; k < branch->count; k++)
            add_need(b, &branch->items[k], needs->caseless);
        b->branches = grown(b->arena, b->branches, b->branch_count, &b->branch_cap, sizeof(*b->branches));
        b->branches[b->branch_count++] = made;
    }
    b->unit_count++;
}

static int compare_words(const struct words_word *a, const struct words_word *b)
{
    size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
    int order = memcmp(a->text.ptr, b->text.ptr, len);
    if (order == 0)
        order = (a->text.len > b->text.len) - (a->text.len < b->text.len);
    if (order == 0)
        order = (a->caseless << 2 | a->begins << 1 | a->ends) - (b->caseless << 2 | b->begins << 1 | b->ends);
    return order;
}

static int compare_pairs(const void *left, const void *right)
{
    const struct words_pair *a = left, *b = right;
    int order = compare_words(&a->word, &b->word);
    return order ? order : (a->use.need > b->use.need) - (a->use.need < b->use.need);
}

void words_build(struct words_builder *b, struct words *out)
{
    if (b->pair_count > 0)
        qsort(b->pairs, b->pair_count, sizeof(*b->pairs), compare_pairs);
    *out = (struct words){.items = arena_array(b->arena, b->pair_count + 1, sizeof(*out->items)),
                          .uses = arena_array(b->arena, b->pair_count + 1, sizeof(*out->uses)),
                          .branch_of_need = b->branch_of_need,
                          .need_count = b->need_count,
                          .branches = b->branches,
                          .branch_count = b->branch_count,
                          .always = arena_array(b->arena, b->unit_count / 64 + 1, sizeof(*out->always)),
                          .unit_count = b->unit_count};
    memset(out->always, 0xff, (b->unit_count / 64 + 1) * sizeof(*out->always));
    for (size_t i = 0; i < b->branch_count; i++)
        out->always[b->branches[i].unit / 64] &= ~(1ull << b->branches[i].unit % 64);
    size_t runs = 0;
    while (runs < b->pair_count && b->pairs[runs].word.text.len == 0)
        runs++; /* the empty text is the first in order */
    for (size_t i = runs; i < b->pair_count; i++) {
        if (i == runs || compare_words(&b->pairs[i].word, &b->pairs[i - 1].word) != 0) {
            out->items[out->count] = b->pairs[i].word;
            out->items[out->count++].first = (uint32_t)i;
        }
        out->items[out->count - 1].count++;
    }
    out->items[out->count].count = (uint32_t)runs;
    for (size_t i = 0; i <= out->count; i++)
        for (uint32_t k = out->items[i].first; k < out->items[i].first + out->items[i].count; k++) {
            out->uses[k] = b->pairs[k].use;
            out->uses[k].word = (uint32_t)i;
        }
}

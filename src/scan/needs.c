#include "scan/needs.h"

#include <string.h>

#include "scan/bytes.h"
#include "scan/fields.h"
#include "scan/known.h"

/* Wherever `b` stands, `a` does, which it begins with. */
static bool covers(const struct need_word *a, const struct need_word *b)
{
    if (a->run || b->run || a->text.len > b->text.len || memcmp(a->text.ptr, b->text.ptr, a->text.len) != 0)
        return a->run && b->run;
    return (!a->begins || b->begins) && (!a->ends || (b->ends && a->text.len == b->text.len));
}

/* Whether another word of `all` is found wherever the one at `i` is; of two such the first stays. */
static bool is_covered(struct known_words all, size_t i)
{
    for (size_t k = 0; k < all.count; k++)
        if (k != i && covers(&all.items[k], &all.items[i]) && (k < i || !covers(&all.items[i], &all.items[k])))
            return true;
    return false;
}

/* Without words that are found wherever another is, and copied to where they stay. */
static struct need settled(struct arena *a, struct known_words from)
{
    struct need n = {arena_array(a, from.count, sizeof(*n.words)), 0};
    for (size_t i = 0; i < from.count; i++) {
        struct need_word word = from.items[i];
        if (is_covered(from, i))
            continue;
        /* It speaks for those that it covers. */
        for (size_t k = 0; k < from.count; k++)
            if (covers(&word, &from.items[k]))
                word.reach = part_reach_max(word.reach, from.items[k].reach);
        word.begins = word.begins && !word.run && byte_is_word(word.text.ptr[0]);
        word.ends = word.ends && !word.run && byte_is_word(word.text.ptr[word.text.len - 1]);
        word.text = arena_str(a, word.text);
        n.words[n.count++] = word;
    }
    return n;
}

/* The rarest first. What is frequent tells little more. */
static void choose(struct need_branch *out, struct arena *a, const struct known *k)
{
    bool chosen[KNOWN_MUSTS_MAX] = {false};
    while (out->count < NEEDS_MAX) {
        size_t best = k->must_count;
        for (size_t i = 0; i < k->must_count; i++)
            if (!chosen[i] && (best == k->must_count || known_frequency(k->musts[i]) < known_frequency(k->musts[best])))
                best = i;
        if (best == k->must_count)
            return;
        if (out->count > 0 && known_frequency(k->musts[best]) >= KNOWN_FREQUENT)
            return;
        chosen[best] = true;
        out->items[out->count++] = settled(a, k->musts[best]);
    }
}

static size_t choices_of(struct cardea_str s)
{
    struct cardea_str choice;
    size_t count = 0;
    while (part_next_choice(&s, &choice))
        count++;
    return count;
}

/* Choices that are words and nothing else are one branch together. */
static bool add_plain(struct known_words *plain, struct known_words more)
{
    if (!known_is_useful(more) || plain->count + more.count > KNOWN_WORDS_MAX)
        return false;
    memcpy(plain->items + plain->count, more.items, more.count * sizeof(*more.items));
    plain->count += more.count;
    return true;
}

struct needs needs_of(struct arena *a, struct cardea_str pattern, unsigned flags)
{
    struct needs out = {.caseless = flags & FIELDS_CASELESS};
    struct arena work = {0};
    struct cardea_str choice;
    bool caseless, known = true;
    if (flags & FIELDS_EXTENDED || !part_is_readable(pattern, &caseless))
        return out;
    out.caseless |= caseless;
    struct known_reader r = {&work, out.caseless};
    size_t head = part_options_len(pattern);
    struct cardea_str rest = {pattern.ptr + head, pattern.len - head};
    struct known_words plain = {arena_array(&work, KNOWN_WORDS_MAX, sizeof(*plain.items)), 0};
    out.branches = arena_array(a, choices_of(rest) + 1, sizeof(*out.branches));
    while (known && part_next_choice(&rest, &choice)) {
        struct known k = known_of(&r, choice);
        if (k.all && add_plain(&plain, k.words))
            continue;
        choose(&out.branches[out.count], a, &k);
        known = out.branches[out.count++].count > 0;
    }
    if (plain.count > 0) {
        struct need_branch *branch = &out.branches[out.count++];
        branch->items[branch->count++] = settled(a, plain);
    }
    arena_release(&work);
    if (!known)
        out.count = 0;
    return out;
}

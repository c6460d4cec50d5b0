#include "scan/places.h"

#include <stdlib.h>
#include <string.h>

#include "scan/bytes.h"

/* Places of one word that are told apart; beyond, the last one goes on. So does one with the next so many bytes on. */
#define PLACES_MAX 6
#define NEAR       16
/* So far back it is looked for where a match can begin. */
#define BACK_MAX 1024

/* Where a word stands, once or some times near each other: the end of the first, the start of the last. */
struct place {
    uint32_t first_end, last_start;
};

struct places {
    const struct words *words;
    uint8_t *counts; /* of each word's places */
    struct place (*items)[PLACES_MAX];
    /* The words found of each need, as a list of uses: the first of a need, the next of a use; 0 ends it, i + 1 is use
     * i. */
    uint32_t *first, *next;
    uint8_t *met;    /* of each branch's needs */
    uint64_t *units; /* bit i: unit i has all it needs, as far as is known */
    size_t unit_words;
    const char *text; /* what was searched */
    size_t from, end;
};

struct places *places_new(const struct words *words)
{
    struct places *p = calloc(1, sizeof(*p));
    size_t uses = words->items[words->count].count;
    if (!p)
        return NULL;
    for (size_t i = 0; i < words->count; i++)
        uses += words->items[i].count;
    p->words = words;
    p->unit_words = words->unit_count / 64 + 1;
    p->counts = calloc(words->count + 1, sizeof(*p->counts));
    p->items = calloc(words->count + 1, sizeof(*p->items));
    p->first = calloc(words->need_count + 1, sizeof(*p->first));
    p->next = calloc(uses + 1, sizeof(*p->next));
    p->met = calloc(words->branch_count + 1, sizeof(*p->met));
    p->units = calloc(p->unit_words, sizeof(*p->units));
    if (p->counts && p->items && p->first && p->next && p->met && p->units)
        return p;
    places_free(p);
    return NULL;
}

void places_free(struct places *p)
{
    if (!p)
        return;
    free(p->counts);
    free(p->items);
    free(p->first);
    free(p->next);
    free(p->met);
    free(p->units);
    free(p);
}

static void meet(struct places *p, uint32_t need)
{
    uint32_t branch = p->words->branch_of_need[need];
    const struct words_branch *b = &p->words->branches[branch];
    if (++p->met[branch] == b->need_count)
        p->units[b->unit / 64] |= 1ull << b->unit % 64;
}

/* A word is found for the first time. */
static void use(struct places *p, const struct words_word *w)
{
    for (uint32_t i = w->first; i < w->first + w->count; i++) {
        uint32_t need = p->words->uses[i].need;
        if (p->first[need] == 0)
            meet(p, need);
        p->next[i] = p->first[need];
        p->first[need] = i + 1;
    }
}

static void add_place(struct places *p, size_t word, size_t first_end, size_t last_start)
{
    uint8_t n = p->counts[word];
    struct place *last = n > 0 ? &p->items[word][n - 1] : NULL;
    if (last && (n == PLACES_MAX || last_start <= last->last_start + NEAR)) {
        last->last_start = (uint32_t)last_start;
        return;
    }
    if (!last)
        use(p, &p->words->items[word]);
    p->items[word][n] = (struct place){(uint32_t)first_end, (uint32_t)last_start};
    p->counts[word]++;
}

static void on_word(void *arg, unsigned word, size_t found_end)
{
    struct places *p = arg;
    const struct words_word *w = &p->words->items[word];
    size_t end = p->from + found_end, start = end - w->text.len;
    if ((w->begins && start > 0 && byte_is_word(p->text[start - 1])) ||
        (w->ends && end < p->end && byte_is_word(p->text[end])))
        return;
    add_place(p, word, end, start);
}

static bool is_run_byte(char c)
{
    return byte_is_word(c) || c == '-';
}

/* Of every NEED_RUN_LEAST bytes one is looked at: a run has one of them. */
static void find_runs(struct places *p)
{
    for (size_t at = p->from + NEED_RUN_LEAST - 1, floor = p->from; at < p->end; at += NEED_RUN_LEAST) {
        size_t start = at, end = at;
        while (start > floor && is_run_byte(p->text[at]) && is_run_byte(p->text[start - 1]))
            start--;
        while (end < p->end && is_run_byte(p->text[end]))
            end++;
        if (end - start >= NEED_RUN_LEAST)
            add_place(p, p->words->count, start + NEED_RUN_LEAST, end - NEED_RUN_LEAST);
        at = floor = end;
    }
}

bool places_find(struct places *p, const struct multi *m, struct multi_scratch *scratch, const char *text, size_t from,
                 size_t end)
{
    p->text = text;
    p->from = from;
    p->end = end;
    memset(p->counts, 0, p->words->count + 1);
    memset(p->first, 0, p->words->need_count * sizeof(*p->first));
    memset(p->met, 0, p->words->branch_count);
    memcpy(p->units, p->words->always, p->unit_words * sizeof(*p->units));
    if (!multi_scan(m, scratch, (struct cardea_str){text + from, end - from}, on_word, p))
        return false;
    if (p->words->items[p->words->count].count > 0)
        find_runs(p);
    return true;
}

size_t places_next(const struct places *p, size_t unit)
{
    for (size_t i = unit / 64; i < p->unit_words; i++) {
        uint64_t left = i == unit / 64 ? p->units[i] >> unit % 64 << unit % 64 : p->units[i];
        if (left)
            return i * 64 + (size_t)__builtin_ctzll(left);
    }
    return SIZE_MAX;
}

/* Where a match begins at the earliest whose word ends at `end`; nowhere before `floor`. Runs of white space and of
 * what is none are stepped over as a whole. */
static size_t earliest(const struct places *p, size_t end, struct part_reach reach, size_t floor)
{
    struct cardea_str text = {p->text, p->end};
    size_t at = end, least = end > floor + BACK_MAX ? end - BACK_MAX : floor;
    bool spaced = false;
    while (at > least) {
        size_t left = at - least < 64 ? at - least : 64, len;
        /* The highest bit is the byte before `at`. */
        uint64_t spaces = BYTES_BITS(text, at - left, bytes_space) << (64 - left);
        for (; left > 0; left -= len, at -= len, spaces = len < 64 ? spaces << len : 0) {
            bool space = spaces >> 63;
            uint64_t other = space ? ~spaces : spaces;
            len = other ? (size_t)__builtin_clzll(other) : 64;
            len = len < left ? len : left;
            if (space && !spaced && reach.runs < PART_FAR && reach.runs-- == 0)
                return at;
            if (!space && reach.bytes < PART_FAR && len > reach.bytes)
                return at - reach.bytes;
            if (!space && reach.bytes < PART_FAR)
                reach.bytes -= (uint16_t)len;
            spaced = space;
        }
    }
    return floor;
}

/* Puts a range where it belongs; those that touch become one, and so do neighbours when there are too many. */
static size_t add_range(struct place_range *list, size_t count, struct place_range r)
{
    size_t at = 0, past;
    while (at < count && list[at].last < r.from)
        at++;
    for (past = at; past < count && list[past].from <= r.last; past++) {
        r.from = list[past].from < r.from ? list[past].from : r.from;
        r.last = list[past].last > r.last ? list[past].last : r.last;
    }
    if (past == at && count == PLACE_RANGES_MAX) {
        at -= at == count;
        r.from = list[at].from < r.from ? list[at].from : r.from;
        r.last = list[at].last > r.last ? list[at].last : r.last;
        past = at + 1;
    }
    memmove(&list[at + 1], &list[past], (count - past) * sizeof(*list));
    list[at] = r;
    return count + 1 - (past - at);
}

/* What lies before `floor` is not asked for. */
static size_t ranges_of_need(const struct places *p, uint32_t need, size_t floor, struct place_range *out)
{
    size_t count = 0;
    for (uint32_t at = p->first[need]; at > 0; at = p->next[at - 1]) {
        const struct words_use *u = &p->words->uses[at - 1];
        for (uint8_t i = 0; i < p->counts[u->word]; i++) {
            const struct place *place = &p->items[u->word][i];
            if (place->last_start < floor)
                continue;
            size_t from = earliest(p, place->first_end, u->reach, floor);
            if (from <= place->last_start)
                count = add_range(out, count, (struct place_range){from, place->last_start});
        }
    }
    return count;
}

static size_t in_both(const struct place_range *a, size_t a_count, const struct place_range *b, size_t b_count,
                      struct place_range *out)
{
    size_t count = 0;
    for (size_t i = 0, k = 0; i < a_count && k < b_count;) {
        size_t from = a[i].from > b[k].from ? a[i].from : b[k].from;
        size_t last = a[i].last < b[k].last ? a[i].last : b[k].last;
        if (from <= last)
            count = add_range(out, count, (struct place_range){from, last});
        if (a[i].last < b[k].last)
            i++;
        else
            k++;
    }
    return count;
}

size_t places_of(const struct places *p, const struct words_branch *branches, size_t branch_count,
                 struct place_range out[PLACE_RANGES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < branch_count; i++) {
        const struct words_branch *b = &branches[i];
        struct place_range here[PLACE_RANGES_MAX], need[PLACE_RANGES_MAX], both[PLACE_RANGES_MAX];
        if (p->met[b - p->words->branches] < b->need_count)
            continue;
        size_t here_count = ranges_of_need(p, b->first_need, p->from, here);
        for (uint32_t k = 1; k < b->need_count && here_count > 0; k++) {
            size_t need_count = ranges_of_need(p, b->first_need + k, here[0].from, need);
            here_count = in_both(here, here_count, need, need_count, both);
            memcpy(here, both, here_count * sizeof(*here));
        }
        for (size_t k = 0; k < here_count; k++)
            count = add_range(out, count, here[k]);
    }
    return count;
}

#include <string.h>

#include "base/str.h"
#include "scan/multi.h"

#define WORDS    256
#define WORD_LEN 8
#define TEXT_LEN 96
#define TEXTS    20

struct sample {
    char letters[WORDS][WORD_LEN];
    struct multi_word words[WORDS];
    uint64_t state;
};

/* The same on every machine. */
static char next_letter(struct sample *s)
{
    static const char letters[] = "abeyAB. -";
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return letters[s->state % (sizeof(letters) - 1)];
}

/* Short words and long ones, every second in either case. */
static void make_words(struct sample *s)
{
    s->state = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < WORDS; i++) {
        for (size_t k = 0; k < WORD_LEN; k++)
            s->letters[i][k] = next_letter(s);
        s->words[i] = (struct multi_word){{s->letters[i], 2 + i % (WORD_LEN - 1)}, i % 2 == 0};
    }
}

struct count {
    size_t found[WORDS];
    uint64_t ends[WORDS]; /* their sum */
};

static void count(void *arg, unsigned word, size_t end)
{
    struct count *c = arg;
    c->found[word]++;
    c->ends[word] += end;
}

static void count_slowly(const struct sample *s, struct cardea_str text, struct count *c)
{
    for (size_t i = 0; i < WORDS; i++) {
        struct cardea_str word = s->words[i].text;
        for (size_t at = 0; at + word.len <= text.len; at++) {
            struct cardea_str here = {text.ptr + at, word.len};
            if (s->words[i].caseless ? str_eq_nocase(here, word) : str_eq(here, word))
                count(c, (unsigned)i, at + word.len);
        }
    }
}

static bool agree(const struct multi *m, struct multi_scratch *scratch, struct sample *s)
{
    char bytes[TEXT_LEN];
    for (size_t round = 0; round < TEXTS; round++) {
        struct count fast = {{0}, {0}}, slow = fast;
        struct cardea_str text = {bytes, 1 + round % TEXT_LEN};
        for (size_t i = 0; i < TEXT_LEN; i++)
            bytes[i] = next_letter(s);
        count_slowly(s, text, &slow);
        if (!multi_scan(m, scratch, text, count, &fast) || memcmp(&fast, &slow, sizeof(fast)) != 0)
            return false;
    }
    return true;
}

bool multi_self_check(struct cardea_why *why)
{
    struct sample sample;
    struct multi *m = NULL;
    make_words(&sample);
    if (multi_compile(&m, sample.words, WORDS) != MULTI_OK) {
        snprintf(why->text, sizeof(why->text), "it could not be tried");
        return false;
    }
    struct multi_scratch *scratch = multi_scratch_new(m);
    bool good = scratch && agree(m, scratch, &sample);
    snprintf(why->text, sizeof(why->text), "it overlooks words, or sees some that are not there");
    multi_scratch_free(scratch);
    multi_free(m);
    return good;
}

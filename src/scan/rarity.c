#include <string.h>

#include "scan/bytes.h"
#include "scan/known.h"

/* Of rarity(): what is less stands in every text; what common words have; what makes no difference any more; and that
 * of a run: mails with long links have some. */
#define LEAST         10
#define COMMON        10
#define RARITY_OF_RUN 20

/* Words of English that stand in any text. */
static bool is_common(struct cardea_str word)
{
    static const char common[] =
        " the and you for that this with are have will not any all from can your please be to of in is it as at by on "
        "or an if no do me we my us our was has had but out now let new here when there what which who how one "
        "would should could about them they their his her she him its been were than then some more also may ";
    struct cardea_str bare = word;
    char spaced[12];
    while (bare.len > 0 && bare.ptr[0] == ' ')
        bare.ptr++, bare.len--;
    while (bare.len > 0 && bare.ptr[bare.len - 1] == ' ')
        bare.len--;
    if (bare.len == 0 || bare.len > sizeof(spaced) - 2)
        return bare.len == 0;
    spaced[0] = spaced[bare.len + 1] = ' ';
    memcpy(spaced + 1, bare.ptr, bare.len);
    return memmem(common, sizeof(common) - 1, spaced, bare.len + 2) != NULL;
}

/* Bits that say a letter of English prose: how much rarer it makes a word. */
static const unsigned char letter_bits[26] = {4, 6, 5, 5,  3, 6, 6, 4, 4, 9, 7, 5, 5,
                                              4, 4, 6, 10, 4, 4, 3, 5, 7, 6, 9, 6, 10};

static unsigned rarity_of_byte(char c)
{
    if (byte_is(c, BYTE_LETTER))
        return letter_bits[(c | 0x20) - 'a'] + (c <= 'Z' ? 3 : 0);
    if (c == '\0' || byte_is(c, BYTE_HIGH))
        return 8;
    return strchr(" .,-'\n", c) ? 3 : byte_is(c, BYTE_DIGIT) ? 8 : strchr(":;/!?()\"", c) ? 7 : 14;
}

static unsigned rarity(const struct need_word *w)
{
    unsigned bits = 2 * ((unsigned)w->begins + w->ends);
    if (w->run)
        return RARITY_OF_RUN;
    for (size_t i = 0; i < w->text.len; i++)
        bits += rarity_of_byte(w->text.ptr[i]);
    if (is_common(w->text))
        return bits < COMMON ? bits : COMMON;
    return bits < KNOWN_RAREST ? bits : KNOWN_RAREST;
}

uint64_t known_frequency(struct known_words w)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w.count; i++)
        sum += 1ull << (KNOWN_RAREST - rarity(&w.items[i]));
    return sum;
}

bool known_is_useful(struct known_words w)
{
    for (size_t i = 0; i < w.count; i++)
        if ((w.items[i].text.len == 0 && !w.items[i].run) || rarity(&w.items[i]) < LEAST)
            return false;
    return w.count > 0 && w.count <= KNOWN_WORDS_MAX;
}

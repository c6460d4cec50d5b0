#include <string.h>

#include "scan/bytes.h"
#include "scan/known.h"

/* Of rarity(): what is less stands in every text; what common words have; and what makes no difference any more. */
#define LEAST         3
#define COMMON        3
#define RAREST        KNOWN_RAREST
#define RARITY_OF_RUN 8

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

static unsigned rarity_of_byte(char c)
{
    if (c == '\0')
        return 5;
    if (byte_is(c, BYTE_LETTER) || strchr(" .,-'\n", c))
        return 1;
    if (byte_is(c, BYTE_DIGIT))
        return 2;
    return strchr(":;/!?()\"", c) ? 3 : 5;
}

/* How rare a word is in texts: each unit makes it about four times as rare. */
static unsigned rarity(const struct need_word *w)
{
    unsigned rare = (unsigned)w->begins + w->ends;
    for (size_t i = 0; i < w->text.len; i++)
        rare += rarity_of_byte(w->text.ptr[i]);
    if (w->run)
        return RARITY_OF_RUN;
    if (is_common(w->text))
        return rare < COMMON ? rare : COMMON;
    return rare < RAREST ? rare : RAREST;
}

uint64_t known_frequency(struct known_words w)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w.count; i++)
        sum += 1ull << 2 * (RAREST - rarity(&w.items[i]));
    return sum;
}

bool known_is_useful(struct known_words w)
{
    for (size_t i = 0; i < w.count; i++)
        if ((w.items[i].text.len == 0 && !w.items[i].run) || rarity(&w.items[i]) < LEAST)
            return false;
    return w.count > 0 && w.count <= KNOWN_WORDS_MAX;
}

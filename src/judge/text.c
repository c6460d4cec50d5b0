#include "judge/text.h"

#include "base/str.h"

/* Characters without a glyph: Unicode's Default_Ignorable_Code_Point but for the joiners and variation selectors that
 * emoji and scripts need, with fillers, interlinear marks, private use, non-characters and all of planes 14 to 16.
 * Sorted. */
static const struct {
    uint32_t first, last;
} invisible[] = {{0x00ad, 0x00ad},   {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160},   {0x17b4, 0x17b5},
                 {0x180b, 0x180f},   {0x200b, 0x200b}, {0x200e, 0x200f}, {0x202a, 0x202e},   {0x2060, 0x206f},
                 {0x2800, 0x2800},   {0x3164, 0x3164}, {0xe000, 0xf8ff}, {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},
                 {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
                 {0xe0000, 0x10ffff}};

static uint32_t decode(const unsigned char *p, size_t len)
{
    if (len == 1)
        return p[0];
    uint32_t code = p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3f);
    return code;
}

static bool is_invisible(uint32_t code)
{
    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]) && invisible[i].first <= code; i++)
        if (code <= invisible[i].last)
            return true;
    return false;
}

enum text_kind text_step(struct cardea_str s, size_t at, size_t *len, uint32_t *code)
{
    *len = str_utf8_step(s, at);
    if (!*len) {
        *len = 1;
        *code = 0;
        return TEXT_MALFORMED;
    }
    *code = decode((const unsigned char *)s.ptr + at, *len);
    if ((*code >= '\n' && *code <= '\r') || *code == 0x85 || *code == 0x2028 || *code == 0x2029)
        return TEXT_BREAK;
    if (*code == '\t')
        return TEXT_PLAIN;
    if (*code < 0x20 || (*code >= 0x7f && *code < 0xa0))
        return TEXT_CONTROL;
    return is_invisible(*code) ? TEXT_INVISIBLE : TEXT_PLAIN;
}

void text_clean(char *out, size_t room, struct cardea_str s)
{
    static const char more[] = "...";
    size_t n = 0, fits = 0, len; /* fits: where the mark of a cut may begin */
    bool space = false;
    uint32_t code;
    for (size_t at = 0; at < s.len; at += len) {
        enum text_kind kind = text_step(s, at, &len, &code);
        if (kind == TEXT_INVISIBLE)
            continue;
        if (kind != TEXT_PLAIN || code == ' ' || code == '\t') {
            space = n > 0;
            continue;
        }
        if (n + space + len >= room) {
            memcpy(out + fits, more, sizeof(more));
            return;
        }
        if (space)
            out[n++] = ' ';
        space = false;
        memcpy(out + n, s.ptr + at, len);
        n += len;
        if (n + sizeof(more) <= room)
            fits = n;
    }
    out[n] = 0;
}

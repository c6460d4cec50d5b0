#include "base/str.h"
#include "service/device.h"

static const char consonants[] = "BCDFGHJKLMNPQRSTVWXZ";
#define CONSONANTS (sizeof(consonants) - 1)

/* ---- codes ---- */

static void set_letter(struct device_user_code *code, size_t i, char letter)
{
    code->text[i + (i >= DEVICE_USER_CODE_LEN / 2)] = letter;
}

static void begin(struct device_user_code *code)
{
    *code = (struct device_user_code){.text = {0}};
    code->text[DEVICE_USER_CODE_LEN / 2] = '-';
}

bool device_user_code_make(cardea_random_fn random, void *random_arg, struct device_user_code *out)
{
    size_t count = 0;
    begin(out);
    while (count < DEVICE_USER_CODE_LEN) {
        uint8_t bytes[2 * DEVICE_USER_CODE_LEN];
        if (!random(random_arg, bytes, sizeof(bytes)))
            return false;
        for (size_t i = 0; i < sizeof(bytes) && count < DEVICE_USER_CODE_LEN; i++)
            if (bytes[i] < 256 / CONSONANTS * CONSONANTS) /* those above would favour some letters */
                set_letter(out, count++, consonants[bytes[i] % CONSONANTS]);
    }
    return true;
}

bool device_user_code_read(struct cardea_str typed, struct device_user_code *out)
{
    size_t count = 0;
    begin(out);
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.ptr[i];
        if (c == '-' || c == ' ' || c == '\t')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (!c || !strchr(consonants, c) || count == DEVICE_USER_CODE_LEN)
            return false;
        set_letter(out, count++, c);
    }
    return count == DEVICE_USER_CODE_LEN;
}

/* ---- names ---- */

static uint32_t code_point(struct cardea_str s, size_t at, size_t step)
{
    static const uint8_t first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t u = (uint8_t)s.ptr[at] & first[step];
    for (size_t i = 1; i < step; i++)
        u = u << 6 | ((uint8_t)s.ptr[at + i] & 0x3f);
    return u;
}

struct range {
    uint32_t first, last;
};

static bool within(uint32_t u, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (u >= ranges[i].first && u <= ranges[i].last)
            return true;
    return false;
}

/* Unicode's white space, line and paragraph separators among it. */
static bool is_space(uint32_t u)
{
    static const struct range ranges[] = {{0x09, 0x0d},     {' ', ' '},       {0x85, 0x85},     {0xa0, 0xa0},
                                          {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                                          {0x205f, 0x205f}, {0x2800, 0x2800}, {0x3000, 0x3000}};
    return within(u, ranges, sizeof(ranges) / sizeof(ranges[0]));
}

/* What shows nothing, or changes how its neighbours show: controls, formatting (among it all that turns the direction
 * of writing), fillers, variation selectors, tags, what is private or no character. */
static bool is_hidden(uint32_t u)
{
    static const struct range ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},   {0x600, 0x605},     {0x61c, 0x61c},
        {0x6dd, 0x6dd},   {0x70f, 0x70f},   {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},
        {0x202a, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xe000, 0xf8ff}, {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
    };
    return within(u, ranges, sizeof(ranges) / sizeof(ranges[0])) || (u & 0xfffe) == 0xfffe;
}

struct cardea_str device_client_text(struct arena *a, struct cardea_str said, struct cardea_str fallback)
{
    char out[DEVICE_CLIENT_MAX * 4];
    size_t len = 0, characters = 0;
    bool space = false;
    for (size_t i = 0, step; i < said.len; i += step) {
        step = str_utf8_step(said, i);
        uint32_t u = step ? code_point(said, i, step) : 0;
        if (is_space(u)) {
            space = len > 0; /* many become one, those around the text none */
            continue;
        }
        if (!step) {
            step = 1;
            continue;
        }
        if (is_hidden(u))
            continue;
        if (characters + space + 1 > DEVICE_CLIENT_MAX)
            break;
        if (space)
            out[len++] = ' ';
        memcpy(out + len, said.ptr + i, step);
        len += step;
        characters += 1 + space;
        space = false;
    }
    return len ? arena_str(a, (struct cardea_str){out, len}) : fallback;
}

/* core/key_format.c - templates: compile, mint, recognise. */
#include "core/key_format.h"

#include <string.h>

#include "core/crc32_table.h"
#include "core/text.h"
#include "core/why.h"

#define CHECK_LEN 6

static const char digits62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char digits36[] = "0123456789abcdefghijklmnopqrstuvwxyz";

/* Bit 0: base36, bit 1: base62. */
static const uint8_t char_class[256] = {
    ['0'] = 3, ['1'] = 3, ['2'] = 3, ['3'] = 3, ['4'] = 3, ['5'] = 3, ['6'] = 3, ['7'] = 3, ['8'] = 3,
    ['9'] = 3, ['A'] = 2, ['B'] = 2, ['C'] = 2, ['D'] = 2, ['E'] = 2, ['F'] = 2, ['G'] = 2, ['H'] = 2,
    ['I'] = 2, ['J'] = 2, ['K'] = 2, ['L'] = 2, ['M'] = 2, ['N'] = 2, ['O'] = 2, ['P'] = 2, ['Q'] = 2,
    ['R'] = 2, ['S'] = 2, ['T'] = 2, ['U'] = 2, ['V'] = 2, ['W'] = 2, ['X'] = 2, ['Y'] = 2, ['Z'] = 2,
    ['a'] = 3, ['b'] = 3, ['c'] = 3, ['d'] = 3, ['e'] = 3, ['f'] = 3, ['g'] = 3, ['h'] = 3, ['i'] = 3,
    ['j'] = 3, ['k'] = 3, ['l'] = 3, ['m'] = 3, ['n'] = 3, ['o'] = 3, ['p'] = 3, ['q'] = 3, ['r'] = 3,
    ['s'] = 3, ['t'] = 3, ['u'] = 3, ['v'] = 3, ['w'] = 3, ['x'] = 3, ['y'] = 3, ['z'] = 3,
};

static bool literal_char(char c)
{
    return char_class[(uint8_t)c] != 0 || c == '_' || c == '-' || c == '.' || c == '~';
}

static const char *part_name(enum cardea_part_type type)
{
    return type == CARDEA_PART_ID ? "{id:N}" : type == CARDEA_PART_SECRET ? "{secret:N}" : "{check:6}";
}

/* The order of parts and how often each may stand. */
static enum cardea_err check_order(const struct cardea_key_format *f, struct cardea_why *why)
{
    unsigned seen[4] = {0};
    if (f->part_count == 0 || f->parts[0].type != CARDEA_PART_LITERAL)
        return why_fail(why, CARDEA_E_FORMAT, "a template starts with literal text, by which keys are told apart");
    for (unsigned i = 0; i < f->part_count; i++) {
        const struct cardea_format_part *p = &f->parts[i];
        if (p->type != CARDEA_PART_LITERAL && seen[p->type] > 0)
            return why_fail(why, CARDEA_E_FORMAT, "%s stands twice", part_name(p->type));
        if (p->type == CARDEA_PART_ID && seen[CARDEA_PART_SECRET] > 0)
            return why_fail(why, CARDEA_E_FORMAT, "{id:N} comes before {secret:N}, so that it can be shown");
        if (p->type == CARDEA_PART_CHECK && (i + 1u != f->part_count || p->len != CHECK_LEN))
            return why_fail(why, CARDEA_E_FORMAT, "{check:6} has 6 characters and comes last");
        seen[p->type]++;
    }
    if (seen[CARDEA_PART_SECRET] == 0)
        return why_fail(why, CARDEA_E_FORMAT, "a template needs one {secret:N}");
    return CARDEA_OK;
}

enum cardea_err key_format_seal(struct cardea_key_format *f, struct cardea_why *why)
{
    if (f->part_count > CARDEA_FORMAT_PARTS_MAX)
        return why_fail(why, CARDEA_E_FORMAT, "a template has at most %d parts", CARDEA_FORMAT_PARTS_MAX);
    if (f->alphabet != CARDEA_BASE36 && f->alphabet != CARDEA_BASE62)
        return why_fail(why, CARDEA_E_FORMAT, "the alphabet is base36 or base62");
    enum cardea_err err = check_order(f, why);
    if (err != CARDEA_OK)
        return err;
    unsigned total = 0;
    unsigned id_end = 0;
    unsigned secret_len = 0;
    for (unsigned i = 0; i < f->part_count; i++) {
        const struct cardea_format_part *p = &f->parts[i];
        if (p->len == 0 || p->len > CARDEA_KEY_MAX)
            return why_fail(why, CARDEA_E_FORMAT, "a part has 1 to %d characters", CARDEA_KEY_MAX);
        if (p->type == CARDEA_PART_LITERAL && p->len > CARDEA_FORMAT_LITERAL_MAX)
            return why_fail(why, CARDEA_E_FORMAT, "literal text has at most %d characters", CARDEA_FORMAT_LITERAL_MAX);
        for (unsigned c = 0; p->type == CARDEA_PART_LITERAL && c < p->len; c++) {
            if (!literal_char(p->literal[c]))
                return why_fail(why, CARDEA_E_FORMAT, "literal text is made of letters, digits and _ - . ~");
        }
        total += p->len;
        if (p->type == CARDEA_PART_ID)
            id_end = total;
        if (p->type == CARDEA_PART_SECRET)
            secret_len = p->len;
    }
    if (total > CARDEA_KEY_MAX)
        return why_fail(why, CARDEA_E_FORMAT, "a key has at most %d characters", CARDEA_KEY_MAX);
    /* What is shown of a key without an id are the first 4 characters of its secret: they no longer count as secret. */
    unsigned hidden = id_end > 0 ? secret_len : secret_len > 4 ? secret_len - 4 : 0;
    /* Thousandths of a bit a character: log2(62) = 5.954, log2(36) = 5.169. */
    unsigned bits = hidden * (f->alphabet == CARDEA_BASE62 ? 5954u : 5169u) / 1000u;
    if (bits < CARDEA_SECRET_BITS_MIN)
        return why_fail(why, CARDEA_E_FORMAT,
                        "the hidden part of the secret has %u bits; at least %d are needed: make {secret:N} longer",
                        bits, CARDEA_SECRET_BITS_MIN);
    f->key_len = (uint16_t)total;
    f->visible_len = (uint16_t)(id_end > 0 ? id_end : f->parts[0].len + 4u);
    return CARDEA_OK;
}

/* "name:N}" at `at`; returns the bytes taken, 0 when it is none of the three. */
static size_t parse_field(const char *at, size_t len, struct cardea_format_part *p)
{
    static const struct {
        const char *text;
        enum cardea_part_type type;
    } names[] = {{"id:", CARDEA_PART_ID}, {"secret:", CARDEA_PART_SECRET}, {"check:", CARDEA_PART_CHECK}};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i].text);
        if (len <= n || memcmp(at, names[i].text, n) != 0)
            continue;
        unsigned value = 0;
        size_t digits = 0;
        while (n < len && at[n] >= '0' && at[n] <= '9' && digits < 4) {
            value = value * 10 + (unsigned)(at[n] - '0');
            n++;
            digits++;
        }
        if (digits == 0 || n >= len || at[n] != '}')
            return 0;
        p->type = names[i].type;
        p->len = (uint16_t)value;
        return n + 1;
    }
    return 0;
}

enum cardea_err cardea_key_format_compile(struct cardea_key_format *f, struct cardea_str tmpl,
                                          enum cardea_alphabet alphabet, struct cardea_why *why)
{
    struct cardea_key_format made = {.alphabet = alphabet};
    for (size_t i = 0; i < tmpl.len;) {
        if (made.part_count == CARDEA_FORMAT_PARTS_MAX)
            return why_fail(why, CARDEA_E_FORMAT, "a template has at most %d parts", CARDEA_FORMAT_PARTS_MAX);
        struct cardea_format_part *p = &made.parts[made.part_count++];
        if (tmpl.ptr[i] == '{') {
            size_t taken = parse_field(tmpl.ptr + i + 1, tmpl.len - i - 1, p);
            if (taken == 0)
                return why_fail(why, CARDEA_E_FORMAT, "at character %zu: expected {id:N}, {secret:N} or {check:6}",
                                i + 1);
            i += taken + 1;
            continue;
        }
        size_t n = 0;
        while (i + n < tmpl.len && tmpl.ptr[i + n] != '{')
            n++;
        if (n > CARDEA_FORMAT_LITERAL_MAX)
            return why_fail(why, CARDEA_E_FORMAT, "literal text has at most %d characters", CARDEA_FORMAT_LITERAL_MAX);
        p->type = CARDEA_PART_LITERAL;
        p->len = (uint16_t)n;
        memcpy(p->literal, tmpl.ptr + i, n);
        i += n;
    }
    enum cardea_err err = key_format_seal(&made, why);
    if (err == CARDEA_OK)
        *f = made;
    return err;
}

/* Unbiased: bytes at or above the largest multiple of the alphabet's size are drawn again. */
static bool random_chars(enum cardea_alphabet alphabet, cardea_random_fn random, void *arg, char *out, size_t len)
{
    const char *digits = alphabet == CARDEA_BASE62 ? digits62 : digits36;
    unsigned size = alphabet == CARDEA_BASE62 ? 62 : 36;
    unsigned limit = 256 - 256 % size;
    uint8_t pool[64];
    bool ok = true;
    size_t made = 0;
    while (ok && made < len) {
        ok = random(arg, pool, sizeof pool);
        for (size_t i = 0; ok && i < sizeof pool && made < len; i++) {
            if (pool[i] < limit)
                out[made++] = digits[pool[i] % size];
        }
    }
    cardea_wipe(pool, sizeof pool);
    return ok;
}

enum cardea_err cardea_key_format_mint(const struct cardea_key_format *f, cardea_random_fn random, void *arg,
                                       struct cardea_secret *out)
{
    out->len = 0;
    for (unsigned i = 0; i < f->part_count; i++) {
        const struct cardea_format_part *p = &f->parts[i];
        char *at = out->bytes + out->len;
        if (p->type == CARDEA_PART_LITERAL) {
            memcpy(at, p->literal, p->len);
        } else if (p->type == CARDEA_PART_CHECK) {
            cardea_key_checksum((struct cardea_str){out->bytes, out->len}, at);
        } else if (!random_chars(f->alphabet, random, arg, at, p->len)) {
            cardea_secret_wipe(out);
            return CARDEA_E_IO;
        }
        out->len += p->len;
    }
    return CARDEA_OK;
}

bool cardea_key_format_claims(const struct cardea_key_format *f, struct cardea_str key)
{
    const struct cardea_format_part *p = &f->parts[0];
    return f->part_count > 0 && key.len >= p->len && text_same_bytes(key.ptr, p->literal, p->len);
}

/* Sixteen characters at a time: digits, and letters of one case or, with `fold` 0x20, of both. */
typedef uint8_t chars16 __attribute__((vector_size(16)));

static chars16 outside16(const char *at, uint8_t fold)
{
    chars16 c;
    memcpy(&c, at, sizeof c);
    return (chars16)(((chars16)(c - '0') > 9) & ((chars16)((c | fold) - 'a') > 25));
}

static bool all_in_alphabet(enum cardea_alphabet alphabet, const char *at, size_t len)
{
    uint8_t want = alphabet == CARDEA_BASE62 ? 2 : 1;
    if (len < 16) {
        uint8_t all = want;
        for (size_t i = 0; i < len; i++)
            all &= char_class[(uint8_t)at[i]];
        return all != 0;
    }
    uint8_t fold = alphabet == CARDEA_BASE62 ? 0x20 : 0;
    chars16 outside = outside16(at + len - 16, fold); /* the last sixteen, whatever they share with those before */
    for (size_t i = 0; i + 16 < len; i += 16)
        outside |= outside16(at + i, fold);
    uint64_t halves[2];
    memcpy(halves, &outside, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

static uint32_t crc32(const uint8_t *at, size_t len)
{
    uint32_t crc = 0xffffffffu;
    for (; len >= 8; len -= 8, at += 8) {
        uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
        crc = crc32_table[7][low & 255] ^ crc32_table[6][low >> 8 & 255] ^ crc32_table[5][low >> 16 & 255] ^
              crc32_table[4][low >> 24] ^ crc32_table[3][at[4]] ^ crc32_table[2][at[5]] ^ crc32_table[1][at[6]] ^
              crc32_table[0][at[7]];
    }
    if (len >= 4) {
        crc ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        crc = crc32_table[3][crc & 255] ^ crc32_table[2][crc >> 8 & 255] ^ crc32_table[1][crc >> 16 & 255] ^
              crc32_table[0][crc >> 24];
        at += 4;
        len -= 4;
    }
    while (len-- > 0)
        crc = crc >> 8 ^ crc32_table[0][(crc ^ *at++) & 255];
    return ~crc;
}

/* Value of six base62 digits, the most significant first; UINT64_MAX when some are none. */
static uint64_t check_value(const char *at)
{
    /* Digit + 1; 0: none. A table, since branches on random characters are guessed wrong. */
    static const uint8_t digit[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,
        ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
        ['I'] = 19, ['J'] = 20, ['K'] = 21, ['L'] = 22, ['M'] = 23, ['N'] = 24, ['O'] = 25, ['P'] = 26, ['Q'] = 27,
        ['R'] = 28, ['S'] = 29, ['T'] = 30, ['U'] = 31, ['V'] = 32, ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36,
        ['a'] = 37, ['b'] = 38, ['c'] = 39, ['d'] = 40, ['e'] = 41, ['f'] = 42, ['g'] = 43, ['h'] = 44, ['i'] = 45,
        ['j'] = 46, ['k'] = 47, ['l'] = 48, ['m'] = 49, ['n'] = 50, ['o'] = 51, ['p'] = 52, ['q'] = 53, ['r'] = 54,
        ['s'] = 55, ['t'] = 56, ['u'] = 57, ['v'] = 58, ['w'] = 59, ['x'] = 60, ['y'] = 61, ['z'] = 62};
    const uint8_t *c = (const uint8_t *)at;
    uint64_t d0 = digit[c[0]], d1 = digit[c[1]], d2 = digit[c[2]], d3 = digit[c[3]], d4 = digit[c[4]], d5 = digit[c[5]];
    bool valid = d0 != 0 && d1 != 0 && d2 != 0 && d3 != 0 && d4 != 0 && d5 != 0;
    /* Powers of 62; each digit stands one too high, so that six ones are taken off. */
    uint64_t value = d0 * 916132832u + d1 * 14776336u + d2 * 238328u + d3 * 3844u + d4 * 62u + d5;
    value -= 916132832u + 14776336u + 238328u + 3844u + 62u + 1u;
    return valid ? value : UINT64_MAX;
}

bool cardea_key_format_match(const struct cardea_key_format *f, struct cardea_str key)
{
    if (f->part_count == 0 || key.len != f->key_len)
        return false;
    const char *at = key.ptr;
    for (unsigned i = 0; i < f->part_count; i++) {
        const struct cardea_format_part *p = &f->parts[i];
        switch (p->type) {
        case CARDEA_PART_LITERAL:
            if (!text_same_bytes(at, p->literal, p->len))
                return false;
            break;
        case CARDEA_PART_CHECK:
            if (check_value(at) != crc32((const uint8_t *)key.ptr, (size_t)(at - key.ptr)))
                return false;
            break;
        default:
            if (!all_in_alphabet(f->alphabet, at, p->len))
                return false;
        }
        at += p->len;
    }
    return true;
}

void cardea_key_checksum(struct cardea_str text, char out[6])
{
    uint32_t crc = crc32((const uint8_t *)text.ptr, text.len);
    for (int i = CHECK_LEN - 1; i >= 0; i--) {
        out[i] = digits62[crc % 62];
        crc /= 62;
    }
}

#include "scan/decode.h"

#include <string.h>

#include "base/str.h"
#include "scan/bytes.h"
#include "scan/fold.h"

/* Shorter runs decode to something readable by chance. */
#define HEX_DIGITS_MIN   12
#define BASE64_CHARS_MIN 12
/* A line of wrapped base64 has at least so many. */
#define BASE64_LINE_MIN 40

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* UTF-8 without control characters, of which some are letters. */
static bool is_readable(const char *bytes, size_t len)
{
    struct cardea_str s = {bytes, len};
    size_t letters = 0;
    for (size_t at = 0, step; at < len; at += step) {
        unsigned char c = (unsigned char)bytes[at];
        step = str_utf8_step(s, at);
        if (step == 0 || c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
            return false;
        letters += c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }
    return letters >= 3;
}

/* UTF-16 of ASCII, as PowerShell takes it, becomes ASCII. */
static size_t narrow(char *bytes, size_t len)
{
    if (len < 8 || len % 2)
        return len;
    for (size_t i = 1; i < len; i += 2)
        if (bytes[i] != 0)
            return len;
    for (size_t i = 0; i < len / 2; i++)
        bytes[i] = bytes[i * 2];
    return len / 2;
}

size_t decode_percent(struct cardea_str s, size_t at, char *out, size_t *len)
{
    if (at + 3 > s.len || s.ptr[at] != '%')
        return 0;
    int high = hex_value(s.ptr[at + 1]), low = hex_value(s.ptr[at + 2]);
    if (high < 0 || low < 0)
        return 0;
    out[0] = (char)(high << 4 | low);
    *len = 1;
    return 3;
}

/* Digits of a number in `base`, at most 8; the count of them. */
static size_t number(struct cardea_str s, size_t at, unsigned base, uint32_t *value)
{
    size_t count = 0;
    *value = 0;
    for (; at + count < s.len && count < 8; count++) {
        int digit = hex_value(s.ptr[at + count]);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        *value = *value * base + (unsigned)digit;
    }
    return count;
}

static bool is_character(uint32_t code)
{
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static const struct {
    const char *name;
    const char *text;
} entities[] = {
    {"lt", "<"},       {"gt", ">"},     {"amp", "&"},    {"quot", "\""}, {"apos", "'"},   {"nbsp", " "},
    {"sol", "/"},      {"colon", ":"},  {"lpar", "("},   {"rpar", ")"},  {"equals", "="}, {"Tab", "\t"},
    {"NewLine", "\n"}, {"period", "."}, {"comma", ","},  {"num", "#"},   {"semi", ";"},   {"excl", "!"},
    {"dollar", "$"},   {"lbrace", "{"}, {"lcub", "{"},   {"rcub", "}"},  {"rbrace", "}"}, {"lbrack", "["},
    {"lsqb", "["},     {"rsqb", "]"},   {"rbrack", "]"}, {"bsol", "\\"}, {"commat", "@"}, {"percnt", "%"},
    {"lowbar", "_"},   {"hyphen", "-"}, {"quest", "?"},
};

size_t decode_entity(struct cardea_str s, size_t at, char *out, size_t *len)
{
    if (at + 3 > s.len || s.ptr[at] != '&')
        return 0;
    if (s.ptr[at + 1] == '#') {
        bool hex = (s.ptr[at + 2] | 0x20) == 'x';
        size_t from = at + 2 + hex;
        uint32_t code;
        size_t digits = number(s, from, hex ? 16 : 10, &code);
        if (digits == 0 || !is_character(code))
            return 0;
        *len = fold_encode(code, out);
        from += digits;
        return from - at + (from < s.len && s.ptr[from] == ';');
    }
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (entities[i].name[0] != s.ptr[at + 1])
            continue;
        size_t n = strlen(entities[i].name);
        if (at + 1 + n < s.len && memcmp(s.ptr + at + 1, entities[i].name, n) == 0 && s.ptr[at + 1 + n] == ';') {
            out[0] = entities[i].text[0];
            *len = 1;
            return n + 2;
        }
    }
    return 0;
}

static size_t decode_unicode(struct cardea_str s, size_t at, char *out, size_t *len)
{
    uint32_t code, low;
    size_t used;
    if (at + 3 < s.len && s.ptr[at + 2] == '{') {
        size_t digits = number(s, at + 3, 16, &code);
        if (digits == 0 || at + 3 + digits >= s.len || s.ptr[at + 3 + digits] != '}')
            return 0;
        used = digits + 4;
    } else {
        struct cardea_str four = {s.ptr, at + 6 < s.len ? at + 6 : s.len};
        if (number(four, at + 2, 16, &code) != 4)
            return 0;
        used = 6;
        four.len = at + 12 < s.len ? at + 12 : s.len;
        if (code >= 0xd800 && code <= 0xdbff && at + 12 <= s.len && s.ptr[at + 6] == '\\' && s.ptr[at + 7] == 'u' &&
            number(four, at + 8, 16, &low) == 4 && low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            used = 12;
        }
    }
    if (!is_character(code))
        return 0;
    *len = fold_encode(code, out);
    return used;
}

size_t decode_escape(struct cardea_str s, size_t at, char *out, size_t *len)
{
    if (at + 4 > s.len || s.ptr[at] != '\\')
        return 0;
    if (s.ptr[at + 1] == 'u' || s.ptr[at + 1] == 'U')
        return decode_unicode(s, at, out, len);
    if (s.ptr[at + 1] != 'x')
        return 0;
    int high = hex_value(s.ptr[at + 2]), low = hex_value(s.ptr[at + 3]);
    if (high < 0 || low < 0)
        return 0;
    out[0] = (char)(high << 4 | low);
    *len = 1;
    return 4;
}

#define PROBE 16

/* No text has it; what begins a character of several bytes may. */
static bool is_control(char byte)
{
    unsigned char c = (unsigned char)byte;
    return c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

/* Neither text nor UTF-16 of ASCII, whatever comes behind: what is most often written as pairs of digits is neither. */
static bool begins_badly(const char bytes[PROBE])
{
    struct cardea_str s = {bytes, PROBE};
    bool text = true, wide = true;
    for (size_t at = 0, step; text && at < PROBE - 3; at += step) {
        step = str_utf8_step(s, at);
        text = step > 0 && !is_control(bytes[at]);
    }
    for (size_t at = 0; at < PROBE; at += 2)
        wide &= bytes[at + 1] == 0 && !is_control(bytes[at]);
    return !text && !wide;
}

static size_t hex_mark(struct cardea_str s, size_t at)
{
    return at + 2 < s.len && s.ptr[at] == '0' && (s.ptr[at + 1] | 0x20) == 'x' ? 2 : 0;
}

/* Pairs of digits, together or divided by one character that is the same throughout; `0x` before the first or each. */
size_t decode_hex(struct cardea_str s, size_t at, char *out, size_t cap, size_t *len, size_t *steps)
{
    size_t start = at, n = 0;
    at += hex_mark(s, at);
    char divider = at + 2 < s.len ? s.ptr[at + 2] : '\0';
    bool divided = divider == ' ' || divider == ':' || divider == '-' || divider == ',';
    size_t end = at;
    while (at + 2 <= s.len) {
        int high = hex_value(s.ptr[at]), low = hex_value(s.ptr[at + 1]);
        if (high < 0 || low < 0)
            break;
        if (n < cap)
            out[n++] = (char)(high << 4 | low);
        at += 2;
        end = at;
        if (n == PROBE && begins_badly(out)) {
            *steps += n;
            return 0;
        }
        if (!divided)
            continue;
        if (at >= s.len || s.ptr[at] != divider)
            break;
        at++;
        at += divider == ',' && at < s.len && s.ptr[at] == ' ';
        at += hex_mark(s, at);
    }
    *steps += end - start;
    if (n * 2 < HEX_DIGITS_MIN || (end < s.len && byte_is(s.ptr[end], BYTE_RUN) && s.ptr[end] != '-'))
        return 0;
    n = narrow(out, n);
    *len = n;
    return is_readable(out, n) ? end - start : 0;
}

/* The run's end: it goes on over a line's end when the line is as long as wrapped lines are. */
static size_t base64_end(struct cardea_str s, size_t at)
{
    size_t line = at;
    for (;;) {
        while (at < s.len && byte_is(s.ptr[at], BYTE_RUN))
            at++;
        size_t next = at;
        if (next < s.len && s.ptr[next] == '\r')
            next++;
        if (at - line < BASE64_LINE_MIN || next >= s.len || s.ptr[next] != '\n' || next + 1 >= s.len ||
            !byte_is(s.ptr[next + 1], BYTE_RUN))
            return at;
        at = line = next + 1;
    }
}

/* By its first characters, before its end is looked for: a picture of a thousand lines is refused at each of them. */
static bool base64_begins_badly(struct cardea_str s, size_t at)
{
    char bytes[PROBE];
    uint32_t bits = 0;
    size_t n = 0;
    for (size_t digits = 1; n < PROBE; at++, digits++) {
        int value = at < s.len ? base64_value(s.ptr[at]) : -1;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        for (int shift = 16; digits % 4 == 0 && shift >= 0 && n < PROBE; shift -= 8)
            bytes[n++] = (char)(bits >> shift & 0xff);
    }
    return begins_badly(bytes);
}

size_t decode_base64(struct cardea_str s, size_t at, char *out, size_t cap, size_t *len, size_t *steps)
{
    *steps += PROBE;
    if (base64_begins_badly(s, at))
        return 0;
    size_t start = at, end = base64_end(s, at), n = 0, digits = 0;
    uint32_t bits = 0;
    *steps += end - start;
    if (end - start < BASE64_CHARS_MIN)
        return 0;
    for (; at < end; at++) {
        int value = base64_value(s.ptr[at]);
        if (value < 0)
            continue; /* a line's end */
        bits = bits << 6 | (uint32_t)value;
        if (++digits % 4 == 0)
            for (int shift = 16; shift >= 0; shift -= 8)
                if (n < cap)
                    out[n++] = (char)(bits >> shift & 0xff);
    }
    size_t left = digits % 4;
    if (left == 1)
        return 0;
    if (left >= 2 && n < cap)
        out[n++] = (char)(bits >> (left == 2 ? 4 : 10) & 0xff);
    if (left == 3 && n < cap)
        out[n++] = (char)(bits >> 2 & 0xff);
    n = narrow(out, n);
    *len = n;
    if (!is_readable(out, n))
        return 0;
    while (end < s.len && s.ptr[end] == '=')
        end++;
    return end - start;
}

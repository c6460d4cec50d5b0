#include "base/base64.h"

#define COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* The last two digits are what the two alphabets differ in. */
static const char plain[] = COMMON "+/", url[] = COMMON "-_";

/* Without padding. */
static size_t encode(const uint8_t *in, size_t len, const char *digits, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        out[n++] = digits[v >> 18];
        out[n++] = digits[v >> 12 & 63];
        if (left > 1)
            out[n++] = digits[v >> 6 & 63];
        if (left > 2)
            out[n++] = digits[v & 63];
    }
    return n;
}

size_t base64_encode(const void *in, size_t len, char *out)
{
    size_t n = encode(in, len, plain, out);
    while (n % 4)
        out[n++] = '=';
    return n;
}

size_t base64url_encode(const void *in, size_t len, char *out)
{
    return encode(in, len, url, out);
}

static int value_of(char c, const char *digits)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == digits[62] ? 62 : c == digits[63] ? 63 : -1;
}

static bool decode(struct cardea_str in, const char *digits, uint8_t *out, size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    *len = 0;
    if (in.len % 4 == 1)
        return false;
    for (size_t i = 0; i < in.len; i++) {
        int digit = value_of(in.ptr[i], digits);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[(*len)++] = (uint8_t)(bits >> held);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}

bool base64_decode(struct cardea_str in, uint8_t *out, size_t *len)
{
    *len = 0;
    if (in.len % 4)
        return false;
    for (unsigned pad = 0; pad < 2 && in.len > 0 && in.ptr[in.len - 1] == '='; pad++)
        in.len--;
    return decode(in, plain, out, len);
}

bool base64url_decode(struct cardea_str in, uint8_t *out, size_t *len)
{
    return decode(in, url, out, len);
}

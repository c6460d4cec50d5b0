#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encode(const void *in, size_t len, char *out)
{
    const uint8_t *p = in;
    size_t n = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
        out[n++] = alphabet[v >> 18];
        out[n++] = alphabet[v >> 12 & 63];
        out[n++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
        out[n++] = left > 2 ? alphabet[v & 63] : '=';
    }
    return n;
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct cardea_str in, uint8_t *out, size_t *len)
{
    *len = 0;
    if (in.len % 4)
        return false;
    for (size_t i = 0; i < in.len; i += 4) {
        const char *p = in.ptr + i;
        unsigned pad = i + 4 < in.len || p[3] != '=' ? 0 : p[2] == '=' ? 2 : 1;
        uint32_t v = 0;
        for (unsigned j = 0; j < 4; j++) {
            int digit = j < 4 - pad ? value_of(p[j]) : 0;
            if (digit < 0)
                return false;
            v = v << 6 | (uint32_t)digit;
        }
        if (pad && (v & (pad == 1 ? 0xff : 0xffff)))
            return false;
        out[(*len)++] = (uint8_t)(v >> 16);
        if (pad < 2)
            out[(*len)++] = (uint8_t)(v >> 8);
        if (pad < 1)
            out[(*len)++] = (uint8_t)v;
    }
    return true;
}

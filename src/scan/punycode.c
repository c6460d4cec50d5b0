#include "scan/punycode.h"

#include <string.h>

#include "scan/fold.h"

/* RFC 3492, section 5. */
#define BASE         36u
#define TMIN         1u
#define TMAX         26u
#define SKEW         38u
#define DAMP         700u
#define INITIAL_BIAS 72u
#define INITIAL_N    128u

#define CODES_MAX 63 /* characters of a label */

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
}

static char digit_of(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

static uint32_t value_of(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 26;
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a') : BASE;
}

static bool read_codes(struct cardea_str label, uint32_t codes[CODES_MAX], size_t *count)
{
    *count = 0;
    for (size_t at = 0, len; at < label.len; at += len) {
        uint32_t code = fold_decode(label, at, &len);
        if (len == 0 || *count == CODES_MAX)
            return false;
        codes[(*count)++] = code;
    }
    return *count > 0;
}

static size_t put_number(char *out, uint32_t q, uint32_t bias)
{
    size_t n = 0;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);
        if (q < t)
            break;
        out[n++] = digit_of(t + (q - t) % (BASE - t));
        q = (q - t) / (BASE - t);
    }
    out[n++] = digit_of(q);
    return n;
}

bool punycode_encode(struct cardea_str label, char out[PUNYCODE_MAX], size_t *len)
{
    uint32_t codes[CODES_MAX], n = INITIAL_N, delta = 0, bias = INITIAL_BIAS;
    size_t count, done = 0, at = 0;
    if (!read_codes(label, codes, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (codes[i] < 0x80)
            out[at++] = (char)codes[i];
    size_t basic = done = at;
    if (basic > 0)
        out[at++] = '-';
    while (done < count) {
        uint32_t next = UINT32_MAX;
        for (size_t i = 0; i < count; i++)
            if (codes[i] >= n && codes[i] < next)
                next = codes[i];
        delta += (next - n) * (uint32_t)(done + 1); /* at most 0x10ffff * 64: no overflow */
        n = next;
        for (size_t i = 0; i < count; i++) {
            if (codes[i] < n)
                delta++;
            if (codes[i] != n)
                continue;
            if (at + 8 > PUNYCODE_MAX)
                return false;
            at += put_number(out + at, delta, bias);
            bias = adapt(delta, (uint32_t)done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n++;
    }
    *len = at;
    return true;
}

/* One generalized variable-length integer, added to *i. */
static bool take_number(struct cardea_str s, size_t *at, uint32_t bias, uint32_t *i)
{
    uint64_t sum = *i, weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t value = *at < s.len ? value_of(s.ptr[(*at)++]) : BASE;
        if (value >= BASE)
            return false;
        sum += value * weight;
        if (sum > INT32_MAX)
            return false;
        uint32_t t = threshold(k, bias);
        if (value < t)
            break;
        weight *= BASE - t;
        if (weight > INT32_MAX)
            return false;
    }
    *i = (uint32_t)sum;
    return true;
}

bool punycode_decode(struct cardea_str label, char out[PUNYCODE_MAX], size_t *len)
{
    uint32_t codes[CODES_MAX], n = INITIAL_N, i = 0, bias = INITIAL_BIAS;
    size_t count = 0, at = 0;
    const char *dash = memrchr(label.ptr ? label.ptr : "", '-', label.len);
    for (size_t basic = dash ? (size_t)(dash - label.ptr) : 0; at < basic; at++) {
        if ((unsigned char)label.ptr[at] >= 0x80 || count == CODES_MAX)
            return false;
        codes[count++] = (unsigned char)label.ptr[at];
    }
    at += at > 0;
    while (at < label.len) {
        uint32_t before = i;
        if (count == CODES_MAX || !take_number(label, &at, bias, &i))
            return false;
        bias = adapt(i - before, (uint32_t)count + 1, before == 0);
        n += i / (uint32_t)(count + 1);
        i %= (uint32_t)(count + 1);
        if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
            return false;
        memmove(codes + i + 1, codes + i, (count - i) * sizeof(codes[0]));
        codes[i++] = n;
        count++;
    }
    *len = 0;
    for (size_t k = 0; k < count; k++) {
        if (*len + 4 > PUNYCODE_MAX)
            return false;
        *len += fold_encode(codes[k], out + *len);
    }
    return count > 0;
}

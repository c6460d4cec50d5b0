#include <stdlib.h>
#include <string.h>

#include "scan/bytes.h"
#include "scan/decode.h"
#include "scan/view.h"

/* Runs of fewer characters are words. */
#define RUN_MIN 12
/* Longest decoding of one run; more is cut. */
#define RUN_BYTES_MAX ((size_t)64 * 1024)
/* A run that is none is begun anew further on, and could be walked as often as it is long: so many steps for each byte
 * of the text, and so many for any text, are enough for whatever was meant to be read. */
#define STEPS_A_BYTE 32
#define STEPS_ANYWAY ((size_t)4 << 20)

struct decoding {
    struct view *v;
    const struct view *parent;
    char *room;
    size_t copied, runs, runs_max;
    size_t steps;
    bool any;
};

static void found(struct decoding *d, const char *bytes, size_t len, size_t at, size_t used)
{
    if (!d->any)
        view_begin(d->v, d->parent);
    d->any = true;
    if (at > d->copied)
        view_copy(d->v, d->copied, at);
    view_add(d->v, bytes, len, at, used);
    d->copied = at + used;
    d->runs++;
}

/* A run of the alphabets of hex and base64 from `at` to `end`; returns how much of it was one. */
static size_t try_run(struct decoding *d, size_t at, size_t end)
{
    struct cardea_str s = d->parent->text;
    size_t len, used = 0;
    bool pairs = end - at == 2 || (end - at == 4 && s.ptr[at] == '0');
    if (end - at < RUN_MIN && !pairs)
        return 0;
    if (!d->room)
        d->room = malloc(RUN_BYTES_MAX);
    if (!d->room)
        return 0;
    used = decode_hex(s, at, d->room, RUN_BYTES_MAX, &len, &d->steps);
    if (used == 0 && !pairs)
        used = decode_base64(s, at, d->room, RUN_BYTES_MAX, &len, &d->steps);
    if (used > 0)
        found(d, d->room, len, at, used);
    return used;
}

/* A form's fields have `+` for a space, and no space. */
static bool is_form(struct cardea_str s)
{
    const char *first = s.len > 0 ? memchr(s.ptr, '+', s.len) : NULL;
    return first && !memchr(s.ptr, ' ', s.len) && memchr(first + 1, '+', s.len - (size_t)(first + 1 - s.ptr));
}

static void unplus(struct decoding *d, size_t at, size_t end)
{
    for (; at < end && d->runs < d->runs_max; at++)
        if (d->parent->text.ptr[at] == '+')
            found(d, " ", 1, at, 1);
}

static size_t try_sign(struct decoding *d, size_t at)
{
    struct cardea_str s = d->parent->text;
    char bytes[4];
    size_t len, used = 0;
    if (s.ptr[at] == '%')
        used = decode_percent(s, at, bytes, &len);
    else if (s.ptr[at] == '&')
        used = decode_entity(s, at, bytes, &len);
    else if (s.ptr[at] == '\\')
        used = decode_escape(s, at, bytes, &len);
    if (used > 0)
        found(d, bytes, len, at, used);
    return used;
}

/* Where something may be decoded, of so many bytes from `at` on: whether 12 of a run follow is seen in 64. */
#define STARTS 48

struct starts {
    size_t at, end;
    uint64_t bits;
};

/* A sign, or a run that is long, or of two or four: all others are words. */
static void find_starts(struct starts *n, struct cardea_str s, size_t at)
{
    uint64_t run = BYTES_BITS(s, at, bytes_run), before = at > 0 && byte_is(s.ptr[at - 1], BYTE_RUN);
    uint64_t two = run & run >> 1, four = two & two >> 2, many = four & four >> 4 & four >> 8;
    n->bits = run & ~(run << 1 | before) & ((two & ~(run >> 2)) | (four & ~(run >> 4)) | many);
    n->bits = (n->bits | BYTES_BITS(s, at, bytes_sign)) & ((1ull << STARTS) - 1);
    n->at = at;
    n->end = at + STARTS;
}

static size_t next_start(struct starts *n, struct cardea_str s, size_t at)
{
    for (; at < s.len; at = n->end) {
        if (at >= n->end)
            find_starts(n, s, at);
        uint64_t left = n->bits >> (at - n->at);
        if (left)
            return at + (size_t)__builtin_ctzll(left);
    }
    return s.len;
}

bool view_decode(struct view *v, const struct view *parent, size_t runs_max)
{
    static const unsigned char signs[256] = {['%'] = 1, ['&'] = 1, ['\\'] = 1};
    struct decoding d = {.v = v, .parent = parent, .runs_max = runs_max};
    struct cardea_str s = parent->text;
    struct starts starts = {0};
    bool form = is_form(s);
    size_t steps_max = s.len * STEPS_A_BYTE + STEPS_ANYWAY;
    for (size_t at = 0; at < s.len && d.runs < runs_max && d.steps < steps_max && !(d.any && v->truncated);) {
        size_t end = bytes_skip(s, at, BYTE_RUN);
        size_t used = end > at ? try_run(&d, at, end) : signs[(unsigned char)s.ptr[at]] ? try_sign(&d, at) : 0;
        if (form && used == 0)
            unplus(&d, at, end);
        at = used > 0 ? at + used : end > at ? end : at + 1;
        if (used == 0 && !form)
            at = next_start(&starts, s, at);
    }
    free(d.room);
    bool gave_up = d.steps >= steps_max;
    if (!d.any && !gave_up)
        return false;
    if (!d.any)
        view_begin(v, parent);
    if (d.copied < s.len)
        view_copy(v, d.copied, s.len);
    v->truncated |= d.runs >= runs_max || gave_up;
    view_end(v);
    return true;
}

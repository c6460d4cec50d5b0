#include <string.h>

#include "base/str.h"
#include "scan/bytes.h"
#include "scan/host.h"

#define AUTHORITY_MAX 1024

struct search {
    struct cardea_str text;
    const struct fold *fold;
    host_found_fn found;
    void *arg;
};

static bool ends_authority(char c)
{
    return (unsigned char)c <= ' ' || strchr("/?#\\\"'<>()`{}|^,;", c) != NULL;
}

/* U+3002, U+FF0E and U+FF61 are dots in a host (RFC 3490, section 3.1). */
static size_t wide_dot(struct cardea_str s, size_t at)
{
    if (at + 3 > s.len)
        return 0;
    return memcmp(s.ptr + at, "\xe3\x80\x82", 3) == 0 || memcmp(s.ptr + at, "\xef\xbc\x8e", 3) == 0 ||
                   memcmp(s.ptr + at, "\xef\xbd\xa1", 3) == 0
               ? 3
               : 0;
}

/* Length of what may stand in a name at `at`: 0 ends it. Letters of scripts without spaces between words are part of a
 * name only where a scheme says that it is one, and the label is theirs. */
static size_t name_step(const struct search *s, size_t at, size_t start, bool in_url)
{
    size_t len;
    if (!byte_is(s->text.ptr[at], BYTE_NAME))
        return 0;
    if (!byte_is(s->text.ptr[at], BYTE_HIGH))
        return 1;
    if (wide_dot(s->text, at))
        return 3;
    uint32_t code = fold_decode(s->text, at, &len);
    if (len == 0)
        return 0;
    struct fold_entry e = fold_of(s->fold, code);
    if (!(e.flags & FOLD_LETTER))
        return 0;
    if (e.flags & FOLD_DENSE && (!in_url || (at > start && byte_is(s->text.ptr[at - 1], BYTE_LETTER | BYTE_DIGIT))))
        return 0;
    return len;
}

/* Parses what stands in [start, end), with wide dots made plain. */
static bool report(struct search *s, size_t start, size_t end, bool in_url, unsigned traits)
{
    char name[AUTHORITY_MAX];
    size_t len = 0;
    struct host h;
    if (end <= start || end - start > sizeof(name))
        return true;
    for (size_t at = start; at < end;) {
        size_t wide = wide_dot(s->text, at);
        name[len++] = wide ? '.' : s->text.ptr[at];
        at += wide ? wide : 1;
    }
    if (!host_parse(&h, (struct cardea_str){name, len}, in_url, s->fold))
        return true;
    h.start = start;
    h.end = end;
    h.traits |= traits;
    return s->found(s->arg, &h);
}

/* What follows `://` at `at`: [user@]host[:port]. Returns where it ends; *more says whether to go on. */
static size_t authority(struct search *s, size_t at, bool *more)
{
    struct cardea_str text = s->text;
    size_t end = at, host = at;
    unsigned traits = 0;
    while (end < text.len && end - at < AUTHORITY_MAX && !ends_authority(text.ptr[end]))
        end++;
    for (size_t i = at; i < end; i++)
        if (text.ptr[i] == '@')
            host = i + 1;
    if (host > at && memchr(text.ptr + at, '.', host - at))
        traits = 1u << CARDEA_SCAN_HOST_USERINFO;
    size_t host_end = host;
    if (host < end && text.ptr[host] == '[') {
        const char *close = memchr(text.ptr + host, ']', end - host);
        host_end = close ? (size_t)(close - text.ptr) + 1 : end;
    } else {
        for (size_t step; host_end < end && (step = name_step(s, host_end, host, true)) > 0;)
            host_end += step;
        while (host_end > host && (text.ptr[host_end - 1] == '-' || text.ptr[host_end - 1] == '.'))
            host_end--; /* punctuation; a trailing dot means nothing */
    }
    *more = report(s, host, host_end, true, traits);
    return end;
}

/* A bare name from `start` to `end`. */
static bool bare(struct search *s, size_t start, size_t end)
{
    struct cardea_str text = s->text;
    while (start < end && (text.ptr[start] == '.' || text.ptr[start] == '-'))
        start++;
    while (end > start && (text.ptr[end - 1] == '.' || text.ptr[end - 1] == '-'))
        end--;
    if (end - start < 4)
        return true;
    bool digits = true;
    for (size_t i = start; i < end; i++)
        digits &= (text.ptr[i] >= '0' && text.ptr[i] <= '9') || text.ptr[i] == '.';
    /* Numbers with dots are versions and dates, unless a port or a path follows. */
    if (digits && (end == text.len || (text.ptr[end] != ':' && text.ptr[end] != '/')))
        return true;
    return report(s, start, end, false, 0);
}

/* The names in the run of characters of names at `at`; returns where the run ends. */
static size_t names(struct search *s, size_t at, bool *more)
{
    struct cardea_str text = s->text;
    while (*more && at < text.len && byte_is(text.ptr[at], BYTE_NAME)) {
        size_t step = name_step(s, at, at, false), end = at;
        bool dot = false;
        for (; step > 0; step = end < text.len ? name_step(s, end, at, false) : 0) {
            dot |= text.ptr[end] == '.' || step == 3;
            end += step;
            while (end < text.len && byte_is(text.ptr[end], BYTE_LETTER | BYTE_DIGIT))
                end++;
        }
        if (dot)
            *more = bare(s, at, end);
        at = end > at ? end : at + 1;
    }
    return at;
}

void host_find(struct cardea_str text, const struct fold *f, host_found_fn found, void *arg)
{
    struct search s = {text, f, found, arg};
    bool more = true;
    for (size_t at = 0, floor = 0; more;) {
        at = BYTES_NEXT(text, at, bytes_dot);
        if (at == text.len)
            return;
        if (text.ptr[at] != ':') {
            while (at > floor && byte_is(text.ptr[at - 1], BYTE_NAME))
                at--;
            at = names(&s, at, &more);
        } else if (text.len - at > 3 && text.ptr[at + 1] == '/' && text.ptr[at + 2] == '/') {
            at = authority(&s, at + 3, &more);
        } else {
            at++;
        }
        floor = at;
    }
}

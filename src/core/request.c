/* core/request.c - what of an HTTP request decides. */
#include "core/request.h"

#include <string.h>

#include "core/text.h"

enum { PLAIN = 0, SLASH, ESCAPE, QUESTION, REFUSED };

/* Blanks and control bytes; a backslash, which some servers take for a slash; '#', which some cut the path at. */
__extension__ static const uint8_t path_class[256] = {
    [0 ... ' '] = REFUSED, [0x7f] = REFUSED, ['\\'] = REFUSED, ['#'] = REFUSED,
    ['/'] = SLASH,         ['%'] = ESCAPE,   ['?'] = QUESTION,
};

static bool method_is(struct cardea_str method, const char *name, size_t len)
{
    return method.len == len && memcmp(method.ptr, name, len) == 0;
}

uint32_t request_method(struct cardea_str method)
{
    if (method_is(method, "GET", 3) || method_is(method, "HEAD", 4))
        return CARDEA_GET;
    if (method_is(method, "POST", 4))
        return CARDEA_POST;
    if (method_is(method, "PUT", 3))
        return CARDEA_PUT;
    if (method_is(method, "PATCH", 5))
        return CARDEA_PATCH;
    if (method_is(method, "DELETE", 6))
        return CARDEA_DELETE;
    if (method_is(method, "OPTIONS", 7))
        return CARDEA_OPTIONS;
    return 0;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = text_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of an escape at `at`, or -1. */
static int escaped(const char *at, const char *end)
{
    if (end - at < 3 || hex(at[1]) < 0 || hex(at[2]) < 0)
        return -1;
    return hex(at[1]) << 4 | hex(at[2]);
}

/* Decodes a segment into `buf`, which is long enough. */
static bool decode(struct cardea_str raw, char **buf, struct cardea_str *out)
{
    const char *end = raw.ptr + raw.len;
    *out = (struct cardea_str){.ptr = *buf, .len = 0};
    for (const char *at = raw.ptr; at < end;) {
        int c = (unsigned char)*at;
        if (c == '%') {
            c = escaped(at, end);
            /* What would mean something else when it is decoded sooner or later than here. */
            if (c < ' ' || c == 0x7f || c == '/' || c == '\\')
                return false;
            at += 2;
        }
        at++;
        *(*buf)++ = (char)c;
        out->len++;
    }
    return true;
}

/* "." or "..", as they stand or before parameters ("..;x"), which Java's servers cut off before they walk up. */
static bool is_dots(const struct cardea_str *s)
{
    size_t dots = s->len > 1 && s->ptr[1] == '.' ? 2 : 1;
    return s->ptr[0] == '.' && (s->len == dots || s->ptr[dots] == ';');
}

static bool add_segment(struct cardea_str raw, bool has_escape, char **buf, struct route_path *out)
{
    if (raw.len == 0 || out->count == ROUTE_SEGMENTS_MAX)
        return false;
    struct cardea_str *s = &out->segments[out->count++];
    *s = raw;
    if (has_escape && !decode(raw, buf, s))
        return false;
    return !is_dots(s);
}

/* Sixteen bytes of a path at a time: 0xff for each that path_class does not call PLAIN. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));

static void find_special(const char *at, uint64_t marks[2])
{
    bytes16 c;
    memcpy(&c, at, sizeof c);
    bytes16 found = (bytes16)((c <= ' ') | (c == 0x7f) | (c == '\\') | (c == '#') | (c == '/') | (c == '%') |
                              (c == '?'));
    memcpy(marks, &found, sizeof found);
}

/* Where a path is taken apart. */
struct splitter {
    const char *text, *start; /* of the target; of the segment */
    bool has_escape;
    char *buf;
    struct route_path *out;
};

enum split { GO_ON, END, REFUSE };

/* One byte that is not plain, at `at`. */
static inline enum split split_at(struct splitter *s, const char *at, unsigned class)
{
    if (class == ESCAPE) {
        s->has_escape = true;
        return GO_ON;
    }
    if (class == REFUSED || at - s->text > ROUTE_PATH_MAX)
        return REFUSE;
    struct cardea_str raw = {.ptr = s->start, .len = (size_t)(at - s->start)};
    /* Nothing after the last slash: the root, or the one trailing slash that is ignored. */
    bool trailing = class == QUESTION && raw.len == 0;
    if (!trailing && !add_segment(raw, s->has_escape, &s->buf, s->out))
        return REFUSE;
    s->start = at + 1;
    s->has_escape = false;
    return class == QUESTION ? END : GO_ON;
}

/* The marked bytes of the sixteen at `base`. `*at` is where the query starts, when the path has ended. */
static inline enum split split_marked(struct splitter *s, const char *base, uint64_t marks[2], const char **at)
{
    for (int half = 0; half < 2; half++) {
        while (marks[half] != 0) {
            unsigned byte = (unsigned)__builtin_ctzll(marks[half]) / 8;
            const char *found = base + half * 8 + byte;
            marks[half] &= ~(UINT64_C(0xff) << byte * 8);
            enum split state = split_at(s, found, path_class[(uint8_t)*found]);
            if (state != GO_ON) {
                *at = found + 1;
                return state;
            }
        }
    }
    return GO_ON;
}

static enum split split_all(struct splitter *s, const char *end, const char **at)
{
    enum split state = GO_ON;
    uint64_t marks[2];
    for (; end - *at >= 16 && state == GO_ON; *at += state == GO_ON ? 16 : 0) {
        find_special(*at, marks);
        state = split_marked(s, *at, marks, at);
    }
    if (state != GO_ON || *at == end)
        return state;
    /* The rest, in the last sixteen bytes of the target, of which those that were seen are left out. */
    if (end - s->text >= 16) {
        const char *base = end - 16;
        unsigned seen = (unsigned)(*at - base);
        find_special(base, marks);
        marks[0] &= seen >= 8 ? 0 : UINT64_MAX << seen * 8;
        marks[1] &= seen > 8 ? UINT64_MAX << (seen - 8) * 8 : UINT64_MAX;
        return split_marked(s, base, marks, at);
    }
    while (*at < end && state == GO_ON) {
        unsigned class = path_class[(uint8_t) * *at];
        if (class != PLAIN)
            state = split_at(s, *at, class);
        (*at)++;
    }
    return state;
}

bool request_path(struct cardea_str target, char buf[ROUTE_PATH_MAX], struct route_path *out, struct cardea_str *query)
{
    out->count = 0;
    *query = (struct cardea_str){.ptr = NULL};
    if (target.len == 0 || target.ptr[0] != '/')
        return false;
    const char *end = target.ptr + target.len;
    const char *at = target.ptr + 1;
    struct splitter s = {.text = target.ptr, .start = at, .buf = buf, .out = out};
    enum split state = split_all(&s, end, &at);
    if (state == GO_ON)
        return split_at(&s, end, QUESTION) == END;
    if (state == END)
        *query = (struct cardea_str){.ptr = at, .len = (size_t)(end - at)};
    return state == END;
}

static inline struct cardea_str trim(struct cardea_str s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* "Bearer " in any case, and something behind it: eight bytes at once. Setting bit 5 makes nothing else a letter of it.
 */
static bool is_bearer(struct cardea_str value)
{
    uint64_t word;
    uint64_t wanted;
    if (value.len < 8)
        return false;
    memcpy(&word, value.ptr, 8);
    memcpy(&wanted, "bearer \0", 8);
    return ((word | UINT64_C(0x202020202020)) & UINT64_C(0x00ffffffffffffff)) == wanted;
}

enum cardea_code request_credential(const struct cardea_request *req, struct cardea_str *key, bool *legacy)
{
    bool has_bearer = req->authorization_count > 0 || req->authorization.len > 0;
    bool has_legacy = req->legacy_count > 0 || req->legacy.len > 0;
    if (req->authorization_count > 1 || req->legacy_count > 1 || (has_bearer && has_legacy))
        return CARDEA_AMBIGUOUS;
    *legacy = has_legacy;
    if (has_legacy) {
        *key = trim(req->legacy);
        return key->len > 0 ? CARDEA_VALID : CARDEA_MALFORMED;
    }
    if (!has_bearer)
        return CARDEA_MISSING;
    struct cardea_str value = trim(req->authorization);
    if (!is_bearer(value))
        return CARDEA_MALFORMED;
    *key = trim((struct cardea_str){.ptr = value.ptr + 7, .len = value.len - 7});
    return CARDEA_VALID;
}

/* Compares decoded text with the format's first literal, and its decoded length with the key's. */
static bool looks_like(const struct cardea_key_format *f, struct cardea_str value)
{
    const struct cardea_format_part *first = &f->parts[0];
    const char *end = value.ptr + value.len;
    size_t n = 0;
    for (const char *at = value.ptr; at < end; at++, n++) {
        int c = (unsigned char)*at;
        if (c == '%') {
            c = escaped(at, end);
            if (c >= 0)
                at += 2;
        }
        if (n < first->len && c != (unsigned char)first->literal[n])
            return false;
    }
    return n >= f->key_len;
}

static bool any_kind_like(const struct cardea_profile *p, struct cardea_str value)
{
    for (size_t i = 0; i < p->kind_count; i++) {
        if (!(p->kinds[i].flags & CARDEA_KIND_LEGACY) && looks_like(&p->kinds[i].format, value))
            return true;
    }
    return false;
}

bool request_query_has_key(const struct cardea_profile *p, struct cardea_str query)
{
    const char *end = query.len > 0 ? query.ptr + query.len : query.ptr;
    for (const char *at = query.ptr; at < end;) {
        const char *stop = at;
        const char *value = at;
        while (stop < end && *stop != '&' && *stop != ';') {
            if (*stop == '=' && value == at)
                value = stop + 1;
            stop++;
        }
        if (any_kind_like(p, (struct cardea_str){.ptr = value, .len = (size_t)(stop - value)}))
            return true;
        at = stop + 1;
    }
    return false;
}

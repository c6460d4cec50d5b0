#include "scan/fold.h"

#include <utf8proc.h>

#include "base/buf.h"
#include "base/str.h"
#include "scan/confusables.h"

#define PAGES       0x1100u
#define POOL_MAX    (4u << 20)
#define EXPANDS_MAX 32

struct fold {
    struct fold_entry *pages[PAGES]; /* NULL: all of it letters that stay */
    struct buf pool;
};

/* Blocks (of 256) whose characters are looked at one by one; in the others there are only letters that stay. */
static const struct {
    uint16_t first, last;
} looked_at[] = {
    {0x00, 0x33},   {0xa0, 0xab},   {0xf9, 0xff},   {0x102, 0x105}, {0x118, 0x118}, {0x16f, 0x16f}, {0x1bc, 0x1bc},
    {0x1d1, 0x1d1}, {0x1d4, 0x1d7}, {0x1df, 0x1df}, {0x1ee, 0x1ee}, {0x1f0, 0x1ff}, {0x2f8, 0x2fa}, {0xe00, 0xe01},
};

static enum fold_script script_of(uint32_t c)
{
    if ((c >= 0xc0 && c <= 0x2af) || (c >= 0x1d00 && c <= 0x1dbf) || (c >= 0x1e00 && c <= 0x1eff) ||
        (c >= 0x2c60 && c <= 0x2c7f) || (c >= 0xa720 && c <= 0xa7ff) || (c >= 0xab30 && c <= 0xab6f))
        return FOLD_LATIN;
    if ((c >= 0x370 && c <= 0x3ff) || (c >= 0x1f00 && c <= 0x1fff))
        return FOLD_GREEK;
    if ((c >= 0x400 && c <= 0x52f) || (c >= 0x1c80 && c <= 0x1c8f) || (c >= 0xa640 && c <= 0xa69f))
        return FOLD_CYRILLIC;
    if (c >= 0x530 && c <= 0x58f)
        return FOLD_ARMENIAN;
    if ((c >= 0x13a0 && c <= 0x13ff) || (c >= 0xab70 && c <= 0xabbf))
        return FOLD_CHEROKEE;
    return FOLD_OTHER;
}

static const struct scan_confusable *confusable(uint32_t code)
{
    size_t low = 0, high = scan_confusable_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (scan_confusables[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < scan_confusable_count && scan_confusables[low].code == code ? &scan_confusables[low] : NULL;
}

static char like_of(uint32_t code)
{
    const struct scan_confusable *found = confusable(code);
    return found ? found->like : 0;
}

/* What NFKC leaves as it is, but people and word processors use for a character of ASCII. 0: none. */
static char plain_of(uint32_t c)
{
    if (c == 0x85 || c == 0x2028 || c == 0x2029)
        return '\n';
    if ((c >= 0x2018 && c <= 0x201b) || c == 0x2032 || c == 0x2bc || c == 0xb4)
        return '\'';
    if ((c >= 0x201c && c <= 0x201f) || c == 0x2033)
        return '"';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
        return '-';
    if (c == 0x2044 || c == 0x2215)
        return '/';
    if (c >= 0x1f150 && c <= 0x1f169)
        return (char)('A' + (c - 0x1f150));
    if (c >= 0x1f170 && c <= 0x1f189)
        return (char)('A' + (c - 0x1f170));
    if (c >= 0x1f1e6 && c <= 0x1f1ff)
        return (char)('A' + (c - 0x1f1e6));
    return 0;
}

static bool is_dropped(uint32_t c)
{
    const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)c);
    switch (p->category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        return true;
    default:
        return p->ignorable || c == 0x2800; /* braille without a dot */
    }
}

static bool is_letter(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ND;
}

/* Thai to Myanmar, Khmer, kana, and the ideographs. */
static bool is_dense(uint32_t c)
{
    return (c >= 0xe00 && c <= 0x109f) || (c >= 0x1780 && c <= 0x17ff) || (c >= 0x2e80 && c <= 0xa4cf) ||
           (c >= 0xf900 && c <= 0xfaff) || c >= 0x20000;
}

/* One character of a compatibility decomposition: small, without marks. */
static void add_small(struct buf *out, utf8proc_int32_t code)
{
    utf8proc_int32_t parts[EXPANDS_MAX];
    int boundary = 0;
    if (code < 0x80 || plain_of((uint32_t)code)) {
        buf_add_char(out, code < 0x80 ? (char)code : plain_of((uint32_t)code));
        return;
    }
    utf8proc_ssize_t count = utf8proc_decompose_char(code, parts, EXPANDS_MAX, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD,
                                                     &boundary);
    for (utf8proc_ssize_t i = 0; i < count && i < EXPANDS_MAX; i++) {
        uint32_t c = (uint32_t)parts[i];
        char bytes[4], like = script_of(c) == FOLD_LATIN ? like_of(c) : 0;
        if (is_dropped(c))
            continue;
        if (like)
            buf_add_char(out, like);
        else
            buf_add(out, bytes, fold_encode(c, bytes));
    }
}

static void add_folded(struct buf *out, uint32_t c)
{
    utf8proc_int32_t parts[EXPANDS_MAX];
    int boundary = 0;
    if (plain_of(c)) {
        buf_add_char(out, plain_of(c));
        return;
    }
    if (script_of(c) == FOLD_LATIN && like_of(c)) {
        buf_add_char(out, like_of(c));
        return;
    }
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)c, parts, EXPANDS_MAX,
                                                     UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);
    for (utf8proc_ssize_t i = 0; i < count && i < EXPANDS_MAX; i++)
        add_small(out, parts[i]);
}

static struct fold_entry make_entry(struct fold *f, uint32_t c)
{
    struct fold_entry e = {.at = (uint32_t)f->pool.len, .like = like_of(c)};
    char own[4];
    size_t own_len = fold_encode(c, own);
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    if (is_letter(c))
        e.flags |= FOLD_LETTER | (is_dense(c) ? FOLD_DENSE : 0);
    if (e.like && confusable(c)->loose)
        e.flags |= FOLD_LOOSE;
    if (e.flags & FOLD_LETTER)
        e.script = (uint8_t)script_of(c);
    if (category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_CS) {
        e.flags |= FOLD_SAME;
        return e;
    }
    if (is_dropped(c) && !plain_of(c))
        return e;
    add_folded(&f->pool, c);
    e.len = (uint8_t)(f->pool.len - e.at);
    const char *made = f->pool.ptr + e.at;
    if (e.len == own_len && memcmp(made, own, own_len) == 0)
        e.flags |= FOLD_SAME;
    else if (e.len == 1 && ((made[0] | 0x20) >= 'a' && (made[0] | 0x20) <= 'z'))
        e.flags |= FOLD_LETTER, e.script = FOLD_LATIN;
    return e;
}

static bool make_page(struct fold *f, uint32_t page)
{
    f->pages[page] = calloc(256, sizeof(struct fold_entry));
    if (!f->pages[page])
        return false;
    for (uint32_t i = page == 0 ? 0x80 : 0; i < 256; i++)
        f->pages[page][i] = make_entry(f, page << 8 | i);
    return !f->pool.failed;
}

struct fold *fold_new(void)
{
    struct fold *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    buf_init(&f->pool, POOL_MAX);
    for (size_t i = 0; i < sizeof(looked_at) / sizeof(looked_at[0]); i++)
        for (uint32_t page = looked_at[i].first; page <= looked_at[i].last; page++)
            if (!make_page(f, page)) {
                fold_free(f);
                return NULL;
            }
    return f;
}

void fold_free(struct fold *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < PAGES; i++)
        free(f->pages[i]);
    buf_release(&f->pool);
    free(f);
}

struct fold_entry fold_of(const struct fold *f, uint32_t code)
{
    const struct fold_entry *page = f->pages[code >> 8];
    if (page)
        return page[code & 0xff];
    return (struct fold_entry){.flags = FOLD_SAME | FOLD_LETTER | (is_dense(code) ? FOLD_DENSE : 0),
                               .script = FOLD_OTHER};
}

struct cardea_str fold_bytes(const struct fold *f, const struct fold_entry *e)
{
    return (struct cardea_str){f->pool.ptr + e->at, e->len};
}

uint32_t fold_decode(struct cardea_str s, size_t at, size_t *len)
{
    const uint8_t *p = (const uint8_t *)s.ptr + at;
    *len = str_utf8_step(s, at);
    switch (*len) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    case 3:
        return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    case 4:
        return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    default:
        return 0;
    }
}

size_t fold_encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

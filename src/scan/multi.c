#include "scan/multi.h"

#include <hs.h>

#include "base/arena.h"
#include "scan/fields.h"
#include "scan/pattern.h"

struct multi {
    hs_database_t *db;
};

struct multi_scratch {
    hs_scratch_t *hs;
};

/* Texts are at most this long: Hyperscan counts in 32 bits. */
#define TEXT_MAX UINT32_MAX

static unsigned flags_of(unsigned flags)
{
    return (flags & FIELDS_CASELESS ? HS_FLAG_CASELESS : 0) | (flags & FIELDS_MULTILINE ? HS_FLAG_MULTILINE : 0) |
           (flags & FIELDS_DOTALL ? HS_FLAG_DOTALL : 0) | HS_FLAG_SINGLEMATCH;
}

/* Hyperscan knows `extended` only as an inline option. */
static const char *source_of(struct arena *a, const struct multi_pattern *p)
{
    return p->flags & FIELDS_EXTENDED ? arena_printf(a, "(?x)%.*s", (int)p->source.len, p->source.ptr).ptr
                                      : arena_cstr(a, p->source);
}

struct table {
    const char **sources;
    unsigned *flags, *ids;
};

/* What Hyperscan cannot take as it is, it may take as a filter before PCRE2: look-around, backreferences. */
static bool settle_flags(struct table *t, size_t i, struct cardea_why *why)
{
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *error = NULL;
    hs_error_t got = hs_expression_info(t->sources[i], t->flags[i], &info, &error);
    if (got != HS_SUCCESS) {
        hs_free_compile_error(error);
        error = NULL;
        t->flags[i] |= HS_FLAG_PREFILTER;
        got = hs_expression_info(t->sources[i], t->flags[i], &info, &error);
    }
    if (got != HS_SUCCESS)
        snprintf(why->text, sizeof(why->text), "%s", error ? error->message : "out of memory");
    hs_free_compile_error(error);
    free(info);
    return got == HS_SUCCESS;
}

enum multi_made multi_compile(struct multi **out, const struct multi_pattern *patterns, size_t count, size_t *which,
                              struct cardea_why *why)
{
    struct arena arena = {0};
    struct table t = {arena_array(&arena, count, sizeof(*t.sources)), arena_array(&arena, count, sizeof(*t.flags)),
                      arena_array(&arena, count, sizeof(*t.ids))};
    enum multi_made made = MULTI_OK;
    for (size_t i = 0; i < count && made == MULTI_OK; i++) {
        t.sources[i] = source_of(&arena, &patterns[i]);
        t.flags[i] = flags_of(patterns[i].flags);
        t.ids[i] = (unsigned)i;
        *which = i;
        if (!settle_flags(&t, i, why))
            made = MULTI_BAD_PATTERN;
    }
    struct multi *m = made == MULTI_OK ? calloc(1, sizeof(*m)) : NULL;
    if (m) {
        hs_compile_error_t *error = NULL;
        if (hs_compile_multi(t.sources, t.flags, t.ids, (unsigned)count, HS_MODE_BLOCK, NULL, &m->db, &error) !=
            HS_SUCCESS) {
            made = error && error->expression >= 0 ? MULTI_BAD_PATTERN : MULTI_NOMEM;
            if (error && error->expression >= 0)
                *which = (size_t)error->expression;
            snprintf(why->text, sizeof(why->text), "%s", error ? error->message : "out of memory");
            hs_free_compile_error(error);
            free(m);
            m = NULL;
        }
    } else if (made == MULTI_OK) {
        made = MULTI_NOMEM;
    }
    arena_release(&arena);
    *out = m;
    return made;
}

bool multi_write(const struct multi *m, struct buf *out)
{
    char *bytes = NULL;
    size_t len = 0;
    if (hs_serialize_database(m->db, &bytes, &len) != HS_SUCCESS)
        return false;
    buf_add(out, bytes, len);
    free(bytes);
    return !out->failed;
}

bool multi_read(struct multi **out, struct cardea_str bytes)
{
    struct multi *m = calloc(1, sizeof(*m));
    if (!m || hs_deserialize_database(bytes.ptr, bytes.len, &m->db) != HS_SUCCESS) {
        free(m);
        return false;
    }
    *out = m;
    return true;
}

void multi_free(struct multi *m)
{
    if (m)
        hs_free_database(m->db);
    free(m);
}

struct multi_scratch *multi_scratch_new(const struct multi *m)
{
    struct multi_scratch *s = calloc(1, sizeof(*s));
    if (!s || hs_alloc_scratch(m->db, &s->hs) != HS_SUCCESS) {
        free(s);
        return NULL;
    }
    return s;
}

void multi_scratch_free(struct multi_scratch *s)
{
    if (s)
        hs_free_scratch(s->hs);
    free(s);
}

struct finding {
    multi_found_fn found;
    void *arg;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
    const struct finding *f = arg;
    f->found(f->arg, id, (size_t)to);
    return 0;
}

bool multi_scan(const struct multi *m, struct multi_scratch *s, struct cardea_str text, multi_found_fn found, void *arg)
{
    struct finding f = {found, arg};
    if (text.len > TEXT_MAX)
        return false;
    return hs_scan(m->db, text.ptr ? text.ptr : "", (unsigned)text.len, 0, s->hs, on_match, &f) == HS_SUCCESS;
}

const char *multi_version(void)
{
    return hs_version();
}

#include "scan/multi.h"

#include <hs.h>

#include "base/arena.h"

struct multi {
    hs_database_t *db;
};

struct multi_scratch {
    hs_scratch_t *hs;
};

/* Texts are at most this long: Hyperscan counts in 32 bits. */
#define TEXT_MAX UINT32_MAX

enum multi_made multi_compile(struct multi **out, const struct multi_word *words, size_t count)
{
    struct arena arena = {0};
    const char **texts = arena_array(&arena, count, sizeof(*texts));
    size_t *lens = arena_array(&arena, count, sizeof(*lens));
    unsigned *flags = arena_array(&arena, count, sizeof(*flags)), *ids = arena_array(&arena, count, sizeof(*ids));
    struct multi *m = calloc(1, sizeof(*m));
    hs_compile_error_t *error = NULL;
    for (size_t i = 0; i < count; i++) {
        texts[i] = words[i].text.ptr;
        lens[i] = words[i].text.len;
        flags[i] = words[i].caseless ? HS_FLAG_CASELESS : 0;
        ids[i] = (unsigned)i;
    }
    if (m && hs_compile_lit_multi(texts, flags, ids, lens, (unsigned)count, HS_MODE_BLOCK, NULL, &m->db, &error) !=
                 HS_SUCCESS) {
        hs_free_compile_error(error);
        free(m);
        m = NULL;
    }
    arena_release(&arena);
    *out = m;
    return m ? MULTI_OK : MULTI_NOMEM;
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

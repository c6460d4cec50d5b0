/* core/profile_codec.c - profiles as they stand in a snapshot.
 *
 * Numbers are unsigned little-endian; a text is its length plus one (0: NULL) in 32 bits, then its bytes; a list is its
 * count in 32 bits, then its items. */
#include "core/profile_codec.h"

#include <stdlib.h>
#include <string.h>

#include "core/key_format.h"
#include "core/profile_check.h"
#include "core/why.h"

struct put {
    uint8_t *ptr;
    size_t len, cap;
    bool failed;
};

static void put_bytes(struct put *p, const void *bytes, size_t len)
{
    if (p->failed || len > PROFILES_LEN_MAX - p->len) {
        p->failed = true;
        return;
    }
    if (p->len + len > p->cap) {
        size_t cap = (p->len + len) * 2;
        uint8_t *grown = realloc(p->ptr, cap);
        if (grown == NULL) {
            p->failed = true;
            return;
        }
        p->ptr = grown;
        p->cap = cap;
    }
    if (len > 0)
        memcpy(p->ptr + p->len, bytes, len);
    p->len += len;
}

static void put_u32(struct put *p, uint64_t v)
{
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    put_bytes(p, b, sizeof b);
}

static void put_text(struct put *p, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    put_u32(p, text == NULL ? 0 : len + 1);
    put_bytes(p, text, len);
}

static void put_texts(struct put *p, const char *const *texts, size_t count)
{
    put_u32(p, count);
    for (size_t i = 0; i < count; i++)
        put_text(p, texts[i]);
}

static void put_kind(struct put *p, const struct cardea_kind *k)
{
    put_text(p, k->name);
    put_u32(p, k->flags);
    if (k->flags & CARDEA_KIND_LEGACY)
        return;
    put_u32(p, k->format.alphabet);
    put_u32(p, k->format.part_count);
    for (unsigned i = 0; i < k->format.part_count; i++) {
        const struct cardea_format_part *part = &k->format.parts[i];
        put_u32(p, part->type);
        put_u32(p, part->len);
        if (part->type == CARDEA_PART_LITERAL)
            put_bytes(p, part->literal, part->len);
    }
}

static void put_profile(struct put *p, const struct cardea_profile *profile)
{
    put_text(p, profile->name);
    put_text(p, profile->realm);
    put_texts(p, profile->hosts, profile->host_count);
    put_text(p, profile->legacy_header);
    put_texts(p, profile->scopes, profile->scope_count);
    put_u32(p, profile->kind_count);
    for (size_t i = 0; i < profile->kind_count; i++)
        put_kind(p, &profile->kinds[i]);
    put_u32(p, profile->route_count);
    for (size_t i = 0; i < profile->route_count; i++) {
        const struct cardea_route *r = &profile->routes[i];
        put_u32(p, r->methods);
        put_text(p, r->pattern);
        put_u32(p, r->access);
        put_u32(p, r->access == CARDEA_ACCESS_SCOPE ? r->scope : 0);
        put_u32(p, r->kinds);
        put_u32(p, r->min_role);
        put_u32(p, r->group);
        if (r->scan != NULL)
            put_texts(p, r->scan->fields, r->scan->field_count);
        else
            put_u32(p, 0);
    }
    put_u32(p, profile->denial_count);
    for (size_t i = 0; i < profile->denial_count; i++) {
        put_u32(p, profile->denials[i].code);
        put_u32(p, profile->denials[i].status);
        put_text(p, profile->denials[i].body);
        put_text(p, profile->denials[i].content_type);
    }
}

enum cardea_err profile_encode(const struct cardea_profile *const *profiles, size_t count, uint8_t **out, size_t *len,
                               struct cardea_why *why)
{
    if (count > PROFILES_MAX)
        return why_fail(why, CARDEA_E_FULL, "at most %d profiles", PROFILES_MAX);
    struct put p = {.ptr = NULL};
    put_u32(&p, count);
    for (size_t i = 0; i < count; i++) {
        enum cardea_err err = profile_check(profiles[i], why);
        if (err != CARDEA_OK) {
            free(p.ptr);
            return err;
        }
        put_profile(&p, profiles[i]);
    }
    if (p.failed) {
        free(p.ptr);
        return why_fail(why, CARDEA_E_NOMEM, "out of memory, or profiles of more than %u bytes", PROFILES_LEN_MAX);
    }
    *out = p.ptr;
    *len = p.len;
    return CARDEA_OK;
}

struct take {
    const uint8_t *at, *end;
    struct block **memory;
    bool failed; /* the bytes are wrong */
    bool nomem;
};

static const uint8_t *take_bytes(struct take *t, size_t len)
{
    if (t->failed || (size_t)(t->end - t->at) < len) {
        t->failed = true;
        return NULL;
    }
    const uint8_t *at = t->at;
    t->at += len;
    return at;
}

static uint32_t take_u32(struct take *t)
{
    const uint8_t *b = take_bytes(t, 4);
    return b == NULL ? 0 : (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* A count of items that take at least 4 bytes each, so that no count can ask for more memory than the file is long. */
static size_t take_count(struct take *t, size_t max)
{
    uint32_t n = take_u32(t);
    if (n > max || n > (size_t)(t->end - t->at) / 4)
        t->failed = true;
    return t->failed ? 0 : n;
}

static void *take_memory(struct take *t, size_t count, size_t size)
{
    void *at = t->failed ? NULL : block_alloc(t->memory, (count + 1) * size);
    if (at == NULL && !t->failed)
        t->failed = t->nomem = true;
    return at;
}

static const char *take_text(struct take *t)
{
    uint32_t n = take_u32(t);
    if (n == 0)
        return NULL;
    const uint8_t *bytes = take_bytes(t, n - 1);
    if (bytes == NULL || memchr(bytes, 0, n - 1) != NULL) {
        t->failed = true;
        return NULL;
    }
    char *text = take_memory(t, n, 1);
    if (text != NULL)
        memcpy(text, bytes, n - 1);
    return text;
}

static const char *const *take_texts(struct take *t, size_t *count, size_t max)
{
    *count = take_count(t, max);
    const char **texts = take_memory(t, *count, sizeof *texts);
    for (size_t i = 0; !t->failed && i < *count; i++)
        texts[i] = take_text(t);
    return texts;
}

static void take_kind(struct take *t, struct cardea_kind *k)
{
    k->name = take_text(t);
    k->flags = take_u32(t);
    if (k->flags & CARDEA_KIND_LEGACY)
        return;
    k->format.alphabet = (enum cardea_alphabet)take_u32(t);
    k->format.part_count = (uint16_t)take_count(t, CARDEA_FORMAT_PARTS_MAX);
    for (unsigned i = 0; !t->failed && i < k->format.part_count; i++) {
        struct cardea_format_part *part = &k->format.parts[i];
        uint32_t type = take_u32(t);
        uint32_t len = take_u32(t);
        if (type > CARDEA_PART_CHECK || len > CARDEA_KEY_MAX) {
            t->failed = true;
            return;
        }
        part->type = (enum cardea_part_type)type;
        part->len = (uint16_t)len;
        if (part->type != CARDEA_PART_LITERAL)
            continue;
        const uint8_t *bytes = len > CARDEA_FORMAT_LITERAL_MAX ? NULL : take_bytes(t, len);
        if (bytes == NULL) {
            t->failed = true;
            return;
        }
        memcpy(part->literal, bytes, len);
    }
    struct cardea_why reason;
    if (!t->failed && key_format_seal(&k->format, &reason) != CARDEA_OK)
        t->failed = true;
}

static const struct cardea_route_scan *take_scan(struct take *t)
{
    size_t count;
    const char *const *fields = take_texts(t, &count, CARDEA_SCAN_FIELDS_MAX);
    struct cardea_route_scan *scan = count > 0 ? take_memory(t, 1, sizeof *scan) : NULL;
    if (scan != NULL)
        *scan = (struct cardea_route_scan){.fields = fields, .field_count = count};
    return scan;
}

static void take_routes(struct take *t, struct cardea_profile *p)
{
    p->route_count = take_count(t, CARDEA_ROUTES_MAX);
    struct cardea_route *routes = take_memory(t, p->route_count, sizeof *routes);
    p->routes = routes;
    for (size_t i = 0; !t->failed && i < p->route_count; i++) {
        struct cardea_route *r = &routes[i];
        r->methods = take_u32(t);
        r->pattern = take_text(t);
        uint32_t access = take_u32(t);
        uint32_t scope = take_u32(t);
        r->kinds = take_u32(t);
        uint32_t role = take_u32(t);
        uint32_t group = take_u32(t);
        r->scan = take_scan(t);
        if (access > CARDEA_ACCESS_SCOPE || scope >= CARDEA_SCOPES_MAX || role > CARDEA_ROLE_OWNER ||
            group > CARDEA_ROUTE_GROUPS_MAX)
            t->failed = true;
        r->access = (enum cardea_access)access;
        r->scope = (uint16_t)scope;
        r->min_role = (uint8_t)role;
        r->group = (uint8_t)group;
    }
}

static void take_denials(struct take *t, struct cardea_profile *p)
{
    p->denial_count = take_count(t, CARDEA_CODE_COUNT);
    struct cardea_denial *denials = take_memory(t, p->denial_count, sizeof *denials);
    p->denials = denials;
    for (size_t i = 0; !t->failed && i < p->denial_count; i++) {
        uint32_t code = take_u32(t);
        uint32_t status = take_u32(t);
        denials[i].body = take_text(t);
        denials[i].content_type = take_text(t);
        if (code >= CARDEA_CODE_COUNT || status > 599)
            t->failed = true;
        denials[i].code = (enum cardea_code)code;
        denials[i].status = (uint16_t)status;
    }
}

static void take_profile(struct take *t, struct cardea_profile *p)
{
    p->name = take_text(t);
    p->realm = take_text(t);
    p->hosts = take_texts(t, &p->host_count, CARDEA_ROUTES_MAX);
    p->legacy_header = take_text(t);
    p->scopes = take_texts(t, &p->scope_count, CARDEA_SCOPES_MAX);
    p->kind_count = take_count(t, CARDEA_KINDS_MAX);
    struct cardea_kind *kinds = take_memory(t, p->kind_count, sizeof *kinds);
    p->kinds = kinds;
    for (size_t i = 0; !t->failed && i < p->kind_count; i++)
        take_kind(t, &kinds[i]);
    take_routes(t, p);
    take_denials(t, p);
}

enum cardea_err profile_decode(struct profile_list *out, const uint8_t *bytes, size_t len, struct cardea_why *why)
{
    struct profile_list list = {.count = 0};
    struct take t = {.at = bytes, .end = bytes + len, .memory = &list.memory};
    size_t count = take_count(&t, PROFILES_MAX);
    list.items = take_memory(&t, count, sizeof *list.items);
    list.tables = take_memory(&t, count, sizeof *list.tables);
    enum cardea_err err = CARDEA_OK;
    for (size_t i = 0; !t.failed && err == CARDEA_OK && i < count; i++) {
        take_profile(&t, &list.items[i]);
        if (t.failed)
            break;
        err = profile_check(&list.items[i], why);
        if (err == CARDEA_OK)
            err = route_table_compile(&list.tables[i], &list.items[i], why);
        if (err == CARDEA_OK)
            list.count = i + 1;
    }
    if (err == CARDEA_OK && t.nomem)
        err = why_fail(why, CARDEA_E_NOMEM, "out of memory");
    else if (err == CARDEA_OK && (t.failed || t.at != t.end))
        err = why_fail(why, CARDEA_E_FORMAT, "the profiles in the snapshot are damaged");
    if (err != CARDEA_OK)
        profile_list_release(&list);
    else
        *out = list;
    return err;
}

void profile_list_release(struct profile_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        route_table_free(list->tables[i]);
    block_free(list->memory);
    *list = (struct profile_list){.count = 0};
}

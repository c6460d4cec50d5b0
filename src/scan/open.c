#include <stdlib.h>
#include <string.h>

#include <cardea/secret.h>

#include "base/str.h"
#include "scan/scanner.h"

/* magic, digest of what was compiled, digest of the database, database */
#define CACHE_MAGIC    "cardea-scan 2\n\0"
#define CACHE_HEAD_LEN (16 + 2 * CARDEA_DIGEST_LEN)
#define CACHE_MAX      ((size_t)256 << 20)
#define MISTAKES_MAX   ((size_t)1 << 20)
#define MATCH_LIMIT    1000000

/* What a database depends on but the machine, which it knows itself. */
static bool describe(const struct ruleset *rs, struct cardea_digest *out)
{
    struct buf all;
    buf_init(&all, (size_t)64 << 20);
    buf_printf(&all, "%s\n", multi_version());
    for (size_t i = 0; i < rs->words.count; i++) {
        buf_printf(&all, "%zu %d ", rs->words.items[i].text.len, rs->words.items[i].caseless);
        buf_add_str(&all, rs->words.items[i].text);
    }
    cardea_digest(buf_str(&all), out);
    bool good = !all.failed;
    buf_release(&all);
    return good;
}

static bool from_cache(struct cardea_scanner *s, struct cardea_str cache)
{
    struct cardea_digest digest;
    if (cache.len <= CACHE_HEAD_LEN || memcmp(cache.ptr, CACHE_MAGIC, 16) != 0)
        return false;
    struct cardea_str database = {cache.ptr + CACHE_HEAD_LEN, cache.len - CACHE_HEAD_LEN};
    if (!describe(&s->rules, &digest) || memcmp(cache.ptr + 16, digest.bytes, CARDEA_DIGEST_LEN) != 0)
        return false;
    cardea_digest(database, &digest);
    return memcmp(cache.ptr + 16 + CARDEA_DIGEST_LEN, digest.bytes, CARDEA_DIGEST_LEN) == 0 &&
           multi_read(&s->multi, database);
}

static enum cardea_err compile(struct cardea_scanner *s)
{
    const struct words *all = &s->rules.words;
    struct multi_word *words = calloc(all->count, sizeof(*words));
    if (!words)
        return CARDEA_E_NOMEM;
    for (size_t i = 0; i < all->count; i++)
        words[i] = (struct multi_word){all->items[i].text, all->items[i].caseless};
    enum multi_made made = multi_compile(&s->multi, words, all->count);
    free(words);
    return made == MULTI_OK ? CARDEA_OK : CARDEA_E_NOMEM;
}

static enum cardea_err open_multi(struct cardea_scanner *s, const struct cardea_scan_options *o)
{
    if (o->without_multi || s->rules.words.count == 0)
        return CARDEA_OK;
    if (!multi_self_check(&s->why)) {
        s->degraded = true;
        return CARDEA_OK;
    }
    s->from_cache = from_cache(s, o->cache);
    return s->from_cache ? CARDEA_OK : compile(s);
}

enum cardea_err cardea_scanner_open(struct cardea_scanner **out, const struct cardea_scan_options *o, char **mistakes)
{
    struct buf wrong;
    struct cardea_scanner *s = calloc(1, sizeof(*s));
    *mistakes = NULL;
    if (!s)
        return CARDEA_E_NOMEM;
    s->match_limit = o->match_limit ? o->match_limit : MATCH_LIMIT;
    buf_init(&wrong, MISTAKES_MAX);
    enum cardea_err err = ruleset_build(&s->rules, o, &wrong);
    if (err == CARDEA_OK)
        err = open_multi(s, o);
    if (err == CARDEA_E_FORMAT)
        *mistakes = strdup(wrong.len ? wrong.ptr : "");
    buf_release(&wrong);
    if (s->multi)
        snprintf(s->engine, sizeof(s->engine), "Hyperscan %s", multi_version());
    else
        snprintf(s->engine, sizeof(s->engine), "PCRE2");
    if (err != CARDEA_OK)
        cardea_scanner_free(s);
    else
        *out = s;
    return err;
}

void cardea_scanner_free(struct cardea_scanner *s)
{
    if (!s)
        return;
    multi_free(s->multi);
    ruleset_release(&s->rules);
    free(s);
}

void cardea_scan_text_free(char *text)
{
    free(text);
}

void cardea_scanner_info(const struct cardea_scanner *s, struct cardea_scanner_info *out)
{
    *out = (struct cardea_scanner_info){.pack_count = s->rules.pack_count,
                                        .rule_count = s->rules.rule_count,
                                        .pattern_count = s->rules.unit_count,
                                        .engine = s->engine,
                                        .degraded = s->degraded ? s->why.text : NULL,
                                        .from_cache = s->from_cache};
}

enum cardea_err cardea_scanner_cache(const struct cardea_scanner *s, char **bytes, size_t *len)
{
    struct cardea_digest what, digest;
    struct buf database;
    if (!s->multi)
        return CARDEA_E_NOTFOUND;
    buf_init(&database, CACHE_MAX);
    char *made = NULL;
    if (multi_write(s->multi, &database) && describe(&s->rules, &what))
        made = malloc(CACHE_HEAD_LEN + database.len);
    if (made) {
        cardea_digest(buf_str(&database), &digest);
        memcpy(made, CACHE_MAGIC, 16);
        memcpy(made + 16, what.bytes, CARDEA_DIGEST_LEN);
        memcpy(made + 16 + CARDEA_DIGEST_LEN, digest.bytes, CARDEA_DIGEST_LEN);
        memcpy(made + CACHE_HEAD_LEN, database.ptr, database.len);
        *bytes = made;
        *len = CACHE_HEAD_LEN + database.len;
    }
    buf_release(&database);
    return made ? CARDEA_OK : CARDEA_E_NOMEM;
}

struct cardea_scan_rule cardea_scanner_rule(const struct cardea_scanner *s, size_t index)
{
    const struct ruleset_rule *r = &s->rules.rules[index];
    return (struct cardea_scan_rule){r->rule->id,       r->rule->title,    r->pack,
                                     r->rule->category, r->rule->severity, r->rule->sensitivity};
}

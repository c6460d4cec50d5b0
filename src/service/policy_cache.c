#include "service/policy_cache.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"

/* Compiled policies that are kept: a megabyte each, or several with many words. */
#define KEPT_MAX 64

struct kept {
    struct policy_choice choice;
    struct policy *policy; /* NULL: free */
    uint64_t used;         /* the cache's count when it was used last */
};

struct policy_cache {
    struct policy *builtin;
    pthread_mutex_t lock; /* all below */
    struct kept kept[KEPT_MAX];
    uint64_t uses;
    struct policy_cache_stats stats;
};

struct policy_cache *policy_cache_new(void)
{
    struct policy_cache *cache = calloc(1, sizeof(*cache));
    struct policy_mistakes mistakes;
    struct arena arena = {0};
    if (!cache || policy_open_text(&cache->builtin, &arena, policy_default_document(), "", &mistakes) != CARDEA_OK)
        abort(); /* as base/arena.h; the document is compiled in and tested */
    arena_release(&arena);
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void policy_cache_free(struct policy_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++)
        policy_free(cache->kept[i].policy);
    policy_free(cache->builtin);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static bool same(const struct policy_choice *a, const struct policy_choice *b)
{
    return a->id == b->id && a->version == b->version && a->revision == b->revision;
}

static struct policy *look_up(struct policy_cache *cache, const struct policy_choice *choice)
{
    struct policy *found = NULL;
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < KEPT_MAX && !found; i++) {
        struct kept *k = &cache->kept[i];
        if (!k->policy || !same(&k->choice, choice))
            continue;
        k->used = ++cache->uses;
        found = policy_hold(k->policy);
    }
    if (found)
        cache->stats.hits++;
    else
        cache->stats.misses++;
    pthread_mutex_unlock(&cache->lock);
    return found;
}

/* In the place of an older draft of the same policy, which nobody asks for again, or of what was not used for longest.
 */
static void keep(struct policy_cache *cache, const struct policy_choice *choice, struct policy *made)
{
    struct kept *place = &cache->kept[0];
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept *k = &cache->kept[i];
        bool stale = k->policy && k->choice.id == choice->id && k->choice.version == 0 && choice->version == 0;
        if (stale || !k->policy || (place->policy && k->used < place->used))
            place = k;
        if (stale || !k->policy)
            break;
    }
    struct policy *gone = place->policy;
    cache->stats.held += !gone;
    *place = (struct kept){*choice, policy_hold(made), ++cache->uses};
    pthread_mutex_unlock(&cache->lock);
    policy_free(gone);
}

static enum service_err compile(struct service_call *c, const struct policy_choice *choice, struct policy **out)
{
    struct policy_mistakes mistakes;
    struct cardea_str document;
    enum service_err err = c->svc->policy_source->load(c, choice, &document);
    if (err != SERVICE_OK)
        return err;
    enum cardea_err made = policy_open_text(out, c->arena, document, "", &mistakes);
    if (made == CARDEA_OK)
        return SERVICE_OK;
    /* It compiled when it was stored: another release has other bounds, or memory is out. */
    log_error("policy %" PRId64 " version %" PRId64 " cannot be used: %s %s", choice->id, choice->version,
              made == CARDEA_E_FORMAT && mistakes.count > 0 ? mistakes.items[0].location : "",
              made == CARDEA_E_FORMAT && mistakes.count > 0 ? mistakes.items[0].message : "no memory");
    c->retry_after_sec = 30;
    return service_fail(c, SERVICE_UNAVAILABLE, "policy_unusable",
                        "The policy cannot be used as it is stored. The text was not looked at.");
}

enum service_err policy_cache_find(struct service_call *c, int64_t account_id, struct cardea_str name, bool draft,
                                   struct policy_choice *choice, struct policy **out)
{
    struct policy_cache *cache = c->svc->policies;
    enum service_err err = SERVICE_OK;
    *choice = (struct policy_choice){0};
    if (c->svc->policy_source)
        err = c->svc->policy_source->find(c, account_id, name, draft, choice);
    else if (name.len || draft)
        err = service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such policy.");
    if (err != SERVICE_OK)
        return err;
    *out = choice->id ? look_up(cache, choice) : policy_hold(cache->builtin);
    if (*out)
        return SERVICE_OK;
    err = compile(c, choice, out);
    if (err == SERVICE_OK)
        keep(cache, choice, *out);
    return err;
}

void policy_cache_stats(struct policy_cache *cache, struct policy_cache_stats *out)
{
    pthread_mutex_lock(&cache->lock);
    *out = cache->stats;
    pthread_mutex_unlock(&cache->lock);
}

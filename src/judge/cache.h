/* judge/cache.h - the answers of the last minutes, least recently used out first. By digest: no text is kept. */
#ifndef JUDGE_CACHE_H
#define JUDGE_CACHE_H

#include <cardea/secret.h>

#include "judge/judge.h"

struct cache;

struct cache *cache_new(size_t size, int64_t ttl_ms);
void cache_free(struct cache *c);

/* Fills verdict and reason; false when there is nothing, or it is older than the time to live. */
bool cache_get(struct cache *c, const struct cardea_digest *key, int64_t now_ms, struct judge_answer *out);
void cache_put(struct cache *c, const struct cardea_digest *key, int64_t now_ms, const struct judge_answer *answer);

#endif

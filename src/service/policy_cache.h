/* service/policy_cache.h - which policy judges a text: found by the store, compiled once, kept while it is used.
 *
 * Compiling takes milliseconds to a second and happens here, on the thread that scans: never on an event loop. */
#ifndef SERVICE_POLICY_CACHE_H
#define SERVICE_POLICY_CACHE_H

#include "policy/policy.h"
#include "service/service.h"

/* One state of one policy's document, which never changes. */
struct policy_choice {
    int64_t id;       /* 0: the built-in default policy; all else is 0 too */
    int64_t version;  /* from 1; 0: the draft */
    int64_t revision; /* of a draft: another with each change. 0 with a version */
};

/* Where policies come from. Both refuse by service_fail() and run with a reader's connection. */
struct policy_source {
    /* `name`: a policy's id or name in the account; empty: the account's default, and choice->id 0 when it has none.
     * `account_id` 0: nobody's, so that only an id can name one. `draft`: its draft in place of what is published. */
    enum service_err (*find)(struct service_call *c, int64_t account_id, struct cardea_str name, bool draft,
                             struct policy_choice *choice);
    /* The document as JSON text, in the call's arena. */
    enum service_err (*load)(struct service_call *c, const struct policy_choice *choice, struct cardea_str *document);
};

struct policy_cache;

/* Aborts where the built-in policy does not compile. */
struct policy_cache *policy_cache_new(void);
void policy_cache_free(struct policy_cache *cache); /* NULL is allowed */

/* The policy that applies, by c->svc->policy_source; without one, and without a name, the built-in. Any thread.
 * *out is to be ended with policy_free(). SERVICE_UNAVAILABLE "policy_unusable": what is stored does not compile. */
enum service_err policy_cache_find(struct service_call *c, int64_t account_id, struct cardea_str name, bool draft,
                                   struct policy_choice *choice, struct policy **out);

struct policy_cache_stats {
    uint64_t hits, misses;
    size_t held;
};
void policy_cache_stats(struct policy_cache *cache, struct policy_cache_stats *out);

#endif

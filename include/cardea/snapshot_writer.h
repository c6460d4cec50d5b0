/* cardea/snapshot_writer.h - the one process that publishes.
 *
 * A writer owns one snapshot file, PATH, under an exclusive lock on PATH.lock. Every put is visible to every reader on
 * the host when the call returns: a key's state, expiry and grant are one atomic word. When a region is full the writer
 * makes a larger file beside PATH, copies, renames it over PATH, and marks the old one superseded; readers follow at
 * their next decision. Not thread-safe: one thread at a time. */
#ifndef CARDEA_SNAPSHOT_WRITER_H
#define CARDEA_SNAPSHOT_WRITER_H

#include <cardea/profile.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cardea_writer;

struct cardea_writer_options {
    const char *path;
    uint8_t deployment_id[16];
    const struct cardea_profile *const *profiles; /* their order gives the profile indexes */
    size_t profile_count;
    uint64_t key_capacity;     /* keys to make room for at first; grows by itself */
    uint64_t seed[2];          /* secret, random: places digests in the table */
    unsigned mode;             /* file mode, such as 0640 */
    uint32_t max_staleness_ms; /* 0: a snapshot never goes stale (single node) */
    bool fresh;                /* never take over: begin with a new file */
    bool aside;                /* keep a new file out of readers' sight until cardea_writer_show() */
};

/* Takes over an intact file at PATH of the same deployment, format and profiles, keeping its contents
 * (`*adopted` true: the caller applies what changed after cardea_writer_position), else makes a new, empty one.
 * CARDEA_E_IO with errno EWOULDBLOCK: another process holds the lock. `*out` is the caller's to free. */
CARDEA_API enum cardea_err cardea_writer_open(struct cardea_writer **out, const struct cardea_writer_options *options,
                                              bool *adopted, struct cardea_why *why);
/* With `aside`: puts the new file in place of the one that readers have, which they leave at their next decision. Call
 * it when the file holds all that it should; without it the file that was there stays. Nothing to do otherwise. After
 * CARDEA_E_IO the writer is good for cardea_writer_free() alone. */
CARDEA_API enum cardea_err cardea_writer_show(struct cardea_writer *w);

/* Unmaps and unlocks; the file stays. NULL is allowed. */
CARDEA_API void cardea_writer_free(struct cardea_writer *w);

#define CARDEA_SLUG_MAX 40

struct cardea_account_entry {
    uint64_t id; /* never 0 */
    uint16_t profile;
    struct cardea_str slug; /* at most CARDEA_SLUG_MAX bytes */
    bool suspended;
    bool deleted;
};

struct cardea_member_entry {
    uint64_t account_id;
    uint64_t user_id;
    enum cardea_role role; /* CARDEA_ROLE_NONE: left, or the user is disabled */
};

struct cardea_agent_entry {
    uint64_t account_id;
    uint64_t id;
    struct cardea_str slug;
    bool disabled;
};

enum cardea_key_state { CARDEA_KEY_ACTIVE = 1, CARDEA_KEY_DISABLED = 2, CARDEA_KEY_REVOKED = 3 };

/* One allowed network: IPv4 stands as ::ffff:a.b.c.d with prefix_len + 96. */
struct cardea_network {
    uint8_t address[16];
    uint8_t prefix_len;
};

#define CARDEA_NETWORKS_MAX 64

/* `limit` requests in `window_ms`, at most `burst` at once (0: `limit`). limit 0: none. */
struct cardea_rate {
    uint32_t limit;
    uint32_t window_ms;
    uint32_t burst;
};

struct cardea_key_entry {
    struct cardea_digest digest;
    uint64_t id;         /* never 0 */
    uint64_t account_id; /* must have been put before */
    uint64_t user_id;    /* 0: none. Else a member must have been put before */
    uint64_t agent_id;   /* 0: none. Else an agent must have been put before */
    uint32_t ordinal;    /* index of its activity slot, from 0 */
    enum cardea_key_state state;
    int64_t expires_at; /* unix seconds; 0: never; less than 2^34 */
    uint16_t kind;      /* index in the account's profile */
    struct cardea_scopes scopes;
    struct cardea_rate rate;
    bool has_credits;         /* decisions draw credits */
    uint32_t credits_ordinal; /* with has_credits: whose slot they are drawn from. Its own, but a key that was rotated
                                 and its successor share one */
    bool has_metadata;        /* a hint for whoever renders a decision: the store knows more */
    const struct cardea_network *networks;
    size_t network_count; /* 0: any address */
};

/* Each inserts, or changes what has the same id (keys: the same digest) in place. What a decision compares never
 * changes: an account's profile and slug, an agent's account and slug, a key's id, account, user, agent and ordinal
 * (CARDEA_E_INVALID). CARDEA_E_NOTFOUND: what had to be put before is not there. CARDEA_E_IO: there was no room and no
 * larger file could be made; the old one stays in service. */
CARDEA_API enum cardea_err cardea_writer_put_account(struct cardea_writer *w, const struct cardea_account_entry *e);
CARDEA_API enum cardea_err cardea_writer_put_member(struct cardea_writer *w, const struct cardea_member_entry *e);
CARDEA_API enum cardea_err cardea_writer_put_agent(struct cardea_writer *w, const struct cardea_agent_entry *e);
CARDEA_API enum cardea_err cardea_writer_put_key(struct cardea_writer *w, const struct cardea_key_entry *e);

/* Makes `key_id` the one valid key of the account's CARDEA_KIND_REPLACES kind: one store switches old for new.
 * Put the new key before. */
CARDEA_API enum cardea_err cardea_writer_set_current(struct cardea_writer *w, uint64_t account_id, uint64_t key_id);

/* The store's feed position up to which this snapshot is complete. */
CARDEA_API void cardea_writer_set_position(struct cardea_writer *w, uint64_t position);
CARDEA_API uint64_t cardea_writer_position(const struct cardea_writer *w);

/* Call each second: freshness, and the floor under which the wall clock does not count. Returns by how many seconds the
 * clock is behind that floor: then keys expire by the floor; 0: it is not. */
CARDEA_API int64_t cardea_writer_heartbeat(struct cardea_writer *w, struct cardea_time now);

struct cardea_writer_stats {
    uint64_t keys, key_capacity, accounts, grants, file_bytes, generation;
};
CARDEA_API void cardea_writer_stats(const struct cardea_writer *w, struct cardea_writer_stats *out);

#ifdef __cplusplus
}
#endif
#endif

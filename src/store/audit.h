/* store/audit.h - the audit log: records, the tree over them as tiles, and signed checkpoints.
 *
 * Records are appended in the transaction of what they tell of; sequences are dense, from 1 (the tree's index is one
 * less). Tiles follow later, in transactions of their own: what they hold is sealed. Which bytes a record is, and what
 * tiles and checkpoints mean, is audit/'s. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/store.h"

#define STORE_AUDIT_SALT_LEN 16

struct store_audit {
    int64_t sequence; /* set by getters */
    int64_t at_ms;
    struct cardea_str action;  /* "key.created", ... */
    struct cardea_str actor;   /* "root", "usr_…", "key_…", "system" */
    int64_t actor_key;         /* which key "root" was; 0: none */
    struct cardea_str subject; /* "key_…", ... */
    int64_t account_id;        /* 0: none */
    struct cardea_str detail;  /* a JSON object's text: before and after, prefixes, never a secret or a digest */
    struct cardea_str source;  /* address; empty: none, or erased */
    /* What stands for the address for good, and the salt in it, which is erased with the address. */
    bool has_source_hash;
    struct cardea_digest source_hash;
    uint8_t salt[STORE_AUDIT_SALT_LEN];
};
enum store_err store_audit_append(struct store_conn *c, const struct store_audit *row);
enum store_err store_audit_get(struct store_conn *c, struct arena *a, int64_t sequence, struct store_audit *out);

/* Descending by sequence from `before` on (exclusive; 0: from the newest). As store_event_list(): a page may be short
 * though another follows, since at most STORE_AUDIT_LOOK records are looked through; `*next` is where the next page
 * begins, 0 at the end. `out` has room for `limit`. Of records that are not sealed yet, a range of times finds those
 * that a clock which went back has put elsewhere only once they are. */
#define STORE_AUDIT_LOOK 10000
struct store_audit_filter {
    int64_t account_id;                       /* 0: all */
    struct cardea_str actor, subject, action; /* empty: all */
    bool action_begins;                       /* `action` is how it begins: "content." */
    int64_t from_ms, to_ms;                   /* from <= time < to; 0: unbounded */
    int64_t before;
    size_t limit;
};
enum store_err store_audit_list(struct store_conn *c, struct arena *a, const struct store_audit_filter *f,
                                struct store_audit *out, size_t *count, int64_t *next);

/* Calls `each` for the records from `first` on, ascending, at most `limit`. The row is valid during the call, and has
 * neither address nor salt. A non-OK return stops and is returned. */
typedef enum store_err (*store_audit_fn)(void *arg, const struct store_audit *row);
enum store_err store_audit_each(struct store_conn *c, int64_t first, size_t limit, store_audit_fn each, void *arg);
/* The oldest that is kept; STORE_NOTFOUND in an empty log. */
enum store_err store_audit_first(struct store_conn *c, int64_t *sequence);
enum store_err store_audit_count(struct store_conn *c, int64_t *out); /* for tests and counters */

/* At most `limit` of the records before this sequence, with their addresses, and as many of the checkpoints of which no
 * record is left; *count says how many records went. The newest record stays. */
enum store_err store_audit_prune(struct store_conn *c, int64_t before, size_t limit, int64_t *count);
/* Addresses and salts, of records before this sequence; the same. */
enum store_err store_audit_erase_sources(struct store_conn *c, int64_t before, size_t limit, int64_t *count);
/* Those of one actor's records, all of them. */
enum store_err store_audit_erase_actor(struct store_conn *c, struct cardea_str actor);

/* ---- the tree ---- */

/* Replaces. `hashes` is 32 bytes each. */
enum store_err store_audit_tile_put(struct store_conn *c, unsigned level, uint64_t number, struct cardea_str hashes);
/* `*out` lives in the arena. */
enum store_err store_audit_tile_get(struct store_conn *c, struct arena *a, unsigned level, uint64_t number,
                                    struct cardea_str *out);
/* How many records the tiles hold: the last tile of level 0 says so. `width`: hashes in a full one. */
enum store_err store_audit_sealed(struct store_conn *c, unsigned width, uint64_t *size);
/* Which times the records number·STORE_AUDIT_SPAN + 1 and on have: widens what is known of them. */
#define STORE_AUDIT_SPAN 4096
enum store_err store_audit_span_put(struct store_conn *c, int64_t number, int64_t first_ms, int64_t last_ms);

/* ---- checkpoints ---- */

struct store_checkpoint {
    int64_t size; /* of the tree */
    int64_t at_ms;
    struct cardea_str note; /* as signed */
};
/* One of this size stays as it is. */
enum store_err store_checkpoint_put(struct store_conn *c, const struct store_checkpoint *row);
/* The one of this size, or the next larger; STORE_NOTFOUND: none. */
enum store_err store_checkpoint_from(struct store_conn *c, struct arena *a, int64_t size, struct store_checkpoint *out);
enum store_err store_checkpoint_last(struct store_conn *c, struct arena *a, struct store_checkpoint *out);
/* The last that was signed before this time. */
enum store_err store_checkpoint_before(struct store_conn *c, struct arena *a, int64_t at_ms,
                                       struct store_checkpoint *out);

#endif

/* store/store.h - what the daemon remembers, behind one interface for every backend.
 *
 * A `struct store` is opened once a process. All changes go through its single writer: store_submit() queues a unit of
 * work; the writer thread runs up to STORE_GROUP_MAX of them in one transaction, each in its own savepoint, commits
 * once (durable on return), publishes what was touched, and only then reports each unit done. Reads happen on
 * connections of their own, one a thread, and see the last commit.
 *
 * Rows are plain structs. Text that a getter returns lives in the arena that the caller passed. Times are unix seconds,
 * 0 for "none", unless the name says otherwise. No function formats an answer for people: errors are enum store_err. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <cardea/cardea.h>

#include "base/arena.h"

struct store;      /* the opened store */
struct store_conn; /* one connection: a reader's own, or the writer's inside a unit of work */

enum store_err {
    STORE_OK = 0,
    STORE_NOTFOUND,    /* no such row; for a mutator also: what the row refers to (account, user, agent) is not there */
    STORE_CONFLICT,    /* a uniqueness rule: the slug, the e-mail, the digest is taken */
    STORE_FULL,        /* the disk (or quota) is full: nothing of this unit was kept */
    STORE_UNAVAILABLE, /* locked, read-only, corrupt, gone: store_error_text() says which */
};

/* The last failure's explanation on this connection, for the log and for operators. */
const char *store_error_text(const struct store_conn *c);

#define STORE_GROUP_MAX 64

/* What a change touched, in commit order: the publisher re-reads it and updates the snapshot. */
enum store_entity { STORE_ACCOUNT = 1, STORE_MEMBER = 2, STORE_AGENT = 3, STORE_KEY = 4, STORE_USER = 5 };
struct store_touch {
    enum store_entity entity;
    int64_t id;       /* of the account, agent, key or user; of the account for a member */
    int64_t other_id; /* the user for a member; else 0 */
    int64_t position; /* dense, commit-ordered */
};

/* Called on the writer thread after each commit that touched anything, before any unit of it is reported done. */
typedef void (*store_publish_fn)(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count);

struct store_options {
    const char *url;          /* "sqlite:PATH" */
    store_publish_fn publish; /* may be NULL */
    /* Called on the writer thread after each commit, once its units are reported done. May be NULL. */
    void (*committed)(void *arg);
    void *publish_arg; /* of both */
};

/* Opens, creating and migrating as needed. On failure `why` holds one line that says what to do. */
enum store_err store_open(struct store **out, const struct store_options *options, struct cardea_why *why);
/* Runs what is queued, then closes. Readers must be closed before. NULL is allowed. */
void store_free(struct store *s);

enum store_err store_reader_open(struct store *s, struct store_conn **out, struct cardea_why *why);
void store_reader_free(struct store_conn *c);

/* A unit of work. Returning anything but STORE_OK rolls its savepoint back; the others of its group go on. */
typedef enum store_err (*store_work_fn)(struct store_conn *c, void *arg);
/* Runs on the writer thread after the commit (or its failure): `err` is the unit's own error or the commit's. */
typedef void (*store_done_fn)(void *arg, enum store_err err);

/* Queues; never blocks on the disk. False when the queue holds STORE_QUEUE_MAX units (answer 503). */
#define STORE_QUEUE_MAX 4096
bool store_submit(struct store *s, store_work_fn work, store_done_fn done, void *arg);
/* As store_submit(), for work that checks everything before its first change, and then fails only where the store does.
 * It gets no savepoint: that copies every page that the unit touches, 8 µs of 50 where it makes a key. Should it fail
 * after a change all the same, its whole group is undone and told STORE_UNAVAILABLE. */
bool store_submit_checked(struct store *s, store_work_fn work, store_done_fn done, void *arg);
/* Queues and waits. Not from the writer thread. */
enum store_err store_run(struct store *s, store_work_fn work, void *arg);

/* ---- meta: small named values (deployment id, schema version, sealed signing keys) ---- */

enum store_err store_meta_get(struct store_conn *c, struct arena *a, const char *name, struct cardea_str *out);
enum store_err store_meta_put(struct store_conn *c, const char *name, struct cardea_str value);
/* The feed's last position, 0 in an empty store. */
enum store_err store_feed_position(struct store_conn *c, int64_t *out);
/* Calls `each` for what was touched after `position`, in order. STORE_NOTFOUND when the feed no longer reaches so far
 * back (the caller rebuilds). A non-OK return of `each` stops and is returned. */
typedef enum store_err (*store_touch_fn)(void *arg, const struct store_touch *t);
enum store_err store_feed_since(struct store_conn *c, int64_t position, store_touch_fn each, void *arg);

/* ---- accounts ---- */

enum store_account_status { STORE_ACCOUNT_ACTIVE = 0, STORE_ACCOUNT_SUSPENDED = 1, STORE_ACCOUNT_DELETED = 2 };
struct store_account {
    int64_t id;
    struct cardea_str profile, slug, name;
    enum store_account_status status;
    int64_t created_at;
    int64_t current_key; /* where the profile's kind replaces the previous one; 0: none */
};
enum store_err store_account_insert(struct store_conn *c, const struct store_account *row);
enum store_err store_account_update(struct store_conn *c, const struct store_account *row); /* all but id, profile */
enum store_err store_account_get(struct store_conn *c, struct arena *a, int64_t id, struct store_account *out);
/* By slug; `profile` empty: in any profile, STORE_CONFLICT when several match. Deleted ones are not found. */
enum store_err store_account_find(struct store_conn *c, struct arena *a, struct cardea_str profile,
                                  struct cardea_str slug, struct store_account *out);
/* Ascending by id from `after` on (exclusive), at most `limit`; deleted ones left out. `member` 0: all, else only
 * accounts of that user. `profile` empty: all. */
enum store_err store_account_list(struct store_conn *c, struct arena *a, struct cardea_str profile, int64_t member,
                                  int64_t after, size_t limit, struct store_account *out, size_t *count);

/* ---- users; e-mail and name stand in a side table that can be erased ---- */

struct store_user {
    int64_t id;
    struct cardea_str email, name;   /* empty once erased */
    struct cardea_str password_hash; /* Argon2id string; empty: no password */
    bool disabled;
    int64_t created_at;
};
enum store_err store_user_insert(struct store_conn *c, const struct store_user *row);
/* A user touches the feed when `disabled` changes: the rest is not in the snapshot. */
enum store_err store_user_update(struct store_conn *c, const struct store_user *row);
enum store_err store_user_get(struct store_conn *c, struct arena *a, int64_t id, struct store_user *out);
enum store_err store_user_by_email(struct store_conn *c, struct arena *a, struct cardea_str email,
                                   struct store_user *out); /* compared without case */
enum store_err store_user_list(struct store_conn *c, struct arena *a, int64_t after, size_t limit,
                               struct store_user *out, size_t *count);
/* E-mail, name, password and identities; the id stays. */
enum store_err store_user_erase(struct store_conn *c, int64_t id);

struct store_member {
    int64_t account_id, user_id;
    enum cardea_role role; /* CARDEA_ROLE_NONE: left */
    int64_t created_at;
};
/* Inserts or changes (created_at only of one who had left). Leaving is a role of NONE, so that followers see it. */
enum store_err store_member_put(struct store_conn *c, const struct store_member *row);
/* STORE_NOTFOUND for one that was never there or has left. */
enum store_err store_member_get(struct store_conn *c, int64_t account_id, int64_t user_id, struct store_member *out);
enum store_err store_member_of_account(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after_user,
                                       size_t limit, struct store_member *out, size_t *count);
enum store_err store_member_of_user(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                                    struct store_member *out, size_t *count);

/* Who a user is to an issuer of tokens elsewhere: the pair names one user, whatever the e-mail. */
struct store_identity {
    struct cardea_str issuer, subject;
    int64_t user_id, created_at;
};
/* STORE_CONFLICT when the pair is linked already, be it to the same user. */
enum store_err store_identity_insert(struct store_conn *c, const struct store_identity *row);
enum store_err store_identity_get(struct store_conn *c, struct arena *a, struct cardea_str issuer,
                                  struct cardea_str subject, struct store_identity *out);
/* By issuer and subject; at most `limit`. */
enum store_err store_identity_of_user(struct store_conn *c, struct arena *a, int64_t user_id, size_t limit,
                                      struct store_identity *out, size_t *count);
enum store_err store_identity_delete(struct store_conn *c, struct cardea_str issuer, struct cardea_str subject);

/* ---- agents ---- */

struct store_agent {
    int64_t id, account_id;
    struct cardea_str slug, name;
    bool disabled;
    bool deleted; /* disabled for good; the row stays, as its keys do */
    int64_t created_at;
};
enum store_err store_agent_insert(struct store_conn *c, const struct store_agent *row);
enum store_err store_agent_update(struct store_conn *c, const struct store_agent *row);
enum store_err store_agent_get(struct store_conn *c, struct arena *a, int64_t id, struct store_agent *out);
enum store_err store_agent_find(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str slug,
                                struct store_agent *out);
enum store_err store_agent_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                                struct store_agent *out, size_t *count);

/* ---- keys ---- */

struct store_key {
    int64_t id, account_id;
    uint32_t ordinal; /* given by store_key_insert: dense from 0, never used twice */
    struct cardea_digest digest;
    struct cardea_str kind, name, prefix;
    struct cardea_str scopes; /* as given, space-separated, wildcards unexpanded */
    enum cardea_key_state state;
    int64_t created_at, expires_at;
    int64_t user_id;            /* who made it; 0: the root key */
    int64_t agent_id;           /* 0: none */
    struct cardea_str ip_allow; /* CIDRs, space-separated; empty: any */
    struct cardea_rate rate;
    int64_t credits;    /* remaining as of the last flush; -1: no balance of its own */
    int64_t credits_of; /* the key whose balance this one draws on, as a rotated key's successor does; 0: none */
    struct cardea_str metadata;                    /* a JSON object's text; empty: none */
    int64_t last_used_at, use_count, denial_count; /* as of the last flush */
    int64_t slot_uses, slot_denials, slot_drawn;   /* the activity slot's counts at that flush */
    int64_t revoked_at;
    struct cardea_str revoke_reason;
    int64_t rotated_to, rotated_from; /* key ids; a key with rotated_to does not count against the limit */
};
enum store_err store_key_insert(struct store_conn *c, struct store_key *row); /* sets row->ordinal */
enum store_err store_key_update(struct store_conn *c,
                                const struct store_key *row); /* all but id, account, digest, ordinal */
enum store_err store_key_get(struct store_conn *c, struct arena *a, int64_t id, struct store_key *out);
enum store_err store_key_by_digest(struct store_conn *c, struct arena *a, const struct cardea_digest *d,
                                   struct store_key *out);
/* Keys of the account with this visible prefix, at most `limit`. */
enum store_err store_key_by_prefix(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str prefix,
                                   size_t limit, struct store_key *out, size_t *count);
/* Descending by id from `before` on (exclusive; 0: from the newest). Active and expired are those of state ACTIVE, by
 * expires_at: a disabled key stays disabled when its time is over. */
struct store_key_filter {
    int64_t account_id;     /* 0: all */
    struct cardea_str kind; /* empty: all */
    int64_t user_id;        /* 0: all */
    enum {
        STORE_KEYS_ALL,
        STORE_KEYS_ACTIVE,
        STORE_KEYS_DISABLED,
        STORE_KEYS_EXPIRED,
        STORE_KEYS_REVOKED,
        STORE_KEYS_UNREVOKED
    } status;
    int64_t now;
    int64_t before;
    size_t limit;
};
enum store_err store_key_list(struct store_conn *c, struct arena *a, const struct store_key_filter *f,
                              struct store_key *out, size_t *count);
/* Keys of this agent that are not revoked, by id, at most `limit`. */
enum store_err store_key_of_agent(struct store_conn *c, struct arena *a, int64_t agent_id, size_t limit,
                                  struct store_key *out, size_t *count);
/* Active at `now`: state ACTIVE, not expired, not rotated away. `kind` empty: of any kind. */
enum store_err store_key_count_active(struct store_conn *c, int64_t account_id, struct cardea_str kind, int64_t now,
                                      int64_t *out);
/* Calls `each` for every key there is, by ordinal: the snapshot's rebuild. The row is valid during the call. */
typedef enum store_err (*store_key_fn)(void *arg, const struct store_key *row);
enum store_err store_key_each(struct store_conn *c, store_key_fn each, void *arg);
/* What the flusher writes; touches no feed position. */
struct store_key_usage {
    uint32_t ordinal;
    int64_t last_used_at, uses_delta, denials_delta, credits_delta; /* added; credits only where metered */
    int64_t slot_uses, slot_denials, slot_drawn;
};
/* Credits stop at 0. */
enum store_err store_key_add_usage(struct store_conn *c, const struct store_key_usage *u);
/* The row with this ordinal. */
enum store_err store_key_by_ordinal(struct store_conn *c, struct arena *a, uint32_t ordinal, struct store_key *out);

/* ---- sessions ---- */

struct store_session {
    int64_t id, user_id, account_id;
    int64_t created_at, expires_at, revoked_at;
    bool bound; /* to the account: it is not the person who chose it */
};
enum store_err store_session_insert(struct store_conn *c, const struct store_session *row);
enum store_err store_session_get(struct store_conn *c, int64_t id, struct store_session *out);
enum store_err store_session_revoke(struct store_conn *c, int64_t id, int64_t now);
enum store_err store_session_revoke_user(struct store_conn *c, int64_t user_id, int64_t now);
/* Operators' too. */
enum store_err store_session_prune(struct store_conn *c, int64_t expired_before);

/* A browser that acts as this root key does. */
struct store_operator_session {
    int64_t id, key_id;
    int64_t created_at, expires_at, revoked_at;
};
enum store_err store_operator_insert(struct store_conn *c, const struct store_operator_session *row);
enum store_err store_operator_get(struct store_conn *c, int64_t id, struct store_operator_session *out);
enum store_err store_operator_revoke(struct store_conn *c, int64_t id, int64_t now);

/* ---- device grants: a program asks, a person confirms in a browser (RFC 8628) ---- */

enum store_device_status { STORE_DEVICE_PENDING = 0, STORE_DEVICE_APPROVED = 1, STORE_DEVICE_DENIED = 2 };
struct store_device_grant {
    struct cardea_digest device_code; /* what the program holds, hashed */
    struct cardea_digest user_code;   /* what the person types, normalised and hashed */
    struct cardea_str profile;
    struct cardea_str client; /* what the program says of itself and its machine */
    struct cardea_str source; /* address that it asked from */
    enum store_device_status status;
    int64_t user_id, account_id; /* who confirmed, for which account; 0 while pending */
    int64_t created_at, expires_at;
    int64_t polled_at_ms; /* the program's last question; 0: none */
    int64_t interval_sec; /* how long it must wait between two */
};
/* STORE_CONFLICT when either code is taken. */
enum store_err store_device_insert(struct store_conn *c, const struct store_device_grant *row);
enum store_err store_device_by_device_code(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                           struct store_device_grant *out);
enum store_err store_device_by_user_code(struct store_conn *c, struct arena *a, const struct cardea_digest *code,
                                         struct store_device_grant *out);
/* Status, user, account, polled_at_ms and interval_sec, by device code. */
enum store_err store_device_update(struct store_conn *c, const struct store_device_grant *row);
enum store_err store_device_delete(struct store_conn *c, const struct cardea_digest *device_code);
/* Grants not expired at `now`: bounds what strangers can make us keep. */
enum store_err store_device_count(struct store_conn *c, int64_t now, int64_t *out);
enum store_err store_device_prune(struct store_conn *c, int64_t expired_before);

/* ---- idempotency ---- */

struct store_idempotency {
    struct cardea_digest slot;    /* caller, method, path and the client's key, hashed */
    struct cardea_digest request; /* of the body */
    int64_t created_at;
    int64_t subject_id; /* id of what was created */
    int status;
    struct cardea_str sealed; /* the reply */
};
/* Inserts or replaces. */
enum store_err store_idempotency_put(struct store_conn *c, const struct store_idempotency *row);
enum store_err store_idempotency_get(struct store_conn *c, struct arena *a, const struct cardea_digest *slot,
                                     struct store_idempotency *out);
enum store_err store_idempotency_prune(struct store_conn *c, int64_t created_before);

/* ---- content policies, their published versions, and the texts that they say to keep ---- */

struct store_policy {
    int64_t id, account_id;
    struct cardea_str name;
    bool is_default;            /* one an account at most */
    int64_t version;            /* the last published, which is in force; 0: none is */
    int64_t revision;           /* of the draft: another with each change */
    int64_t published_revision; /* what `version` was made of; the same as `revision`: nothing to publish */
    int64_t created_at, updated_at;
    /* A JSON object's text. Getters leave it empty: store_policy_draft(). An update with none keeps what there is. */
    struct cardea_str draft;
};
/* STORE_CONFLICT: the name is taken, or the account has a default already. */
enum store_err store_policy_insert(struct store_conn *c, const struct store_policy *row);
enum store_err store_policy_update(struct store_conn *c, const struct store_policy *row); /* all but id, account */
/* With its versions. */
enum store_err store_policy_delete(struct store_conn *c, int64_t id);
enum store_err store_policy_get(struct store_conn *c, struct arena *a, int64_t id, struct store_policy *out);
enum store_err store_policy_find(struct store_conn *c, struct arena *a, int64_t account_id, struct cardea_str name,
                                 struct store_policy *out);
enum store_err store_policy_default(struct store_conn *c, struct arena *a, int64_t account_id,
                                    struct store_policy *out);
/* Ascending by id from `after` on (exclusive), at most `limit`. */
enum store_err store_policy_list(struct store_conn *c, struct arena *a, int64_t account_id, int64_t after, size_t limit,
                                 struct store_policy *out, size_t *count);
enum store_err store_policy_draft(struct store_conn *c, struct arena *a, int64_t id, struct cardea_str *out);

/* Never changed once it is there. */
struct store_policy_version {
    int64_t policy_id, version; /* from 1 on */
    int64_t published_at;
    struct cardea_str published_by; /* "usr_…", "key_…", "root" */
    struct cardea_str note;
    struct cardea_str document; /* a JSON object's text */
};
/* STORE_CONFLICT: that version is there. */
enum store_err store_policy_version_insert(struct store_conn *c, const struct store_policy_version *row);
enum store_err store_policy_version_get(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t version,
                                        struct store_policy_version *out);
/* Descending from `before` on (exclusive; 0: from the newest), without the documents. */
enum store_err store_policy_version_list(struct store_conn *c, struct arena *a, int64_t policy_id, int64_t before,
                                         size_t limit, struct store_policy_version *out, size_t *count);
/* All policies of an account, and all contents that were kept for it. */
enum store_err store_policy_erase_account(struct store_conn *c, int64_t account_id);

struct store_kept_content {
    int64_t scan_id, account_id;
    int64_t policy_id, version; /* that said to keep it */
    int64_t made_at;
    struct cardea_str sealed; /* service/kept.h */
};
enum store_err store_content_insert(struct store_conn *c, const struct store_kept_content *row);
enum store_err store_content_get(struct store_conn *c, struct arena *a, int64_t scan_id,
                                 struct store_kept_content *out);
/* At most `limit` of those made before; *count says how many went. */
enum store_err store_content_prune(struct store_conn *c, int64_t made_before, size_t limit, int64_t *count);

/* ---- outbox: appended in the transaction of the change, as audit records are (store/audit.h) ---- */

struct store_event {
    int64_t id;
    int64_t at_ms;
    int64_t account_id;
    struct cardea_str type;    /* "key.created", ... */
    int64_t key_id;            /* the key that it is about; 0: about something else */
    struct cardea_str payload; /* a JSON object's text */
};
enum store_err store_event_append(struct store_conn *c, const struct store_event *row);
/* Descending by id from `before` on (exclusive; 0: from the newest). A page by type may be short, though another
 * follows: a backend looks through STORE_EVENT_LOOK events at most, and `*next` is where the next page begins, 0 at the
 * end. `out` has room for `limit`. */
#define STORE_EVENT_LOOK 10000
struct store_event_filter {
    int64_t account_id;     /* 0: all */
    int64_t key_id;         /* 0: all */
    struct cardea_str type; /* empty: all */
    bool type_begins;       /* `type` is how it begins: "content." */
    int64_t before;
    size_t limit;
};
enum store_err store_event_list(struct store_conn *c, struct arena *a, const struct store_event_filter *f,
                                struct store_event *out, size_t *count, int64_t *next);

/* Ascending by id after `after`, at most `limit`, without the payloads: as whoever follows all events reads them. Ids
 * rise with the commits. */
enum store_err store_event_after(struct store_conn *c, struct arena *a, int64_t after, size_t limit,
                                 struct store_event *out, size_t *count);
enum store_err store_event_get(struct store_conn *c, struct arena *a, int64_t id, struct store_event *out);
/* 0: there is none. */
enum store_err store_event_last(struct store_conn *c, int64_t *id);
/* At most `limit` of those with ids below `before`, the oldest first; never the last one: ids go on from it. */
enum store_err store_event_prune(struct store_conn *c, int64_t before, size_t limit, size_t *count);

/* For tests and counters. */
enum store_err store_event_count(struct store_conn *c, int64_t *out);

#endif

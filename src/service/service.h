/* service/service.h - what every use case gets: the store, the clock, the profiles, who asks; and how it says no.
 *
 * Use cases are plain functions `service_<noun>_<verb>(struct service_call *, …)` that run on whatever connection they
 * are given: a reader's, or the writer's inside a unit of work. They know neither HTTP nor SQL. */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdatomic.h>

#include "profile/profile.h"
#include "service/counters.h"
#include "store/store.h"

struct publisher;     /* service/publisher.h */
struct usage;         /* service/usage.h */
struct throttle;      /* service/throttle.h */
struct issuers;       /* service/issuers.h */
struct notices;       /* service/notices.h */
struct scanning;      /* service/scanning.h */
struct deliveries;    /* service/deliveries.h */
struct webhooks;      /* service/webhook_sender.h */
struct report_keys;   /* jose/report.h */
struct reminders;     /* service/reminders.h */
struct reminder_mail; /* service/reminder_mail.h */
struct judge;         /* judge/judge.h */
struct policy_cache;  /* service/policy_cache.h */
struct policy_source; /* service/policy_cache.h */
struct audit_log;     /* service/audit_log.h */
struct audit_denied;  /* service/audit_denied.h */

/* One a process. Profiles may be exchanged at SIGHUP: take `profiles` once a call. */
struct service {
    struct store *store;
    const struct profile_set *_Atomic profiles;
    struct cardea_activity *activity;
    struct publisher *publisher;
    struct usage *usage;
    struct notices *notices;
    const char *runtime_dir;
    cardea_random_fn random;
    void *random_arg;
    int64_t (*now_ms)(void *arg);
    void *now_arg;
    int64_t session_ttl_sec;
    int64_t usage_keep_sec;                    /* counts by the hour; 0: for ever */
    int64_t events_keep_sec;                   /* service/events.h; 0: for ever */
    int64_t messages_keep_sec;                 /* once they have ended; 0: for ever */
    int64_t audit_keep_sec;                    /* service/audit_retention.h; 0: for ever */
    int64_t audit_addresses_keep_sec;          /* 0: as long as their records */
    int64_t webhooks_keep_sec;                 /* deliveries of webhooks; 0: for ever */
    uint32_t max_staleness_ms;                 /* the snapshot's; 0: never stale */
    uint8_t master_key[32];                    /* seals secrets at rest */
    uint8_t idempotency_key[32];               /* lives in memory only */
    struct session_signer *signer;             /* service/session.h */
    struct audit_log *audit;                   /* service/audit_log.h; NULL: records are not sealed */
    struct audit_denied *denied;               /* service/audit_denied.h; NULL: refusals are not recorded */
    struct throttle *logins;                   /* service/throttle.h */
    struct issuers *issuers;                   /* service/issuers.h; NULL: none are trusted */
    struct scanning *scanning;                 /* service/scanning.h */
    struct deliveries *deliveries;             /* service/deliveries.h; NULL: nothing goes outside */
    struct webhooks *webhooks;                 /* service/webhook_sender.h; NULL: no endpoint is told of anything */
    struct reminders *reminders;               /* service/reminders.h; NULL: nobody is reminded */
    struct reminder_mail *reminder_mail;       /* service/reminder_mail.h; NULL: nobody by mail */
    struct judge *judge;                       /* judge/judge.h; NULL: texts are not judged by a model */
    struct policy_cache *policies;             /* service/policy_cache.h */
    const struct policy_source *policy_source; /* there; NULL: none but the built-in */
    /* Any thread: something came into this agent's inbox. Not called while news_arg is NULL. */
    void (*inbox_news)(void *arg, int64_t agent_id);
    void *_Atomic news_arg;
    _Atomic int64_t trying[2]; /* accounts whose policies are being tried: service/policy_trial.h */
    struct service_counters counters;
    /* service/leaks.h */
    const struct report_keys *_Atomic leak_keys; /* NULL: nobody may report leaked keys */
    atomic_bool leaks_flag;                      /* leaked keys are told of, and not revoked */
    /* The writer thread's only. */
    int64_t last_id;  /* no id of an event is lower that is given after, whatever the clock does */
    bool events_made; /* since the last commit was told of */
    int64_t audit_pruned_at;
    bool audit_pruning; /* a cut has begun that no record tells of yet */
};

enum actor_kind { ACTOR_NOBODY, ACTOR_ROOT, ACTOR_VERIFIER, ACTOR_SCANNER, ACTOR_USER, ACTOR_KEY, ACTOR_SYSTEM };

/* Who asks, as authenticated. */
struct actor {
    enum actor_kind kind;
    int64_t account_id;          /* a session's or key's own account; 0 for root */
    int64_t user_id;             /* ACTOR_USER */
    int64_t key_id;              /* ACTOR_KEY, ACTOR_ROOT, ACTOR_VERIFIER, ACTOR_SCANNER */
    int64_t agent_id;            /* ACTOR_KEY: the agent that it is bound to; 0: none */
    int64_t session_id;          /* 0: none, a token of another issuer is used by itself */
    int64_t expires_at;          /* of that token */
    enum cardea_role role;       /* ACTOR_USER: in account_id */
    struct cardea_scopes scopes; /* ACTOR_KEY */
    int profile;                 /* of the account, in the set's order; -1 for root */
};

/* One thing that was wrong with the input. `location` is a JSON pointer, "query/limit" or "header/Idempotency-Key". */
struct service_problem {
    const char *location, *message, *fix;
};

enum service_err {
    SERVICE_OK = 0,
    SERVICE_INVALID,         /* 422, with problems */
    SERVICE_NOTFOUND,        /* 404 */
    SERVICE_FORBIDDEN,       /* 403 */
    SERVICE_UNAUTHENTICATED, /* 401 */
    SERVICE_CONFLICT,        /* 409 */
    SERVICE_LIMIT,           /* 409: an active-key limit */
    SERVICE_UNAVAILABLE,     /* 503: the store; the unit of work rolls back */
    SERVICE_BUSY,            /* 429 with retry_after_sec */
};

#define SERVICE_PROBLEMS_MAX 16

/* One request's surroundings. Everything points into `arena` or outlives the call. */
struct service_call {
    struct service *svc;
    const struct profile_set *profiles;
    struct store_conn *db;
    struct arena *arena;
    struct actor actor;
    struct cardea_str source_ip; /* text; empty: none */
    int64_t now;                 /* unix seconds */
    int64_t now_ms;
    /* the refusal, when a use case returns other than SERVICE_OK */
    enum service_err err;
    const char *code;    /* "key_limit_reached", "slug_taken", …: a page docs/reference/errors/<code>.md */
    const char *message; /* for people; no secrets */
    struct service_problem problems[SERVICE_PROBLEMS_MAX];
    size_t problem_count;
    int retry_after_sec;
    bool stands; /* a refusal that is remembered: its unit of work is kept all the same */
};

/* Record the refusal and return it. */
enum service_err service_fail(struct service_call *c, enum service_err err, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds a problem and sets SERVICE_INVALID ("invalid_request"). */
enum service_err service_invalid(struct service_call *c, const char *location, const char *message, const char *fix);
/* Maps a store error: NOTFOUND → SERVICE_NOTFOUND ("not_found"), the rest → SERVICE_UNAVAILABLE with a log line. */
enum service_err service_store_error(struct service_call *c, enum store_err err);

/* "usr_…", "key_…", "root": who asks, as records say it. In the arena. */
struct cardea_str service_actor_text(struct service_call *c);

int64_t service_new_id(struct service_call *c); /* writer thread only */
/* Appends to the audit log and the outbox in the running unit of work. `detail` is a JSON object's text. */
enum service_err service_record(struct service_call *c, const char *action, const char *subject_prefix,
                                int64_t subject_id, int64_t account_id, struct cardea_str detail);
/* The same for what was seen to happen: the event tells the address too, c->source_ip. */
enum service_err service_record_seen(struct service_call *c, const char *action, const char *subject_prefix,
                                     int64_t subject_id, int64_t account_id, struct cardea_str detail);
/* The event alone, without an audit record: for what nobody did, such as a key that will expire. */
enum service_err service_notify(struct service_call *c, const char *type, const char *subject_prefix,
                                int64_t subject_id, int64_t account_id, struct cardea_str detail);
/* To the audit log alone: what its subject's owner is not told of as an event. */
enum service_err service_audit_only(struct service_call *c, const char *action, struct cardea_str subject,
                                    int64_t account_id, struct cardea_str detail);

#endif

/* cardea/authorize.h - the decision: a local memory read. */
#ifndef CARDEA_AUTHORIZE_H
#define CARDEA_AUTHORIZE_H

#include <cardea/profile.h>
#include <cardea/snapshot_writer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A read-only view of the snapshot, for one thread at a time; open one a thread, the memory is shared. */
struct cardea_reader;

struct cardea_reader_options {
    const char *path; /* the snapshot */
    const char
        *activity_dir; /* where activity is recorded, or NULL: not recorded, and no rate limit or credit applies */
    bool serve_stale;  /* past the snapshot's max_staleness: go on (true) or answer STALE */
    /* Grants of keys without limit or credits are counted by cardea_reader_flush(), at the latest when 64 of them wait.
     * A server that has many requests at hand so waits for their memory once instead of once for each. */
    bool count_later;
};

/* CARDEA_E_IO (errno; ENOENT: no snapshot yet), CARDEA_E_FORMAT (torn, foreign, another version: `why` says which). */
CARDEA_API enum cardea_err cardea_reader_open(struct cardea_reader **out, const struct cardea_reader_options *options,
                                              struct cardea_why *why);
CARDEA_API void cardea_reader_free(struct cardea_reader *r);

/* Counts the grants that wait for it; a reader that is freed does it too. Call it before sleeping. */
CARDEA_API void cardea_reader_flush(struct cardea_reader *r);

/* Moves on to the file that replaced the one in use, where one did: as a decision would, but before it. Call it when
 * something is to be taken from a profile first: which header to read, whose host was asked. One load where nothing has
 * changed. */
CARDEA_API void cardea_reader_follow(struct cardea_reader *r);

/* Feed position, generation and profiles as of the file in use. Borrowed until the next decision. A profile's index
 * holds while the generation does: a decision may move on to the next file, whose profiles may be others. */
CARDEA_API uint64_t cardea_reader_position(const struct cardea_reader *r);
CARDEA_API uint64_t cardea_reader_generation(const struct cardea_reader *r);
CARDEA_API size_t cardea_reader_profile_count(const struct cardea_reader *r);
CARDEA_API const struct cardea_profile *cardea_reader_profile(const struct cardea_reader *r, size_t index);
/* Index by profile name or by host name (port ignored, any case), or -1. */
CARDEA_API int cardea_reader_profile_named(const struct cardea_reader *r, struct cardea_str name);
CARDEA_API int cardea_reader_profile_of_host(const struct cardea_reader *r, struct cardea_str host);

/* What came of it. Pointers are borrowed from the reader until its next call. */
struct cardea_decision {
    enum cardea_code code;
    int profile;     /* -1: unknown */
    uint64_t key_id; /* 0: no key took part. Everything down to has_metadata is set only when a key was found */
    uint64_t account_id;
    struct cardea_str account_slug;
    uint64_t user_id;
    uint64_t agent_id;
    struct cardea_str agent_slug;
    int kind;
    enum cardea_role role; /* CARDEA_ROLE_OWNER unless the kind follows its creator's */
    struct cardea_scopes scopes;
    int64_t expires_at; /* 0: never */
    uint32_t ordinal;
    bool has_metadata;
    bool limited; /* a rate limit applies: the three below are set */
    struct cardea_rate rate;
    uint32_t rate_remaining;
    uint32_t rate_reset_ms;    /* until the whole burst is there again */
    int64_t credits_remaining; /* -1: not metered */
    uint32_t credits_ordinal;  /* where they are drawn, when metered */
    uint32_t retry_after_ms;   /* with RATE_LIMITED */
    int missing_scope;         /* index, with INSUFFICIENT_SCOPE; else -1 */
    uint32_t route;            /* index of the route that matched; UINT32_MAX: none */
    bool key_in_query;         /* MALFORMED for this reason: a key stood in the URL */
};

/* A digest that was taken ahead of a decision, so that the memory which the decision needs is there by then. */
struct cardea_ahead {
    struct cardea_str key; /* borrowed; len 0: nothing is ahead */
    struct cardea_digest digest;
};

#define CARDEA_ANY_PROFILE (-1)

/* A key and what it is wanted for. Zero and empty members ask for nothing. */
struct cardea_check {
    struct cardea_str key;
    int profile;               /* index or CARDEA_ANY_PROFILE. A key of another profile is NOT_FOUND */
    struct cardea_str scope;   /* a name; one that the key's profile does not know is never granted */
    struct cardea_str account; /* its slug */
    uint64_t account_id;
    struct cardea_str agent;
    uint64_t agent_id;
    enum cardea_role min_role;
    uint32_t kinds;    /* bit i allows kind i; 0 allows all */
    const uint8_t *ip; /* 16 bytes, IPv4 as ::ffff:a.b.c.d; NULL: unknown, which no allow-list admits */
    uint32_t cost;     /* credits and rate-limit tokens to draw; 0: only look */
    bool from_browser; /* the request came from a page (Origin, Sec-Fetch-Mode) */
    bool legacy;       /* came in the legacy header: legacy kinds only */
    struct cardea_time now;
};

/* Decides on a key. Never fails: what cannot be decided is denied. */
CARDEA_API void cardea_verify(struct cardea_reader *r, const struct cardea_check *check, struct cardea_decision *out);

/* The same for a key of which nobody says where it was sent: one of a legacy kind has no format, so what looks like no
 * key may be one. */
CARDEA_API void cardea_verify_any(struct cardea_reader *r, const struct cardea_check *check,
                                  struct cardea_decision *out);

/* A request as it came in. Only the fields that decide; the adapter that fills this strips nothing and decodes nothing.
 * A header that came more than once stands with its count, and is AMBIGUOUS. */
struct cardea_request {
    int profile;
    struct cardea_str method;
    struct cardea_str target; /* path with query, undecoded: "/api/v1/content/recent?limit=3" */
    struct cardea_str authorization;
    unsigned authorization_count;
    struct cardea_str legacy; /* the profile's legacy header */
    unsigned legacy_count;
    struct cardea_str origin;
    struct cardea_str sec_fetch_mode;
    const uint8_t *ip;
    struct cardea_time now;

    /* What whoever serves the request asks beside the route: empty members ask for nothing. A public route then needs a
     * key too; where no route matches and `scope` is asked for, these demands stand in for a route. */
    struct cardea_str scope;   /* a name; one that the profile does not know is never granted */
    struct cardea_str account; /* its slug */
    uint64_t account_id;
    struct cardea_str agent;
    uint64_t agent_id;
    bool look_only;                   /* neither draw from limits nor count: this request was decided before */
    const struct cardea_ahead *ahead; /* of this request's credential, or NULL */
};

/* What is to be scanned of the granted request that `d` is about, by the profile `p` of `d`; NULL: nothing. */
CARDEA_API const struct cardea_route_scan *cardea_decision_scan(const struct cardea_profile *p,
                                                                const struct cardea_decision *d);

/* For a server with several requests at hand: begin with all of them, fetch for all, follow for all, then decide each.
 * The memory of one comes while the others' is asked for. None of it decides anything, and all of it may be left out.
 */
CARDEA_API void cardea_ahead_begin(const struct cardea_request *request, struct cardea_ahead *out);
CARDEA_API void cardea_ahead_fetch(const struct cardea_reader *r, const struct cardea_ahead *a);
CARDEA_API void cardea_ahead_follow(struct cardea_reader *r, const struct cardea_ahead *a);

/* Decides on a request: route, credential, key. A path with an encoded slash or dot segment, an empty segment, a
 * backslash or a control byte has NO_ROUTE. A key in the query string is MALFORMED, never looked up. */
CARDEA_API void cardea_authorize(struct cardea_reader *r, const struct cardea_request *request,
                                 struct cardea_decision *out);

#ifdef __cplusplus
}
#endif
#endif

/* profile/profile.h - a product in one YAML file: what decides (struct cardea_profile) and what manages, names and
 * words.
 *
 * The loader reports every mistake it can find, each as `file:line:col: what, and what was meant`. */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <cardea/cardea.h>

#include "base/arena.h"
#include "base/buf.h"

/* What the profile adds to each of its kinds. Same index as in core.kinds. */
struct profile_kind {
    const char *title;
    const struct cardea_scopes *allowed; /* scopes that may be given; NULL: any of the profile's */
    struct cardea_scopes granted;        /* scopes that every key of this kind has, whatever was asked */
    bool scopes_required;                /* none at all is refused */
    bool scopes_selectable;              /* false: callers may not name scopes (role-following, full access) */
    int64_t max_active;                  /* active keys an account; 0: no limit */
    int64_t default_ttl_sec;             /* 0: no expiry unless asked */
    int64_t max_ttl_sec;                 /* 0: none */
    int64_t rotate_every_sec;            /* when a rotation is due; 0: never */
    int64_t overlap_sec;                 /* default overlap of a rotation */
    bool root_only;                      /* issued by the root key alone */
};

/* Who may manage the account's agents, or its policies, on the product's own hosts. A key that is bound to an agent
 * never may. */
struct profile_things {
    const char *base; /* "/v1/agents"; NULL: the product exposes none */
    bool by_session, by_key;
    int read_scope, write_scope; /* asked of a key; -1: any key of the account */
};

/* Who may send and receive messages on the product's own hosts, beneath an agent's path: `agents.base/AGENT/messages`.
 * A key that is bound to an agent may for that agent alone. */
struct profile_messages {
    const char *base; /* "/v1/messages": all of the account's; NULL: the product has no messages */
    bool by_session, by_key;
    int send_scope, receive_scope, read_scope; /* asked of a key; -1: any key of the account */
};

/* Who may call the profile's own management paths. */
struct profile_management {
    const char *base; /* "/api/v1/api-keys", "/tenants/{tenant}/tokens"; NULL: the product exposes none */
    bool by_session;  /* a user's session JWT */
    bool by_key;      /* a key of the profile */
    int list_scope, create_scope, update_scope, revoke_scope; /* asked of a key; -1: any key of the account */
    bool can_create, can_update, can_revoke, can_show;
    struct profile_things agents, policies, webhooks, billing;
    struct profile_things logs; /* read only: write_scope is -1 */
    struct profile_messages messages;
};

/* How the product's webhooks are signed, beside Standard Webhooks' own headers: one header with HMAC-SHA256 of the body
 * under the endpoint's secret. */
enum profile_signature_style { PROFILE_SIGNATURE_HEX, PROFILE_SIGNATURE_PREFIXED };
struct profile_webhooks {
    const char *header; /* "X-Anima-Signature"; NULL: there is none */
    enum profile_signature_style style;
};

/* Where on the product's hosts a session's cookie is accepted, and the only place. */
#define PROFILE_COOKIE "cardea_session" /* of sessions whose product names none */
struct profile_dashboard {
    const char *path;   /* "/dashboard"; NULL: the product's hosts have none */
    const char *cookie; /* "acme_session"; NULL with `path` */
    const char *color;  /* "#3b5bdb"; NULL: none of its own */
    /* What people call the page with the keys; set without a dashboard, too, since the component stands in others'
     * pages. */
    const char *keys_path, *keys_nav, *keys_title, *keys_noun; /* "api-keys", "API Keys", "API Keys", "key" */
};

/* What is public about the product: an index, and what it lists. Routes of `core` among others. */
#define PROFILE_LOGIN_PAGE  "/device" /* where a person confirms a log-in from a command line */
#define PROFILE_LOGIN_OAUTH "/oauth"  /* beneath it: what the command line asks */
#define PROFILE_DOCS_INDEX  "/llms.txt"
#define PROFILE_DOCS_PAGES  "/llms"        /* beneath it */
#define PROFILE_DOCS_ERRORS "/docs/errors" /* where `type` of a problem points: `/docs/errors/CODE` */
/* The reference of the API: a page at `/docs/`, and what it is made from, beside it. */
#define PROFILE_DOCS_REFERENCE "/docs"
#define PROFILE_DOCS_ASSETS    PROFILE_DOCS_REFERENCE "/assets" /* beneath it */
#define PROFILE_DOCS_SCHEMA    "/schema"
struct profile_docs {
    const char *summary; /* NULL: there is no documentation */
    bool reference;
    const char *const *hosts;
    size_t host_count;
};

enum profile_flag_type { PROFILE_FLAG_TEXT, PROFILE_FLAG_NUMBER, PROFILE_FLAG_SWITCH };
struct profile_flag {
    const char *name, *help;
    const char *field; /* member of the body, or parameter of the query */
    enum profile_flag_type type;
    bool required;
};

/* A request to the product's API under two words. */
struct profile_command {
    const char *noun, *verb, *summary;
    enum cardea_method method;
    const char *path; /* each `{name}` in it is an argument */
    const struct profile_flag *flags;
    size_t flag_count;
    bool to_file; /* the reply is a file, and `--out` says where it goes */
};

/* The words of the CLI under the profile's own name. NULL name: the profile claims none. */
struct profile_cli {
    const char *name;        /* "oanim" */
    const char *env;         /* "ANIMATE_API_KEY" */
    const char *api_url_env; /* "OANIM_API_URL" */
    const char *credentials; /* "~/.oanim/credentials.yaml" */
    const char *keys_noun;   /* "api-keys" */
    bool browser_login;      /* `login` without a token asks a person in the browser */
    const struct profile_command *commands;
    size_t command_count;
};

struct profile {
    struct cardea_profile core;
    const char *const *scope_docs;   /* what each scope allows, same index as core.scopes */
    const char *const *route_groups; /* of core.routes[i].group - 1: what grants are counted as */
    size_t route_group_count;        /* at most CARDEA_ROUTE_GROUPS_MAX */
    const char *title;               /* "Open Animate" */
    const char *file;                /* where it came from, for messages */
    const struct profile_kind *kinds;
    int default_kind; /* index, for `POST keys` without a kind */
    struct profile_management management;
    struct profile_webhooks webhooks;
    const char *upstream; /* "http://127.0.0.1:9000"; NULL: none */
    struct profile_dashboard dashboard;
    struct profile_docs docs;
    struct profile_cli cli;
};

/* Everything allocated by a loader lives in its set's arena. */
struct profile_set {
    struct arena arena;
    const struct profile **items;
    size_t count;
};

/* The compiled-in profiles, ordered by name. False with all mistakes in `errors`, one a line, and an empty set (a build
 * defect). */
bool profile_set_builtin(struct profile_set *set, struct buf *errors);
/* The compiled-in ones, then every *.yaml of the folder, which replace those of the same name. `dir` NULL: none. */
bool profile_set_load(struct profile_set *set, const char *dir, struct buf *errors);
void profile_set_release(struct profile_set *set);
const struct profile *profile_set_find(const struct profile_set *set, struct cardea_str name);
const struct profile *profile_set_by_cli(const struct profile_set *set, struct cardea_str cli_name);
int profile_set_index(const struct profile_set *set, struct cardea_str name); /* the snapshot's profile index */

/* One profile from text. `file` names it in messages. NULL with `errors` filled. All that is allocated lives in `a`. */
const struct profile *profile_load(struct arena *a, const char *file, struct cardea_str text, struct buf *errors);

/* The manual of profiles, in Markdown, from the table that reads them: docs/reference/profiles.md. */
void profile_docs(struct buf *out);

#endif

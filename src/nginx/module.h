/* nginx/module.h - ngx_http_cardea_module: what its files share.
 *
 * module.c      the module: directives, phases, start of a worker
 * conf.c        configuration: create, merge, and what is refused in it
 * guard.c       ways round the check that can be seen in a configuration
 * reader.c      the snapshot: one reader a worker
 * decision.c    one decision: by the reader, kept with the client's request, said to the client
 * turn.c        what came in with one turn of the loop is decided together
 * access.c      the check: whatever way nginx sends a request afterwards
 * forward.c     `cardea_decide`: the same decision for another proxy
 * verify.c      `cardea_verify`: POST /v1/keys/verify, as far as the snapshot answers it
 * headers.c     what goes on to the upstream: no forged identity, no key
 * refuse.c      the reply to a denial
 * variables.c   $cardea_code and its like
 * services.c    what ngx_http_cardea_scan_module asks of this one */
#ifndef NGINX_MODULE_H
#define NGINX_MODULE_H

/* nginx's own headers first: they define what the system's headers show. */
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_http.h>

#include <cardea/cardea.h>

#include "nginx/services.h"

/* Where something stands in the configuration. */
typedef struct {
    ngx_str_t file;
    ngx_uint_t line;
} ngx_http_cardea_place_t;

typedef struct {
    const ngx_http_cardea_services_t *services; /* first: the other module looks here */
    ngx_str_t snapshot;                         /* empty: nothing of this module is in use */
    ngx_str_t activity;                         /* folder */

    /* Of one process: a worker's own, or the one that reads the configuration. */
    struct cardea_reader *reader;
    ngx_msec_t retry_at; /* not tried again before */
    ngx_uint_t tried;
    ngx_event_t turn;    /* the end of a turn of the worker's loop */
    ngx_queue_t waiting; /* for it: ngx_http_cardea_ctx_t */
    ngx_uint_t waiting_count;
    time_t complained;   /* in the log */
    size_t profile_hint; /* where the last profile stood */
} ngx_http_cardea_main_conf_t;

typedef struct {
    ngx_str_t profile; /* data NULL: not said; empty: off */
    ngx_str_t realm;
    ngx_http_complex_value_t *scope;
    ngx_http_complex_value_t *account;
    ngx_http_complex_value_t *agent;
    ngx_flag_t forward;
    ngx_str_t session_cookie;      /* beside cardea_session; empty: none */
    ngx_array_t *proxies;          /* ngx_cidr_t; NULL: none is believed */
    ngx_uint_t answers;            /* cardea_decide or cardea_verify stands here */
    ngx_str_t daemon;              /* with cardea_verify: the named location of what is not answered here */
    ngx_http_cardea_place_t place; /* of `cardea` */
    ngx_http_cardea_place_t scope_place;
} ngx_http_cardea_loc_conf_t;

/* What a location asks beside the profile's routes; data NULL: nothing. */
typedef struct {
    ngx_str_t scope;
    ngx_str_t account;
    ngx_str_t agent;
} ngx_http_cardea_demands_t;

/* What was decided on a client's request. It belongs to the main request and outlives internal redirects. */
typedef struct {
    ngx_queue_t waiting;
    ngx_http_request_t *request; /* NULL: it does not wait */
    struct cardea_ahead ahead;
    enum cardea_code code;
    ngx_str_t profile;             /* whose decision it is */
    ngx_http_cardea_demands_t met; /* by the key, when it was granted */
    ngx_str_t method;              /* as it was then: error_page makes everything a GET */
    ngx_str_t legacy_header;       /* the profile's; empty: it has none */
    ngx_list_part_t received;      /* headers before credentials were taken out */
    void *rewritten;               /* elements of the list that goes upstream; NULL: none was made */
    ngx_uint_t forwarded;          /* the credential still stands in it */
    ngx_str_t identity[CARDEA_IDENTITY_COUNT];
    ngx_table_elt_t *rate[CARDEA_RATE_FIELDS]; /* of the reply, when they were added */
    ngx_str_t scan;                            /* fields that the route has scanned, one a line; empty: none */
} ngx_http_cardea_ctx_t;

/* One decision, and what is needed of the reader to say it: both good until the reader's next call. */
typedef struct {
    struct cardea_decision decision;
    const struct cardea_profile *profile; /* NULL: unknown */
} ngx_http_cardea_outcome_t;

extern ngx_module_t ngx_http_cardea_module;

/* conf.c */
void *ngx_http_cardea_create_main_conf(ngx_conf_t *cf);
void *ngx_http_cardea_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_cardea_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);
char *ngx_http_cardea_set_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_set_activity(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_set_profile(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_set_demand(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_set_realm(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_set_proxy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* guard.c: NGX_ERROR, with the reason in the log, when requests could go round the check of this location. */
ngx_int_t ngx_http_cardea_guard(ngx_conf_t *cf, ngx_http_cardea_loc_conf_t *lcf);

/* reader.c */
/* NULL when there is no snapshot to decide by; said in the log once a minute. */
struct cardea_reader *ngx_http_cardea_reader(ngx_http_cardea_main_conf_t *mcf, ngx_log_t *log);
/* While the configuration is read: tried once, a warning when there is none. */
struct cardea_reader *ngx_http_cardea_config_reader(ngx_conf_t *cf, ngx_http_cardea_main_conf_t *mcf);
void ngx_http_cardea_close_reader(ngx_http_cardea_main_conf_t *mcf);
/* A file was cut short under the reader: it is closed, and what was read of it may be wrong. */
ngx_uint_t ngx_http_cardea_is_spoiled(ngx_http_cardea_main_conf_t *mcf, ngx_log_t *log);
/* At most once a minute: why requests are answered 503. */
void ngx_http_cardea_complain(ngx_http_cardea_main_conf_t *mcf, ngx_log_t *log, ngx_err_t err, const char *why);

/* turn.c */
/* Has what waits for the end of this turn done then: counting, too. */
void ngx_http_cardea_end_turn(ngx_http_cardea_main_conf_t *mcf);
/* The request goes on, in the phase where it is, at the end of this turn. */
void ngx_http_cardea_wait(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx);
/* It waits no more, if it did. */
void ngx_http_cardea_forget(ngx_http_cardea_ctx_t *ctx);

/* decision.c */
/* What was decided on the client's request of which `r` is part, or NULL. */
ngx_http_cardea_ctx_t *ngx_http_cardea_get_ctx(ngx_http_request_t *r);
ngx_http_cardea_ctx_t *ngx_http_cardea_make_ctx(ngx_http_request_t *r);
/* Decides by ctx->profile, with credential and origin as ctx->received has them. Never fails: closed. */
void ngx_http_cardea_decide(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, struct cardea_request *req,
                            ngx_http_cardea_outcome_t *o);
/* Copies what variables and headers say of it into `ctx`. */
ngx_int_t ngx_http_cardea_remember(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx,
                                   const ngx_http_cardea_outcome_t *o);
/* Sends the refusal; what to finalize the request with. A subrequest gets the status alone. `in_header`: see
 * ngx_http_cardea_refuse(). */
ngx_int_t ngx_http_cardea_deny(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const ngx_http_cardea_outcome_t *o,
                               ngx_uint_t in_header);
/* False when it is no IP address. */
ngx_uint_t ngx_http_cardea_address(const struct sockaddr *sa, uint8_t out[16]);

/* access.c: phase handlers */
ngx_int_t ngx_http_cardea_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_cardea_subrequest_handler(ngx_http_request_t *r);

/* Directives that answer by themselves. */
char *ngx_http_cardea_set_decide(ngx_conf_t *cf, ngx_command_t *cmd, void *conf); /* forward.c */
char *ngx_http_cardea_set_verify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf); /* verify.c */

/* headers.c */
/* Removes identity headers from what the client sent: a phase handler, before anything else sees them. */
ngx_int_t ngx_http_cardea_strip_handler(ngx_http_request_t *r);
/* The one value of a header (`name` in lower case), or empty; `*count` says how many there were. */
ngx_str_t ngx_http_cardea_find(const ngx_list_t *headers, const char *name, ngx_uint_t *count);
/* Fills in credential and origin from the headers as they were received. */
void ngx_http_cardea_read_headers(const ngx_http_cardea_ctx_t *ctx, struct cardea_request *out);
/* Takes credentials out and puts the identity in. */
ngx_int_t ngx_http_cardea_rewrite_headers(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, ngx_uint_t forward);
ngx_int_t ngx_http_cardea_add_rate(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx, const struct cardea_decision *d);
/* On a reply of ours: who called. */
ngx_int_t ngx_http_cardea_tell_identity(ngx_http_request_t *r, const ngx_http_cardea_ctx_t *ctx);
/* NULL when memory is short. `name` must outlive the request. */
ngx_table_elt_t *ngx_http_cardea_add_header(ngx_http_request_t *r, const char *name, struct cardea_str value);

/* refuse.c */
/* Request id and Cache-Control, on every reply of ours. */
ngx_int_t ngx_http_cardea_add_common(ngx_http_request_t *r, struct cardea_str *request_id);
/* Sends the reply to a denial; what nginx is to finalize the request with. `in_header`: its body stands in the header
 * Cardea-Refusal, for a proxy that throws bodies away. */
ngx_int_t ngx_http_cardea_refuse(ngx_http_request_t *r, const struct cardea_refusal *refusal, ngx_uint_t in_header);

/* variables.c */
ngx_int_t ngx_http_cardea_add_variables(ngx_conf_t *cf);

static inline struct cardea_str ngx_http_cardea_str(ngx_str_t s)
{
    return (struct cardea_str){.ptr = (const char *)s.data, .len = s.len};
}

#endif

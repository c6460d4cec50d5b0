/* nginx/scan_module.h - ngx_http_cardea_scan_module: what its files share.
 *
 * scan_module.c   the module: directives, phases, start and end of a worker
 * scan_conf.c     configuration: create, merge, and what is refused in it
 * scan_access.c   one request: is there something to scan, and what comes of it
 * scan_body.c     its body: what it may be, read whole, the texts taken out
 * scan_scanner.c  this worker's scanner: opened beside everything else
 * scan_daemon.c   the daemon's verdict, by a subrequest */
#ifndef NGINX_SCAN_MODULE_H
#define NGINX_SCAN_MODULE_H

#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_http.h>

#include <cardea/cardea.h>
#include <cardea/scan.h>

#include "nginx/services.h"

typedef struct {
    ngx_str_t cache;         /* file; empty: none */
    ngx_str_t authorization; /* "Bearer crds_..."; empty: none */
    ngx_str_t snapshot;      /* the first module's */

    const ngx_http_cardea_services_t *services; /* the first module's; NULL: nothing is scanned anywhere */
    ngx_uint_t first;                           /* its index among http modules */
    time_t complained;                          /* in the log */
} ngx_http_cardea_scan_main_conf_t;

enum ngx_http_cardea_scan_how { SCAN_UNSET, SCAN_OFF, SCAN_BY_PROFILE, SCAN_FIELDS };

typedef struct {
    ngx_uint_t how;    /* of enum ngx_http_cardea_scan_how */
    ngx_uint_t active; /* ... and keys are checked here */
    struct cardea_str fields[CARDEA_SCAN_FIELDS_MAX];
    size_t field_count;
    ngx_str_t file; /* where it was said */
    ngx_uint_t line;
    ngx_uint_t sensitivity; /* of enum cardea_scan_sensitivity */
    size_t max_body;
    ngx_str_t daemon;    /* location; data NULL: not said; empty: off */
    ngx_uint_t optional; /* without the daemon's verdict this worker's counts */
} ngx_http_cardea_scan_loc_conf_t;

enum ngx_http_cardea_scan_state { SCAN_READS, SCAN_HAS_BODY, SCAN_ASKS, SCAN_ANSWERED, SCAN_PASSED };

/* One request on its way; the main request's. */
typedef struct {
    ngx_uint_t state; /* of enum ngx_http_cardea_scan_state */
    struct cardea_str fields[CARDEA_SCAN_FIELDS_MAX];
    size_t field_count;
    ngx_http_cardea_grant_t grant;
    size_t received; /* of the body, so far */
    size_t max_body;
    ngx_str_t text;    /* what is scanned; in `room` */
    ngx_uint_t status; /* of the daemon's answer; 0: none came */
    ngx_str_t verdict; /* what it said; empty: nothing */

    /* Copies, to be wiped: the body in one piece, its texts, what the daemon is sent. */
    ngx_str_t document, room, told;
} ngx_http_cardea_scan_ctx_t;

extern ngx_module_t ngx_http_cardea_scan_module;

/* scan_conf.c */
void *ngx_http_cardea_scan_create_main_conf(ngx_conf_t *cf);
void *ngx_http_cardea_scan_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_cardea_scan_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);
char *ngx_http_cardea_scan_set_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_scan_set_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_scan_set_fields(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_cardea_scan_set_daemon(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* scan_access.c: phase handlers */
ngx_int_t ngx_http_cardea_scan_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_cardea_scan_subrequest_handler(ngx_http_request_t *r);
/* At most once a minute: why requests are answered 503. */
void ngx_http_cardea_scan_complain(ngx_http_request_t *r, const char *why);

/* scan_body.c */
/* False for a request that brings no body. */
ngx_uint_t ngx_http_cardea_scan_has_body(const ngx_http_request_t *r);
/* NGX_OK, or what to finalize the request with: it was answered. */
ngx_int_t ngx_http_cardea_scan_check_headers(ngx_http_request_t *r, const ngx_http_cardea_scan_loc_conf_t *slcf);
/* Fills in ctx->text. NGX_OK, NGX_DECLINED (there is nothing to scan), or what to finalize the request with. */
ngx_int_t ngx_http_cardea_scan_take_texts(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx);
/* Ends a body that grows too long. */
ngx_int_t ngx_http_cardea_scan_body_filter(ngx_http_request_t *r, ngx_chain_t *in);
void ngx_http_cardea_scan_add_body_filter(void);
/* Overwrites all that was copied. */
void ngx_http_cardea_scan_forget(ngx_http_cardea_scan_ctx_t *ctx);

/* scan_scanner.c */
/* Begins to open this worker's scanner. */
ngx_int_t ngx_http_cardea_scan_start(ngx_cycle_t *cycle, ngx_http_cardea_scan_main_conf_t *smcf);
void ngx_http_cardea_scan_stop(void);
/* NGX_OK: it may go on; NGX_DECLINED: not; NGX_ERROR: it was not scanned, `why` says why. */
ngx_int_t ngx_http_cardea_scan_text(ngx_http_request_t *r, const ngx_http_cardea_scan_ctx_t *ctx,
                                    ngx_uint_t sensitivity, const char **why);

/* scan_daemon.c */
/* NGX_AGAIN: ctx->verdict is there when the request is run again. */
ngx_int_t ngx_http_cardea_scan_ask(ngx_http_request_t *r, ngx_http_cardea_scan_ctx_t *ctx);

#endif

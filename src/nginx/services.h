/* nginx/services.h - what ngx_http_cardea_scan_module asks of ngx_http_cardea_module.
 *
 * Two modules, so that an nginx that only checks keys loads no scanner. The second finds the first by its name among
 * the modules of the configuration, and this table at the start of its main configuration; it calls nothing else of it,
 * and only when both are of one build. */
#ifndef NGINX_SERVICES_H
#define NGINX_SERVICES_H

#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_http.h>

#include <cardea/types.h>

#define NGX_HTTP_CARDEA_MODULE "ngx_http_cardea_module"

/* A request that the check let pass, and whose it is. Borrowed until the request ends. */
typedef struct {
    ngx_str_t fields;  /* that the matched route has scanned, each with a line feed behind it; empty: none */
    ngx_str_t account; /* id; empty on a public route */
    ngx_str_t key_id;
} ngx_http_cardea_grant_t;

typedef struct {
    const char *build; /* both must say the same */
    /* `cardea PROFILE` is said in this location of the first module's; merged already. */
    ngx_uint_t (*checks)(const void *loc_conf);
    /* The snapshot's path, NUL behind it. */
    const ngx_str_t *(*snapshot)(const void *main_conf);
    /* NGX_DECLINED: nothing was granted. */
    ngx_int_t (*grant)(ngx_http_request_t *r, ngx_http_cardea_grant_t *out);
    /* Sends the refusal in the profile's words, or one of a mistake in the request: what to finalize it with. `detail`
     * needs no escaping in JSON. */
    ngx_int_t (*refuse)(ngx_http_request_t *r, enum cardea_code code);
    ngx_int_t (*problem)(ngx_http_request_t *r, unsigned status, const char *code, const char *detail);
} ngx_http_cardea_services_t;

#define NGX_HTTP_CARDEA_BUILD CARDEA_VERSION " services 1"

extern const ngx_http_cardea_services_t ngx_http_cardea_services;

#endif

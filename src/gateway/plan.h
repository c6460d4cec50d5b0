/* gateway/plan.h - all that nginx's configuration follows from. */
#ifndef GATEWAY_PLAN_H
#define GATEWAY_PLAN_H

#include "base/buf.h"
#include "base/options.h"
#include "profile/profile.h"

/* Where one profile's granted requests go, whatever the profile itself says. */
struct gateway_upstream {
    const char *profile, *url; /* "http://127.0.0.1:9000" */
};

struct gateway_plan {
    const struct profile_set *profiles;
    const char *runtime;     /* folder of the snapshot and the activity files */
    const char *dir;         /* nginx's own: configuration, pid, log, temporary files; absolute */
    const char *module;      /* ngx_http_cardea_module.so */
    const char *scan_module; /* ngx_http_cardea_scan_module.so; where some route says `scan` */
    const char *scan_key;    /* file of the key by which the daemon is asked for verdicts; NULL: it is not asked */
    bool scan_fallback;      /* without its verdict the gateway's own counts */
    const char *daemon;      /* HOST:PORT or unix:PATH */
    const char *user;        /* "user group" that workers run as; NULL: as who starts it */
    struct option_list listen, tls_listen;
    const char *tls_cert, *tls_key; /* files; with tls_listen */
    struct option_list admin_hosts; /* beside localhost and the loopback addresses */
    struct option_list trusted_proxies;
    const struct gateway_upstream *upstreams;
    size_t upstream_count;
    const char *upstream_ca; /* authorities that vouch for upstreams behind TLS (PEM) */
    bool demo;               /* PROFILE.localhost is a host of each profile */
};

/* Where the distribution keeps the authorities that it trusts. */
#define GATEWAY_UPSTREAM_CA "/etc/ssl/certs/ca-certificates.crt"

/* nginx.conf. The same plan gives the same text. */
void gateway_conf_write(const struct gateway_plan *plan, struct buf *out);

/* Whether bodies are scanned in nginx: some route of a product with an upstream says so. */
bool gateway_scans(const struct gateway_plan *plan);

/* Where a profile's granted requests go, or NULL. */
const char *gateway_upstream_of(const struct gateway_plan *plan, const struct profile *p);

#endif

/* gateway/options.h - what `cardea gateway` can be told. */
#ifndef GATEWAY_OPTIONS_H
#define GATEWAY_OPTIONS_H

#include "gateway/plan.h"

struct gateway_options {
    const char *config, *runtime, *dir, *profiles, *daemon, *user, *module, *scan_module, *scan_key, *nginx, *tls_cert,
        *tls_key, *upstream_ca;
    struct option_list listen, tls_listen, admin_hosts, trusted_proxies, upstreams;
    bool print, scan_fallback;
};

extern const struct option_table gateway_option_table;

/* The plan that follows from options and profiles, whose texts live in `a`. False with all mistakes in `errors`. */
bool gateway_options_plan(struct arena *a, const struct gateway_options *o, const struct profile_set *profiles,
                          struct gateway_plan *out, struct buf *errors);

#endif

/* http/app.h - what the daemon's wiring gives to the HTTP layer. One a process; set before the loops start, then only
 * read. */
#ifndef HTTP_APP_H
#define HTTP_APP_H

#include "http/metrics.h"
#include "http/peer.h"
#include "http/router.h"
#include "service/service.h"

/* The profile of the native API: its root, verifier and account keys open /v1. */
#define APP_NATIVE_PROFILE "cardea"

/* Who may speak for others, and which hosts are the operator's. */
struct app_policy {
    const char *const *admin_hosts; /* beside localhost and the loopback addresses; lower case, without port */
    size_t admin_host_count;
    struct peer_list trusted_proxies;
};

struct app {
    struct service *svc;
    struct router router;
    struct metrics metrics;
    struct workers *workers;

    const struct app_policy *_Atomic policy; /* exchanged at SIGHUP; an old one lives until the process ends */
    bool demo;                               /* PROFILE.localhost names each profile's host */
    bool serve_stale;                        /* past max_staleness: decide on what there is, or answer STALE */
    const char *snapshot_path;

    _Atomic bool draining;         /* replies close their connections; /readyz fails */
    _Atomic uint32_t writer_calls; /* on the writer's lane now */
    _Atomic uint32_t parked;       /* calls that wait for news, streams among them */
};

#endif

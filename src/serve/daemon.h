/* serve/daemon.h - the parts of a running daemon, for the files of this folder. */
#ifndef SERVE_DAEMON_H
#define SERVE_DAEMON_H

#include "base/listen.h"
#include "http/server.h"
#include "http/workers.h"
#include "jose/report.h"
#include "serve/ai.h"
#include "serve/options.h"
#include "service/issuers.h"

/* What SIGHUP exchanges. Calls borrow from it without counting, so each generation lives until the process ends: a few
 * hundred kilobytes for each SIGHUP. */
struct generation {
    struct arena arena;
    struct serve_options options;
    struct profile_set profiles;
    struct issuer_list issuers;
    struct report_keys *leak_keys; /* NULL: none */
    struct ai_key ai_key;          /* of its file; wiped once the judge has it */
    struct generation *older;
};

struct front;
struct ticker;

struct daemon {
    struct generation *now;
    struct serve_options options; /* of the start: folders, address, threads */
    int argc;
    char **argv;
    int data_lock, runtime_lock; /* -1: none */
    struct service svc;
    struct app app;
    struct listen_address address; /* where the world comes in: the gateway's in a demo that has one */
    bool has_front;                /* a demo with the gateway */
    const char *front_missing;     /* a demo without it: for want of this */
    struct front *front;           /* NULL: not running */
    struct event_base *loop;       /* the main thread's: signals and seconds */
    struct server *server;
    struct ticker *ticker;
    struct cardea_secret root;
    struct cardea_str smtp_password; /* in the first generation's memory; wiped at the end */
    bool root_made;
    struct ai_key ai_key; /* of the environment, which does not have it any more */
    bool threads_left;    /* some run on, past the end of all else */
};

#endif

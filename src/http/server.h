/* http/server.h - the HTTP server: several event loops on one listening socket. It alone (server.c, exchange.c) knows
 * evhttp.
 *
 * A loop owns its connections, its calls, its view of the snapshot and its store connection. It gives each request to
 * http_dispatch() (http/lane.h); whoever completes the call gives it back by server_finish(). evhttp keeps a request
 * alive until it is answered, even when its client has gone: so a call on another lane never loses its ground. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/app.h"
#include "http/call.h"

struct server;

struct server_options {
    struct app *app;
    int listen_fd;    /* bound and listening; the server takes it */
    unsigned threads; /* loops */
};

/* Once a process, before anything else of libevent or jansson is used: what they free is wiped, since it held keys. */
void server_init(void);

/* Opens each loop's snapshot and store connection, then starts the loops. One line in `why` on failure. */
bool server_start(struct server **out, const struct server_options *options, struct cardea_why *why);
/* Accepts no more, answers what is under way (at most `grace_ms`), ends the loops. False: some calls were left
 * unanswered, and the server must not be freed. */
bool server_drain(struct server *s, int grace_ms);
/* After server_drain() said true. NULL is allowed. */
void server_free(struct server *s);

/* Any thread: calls that wait for this (http/park.h) are looked at. */
void server_news(struct server *s, int64_t topic);

/* Any thread: the call is complete, its loop sends it. */
void server_finish(struct call *c);
/* Any thread: the call begins anew on its loop, with c->waited set. */
void server_again(struct call *c);
/* Of the call's loop. */
struct metrics_shard *server_metrics(const struct call *c);
struct cardea_str server_header(const struct call *c, const char *name, unsigned *count);

#endif

/* http/server_loop.h - what the two halves of the server share: server.c runs the loops, exchange.c carries one request
 * through one of them. Beside them only park.c includes this, which keeps
 * the calls that wait. */
#ifndef HTTP_SERVER_LOOP_H
#define HTTP_SERVER_LOOP_H

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <pthread.h>

#include "http/server.h"

/* One request in evhttp's terms around the call. */
struct exchange {
    struct call call; /* first: call.native and the call itself are the same place */
    struct loop *loop;
    struct evhttp_request *req;
    struct exchange *next;
    bool again; /* not done: to be dispatched once more */
};

#define PARK_WORDS 16 /* of 64 topics each */

struct loop {
    struct app *app;
    pthread_t thread;
    bool started;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *wake, *pause;
    int wake_fd;
    struct cardea_reader *reader;
    struct store_conn *db;
    struct metrics_shard *metrics;
    struct exchange *spare;
    unsigned spare_count;
    uint64_t request_seed;
    _Atomic uint32_t active;      /* calls not yet answered */
    _Atomic int64_t last_sent_ns; /* written by the loop */
    _Atomic bool stop;
    struct exchange *parked; /* answered later (http/park.h) */
    unsigned parked_count;
    struct event *second;
    _Atomic uint64_t news[PARK_WORDS]; /* topics, by bit */
    pthread_mutex_t lock;              /* the two below */
    struct exchange *done_first, *done_last;
};

/* CLOCK_MONOTONIC. */
int64_t loop_now_ns(void);
/* Any thread: on_wake() runs on the loop soon. */
void loop_wake(struct loop *l);
/* Whether the calling thread runs this loop. */
bool loop_is_here(const struct loop *l);

/* An evhttp callback; arg is the loop. */
void exchange_begin(struct evhttp_request *req, void *arg);
/* Sends what other lanes have completed. On the loop. */
void exchange_send_done(struct loop *l);
/* The reply's headers into evhttp's request. */
void exchange_add_headers(struct exchange *x);
/* Frees the calls kept for reuse. */
void exchange_release(struct loop *l);

#endif

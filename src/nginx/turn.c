/* nginx/turn.c - what came in with one turn of the worker's loop is decided together.
 *
 * Most of what a decision costs is waiting for memory: the lines of a key that was not used for a while are in no
 * cache. So a request asks for its key's line and waits until the others that came with it were read, as one does that
 * limit_req holds back; meanwhile the line comes. Nobody waits for a client, nor for a timer. */
#include "nginx/module.h"

/* More would hold so much memory at a time that the allocator gives some back and asks for it again, turn by turn. */
#define BATCH_MAX 8

static ngx_http_cardea_ctx_t *ctx_of(ngx_queue_t *q)
{
    return ngx_queue_data(q, ngx_http_cardea_ctx_t, waiting);
}

static void follow(struct cardea_reader *reader, ngx_queue_t *waiting)
{
    ngx_queue_t *q;
    for (q = ngx_queue_head(waiting); q != ngx_queue_sentinel(waiting); q = ngx_queue_next(q))
        cardea_ahead_follow(reader, &ctx_of(q)->ahead);
}

static void release_all(ngx_http_cardea_main_conf_t *mcf)
{
    if (mcf->reader != NULL)
        follow(mcf->reader, &mcf->waiting);
    while (!ngx_queue_empty(&mcf->waiting)) {
        ngx_http_cardea_ctx_t *ctx = ctx_of(ngx_queue_head(&mcf->waiting));
        ngx_http_request_t *r = ctx->request;
        ngx_connection_t *c = r->connection;
        ngx_http_cardea_forget(ctx);
        ngx_http_core_run_phases(r);
        ngx_http_run_posted_requests(c);
    }
}

static void end(ngx_event_t *ev)
{
    ngx_http_cardea_main_conf_t *mcf = ev->data;
    release_all(mcf);
    if (mcf->reader == NULL)
        return;
    cardea_reader_flush(mcf->reader);
    ngx_http_cardea_is_spoiled(mcf, ev->log);
}

void ngx_http_cardea_end_turn(ngx_http_cardea_main_conf_t *mcf)
{
    if (mcf->turn.posted)
        return;
    if (mcf->turn.handler == NULL) { /* braces: nginx's macro is several statements */
        ngx_queue_init(&mcf->waiting);
    }
    mcf->turn.handler = end;
    mcf->turn.data = mcf;
    mcf->turn.log = ngx_cycle->log;
    ngx_post_event(&mcf->turn, &ngx_posted_events);
}

void ngx_http_cardea_wait(ngx_http_request_t *r, ngx_http_cardea_ctx_t *ctx)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_get_module_main_conf(r, ngx_http_cardea_module);
    ngx_http_cardea_end_turn(mcf);
    /* Not from within HTTP/2, whose connection may be another waiting request's too. */
    if (mcf->waiting_count >= BATCH_MAX && r->stream == NULL)
        release_all(mcf);
    if (mcf->reader != NULL)
        cardea_ahead_fetch(mcf->reader, &ctx->ahead);
    mcf->waiting_count++;
    ctx->request = r;
    ngx_queue_insert_tail(&mcf->waiting, &ctx->waiting);
}

void ngx_http_cardea_forget(ngx_http_cardea_ctx_t *ctx)
{
    if (ctx->request == NULL)
        return;
    ngx_http_cardea_main_conf_t *mcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_cardea_module);
    ctx->request = NULL;
    mcf->waiting_count--;
    ngx_queue_remove(&ctx->waiting);
}

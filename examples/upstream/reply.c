#include <event2/buffer.h>
#include <string.h>

#include "upstream.h"

/* evhttp would send the body of an answer to HEAD: its length alone may go. */
static void send_body(struct call *c, int status, const char *type, const void *data, size_t len)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(c->req);
    char length[24];
    snprintf(length, sizeof(length), "%zu", len);
    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "Content-Length", length);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    if (evhttp_request_get_command(c->req) != EVHTTP_REQ_HEAD)
        evbuffer_add(evhttp_request_get_output_buffer(c->req), data, len);
    evhttp_send_reply(c->req, status, NULL, NULL);
}

void reply_data(struct call *c, const char *type, const void *data, size_t len)
{
    send_body(c, 200, type, data, len);
}

void reply_json(struct call *c, int status, json_t *value)
{
    static const char none[] = "{\"error\":\"out of memory\"}";
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    if (text)
        send_body(c, status, "application/json", text, strlen(text));
    else
        send_body(c, 500, "application/json", none, sizeof(none) - 1);
    free(text);
}

void reply_error(struct call *c, int status, const char *what)
{
    reply_json(c, status, json_pack("{s:s}", "error", what));
}

void reply_none(struct call *c)
{
    evhttp_send_reply(c->req, 204, NULL, NULL);
}

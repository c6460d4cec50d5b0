#include "judge/client.h"

#include <cardea/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "judge/prompt.h"
#include "judge/verdict.h"

#define DRAWS_MAX 4 /* of marks that the text does not hold: 2^-64 is the chance that the first is not enough */

struct client *client_new(const struct judge_settings *s)
{
    struct client *c = calloc(1, sizeof(*c));
    if (!c || (s->ca_file && !(c->ca_file = strdup(s->ca_file))))
        abort();
    struct cardea_str base = str_of(s->url);
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    snprintf(c->url, sizeof(c->url), "%.*s/chat/completions", STR_ARG(base));
    snprintf(c->model, sizeof(c->model), "%s", s->model);
    if (s->key.len)
        snprintf(c->authorization, sizeof(c->authorization), "Authorization: Bearer %.*s", STR_ARG(s->key));
    c->allow_http = s->allow_http;
    c->timeout_ms = s->timeout_ms;
    return c;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    free(c->ca_file);
    cardea_wipe(c, sizeof(*c));
    free(c);
}

static void skip(struct client_answer *out, enum judge_skip why)
{
    out->said = (struct judge_answer){.status = JUDGE_SKIPPED, .skip = why};
}

static bool write_body(struct buf *body, const struct client *c, struct cardea_str text, struct prompt_marks *marks,
                       cardea_random_fn random, void *random_arg)
{
    unsigned draws = 0;
    while (!prompt_marks_draw(marks, text, random, random_arg))
        if (++draws == DRAWS_MAX)
            return false;
    prompt_write(body, c->model, text, marks);
    return !body->failed;
}

static void read_reply(const struct net_reply *reply, const char *canary, struct client_answer *out)
{
    if (reply->status != 200) {
        snprintf(out->why, sizeof(out->why), "it answers with the status %ld%s", reply->status,
                 reply->status == 401 || reply->status == 403 ? ": is the key right?" : "");
        skip(out, JUDGE_SKIP_ERROR);
        return;
    }
    switch (verdict_read(buf_str(&reply->body), canary, &out->said)) {
    case VERDICT_GIVEN:
        out->reached = true;
        out->said.status = JUDGE_ASKED;
        break;
    case VERDICT_BAD:
        out->reached = true;
        skip(out, JUDGE_SKIP_BAD_ANSWER);
        break;
    case VERDICT_FOREIGN:
        snprintf(out->why, sizeof(out->why), "what it answers is not a chat completion");
        skip(out, JUDGE_SKIP_ERROR);
        break;
    }
}

void client_ask(const struct client *c, struct net_line *line, struct cardea_str text, cardea_random_fn random,
                void *random_arg, struct client_answer *out)
{
    const char *const headers[] = {c->authorization};
    struct net_options options = {.connect_timeout_ms = c->timeout_ms,
                                  .total_timeout_ms = c->timeout_ms,
                                  .body_max = CLIENT_ANSWER_MAX,
                                  .ca_file = c->ca_file,
                                  .allow_http = c->allow_http,
                                  .http_to_loopback = true,
                                  .allow_private = true}; /* the operator's own URL */
    struct net_request request = {
        .post = true, .headers = headers, .header_count = *c->authorization != 0, .line = line};
    struct prompt_marks marks;
    struct net_reply reply;
    struct buf body;
    *out = (struct client_answer){0};
    buf_init(&body, PROMPT_BODY_MAX);
    if (write_body(&body, c, text, &marks, random, random_arg)) {
        request.body = buf_str(&body);
        enum net_result result = net_send(c->url, &request, &options, &reply);
        if (result == NET_OK) {
            read_reply(&reply, marks.canary, out);
        } else {
            snprintf(out->why, sizeof(out->why), "%s", reply.why);
            skip(out, result == NET_TIMEOUT ? JUDGE_SKIP_TIMEOUT : JUDGE_SKIP_ERROR);
        }
        net_reply_release(&reply);
    } else {
        snprintf(out->why, sizeof(out->why), "there is no randomness to ask it with");
        skip(out, JUDGE_SKIP_ERROR);
    }
    buf_release(&body);
}

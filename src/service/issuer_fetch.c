#include "service/issuer_fetch.h"

#include <stdio.h>

#include "base/str.h"
#include "net/get.h"

static enum issuer_outcome read_reply(struct issuer_fetch *f, const struct net_reply *reply)
{
    const char *wrong;
    if (reply->status != 200) {
        snprintf(f->why.text, sizeof(f->why.text), "it answers %ld", reply->status);
        return ISSUER_REFUSED;
    }
    f->set = jwk_set_parse(JWK_PUBLISHED, buf_str(&reply->body), &wrong);
    if (f->set && jwk_set_usable(f->set))
        return ISSUER_FETCHED;
    if (f->set)
        wrong = jwk_set_count(f->set) ? jwk_set_left_out(f->set, 0) : "the set is empty";
    snprintf(f->why.text, sizeof(f->why.text), "it has no key that can be used: %s", wrong);
    jwk_set_free(f->set);
    f->set = NULL;
    return ISSUER_UNUSABLE;
}

static enum issuer_outcome fetch_url(struct issuer_fetch *f)
{
    struct net_reply reply;
    /* The operator's own URL: it may lie in the operator's own network. */
    struct net_options options = {.connect_timeout_ms = ISSUER_FETCH_MS / 2,
                                  .total_timeout_ms = ISSUER_FETCH_MS,
                                  .body_max = JWK_SET_TEXT_MAX,
                                  .accept = "application/jwk-set+json, application/json",
                                  .ca_file = f->issuer.ca_file,
                                  .allow_http = str_starts(str_of(f->issuer.where), STR("http://")),
                                  .allow_private = true};
    enum issuer_outcome outcome = ISSUER_UNREACHABLE;
    enum net_result result = net_get(f->issuer.where, &options, &reply);
    if (result == NET_OK)
        outcome = read_reply(f, &reply);
    else
        snprintf(f->why.text, sizeof(f->why.text), "%s", reply.why);
    if (result == NET_TOO_LARGE)
        outcome = ISSUER_UNUSABLE;
    net_reply_release(&reply);
    return outcome;
}

enum issuer_outcome issuer_fetch(void *arg, struct issuer_fetch *f)
{
    f->set = NULL;
    f->why.text[0] = '\0';
    if (f->issuer.source == ISSUER_JWKS_URL)
        return fetch_url(f);
    f->set = issuer_file_keys(&f->issuer, &f->stamp, &f->why);
    if (f->set)
        return ISSUER_FETCHED;
    return f->why.text[0] ? ISSUER_UNUSABLE : ISSUER_UNCHANGED;
}

/* judge/client.h - one question over the wire. */
#ifndef JUDGE_CLIENT_H
#define JUDGE_CLIENT_H

#include "judge/judge.h"
#include "net/send.h"

#define CLIENT_ANSWER_MAX (64u << 10) /* bytes of an answer; a verdict takes one or two thousand */

/* What the settings say, kept as long as a question uses it. */
struct client {
    char url[JUDGE_URL_MAX + 32]; /* with /chat/completions */
    char model[JUDGE_MODEL_MAX];
    char *ca_file;                                                        /* NULL: the system's */
    char authorization[sizeof("Authorization: Bearer ") + JUDGE_KEY_MAX]; /* the header line; empty: none */
    bool allow_http;
    unsigned timeout_ms;
};

/* Copies; what is too long is cut, which the options have refused before. */
struct client *client_new(const struct judge_settings *settings);
void client_free(struct client *c); /* wipes; NULL is allowed */

struct client_answer {
    bool reached;             /* the server keeps to the protocol: whatever the model said, it is there */
    char why[NET_WHY_MAX];    /* one line when it was not */
    struct judge_answer said; /* JUDGE_ASKED with verdict and reason, or JUDGE_SKIPPED with what went wrong */
};

/* Blocks for the time-out at most. */
void client_ask(const struct client *c, struct net_line *line, struct cardea_str text, cardea_random_fn random,
                void *random_arg, struct client_answer *out);

#endif

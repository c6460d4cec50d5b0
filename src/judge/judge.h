/* judge/judge.h - the AI layer: a language model says what it thinks of a text, when it can be asked.
 *
 * It is asked over HTTP, in the protocol of OpenAI's chat completions, and may be slow, down, wrong or fooled. So an
 * answer is a hint that policies weigh, no answer is an everyday outcome with its reason (JUDGE_SKIPPED), and nothing
 * here blocks longer than the time-out. What is asked leaves this machine: give it texts whose secrets were taken out
 * (service_content_redact()). */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include <cardea/types.h>

#define JUDGE_TEXT_MAX    (32u << 10) /* bytes of a text that is judged: about 8,000 tokens. See too_large */
#define JUDGE_REASON_MAX  241         /* bytes of a reason, with its NUL */
#define JUDGE_URL_MAX     1024
#define JUDGE_MODEL_MAX   128
#define JUDGE_KEY_MAX     4096
#define JUDGE_CACHE_SIZE  1000 /* answers */
#define JUDGE_CACHE_MS    (5 * 60 * 1000)
#define JUDGE_MINUTE_MS   (60 * 1000)
#define JUDGE_BUDGET_MAX  100000 /* requests a minute that can be configured */
#define JUDGE_TIMEOUT_MAX 30000  /* milliseconds */

enum judge_verdict { JUDGE_SAFE, JUDGE_SUSPICIOUS, JUDGE_BLOCKED };
#define JUDGE_VERDICT_COUNT 3

enum judge_status {
    JUDGE_ASKED,   /* the model was asked for this text */
    JUDGE_CACHED,  /* it was asked for the same text, model and policy a moment ago, or is being asked */
    JUDGE_SKIPPED, /* there is no verdict: `skip` says why */
};

enum judge_skip {
    JUDGE_SKIP_NOT_CONFIGURED, /* no credentials, or switched off */
    JUDGE_SKIP_NOT_NEEDED,     /* the caller's: the policy has no rule for it, or the text was blocked without it */
    JUDGE_SKIP_UNSCREENED,     /* the caller's: the text was not looked through to its end, secrets may be in it */
    JUDGE_SKIP_TOO_LARGE,      /* over JUDGE_TEXT_MAX: a verdict on half a text would read as one on all of it */
    JUDGE_SKIP_RATE_LIMITED,   /* the minute's requests are used up */
    JUDGE_SKIP_CIRCUIT_OPEN,   /* it failed several times in a row: left alone for some seconds */
    JUDGE_SKIP_TIMEOUT,
    JUDGE_SKIP_ERROR,      /* nobody there, TLS refused, a status other than 200, not the protocol */
    JUDGE_SKIP_BAD_ANSWER, /* the model's words are no verdict, or were not meant for this question */
};
#define JUDGE_SKIP_COUNT 9

struct judge_answer {
    enum judge_status status;
    enum judge_verdict verdict;    /* not JUDGE_SKIPPED */
    enum judge_skip skip;          /* JUDGE_SKIPPED */
    char reason[JUDGE_REASON_MAX]; /* not JUDGE_SKIPPED: the model's words, one line of UTF-8 without controls or
                                    * invisible characters. It may quote the text, so it goes to who sent that and is
                                    * kept nowhere; and whoever wrote the text may have chosen it: show it as text. */
    int64_t latency_us;            /* that the caller waited */
};

/* Stable names, static: "asked"; "SAFE"; "not_configured". */
const char *judge_status_name(enum judge_status status);
const char *judge_verdict_name(enum judge_verdict verdict);
const char *judge_skip_name(enum judge_skip skip);
/* False when the name is none of them; exactly as written above. */
bool judge_verdict_parse(struct cardea_str name, enum judge_verdict *out);

struct judge;

/* What the operator says. Copied; the key is wiped when it is replaced or the judge goes. */
struct judge_settings {
    bool configured;           /* false: all else is ignored, every answer is JUDGE_SKIP_NOT_CONFIGURED */
    const char *url;           /* the base: "https://api.openai.com/v1" */
    const char *model;         /* "gpt-4o-mini" */
    struct cardea_str key;     /* empty: no Authorization header, as a server of one's own may want it */
    const char *ca_file;       /* PEM, NULL: the system's authorities */
    bool allow_http;           /* http:// to other machines too; to this one always */
    unsigned requests_per_min; /* 0 to JUDGE_BUDGET_MAX: at most so many in any 60 seconds */
    unsigned timeout_ms;       /* 1 to JUDGE_TIMEOUT_MAX */
};

/* What tests exchange; all zero is the real thing. */
struct judge_env {
    int64_t (*now_ms)(void *arg); /* never moves back; NULL: CLOCK_MONOTONIC */
    void *now_arg;
    cardea_random_fn random; /* NULL: the kernel's */
    void *random_arg;
};

/* net_start() comes first. */
struct judge *judge_new(const struct judge_env *env);
/* Any thread; calls that are under way end as they began. What was remembered stays, under the model that said it. */
void judge_configure(struct judge *j, const struct judge_settings *settings);
/* No call may be under way. NULL is allowed. */
void judge_free(struct judge *j);

/* Any thread; blocks it for the time-out at most. `policy_key` says who may share an answer: only texts that come with
 * the same one do (the account and the version of its policy). A NULL judge is not configured. */
void judge_ask(struct judge *j, struct cardea_str text, struct cardea_str policy_key, struct judge_answer *out);
/* The answer that the caller gives itself, counted: JUDGE_SKIP_NOT_NEEDED, JUDGE_SKIP_UNSCREENED. */
void judge_skip(struct judge *j, enum judge_skip skip, struct judge_answer *out);

enum judge_circuit { JUDGE_CIRCUIT_CLOSED, JUDGE_CIRCUIT_OPEN, JUDGE_CIRCUIT_HALF_OPEN };

#define JUDGE_BUCKETS 8
extern const int64_t judge_bounds_ms[JUDGE_BUCKETS]; /* upper bounds; what is slower is in the last bucket */

struct judge_stats {
    bool configured;
    enum judge_circuit circuit;
    uint64_t asked[JUDGE_VERDICT_COUNT], cached, skipped[JUDGE_SKIP_COUNT];
    uint64_t requests[JUDGE_BUCKETS + 1]; /* sent, by how long they took, whatever came of them */
    uint64_t requests_us;                 /* that all of them took */
};
/* Any thread. A NULL judge is not configured. */
void judge_stats(struct judge *j, struct judge_stats *out);

#endif

/* service/throttle.h - how often strangers may try: a fixed table in memory, so that guessing costs us nothing.
 *
 * Who is counted is the pair of what is tried at (an e-mail, say) and source: one who guesses at another's password
 * does not lock the owner out. An IPv6 source is its /64, of which anybody has all addresses. */
#ifndef SERVICE_THROTTLE_H
#define SERVICE_THROTTLE_H

#include <cardea/cardea.h>

#define THROTTLE_SLOTS 4096 /* 32 bytes each */

struct throttle;

/* What is tried, how often, and in which time. */
struct throttle_rule {
    const char *what; /* tells its counts from those of others */
    unsigned max;
    int window_sec;
};
extern const struct throttle_rule throttle_login;       /* passwords */
extern const struct throttle_rule throttle_user_code;   /* codes that a person types (RFC 8628, 5.1) */
extern const struct throttle_rule throttle_device_code; /* asking for such a code */
extern const struct throttle_rule throttle_invitation;  /* e-mails that an account asks for as members */
extern const struct throttle_rule throttle_denial;      /* one refusal of one caller, as the audit log tells it */
extern const struct throttle_rule throttle_denials;     /* all of an account's, and all of strangers' */

/* NULL: no memory, or no randomness (which keeps others from choosing whom they share a slot with). */
struct throttle *throttle_new(cardea_random_fn random, void *random_arg);
void throttle_free(struct throttle *t);

/* Counts an attempt as failed until throttle_passed() or throttle_undo() says otherwise, so that many at once are
 * counted too. Seconds to wait, when there were rule->max within rule->window_sec; 0: go on. `name` may be empty. Any
 * thread. */
int throttle_attempt(struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                     struct cardea_str source, int64_t now);
/* A right password: what failed before is forgotten. */
void throttle_passed(struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                     struct cardea_str source);
/* This attempt did not fail; those before it did. Where everybody can have something that is right, forgetting would
 * let them guess on. */
void throttle_undo(struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                   struct cardea_str source);

#endif

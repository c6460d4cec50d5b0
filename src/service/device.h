/* service/device.h - a program asks for a key, and a person allows it in a browser (RFC 8628).
 *
 * The program gets two codes: one that it keeps and asks with, one that the person types into our page. Who allows it
 * proves their password there and then, for this one key; no session begins. The key is made when the program asks
 * next, in the name of that person and as far as they may still make one by then; it is told once. */
#ifndef SERVICE_DEVICE_H
#define SERVICE_DEVICE_H

#include "service/keys.h"

#define DEVICE_TTL_SEC      600
#define DEVICE_INTERVAL_SEC 5
#define DEVICE_INTERVAL_MAX_SEC                                                          \
    300 /* each question too soon adds 5 up to here; those after it are not even written \
         */
#define DEVICE_PENDING_MAX 1000
#define DEVICE_KEPT_SEC    600 /* after its time, so that the program hears `expired_token` */
#define DEVICE_CLIENT_MAX  100 /* characters; it becomes the key's name */
#define DEVICE_UNUSED_MAX  10

/* ---- device_text.c ---- */

#define DEVICE_USER_CODE_LEN 8
struct device_user_code {
    char text[DEVICE_USER_CODE_LEN + 2]; /* "BCDF-GHJK" and a NUL */
};

/* 20 consonants: no words, nothing that looks like something else, 34 bits (RFC 8628, 6.1). False: no randomness. */
bool device_user_code_make(cardea_random_fn random, void *random_arg, struct device_user_code *out);
/* As people type it: any case, with or without the dash or spaces. False when it can be none. */
bool device_user_code_read(struct cardea_str typed, struct device_user_code *out);
/* What a program says of itself, fit to be shown and to name a key: at most DEVICE_CLIENT_MAX characters, none that
 * controls, hides or reverses others; `fallback` when nothing visible is left. */
struct cardea_str device_client_text(struct arena *a, struct cardea_str said, struct cardea_str fallback);

/* ---- device.c: the person's side ---- */

struct device_view {
    struct store_device_grant grant;
    struct device_user_code code;
    const struct profile *profile;
};

/* The pending request with this code, of that product (NULL: of any). SERVICE_INVALID for what is no code,
 * SERVICE_NOTFOUND for one that is unknown, over or answered, SERVICE_BUSY after too many of these. */
enum service_err service_device_find(struct service_call *c, const struct profile *only, struct cardea_str typed,
                                     struct device_view *out);
/* What a key that is made so may do. */
void service_device_scopes(const struct profile *profile, struct cardea_scopes *out);

/* In a unit of work. That person in that account, as of now: SERVICE_FORBIDDEN when they may not make such a key there.
 * *full says that the account has no room for it at present. */
enum service_err service_device_approve(struct service_call *c, const struct cardea_digest *device_code,
                                        int64_t user_id, int64_t account_id, bool *full);
/* In a unit of work. Whoever has the code may say no: it grants nothing. */
enum service_err service_device_deny(struct service_call *c, const struct cardea_digest *device_code);

/* ---- device_grant.c: the program's side, in a unit of work ---- */

struct device_codes {
    struct cardea_str device_code; /* in the arena; wiped with it */
    struct device_user_code user_code;
};
/* SERVICE_BUSY after too many from one address, or while too many wait. `client` as the program says it. */
enum service_err service_device_start(struct service_call *c, const struct profile *profile, struct cardea_str client,
                                      struct device_codes *out);

enum device_answer {
    DEVICE_KEY,
    DEVICE_PENDING,
    DEVICE_SLOW_DOWN,
    DEVICE_DENIED,
    DEVICE_EXPIRED,
    DEVICE_UNKNOWN, /* or used, or another product's */
    DEVICE_LIMIT,   /* allowed, and the account has no room: c->message, and what could go */
    DEVICE_REFUSED, /* allowed, and who did may not make a key any more: c->message */
};
struct device_reply {
    enum device_answer answer;
    struct key_view key;         /* DEVICE_KEY */
    struct cardea_secret secret; /* the caller's to wipe */
    struct key_view *unused;     /* DEVICE_LIMIT: longest unused first */
    size_t unused_count;
};
/* Whatever the answer, what it changed is to be kept: only another result than SERVICE_OK rolls back. */
enum service_err service_device_redeem(struct service_call *c, const struct profile *profile,
                                       struct cardea_str device_code, struct device_reply *out);

#endif

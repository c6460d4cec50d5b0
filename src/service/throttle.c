#include "service/throttle.h"

#include "base/str.h"
#include "service/seal.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A pair may stand in any slot of its set; the one that began longest ago makes room. */
#define WAYS       8
#define NAMED_MAX  256
#define SOURCE_MAX 64

const struct throttle_rule throttle_login = {"login", 10, 900};
const struct throttle_rule throttle_user_code = {"user code", 10, 900};
const struct throttle_rule throttle_device_code = {"device code", 60, 600};
const struct throttle_rule throttle_invitation = {"invitation", 30, 3600};
const struct throttle_rule throttle_denial = {"denial", 1, 60};
const struct throttle_rule throttle_denials = {"denials", 60, 60};

struct slot {
    uint64_t pair; /* 0: free */
    int64_t began; /* of the window */
    unsigned count;
};

struct throttle {
    pthread_mutex_t lock;
    uint8_t key[SEAL_KEY_LEN];
    struct slot slots[THROTTLE_SLOTS];
};

struct throttle *throttle_new(cardea_random_fn random, void *random_arg)
{
    struct throttle *t = calloc(1, sizeof(*t));
    if (t && !random(random_arg, t->key, sizeof(t->key))) {
        free(t);
        return NULL;
    }
    if (t)
        pthread_mutex_init(&t->lock, NULL);
    return t;
}

void throttle_free(struct throttle *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    cardea_wipe(t, sizeof(*t));
    free(t);
}

/* The network part of an IPv6 address; anything else as it stands. */
static struct cardea_str network_of(struct cardea_str source, uint8_t room[16])
{
    char text[SOURCE_MAX];
    if (source.len >= sizeof(text) || !source.len || !memchr(source.ptr, ':', source.len))
        return source;
    memcpy(text, source.ptr, source.len);
    text[source.len] = '\0';
    return inet_pton(AF_INET6, text, room) == 1 ? (struct cardea_str){(const char *)room, 8} : source;
}

/* E-mails are the same in any case of their letters. */
static uint64_t pair_of(const struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                        struct cardea_str source)
{
    char text[NAMED_MAX + SOURCE_MAX];
    uint8_t mac[32], room[16];
    uint64_t pair;
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < NAMED_MAX; i++)
        text[len++] = (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32 : name.ptr[i]);
    text[len++] = 0;
    source = network_of(source, room);
    for (size_t i = 0; i < source.len && len < sizeof(text); i++)
        text[len++] = source.ptr[i];
    seal_derive(t->key, rule->what, (struct cardea_str){text, len}, mac);
    memcpy(&pair, mac, sizeof(pair));
    return pair ? pair : 1;
}

/* The pair's slot, or the one that it may take over. */
static struct slot *slot_of(struct throttle *t, uint64_t pair)
{
    struct slot *set = &t->slots[pair % (THROTTLE_SLOTS / WAYS) * WAYS], *oldest = set;
    for (struct slot *s = set; s < set + WAYS; s++) {
        if (s->pair == pair)
            return s;
        if (s->began < oldest->began)
            oldest = s;
    }
    return oldest;
}

int throttle_attempt(struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                     struct cardea_str source, int64_t now)
{
    uint64_t pair = pair_of(t, rule, name, source);
    int wait = 0;
    pthread_mutex_lock(&t->lock);
    struct slot *s = slot_of(t, pair);
    if (s->pair != pair || now < s->began || now - s->began >= rule->window_sec)
        *s = (struct slot){pair, now, 0};
    if (s->count < rule->max)
        s->count++;
    else
        wait = (int)(s->began + rule->window_sec - now);
    pthread_mutex_unlock(&t->lock);
    return wait;
}

static void take_back(struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                      struct cardea_str source, bool all)
{
    uint64_t pair = pair_of(t, rule, name, source);
    pthread_mutex_lock(&t->lock);
    struct slot *s = slot_of(t, pair);
    if (s->pair == pair && (all || s->count <= 1))
        *s = (struct slot){0};
    else if (s->pair == pair)
        s->count--;
    pthread_mutex_unlock(&t->lock);
}

void throttle_passed(struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                     struct cardea_str source)
{
    take_back(t, rule, name, source, true);
}

void throttle_undo(struct throttle *t, const struct throttle_rule *rule, struct cardea_str name,
                   struct cardea_str source)
{
    take_back(t, rule, name, source, false);
}

#include "service/throttle.h"

#include "service/seal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A pair may stand in any slot of its set; the one that began longest ago makes room. */
#define WAYS      8
#define EMAIL_MAX 256

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

/* E-mails are the same in any case of their letters. */
static uint64_t pair_of(const struct throttle *t, struct cardea_str email, struct cardea_str source)
{
    char text[EMAIL_MAX + 64];
    uint8_t mac[32];
    uint64_t pair;
    size_t len = 0;
    for (size_t i = 0; i < email.len && len < EMAIL_MAX; i++)
        text[len++] = (char)(email.ptr[i] >= 'A' && email.ptr[i] <= 'Z' ? email.ptr[i] + 32 : email.ptr[i]);
    text[len++] = 0;
    for (size_t i = 0; i < source.len && len < sizeof(text); i++)
        text[len++] = source.ptr[i];
    seal_derive(t->key, "login", (struct cardea_str){text, len}, mac);
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

int throttle_attempt(struct throttle *t, struct cardea_str email, struct cardea_str source, int64_t now)
{
    uint64_t pair = pair_of(t, email, source);
    int wait = 0;
    pthread_mutex_lock(&t->lock);
    struct slot *s = slot_of(t, pair);
    if (s->pair != pair || now < s->began || now - s->began >= THROTTLE_WINDOW_SEC)
        *s = (struct slot){pair, now, 0};
    if (s->count < THROTTLE_FAILURES)
        s->count++;
    else
        wait = (int)(s->began + THROTTLE_WINDOW_SEC - now);
    pthread_mutex_unlock(&t->lock);
    return wait;
}

void throttle_passed(struct throttle *t, struct cardea_str email, struct cardea_str source)
{
    uint64_t pair = pair_of(t, email, source);
    pthread_mutex_lock(&t->lock);
    struct slot *s = slot_of(t, pair);
    if (s->pair == pair)
        *s = (struct slot){0};
    pthread_mutex_unlock(&t->lock);
}

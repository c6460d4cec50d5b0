/* bench/world.c - a snapshot of a given size, made from numbers alone, so that it needs no memory of its own. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mix.h"

static void need(bool ok, const char *what, const char *why)
{
    if (!ok) {
        fprintf(stderr, "bench: %s: %s\n", what, why);
        exit(1);
    }
}

static uint64_t random_of(uint64_t i, uint64_t salt)
{
    return mix_pair(i * UINT64_C(0x9e3779b97f4a7c15) + salt, salt ^ UINT64_C(0xe7037ed1a0b428db));
}

static unsigned account_of(uint64_t i)
{
    return (unsigned)(random_of(i, 11) % WORLD_ACCOUNTS);
}

void world_request(struct world_request *out, uint64_t i)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char *key = out->authorization + 7;
    memcpy(out->authorization, "Bearer anm_", 11);
    for (unsigned word = 0; word < 4; word++) {
        uint64_t r = random_of(i, 101 + word);
        for (unsigned c = 0; c < 8; c++, r /= 62)
            key[4 + word * 8 + c] = digits[r % 62];
    }
    cardea_key_checksum((struct cardea_str){key, 36}, key + 36);
    snprintf(out->target, sizeof out->target, "/tenants/t%06u/corpus", account_of(i));
}

struct cardea_str world_key(const struct world_request *r)
{
    return (struct cardea_str){.ptr = r->authorization + 7, .len = WORLD_KEY_LEN};
}

void world_key_entry(uint64_t i, struct cardea_key_entry *out)
{
    struct world_request r;
    world_request(&r, i);
    *out = (struct cardea_key_entry){.id = i + 1,
                                     .account_id = account_of(i) + 1u,
                                     .ordinal = (uint32_t)i,
                                     .state = CARDEA_KEY_ACTIVE,
                                     .expires_at = INT64_C(1) << 33};
    cardea_digest(world_key(&r), &out->digest);
    /* Scope 0 is the route's; the others make WORLD_GRANTS different grants. */
    out->scopes.bits[0] = 1 | (random_of(i, 12) % WORLD_GRANTS) << 1;
}

static void make_profile(struct world *w, unsigned routes)
{
    static const char *const scopes[] = {"corpus:read", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10"};
    static struct cardea_kind kind = {.name = "token"};
    struct cardea_why why = {""};
    need(cardea_key_format_compile(&kind.format, (struct cardea_str){"anm_{secret:32}{check:6}", 24}, CARDEA_BASE62,
                                   &why) == CARDEA_OK,
         "template", why.text);
    struct cardea_route *table = calloc(routes, sizeof *table);
    need(table != NULL, "profile", "out of memory");
    for (unsigned i = 0; i < routes; i++) {
        char *pattern = malloc(64);
        need(pattern != NULL, "profile", "out of memory");
        if (i == 0)
            snprintf(pattern, 64, "/tenants/{tenant}/corpus");
        else
            snprintf(pattern, 64, "/tenants/{tenant}/thing%u/{id}", i);
        table[i] = (struct cardea_route){.methods = CARDEA_GET,
                                         .pattern = pattern,
                                         .access = CARDEA_ACCESS_SCOPE,
                                         .group = (uint8_t)(1 + i % CARDEA_ROUTE_GROUPS_MAX)};
    }
    w->profile = (struct cardea_profile){.name = "bench",
                                         .scopes = scopes,
                                         .scope_count = sizeof scopes / sizeof *scopes,
                                         .kinds = &kind,
                                         .kind_count = 1,
                                         .routes = table,
                                         .route_count = routes};
}

static void make_activity(uint64_t keys)
{
    struct cardea_activity *a;
    need(cardea_activity_open(&a, WORLD_DIR, 0600) == CARDEA_OK, WORLD_DIR, "no activity files");
    for (uint64_t i = 0; i < keys; i += CARDEA_ACTIVITY_SEGMENT)
        need(cardea_activity_reserve(a, (uint32_t)i) == CARDEA_OK, WORLD_DIR, "no activity files");
    cardea_activity_free(a);
}

void world_make(struct world *w, uint64_t keys, unsigned routes, bool activity)
{
    struct cardea_why why = {""};
    bool adopted;
    w->keys = keys;
    mkdir(WORLD_DIR, 0700);
    unlink(WORLD_DIR "/snapshot");
    make_profile(w, routes);
    struct cardea_writer_options o = {.path = WORLD_DIR "/snapshot",
                                      .profiles = (const struct cardea_profile *[]){&w->profile},
                                      .profile_count = 1,
                                      .key_capacity = keys,
                                      .seed = {UINT64_C(0x1234567890abcdef), UINT64_C(0xfedcba0987654321)},
                                      .mode = 0600};
    need(cardea_writer_open(&w->writer, &o, &adopted, &why) == CARDEA_OK, o.path, why.text);
    for (unsigned i = 0; i < WORLD_ACCOUNTS; i++) {
        char slug[16];
        int len = snprintf(slug, sizeof slug, "t%06u", i);
        struct cardea_account_entry e = {.id = i + 1u, .slug = {slug, (size_t)len}};
        need(cardea_writer_put_account(w->writer, &e) == CARDEA_OK, "account", "refused");
    }
    for (uint64_t i = 0; i < keys; i++) {
        struct cardea_key_entry e;
        world_key_entry(i, &e);
        need(cardea_writer_put_key(w->writer, &e) == CARDEA_OK, "key", "refused");
    }
    if (activity)
        make_activity(keys);
}

void world_release(struct world *w)
{
    cardea_writer_free(w->writer);
    unlink(WORLD_DIR "/snapshot");
    unlink(WORLD_DIR "/snapshot.lock");
    for (uint64_t i = 0; i < w->keys; i += CARDEA_ACTIVITY_SEGMENT) {
        char path[64];
        snprintf(path, sizeof path, WORLD_DIR "/activity.%u", (unsigned)(i / CARDEA_ACTIVITY_SEGMENT));
        unlink(path);
    }
    rmdir(WORLD_DIR);
}

struct cardea_reader *world_reader(bool activity)
{
    struct cardea_reader *r;
    struct cardea_why why = {""};
    struct cardea_reader_options o = {.path = WORLD_DIR "/snapshot", .activity_dir = activity ? WORLD_DIR : NULL};
    need(cardea_reader_open(&r, &o, &why) == CARDEA_OK, o.path, why.text);
    return r;
}

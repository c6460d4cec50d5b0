/* A product with many keys, for gateway.py: 10 keys an account, as animus.yaml allows.
 *
 *     gateway_keys DATABASE LIST COUNT
 *
 * Fills a new DATABASE and writes LIST: a line for each key, "KEY ID", mixed, so that the first lines are of keys that
 * lie anywhere in the tables. Written straight into the store: making a million through the API takes minutes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/str.h"
#include "core/mix.h"
#include "store/store.h"

#define FIRST_ACCOUNT 811873319964345119
#define FIRST_KEY     911873320442900448
#define PER_ACCOUNT   10
#define BATCH         50000u  /* keys a transaction: few, since nothing is kept if this fails */
#define STEP          618033u /* about the golden ratio of a million, and coprime to it */
#define KEY_LEN       42
#define SECRET_LEN    32
#define PREFIX_LEN    8

static void die(const char *what)
{
    fprintf(stderr, "bench/gateway_keys: %s\n", what);
    exit(1);
}

static void make_text(char key[KEY_LEN], uint64_t i)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    memcpy(key, "anm_", 4);
    for (size_t c = 0; c < SECRET_LEN; c += 8) {
        uint64_t r = mix_pair((i + 1) * UINT64_C(0x9e3779b97f4a7c15) + c, UINT64_C(0xe7037ed1a0b428db) ^ c);
        for (size_t d = 0; d < 8; d++, r /= 62)
            key[4 + c + d] = digits[r % 62];
    }
    cardea_key_checksum((struct cardea_str){key, 4 + SECRET_LEN}, key + 4 + SECRET_LEN);
}

static enum store_err add_account(struct store_conn *c, uint64_t i)
{
    char slug[16];
    int len = snprintf(slug, sizeof slug, "t%06" PRIu64, i);
    struct store_account row = {.id = FIRST_ACCOUNT + (int64_t)i,
                                .profile = STR("animus"),
                                .slug = {slug, (size_t)len},
                                .name = STR("Tenant"),
                                .created_at = 1700000000};
    return store_account_insert(c, &row);
}

static enum store_err add_key(struct store_conn *c, uint64_t i)
{
    char key[KEY_LEN];
    make_text(key, i);
    struct store_key row = {.id = FIRST_KEY + (int64_t)i,
                            .account_id = FIRST_ACCOUNT + (int64_t)(i / PER_ACCOUNT),
                            .kind = STR("key"),
                            .name = STR("ci"),
                            .prefix = {key, PREFIX_LEN},
                            .scopes = STR("read search"),
                            .state = CARDEA_KEY_ACTIVE,
                            .created_at = 1700000000,
                            .credits = -1};
    cardea_digest((struct cardea_str){key, KEY_LEN}, &row.digest);
    return store_key_insert(c, &row);
}

struct progress {
    uint64_t made, count;
};

static enum store_err add_batch(struct store_conn *c, void *arg)
{
    struct progress *p = arg;
    enum store_err err = STORE_OK;
    for (uint64_t end = p->made + BATCH; p->made < p->count && p->made < end && err == STORE_OK; p->made++) {
        if (p->made % PER_ACCOUNT == 0)
            err = add_account(c, p->made / PER_ACCOUNT);
        if (err == STORE_OK)
            err = add_key(c, p->made);
    }
    return err;
}

static void fill(const char *database, uint64_t count)
{
    char url[256];
    struct cardea_why why;
    struct store *s = NULL;
    struct progress p = {.count = count};
    snprintf(url, sizeof url, "sqlite:%s", database);
    struct store_options options = {.url = url};
    if (store_open(&s, &options, &why) != STORE_OK)
        die(why.text);
    while (p.made < count) {
        if (store_run(s, add_batch, &p) != STORE_OK)
            die("a row was refused");
    }
    store_free(s);
}

static void list(const char *path, uint64_t count)
{
    FILE *f = fopen(path, "wx");
    if (!f)
        die(path);
    for (uint64_t line = 0; line < count; line++) {
        uint64_t i = line * STEP % count;
        char key[KEY_LEN];
        char id[ID_TEXT_MAX];
        make_text(key, i);
        id_format(id, "key", FIRST_KEY + (int64_t)i);
        fprintf(f, "%.*s %s\n", KEY_LEN, key, id);
    }
    if (fclose(f) != 0)
        die(path);
}

int main(int argc, char **argv)
{
    uint64_t count = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
    if (count == 0)
        die("wants DATABASE LIST COUNT");
    fill(argv[1], count);
    list(argv[2], count);
    return 0;
}

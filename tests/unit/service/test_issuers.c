/* The keys of other issuers: a fake clock, a fake server, real signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../jose/jose_rig.h"
#include "base/str.h"
#include "service/issuers.h"

#define NOW 1000000 /* of the tokens */

/* Two servers: each has the kids that stand in `kids`, all of the one key that signs. */
static struct {
    const char *kids[3];
    enum issuer_outcome outcome;
    atomic_uint asked;
} servers[2];

static struct arena arena;
static struct issuers *issuers;
static int64_t clock_ms;
static struct issuer_claims claims;
static atomic_int slow_ms;

static const struct issuer both[] = {
    {.name = "one", .issuer = {"https://one", 11}, .audience = {"us", 2}, .algs = JWS_ES256, .where = "0"},
    {.name = "two", .issuer = {"https://two", 11}, .audience = {"us", 2}, .algs = JWS_ES256, .where = "1"}};
static const struct issuer_list list = {both, 2};

static int64_t now_ms(void *arg)
{
    return clock_ms;
}

static enum issuer_outcome fetch(void *arg, struct issuer_fetch *f)
{
    size_t i = f->issuer.where[0] == '1';
    struct arena a = {0};
    const char *keys[3] = {0};
    usleep((useconds_t)atomic_load(&slow_ms) * 1000);
    servers[i].asked++;
    snprintf(f->why.text, sizeof(f->why.text), "the test says so");
    if (servers[i].outcome != ISSUER_FETCHED)
        return servers[i].outcome;
    for (size_t k = 0; k < 3 && servers[i].kids[k]; k++)
        keys[k] = rig_jwk(&a, rig_key(JWS_ES256), arena_printf(&a, "\"kid\":\"%s\"", servers[i].kids[k]).ptr);
    f->set = rig_set(&a, JWK_PUBLISHED, keys[0], keys[1], keys[2]);
    arena_release(&a);
    return ISSUER_FETCHED;
}

static void start(bool threads)
{
    struct issuers_options options = {.fetch = fetch, .now_ms = now_ms, .no_threads = !threads};
    rig_key(JWS_ES256); /* before threads ask for it */
    memset(servers, 0, sizeof(servers));
    servers[0].kids[0] = servers[1].kids[0] = "a";
    clock_ms = 5000000;
    issuers = issuers_new(&options);
    issuers_configure(issuers, &list);
}

static int setup(void **state)
{
    start(false);
    return 0;
}

static int teardown(void **state)
{
    issuers_free(issuers);
    atomic_store(&slow_ms, 0);
    arena_release(&arena);
    return 0;
}

static int end(void **state)
{
    rig_free();
    return 0;
}

static struct cardea_str token(const char *iss, const char *kid, const char *aud)
{
    struct cardea_str header = arena_printf(&arena, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
    struct cardea_str payload = arena_printf(&arena, "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"s\",\"exp\":%d}", iss,
                                             aud, NOW + 60);
    return rig_token(&arena, rig_key(JWS_ES256), header, payload);
}

static enum issuers_verdict check(const char *iss, const char *kid, bool waited)
{
    return issuers_check(issuers, &arena, token(iss, kid, "us"), NOW, waited, &claims);
}

static void a_token_is_its_issuer_s(void **state)
{
    issuers_step(issuers);
    assert_int_equal(check("https://one", "a", false), ISSUERS_GOOD);
    assert_ptr_equal(claims.from, &both[0]);
    assert_int_equal(check("https://two", "a", false), ISSUERS_GOOD);
    assert_ptr_equal(claims.from, &both[1]);
    assert_int_equal(check("https://three", "a", false), ISSUERS_BAD);
    assert_int_equal(issuers_check(issuers, &arena, token("https://one", "a", "them"), NOW, false, &claims),
                     ISSUERS_BAD);
    assert_int_equal(issuers_check(issuers, &arena, token("https://one", "a", "us"), NOW + 60, false, &claims),
                     ISSUERS_BAD);
    assert_int_equal(issuers_check(issuers, &arena, STR("a.b.c"), NOW, false, &claims), ISSUERS_BAD);
    assert_int_equal(issuers_check(issuers, &arena, STR(""), NOW, false, &claims), ISSUERS_BAD);
    assert_true(issuers_has(issuers, STR("https://one")));
    assert_false(issuers_has(issuers, STR("https://one/")));
}

static void an_unknown_kid_brings_new_keys_once(void **state)
{
    issuers_step(issuers);
    servers[0].kids[1] = "b";
    assert_int_equal(check("https://one", "b", false), ISSUERS_KEYS_COMING);
    issuers_step(issuers);
    assert_int_equal(check("https://one", "b", true), ISSUERS_GOOD);
    assert_int_equal(servers[0].asked, 2);
    assert_int_equal(servers[1].asked, 1);
    for (int i = 0; i < 29; i++) {
        assert_int_equal(check("https://one", "made up", false), ISSUERS_BAD); /* nothing is coming */
        clock_ms += 1000;
        issuers_step(issuers);
    }
    assert_int_equal(servers[0].asked, 2);
    clock_ms += 1000;
    issuers_step(issuers); /* what was asked for too early */
    assert_int_equal(servers[0].asked, 3);
    clock_ms += 60000;
    issuers_step(issuers);
    assert_int_equal(servers[0].asked, 3);
    assert_int_equal(check("https://one", "made up", false), ISSUERS_KEYS_COMING);
    assert_int_equal(check("https://one", "made up", true), ISSUERS_BAD);
}

static void a_key_that_is_gone_is_gone(void **state)
{
    issuers_step(issuers);
    servers[0].kids[0] = "b";
    clock_ms += ISSUER_REFRESH_MS;
    issuers_step(issuers);
    assert_int_equal(servers[0].asked, 2);
    assert_int_equal(check("https://one", "a", true), ISSUERS_BAD);
    assert_int_equal(check("https://one", "b", true), ISSUERS_GOOD);
}

static void old_keys_outlast_whatever_the_server_does(void **state)
{
    issuers_step(issuers);
    for (int outcome = ISSUER_UNREACHABLE; outcome < ISSUER_OUTCOMES; outcome++) {
        servers[0].outcome = (enum issuer_outcome)outcome;
        clock_ms += 2 * ISSUER_REFRESH_MS;
        issuers_step(issuers);
        assert_int_equal(check("https://one", "a", false), ISSUERS_GOOD);
    }
    assert_int_equal(servers[0].asked, 4);
    servers[0].outcome = ISSUER_FETCHED;
    clock_ms += ISSUER_RETRY_MAX_MS;
    issuers_step(issuers);
    assert_int_equal(servers[0].asked, 5);
}

static void without_any_keys_nothing_is_said_of_tokens(void **state)
{
    assert_int_equal(check("https://one", "a", false), ISSUERS_KEYS_COMING); /* the first fetch has not ended */
    assert_int_equal(check("https://one", "a", true), ISSUERS_NO_KEYS);
    servers[0].outcome = ISSUER_UNREACHABLE;
    issuers_step(issuers);
    assert_int_equal(check("https://one", "a", false), ISSUERS_NO_KEYS); /* a dead issuer is waited for once */
    assert_int_equal(check("https://two", "a", false), ISSUERS_GOOD);
    servers[0].outcome = ISSUER_FETCHED;
    clock_ms += ISSUER_RETRY_MIN_MS;
    issuers_step(issuers);
    assert_int_equal(check("https://one", "a", false), ISSUERS_GOOD);
}

static struct issuer_stats seen[2];
static void keep_stats(void *arg, const struct issuer_stats *stats)
{
    seen[(*(size_t *)arg)++] = *stats;
}

static void counts_tell_what_happened(void **state)
{
    size_t n = 0;
    issuers_stats(issuers, keep_stats, &n);
    assert_int_equal(n, 2);
    assert_int_equal(seen[0].age_ms, -1);
    assert_int_equal(seen[0].keys, 0);
    issuers_step(issuers);
    servers[1].outcome = ISSUER_REFUSED;
    clock_ms += ISSUER_REFRESH_MS;
    issuers_step(issuers);
    clock_ms += 7;
    n = 0;
    issuers_stats(issuers, keep_stats, &n);
    assert_string_equal(seen[1].name, "two");
    assert_int_equal(seen[0].fetches[ISSUER_FETCHED], 2);
    assert_int_equal(seen[1].fetches[ISSUER_FETCHED], 1);
    assert_int_equal(seen[1].fetches[ISSUER_REFUSED], 1);
    assert_int_equal(seen[0].age_ms, 7);
    assert_int_equal(seen[1].age_ms, ISSUER_REFRESH_MS + 7);
    assert_int_equal(seen[1].keys, 1);
}

static void a_new_configuration_keeps_the_keys_that_it_can(void **state)
{
    struct issuer changed = both[0], moved = both[1];
    issuers_step(issuers);
    changed.audience = STR("them");
    moved.where = "0";
    struct issuer pair[] = {moved, changed};
    struct issuer_list other = {pair, 2};
    issuers_configure(issuers, &other);
    assert_int_equal(check("https://one", "a", false), ISSUERS_BAD);
    assert_int_equal(issuers_check(issuers, &arena, token("https://one", "a", "them"), NOW, false, &claims),
                     ISSUERS_GOOD);
    assert_int_equal(check("https://two", "a", true), ISSUERS_NO_KEYS); /* another source is another issuer's word */
    issuers_step(issuers);
    assert_int_equal(check("https://two", "a", false), ISSUERS_GOOD);
    issuers_configure(issuers, &(struct issuer_list){0});
    assert_int_equal(check("https://two", "a", false), ISSUERS_BAD);
    assert_false(issuers_has(issuers, STR("https://one")));
}

/* ---- with threads ---- */

static int setup_threads(void **state)
{
    start(true);
    return 0;
}

/* Until the keys are there that the thread fetches by itself. */
static enum issuers_verdict settle(const char *iss, const char *kid)
{
    enum issuers_verdict verdict = check(iss, kid, false);
    if (verdict == ISSUERS_KEYS_COMING) {
        issuers_wait(issuers, &claims);
        verdict = check(iss, kid, true);
    }
    return verdict;
}

/* A wait ends after two seconds, which are nothing where this thread and that one share a busy core. */
static void settles(const char *kid)
{
    enum issuers_verdict verdict = settle("https://one", kid);
    for (int i = 0; i < 600 && verdict != ISSUERS_GOOD; i++) {
        usleep(50000);
        verdict = check("https://one", kid, true);
    }
    assert_int_equal(verdict, ISSUERS_GOOD);
}

static void whoever_asks_waits_for_the_thread(void **state)
{
    settles("a");
    servers[0].kids[1] = "b";
    settles("b");
    assert_int_equal(servers[0].asked, 2);
}

static void a_wait_ends(void **state)
{
    settles("a");
    atomic_store(&slow_ms, ISSUERS_WAIT_MS + 500);
    assert_int_equal(settle("https://one", "b"), ISSUERS_BAD);
    issuers_configure(issuers, &(struct issuer_list){0});
    issuers_wait(issuers, &claims); /* it is not there any more: nothing to wait for */
}

struct hammer {
    struct cardea_str token;
    size_t good;
};

static void *hammer(void *arg)
{
    struct hammer *h = arg;
    struct arena a = {0};
    struct issuer_claims out;
    for (int i = 0; i < 400; i++) {
        h->good += issuers_check(issuers, &a, h->token, NOW, false, &out) == ISSUERS_GOOD;
        arena_clear(&a);
    }
    arena_release(&a);
    return NULL;
}

/* Checks go on while keys are replaced and issuers come and go: a sanitizer sees what would go wrong. */
static void checks_and_changes_do_not_meet(void **state)
{
    struct hammer hammers[4];
    pthread_t threads[4];
    struct issuer_list one = {both, 1};
    settles("a");
    for (size_t i = 0; i < 4; i++) {
        hammers[i] = (struct hammer){.token = token("https://one", i % 2 ? "a" : "made up", "us")};
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &hammers[i]), 0);
    }
    for (int i = 0; i < 50; i++) {
        issuers_configure(issuers, i % 2 ? &list : &one);
        usleep(500);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(hammers[0].good, 0);
    assert_int_equal(hammers[1].good, 400);
}

#define TEST(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define THREADED(name) cmocka_unit_test_setup_teardown(name, setup_threads, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_its_issuer_s),
        TEST(an_unknown_kid_brings_new_keys_once),
        TEST(a_key_that_is_gone_is_gone),
        TEST(old_keys_outlast_whatever_the_server_does),
        TEST(without_any_keys_nothing_is_said_of_tokens),
        TEST(counts_tell_what_happened),
        TEST(a_new_configuration_keeps_the_keys_that_it_can),
        THREADED(whoever_asks_waits_for_the_thread),
        THREADED(a_wait_ends),
        THREADED(checks_and_changes_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}

/* Compiled policies that are kept: which one applies, each compiled once, the oldest gone first, none while it is held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "service/policy_cache.h"

/* A store: a policy's name is its number, "7" or "7:3" for another version; its replacement text says which it is. */
static struct {
    _Atomic unsigned finds, loads;
    enum service_err fails;
    const char *document;
} source;

static enum service_err find(struct service_call *c, int64_t account_id, struct cardea_str name, bool draft,
                             struct policy_choice *choice)
{
    unsigned id = 0, version = 1;
    source.finds++;
    if (source.fails != SERVICE_OK)
        return service_fail(c, source.fails, "not_found", "no");
    if (name.len)
        sscanf(arena_cstr(c->arena, name), "%u:%u", &id, &version);
    *choice = (struct policy_choice){.id = id, .version = id && !draft ? version : 0, .revision = draft ? version : 0};
    return SERVICE_OK;
}

static enum service_err load(struct service_call *c, const struct policy_choice *choice, struct cardea_str *document)
{
    source.loads++;
    *document = source.document
                    ? str_of(source.document)
                    : arena_printf(c->arena, "{\"replacement\":\"%lld %lld %lld\",\"rules\":[]}", (long long)choice->id,
                                   (long long)choice->version, (long long)choice->revision);
    return SERVICE_OK;
}

struct rig {
    struct service svc;
    struct arena arena;
    struct service_call call;
};

static const struct policy_source from_rig = {find, load};

static int begin(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    source.finds = source.loads = 0;
    source.fails = SERVICE_OK;
    source.document = NULL;
    r->svc.policies = policy_cache_new();
    r->svc.policy_source = &from_rig;
    r->call = (struct service_call){.svc = &r->svc, .arena = &r->arena};
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;
    policy_cache_free(r->svc.policies);
    arena_release(&r->arena);
    free(r);
    return 0;
}

static struct policy *get(struct rig *r, const char *name, bool draft)
{
    struct policy_choice choice;
    struct policy *p;
    assert_int_equal(policy_cache_find(&r->call, 1, str_of(name), draft, &choice, &p), SERVICE_OK);
    return p;
}

static void assert_is(struct rig *r, const char *name, bool draft, const char *wanted)
{
    struct policy *p = get(r, name, draft);
    assert_true(str_eq(policy_settings(p)->replacement, str_of(wanted)));
    policy_free(p);
}

static void without_any_the_built_in_applies(void **state)
{
    struct rig *r = *state;
    struct policy_choice choice = {.id = 9};
    struct policy *p = get(r, "", false);
    assert_int_equal(policy_settings(p)->rule_count, 4);
    policy_free(p);
    assert_int_equal(source.loads, 0);
    r->svc.policy_source = NULL;
    assert_int_equal(policy_cache_find(&r->call, 1, STR(""), false, &choice, &p), SERVICE_OK);
    assert_int_equal(choice.id, 0);
    policy_free(p);
    assert_int_equal(policy_cache_find(&r->call, 1, STR("7"), false, &choice, &p), SERVICE_NOTFOUND);
}

static void each_version_is_compiled_once(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 3; i++) {
        assert_is(r, "7", false, "7 1 0");
        assert_is(r, "7:2", false, "7 2 0");
        assert_is(r, "8", false, "8 1 0");
        assert_is(r, "7:5", true, "7 0 5");
    }
    assert_int_equal(source.loads, 4);
    assert_is(r, "7:6", true, "7 0 6"); /* takes the place of the older draft */
    assert_int_equal(source.loads, 5);
    struct policy_cache_stats stats;
    policy_cache_stats(r->svc.policies, &stats);
    assert_int_equal(stats.held, 4);
    assert_int_equal(stats.misses, 5);
    assert_int_equal(stats.hits, 8);
}

static void the_longest_unused_goes_first(void **state)
{
    struct rig *r = *state;
    struct policy_cache_stats stats;
    struct policy *held = get(r, "2", false);
    char name[16], wanted[32];
    for (int i = 1; i <= 300; i++) {
        snprintf(name, sizeof(name), "%d", i);
        snprintf(wanted, sizeof(wanted), "%d 1 0", i);
        assert_is(r, name, false, wanted);
        assert_is(r, "1", false, "1 1 0"); /* in use all the time */
    }
    policy_cache_stats(r->svc.policies, &stats);
    assert_int_equal(stats.held, 64);
    assert_int_equal(source.loads, 300);
    assert_true(str_eq(policy_settings(held)->replacement, STR("2 1 0"))); /* gone there, not here */
    policy_free(held);
}

static void refusals_and_what_does_not_compile(void **state)
{
    struct rig *r = *state;
    struct policy_choice choice;
    struct policy *p;
    source.fails = SERVICE_NOTFOUND;
    assert_int_equal(policy_cache_find(&r->call, 1, STR("7"), false, &choice, &p), SERVICE_NOTFOUND);
    source.fails = SERVICE_OK;
    source.document = "{\"rules\":7}";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(policy_cache_find(&r->call, 1, STR("7"), false, &choice, &p), SERVICE_UNAVAILABLE);
        assert_string_equal(r->call.code, "policy_unusable");
    }
    source.document = NULL;
    assert_is(r, "7", false, "7 1 0");
}

static _Atomic unsigned wrong; /* no assertion is made on another thread */

static void *use_often(void *arg)
{
    struct arena arena = {0};
    struct service_call call = {.svc = arg, .arena = &arena};
    for (int i = 0; i < 2000; i++) {
        struct cardea_str name = arena_printf(&arena, "%d", 1 + i % 90);
        struct cardea_str wanted = arena_printf(&arena, "%d 1 0", 1 + i % 90);
        struct policy_choice choice;
        struct policy *p = NULL;
        if (policy_cache_find(&call, 1, name, false, &choice, &p) != SERVICE_OK ||
            !str_eq(policy_settings(p)->replacement, wanted))
            wrong++;
        policy_free(p);
    }
    arena_release(&arena);
    return NULL;
}

static void many_threads(void **state)
{
    struct rig *r = *state;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_often, &r->svc), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wrong, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(without_any_the_built_in_applies), TEST(each_version_is_compiled_once),
                                       TEST(the_longest_unused_goes_first), TEST(refusals_and_what_does_not_compile),
                                       TEST(many_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

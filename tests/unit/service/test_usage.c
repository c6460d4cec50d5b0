/* What readers counted, in the store: each once. */
#include "service_rig.h"

#include <stdatomic.h>
#include <unistd.h>

static int64_t account;
static struct store_key key;

static int setup(void **state)
{
    rig_setup(state);
    account = rig_account("shop", "acme");
    key = rig_key(account, 0, "plain", "first", "orders:read");
    return 0;
}

static void use(const char *name, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(rig_decide(name, "orders:read", CARDEA_ROLE_NONE, 1), CARDEA_VALID);
}

static void deny(const char *name, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(rig_decide(name, "stock:read", CARDEA_ROLE_NONE, 1), CARDEA_INSUFFICIENT_SCOPE);
}

static struct usage_stats stats(void)
{
    struct usage_stats s;
    service_usage_stats(&rig.svc, &s);
    return s;
}

static struct store_key stored(int64_t id)
{
    struct store_key row;
    assert_int_equal(store_key_get(rig.db, &rig.arena, id, &row), STORE_OK);
    return row;
}

static void assert_counts(int64_t id, int64_t uses, int64_t denials)
{
    struct store_key row = stored(id);
    assert_int_equal(row.use_count, uses);
    assert_int_equal(row.denial_count, denials);
}

static void uses_and_denials_come_home_once(void **state)
{
    use("first", 3);
    deny("first", 2);
    rig_flush();
    assert_counts(key.id, 3, 2);
    assert_int_equal(stored(key.id).last_used_at, rig.now);
    rig_flush();
    assert_counts(key.id, 3, 2);
    rig.now += 5;
    use("first", 1);
    rig_flush();
    assert_counts(key.id, 4, 2);
    assert_int_equal(stored(key.id).last_used_at, rig.now);
}

static void a_stop_loses_nothing(void **state)
{
    use("first", 7);
    rig_stop();
    rig_start();
    assert_counts(key.id, 7, 0);
    use("first", 1);
    rig_stop();
    rig_start();
    assert_counts(key.id, 8, 0);
}

/* The process dies between two flushes; verifiers go on meanwhile. */
static void counts_made_while_down_are_found(void **state)
{
    use("first", 2);
    rig_flush();
    struct usage *u = rig.svc.usage;
    rig.svc.usage = NULL; /* the rest of its life is not flushed */
    use("first", 5);
    rig.svc.usage = u;
    rig_stop();
    rig_start();
    rig_flush();
    assert_counts(key.id, 7, 0);
}

static void lost_files_count_on(void **state)
{
    char path[128];
    use("first", 2);
    deny("first", 1);
    rig_stop();
    snprintf(path, sizeof(path), "%s/activity.0", rig.runtime);
    assert_int_equal(unlink(path), 0);
    rig_start();
    /* More than the old slot ever held, before the first flush. */
    use("first", 50);
    deny("first", 50);
    rig_flush();
    assert_counts(key.id, 52, 51);
}

static void credits_are_drawn_from_the_row(void **state)
{
    key.credits = 100;
    rig_key_update(&key);
    use("first", 30);
    rig_flush();
    assert_int_equal(stored(key.id).credits, 70);
    /* Another change of the key leaves what is left as it is. */
    struct store_key row = stored(key.id);
    row.name = STR("renamed");
    rig_key_update(&row);
    use("first", 1);
    assert_int_equal(rig_decision.credits_remaining, 69);
    rig_flush();
    assert_int_equal(stored(key.id).credits, 69);
    use("first", 69);
    assert_int_equal(rig_decide("first", "orders:read", CARDEA_ROLE_NONE, 1), CARDEA_CREDITS_EXHAUSTED);
    rig_flush();
    assert_int_equal(stored(key.id).credits, 0);
}

static enum service_err add_many(struct service_call *c, void *arg)
{
    int count = *(int *)arg;
    for (int i = 0; i < count; i++) {
        struct cardea_str name = arena_printf(&rig.arena, "many-%d", i);
        struct store_key row = {
            .id = 1000 + i,
            .account_id = account,
            .kind = STR("plain"),
            .name = name,
            .scopes = STR("orders:read"),
            .state = CARDEA_KEY_ACTIVE,
            .credits = -1,
        };
        cardea_digest(arena_printf(&rig.arena, "%.*s-secret", STR_ARG(name)), &row.digest);
        assert_int_equal(store_key_insert(c->db, &row), STORE_OK);
    }
    return SERVICE_OK;
}

/* More than one unit, more than one block. */
static void many_keys_take_several_units(void **state)
{
    int count = 6000;
    assert_done(rig_run(add_many, &count));
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < count; i++) {
            char name[32];
            snprintf(name, sizeof(name), "many-%d", i);
            use(name, 1 + i % 3);
        }
        rig_flush();
        for (int i = 0; i < count; i++)
            assert_counts(1000 + i, round * (1 + i % 3), 0);
    }
    /* A single one among all these neighbours. */
    uint64_t rows = stats().rows;
    use("many-77", 1);
    rig_flush();
    assert_int_equal(stats().rows - rows, 1);
    assert_counts(1077, 2 * (1 + 77 % 3) + 1, 0);
}

/* The store is away for a while. */
static enum store_err hold(struct store_conn *c, void *arg)
{
    while (!atomic_load((_Atomic bool *)arg))
        usleep(1000);
    return STORE_OK;
}

static void a_round_is_not_begun_before_the_last_has_ended(void **state)
{
    static _Atomic bool go;
    atomic_store(&go, false);
    use("first", 1);
    assert_true(store_submit(rig.svc.store, hold, NULL, &go));
    for (int i = 0; i < 5; i++)
        service_usage_flush(&rig.svc);
    assert_int_equal(stats().skipped, 4);
    use("first", 1);
    atomic_store(&go, true);
    rig_flush();
    assert_counts(key.id, 2, 0);
}

/* Whoever verifies may write the files: any number may stand there. */
static void absurd_numbers_break_nothing(void **state)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/activity.0", rig.runtime);
    use("first", 1);
    rig_flush();
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    /* All of the first slots, but for the flags before and after: whatever stands where. */
    for (int i = 0; i < 64 * 64; i++)
        fputc(0xff, f);
    fclose(f);
    deny("first", 1);
    rig_flush();
    struct store_key row = stored(key.id);
    assert_true(row.use_count >= 1 && row.use_count < INT64_MAX / 4);
    int64_t second = rig_key(account, 0, "plain", "second", "orders:read").id;
    assert_int_equal(rig_decide("second", "stock:read", CARDEA_ROLE_NONE, 1), CARDEA_INSUFFICIENT_SCOPE);
    rig_flush();
    assert_int_equal(stats().failures, 0);
    assert_int_equal(store_key_get(rig.db, &rig.arena, second, &row), STORE_OK);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(uses_and_denials_come_home_once),
        test(a_stop_loses_nothing),
        test(counts_made_while_down_are_found),
        test(lost_files_count_on),
        test(credits_are_drawn_from_the_row),
        test(many_keys_take_several_units),
        test(a_round_is_not_begun_before_the_last_has_ended),
        test(absurd_numbers_break_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

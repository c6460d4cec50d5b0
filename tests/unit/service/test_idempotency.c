#include "service_rig.h"

#include "service/idempotency.h"

struct asked {
    const char *scope, *key, *body;
    int status;
    const char *reply; /* what a new one answers */
    /* out */
    enum idempotency_state state;
    int kept_status;
    struct cardea_str kept;
    int64_t subject_id;
};

static enum service_err ask_unit(struct service_call *c, void *arg)
{
    struct asked *a = arg;
    struct idempotency i;
    struct cardea_str reply = {0};
    a->state = service_idempotency_begin(c, &i, str_of(a->scope), str_of(a->key), str_of(a->body), &a->kept_status,
                                         &reply, &a->subject_id);
    a->kept = arena_str(&rig.arena, reply);
    enum service_err err = SERVICE_OK;
    if (a->state == IDEMPOTENCY_NEW)
        err = service_idempotency_keep(c, &i, a->status, str_of(a->reply), 77);
    service_idempotency_release(&i);
    static const uint8_t zeros[32];
    assert_memory_equal(i.seal_key, zeros, 32);
    return err;
}

static struct asked ask(const char *scope, const char *key, const char *body)
{
    struct asked a = {.scope = scope, .key = key, .body = body, .status = 201, .reply = "{\"key\":\"shown once\"}"};
    assert_done(rig_run(ask_unit, &a));
    return a;
}

static void a_retry_gets_the_same_answer(void **state)
{
    assert_int_equal(ask("root POST /v1/keys", "abc", "{}").state, IDEMPOTENCY_NEW);
    struct asked again = ask("root POST /v1/keys", "abc", "{}");
    assert_int_equal(again.state, IDEMPOTENCY_REPLAY);
    assert_int_equal(again.kept_status, 201);
    assert_text(again.kept, "{\"key\":\"shown once\"}");
    assert_int_equal(again.subject_id, 77);
}

static void another_request_is_another(void **state)
{
    ask("root POST /v1/keys", "abc", "{}");
    assert_int_equal(ask("root POST /v1/keys", "abc", "{ }").state, IDEMPOTENCY_MISMATCH);
    assert_int_equal(ask("root POST /v1/keys", "abd", "{}").state, IDEMPOTENCY_NEW);
    assert_int_equal(ask("user POST /v1/keys", "abc", "{}").state, IDEMPOTENCY_NEW);
    /* What belongs to the scope cannot be moved into the key. */
    assert_int_equal(ask("root POST /v1/key", "sabc", "{}").state, IDEMPOTENCY_NEW);
}

static void it_is_forgotten_in_time(void **state)
{
    ask("s", "abc", "{}");
    rig.now += IDEMPOTENCY_TTL_SEC - 1;
    assert_int_equal(ask("s", "abc", "{}").state, IDEMPOTENCY_REPLAY);
    rig.now += 1;
    assert_int_equal(ask("s", "abc", "{}").state, IDEMPOTENCY_NEW);
    assert_int_equal(ask("s", "abc", "{}").state, IDEMPOTENCY_REPLAY);
}

static void after_a_restart_it_is_lost(void **state)
{
    ask("s", "abc", "{}");
    rig_stop();
    rig_start();
    struct asked again = ask("s", "abc", "{}");
    assert_int_equal(again.state, IDEMPOTENCY_LOST);
    assert_int_equal(again.subject_id, 77);
    assert_int_equal(again.kept.len, 0);
    assert_int_equal(ask("s", "abc", "{\"other\":1}").state, IDEMPOTENCY_MISMATCH);
}

static struct cardea_digest slot_of(const char *scope, const char *key)
{
    struct cardea_digest d;
    char text[256];
    size_t len = (size_t)snprintf(text, sizeof(text), "%s%c%s", scope, 0, key);
    cardea_digest((struct cardea_str){text, len}, &d);
    return d;
}

static void the_store_alone_shows_nothing(void **state)
{
    struct store_idempotency row;
    struct cardea_digest slot = slot_of("s", "abc");
    ask("s", "abc", "{}");
    assert_int_equal(store_idempotency_get(rig.db, &rig.arena, &slot, &row), STORE_OK);
    assert_null(memmem(row.sealed.ptr, row.sealed.len, "shown", 5));
    assert_null(memmem(row.sealed.ptr, row.sealed.len, "abc", 3));
}

static enum service_err tamper(struct service_call *c, void *arg)
{
    struct store_idempotency row;
    struct cardea_digest slot = slot_of("s", "abc");
    assert_int_equal(store_idempotency_get(c->db, c->arena, &slot, &row), STORE_OK);
    char *sealed = arena_cstr(c->arena, row.sealed);
    sealed[row.sealed.len - 1] ^= 1;
    row.sealed.ptr = sealed;
    assert_int_equal(store_idempotency_put(c->db, &row), STORE_OK);
    return SERVICE_OK;
}

static void a_changed_row_is_lost(void **state)
{
    ask("s", "abc", "{}");
    assert_done(rig_run(tamper, NULL));
    assert_int_equal(ask("s", "abc", "{}").state, IDEMPOTENCY_LOST);
}

#define test(function) cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_retry_gets_the_same_answer), test(another_request_is_another),    test(it_is_forgotten_in_time),
        test(after_a_restart_it_is_lost),   test(the_store_alone_shows_nothing), test(a_changed_row_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

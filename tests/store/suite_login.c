/* What logging in from elsewhere leaves behind: identities at other issuers, programs that wait to be confirmed. */
#include "suite.h"

UNIT(identity_insert, const struct store_identity, store_identity_insert(c, row))
UNIT(identity_delete, const struct store_identity, store_identity_delete(c, row->issuer, row->subject))
UNIT(user_erase, const int64_t, store_user_erase(c, *row))
UNIT(device_insert, const struct store_device_grant, store_device_insert(c, row))
UNIT(device_update, const struct store_device_grant, store_device_update(c, row))
UNIT(device_delete, const struct cardea_digest, store_device_delete(c, row))
UNIT(device_prune, const int64_t, store_device_prune(c, *row))
UNIT(key_insert, struct store_key, store_key_insert(c, row))
UNIT(operator_insert, const struct store_operator_session, store_operator_insert(c, row))
UNIT(operator_revoke, const int64_t, store_operator_revoke(c, *row, SUITE_NOW + 5))
UNIT(operator_revoke_again, const int64_t, store_operator_revoke(c, *row, SUITE_NOW + 9))
UNIT(session_prune, const int64_t, store_session_prune(c, *row))

static void test_identities(void **state)
{
    (void)state;
    int64_t ada = suite_user(), bob = suite_user(), before = suite_position();
    struct store_identity got[3], row = {STR("https://id.example"), STR("ada"), ada, SUITE_NOW};
    size_t count;
    assert_err(STORE_NOTFOUND, store_identity_get(suite.reader, &suite.arena, row.issuer, row.subject, &got[0]));
    assert_ok(run(identity_insert, &row));
    assert_err(STORE_CONFLICT, run(identity_insert, &row));
    struct store_identity stolen = row;
    stolen.user_id = bob;
    assert_err(STORE_CONFLICT, run(identity_insert, &stolen));
    assert_ok(store_identity_get(suite.reader, &suite.arena, row.issuer, row.subject, &got[0]));
    assert_int_equal(got[0].user_id, ada);
    assert_int_equal(got[0].created_at, SUITE_NOW);
    /* Compared byte by byte, whatever the case: issuers are (RFC 8414), subjects are (OpenID Connect Core). */
    assert_err(STORE_NOTFOUND, store_identity_get(suite.reader, &suite.arena, row.issuer, STR("Ada"), &got[0]));

    struct store_identity second = {STR("https://other.example"), STR("ada"), ada, SUITE_NOW};
    assert_ok(run(identity_insert, &second));
    assert_ok(store_identity_of_user(suite.reader, &suite.arena, ada, 3, got, &count));
    assert_int_equal(count, 2);
    assert_str(got[1].issuer, "https://other.example");
    assert_ok(store_identity_of_user(suite.reader, &suite.arena, ada, 1, got, &count));
    assert_int_equal(count, 1);

    assert_ok(run(identity_delete, &second));
    assert_err(STORE_NOTFOUND, run(identity_delete, &second));
    assert_ok(run(user_erase, &ada));
    assert_ok(store_identity_of_user(suite.reader, &suite.arena, ada, 3, got, &count));
    assert_int_equal(count, 0);
    struct store_identity nobody = {STR("https://id.example"), STR("eve"), suite_id(), SUITE_NOW};
    assert_err(STORE_NOTFOUND, run(identity_insert, &nobody));
    assert_int_equal(suite_position(), before);
}

static void test_devices(void **state)
{
    (void)state;
    struct store_device_grant got, row = {.device_code = {{1}},
                                          .user_code = {{2}},
                                          .profile = STR("acme"),
                                          .client = STR("acme on laptop"),
                                          .source = STR("192.0.2.1"),
                                          .created_at = SUITE_NOW,
                                          .expires_at = SUITE_NOW + 600,
                                          .interval_sec = 5};
    int64_t count, user = suite_user(), account = suite_account(), before = suite_position();
    assert_err(STORE_NOTFOUND, store_device_by_device_code(suite.reader, &suite.arena, &row.device_code, &got));
    assert_ok(run(device_insert, &row));
    assert_err(STORE_CONFLICT, run(device_insert, &row));
    struct store_device_grant other = row;
    other.device_code = (struct cardea_digest){{3}};
    assert_err(STORE_CONFLICT, run(device_insert, &other)); /* the user code is taken */
    assert_err(STORE_NOTFOUND, run(device_update, &other));

    row.status = STORE_DEVICE_APPROVED;
    row.user_id = user;
    row.account_id = account;
    row.polled_at_ms = 77;
    row.interval_sec = 10;
    assert_ok(run(device_update, &row));
    assert_ok(store_device_by_user_code(suite.reader, &suite.arena, &row.user_code, &got));
    assert_memory_equal(&got.device_code, &row.device_code, sizeof row.device_code);
    assert_str(got.profile, "acme");
    assert_str(got.client, "acme on laptop");
    assert_str(got.source, "192.0.2.1");
    assert_int_equal(got.status, STORE_DEVICE_APPROVED);
    assert_int_equal(got.user_id, user);
    assert_int_equal(got.account_id, account);
    assert_int_equal(got.expires_at, SUITE_NOW + 600);
    assert_int_equal(got.polled_at_ms, 77);
    assert_int_equal(got.interval_sec, 10);

    assert_ok(store_device_count(suite.reader, SUITE_NOW + 599, &count));
    assert_int_equal(count, 1);
    assert_ok(store_device_count(suite.reader, SUITE_NOW + 600, &count));
    assert_int_equal(count, 0);
    assert_ok(run(device_delete, &row.device_code));
    assert_err(STORE_NOTFOUND, run(device_delete, &row.device_code));
    assert_ok(run(device_insert, &row));
    int64_t expired_before = SUITE_NOW + 601;
    assert_ok(run(device_prune, &expired_before));
    assert_err(STORE_NOTFOUND, store_device_by_user_code(suite.reader, &suite.arena, &row.user_code, &got));
    assert_int_equal(suite_position(), before);
}

static void test_operators(void **state)
{
    (void)state;
    struct store_key key = suite_key(suite_account());
    assert_ok(run(key_insert, &key));
    int64_t nobody = suite_id(), before = suite_position();
    struct store_operator_session got,
        row = {.id = suite_id(), .key_id = key.id, .created_at = SUITE_NOW, .expires_at = SUITE_NOW + 60};
    assert_err(STORE_NOTFOUND, store_operator_get(suite.reader, row.id, &got));
    assert_ok(run(operator_insert, &row));
    assert_err(STORE_CONFLICT, run(operator_insert, &row));
    assert_ok(store_operator_get(suite.reader, row.id, &got));
    assert_memory_equal(&got, &row, sizeof row);
    assert_err(STORE_NOTFOUND, run(operator_revoke, &nobody));
    assert_ok(run(operator_revoke, &row.id));
    assert_ok(run(operator_revoke_again, &row.id));
    assert_ok(store_operator_get(suite.reader, row.id, &got));
    assert_int_equal(got.revoked_at, SUITE_NOW + 5);
    struct store_operator_session stray = {.id = suite_id(), .key_id = nobody, .expires_at = SUITE_NOW};
    assert_err(STORE_NOTFOUND, run(operator_insert, &stray));
    int64_t until = SUITE_NOW + 60;
    assert_ok(run(session_prune, &until));
    assert_ok(store_operator_get(suite.reader, row.id, &got));
    until++;
    assert_ok(run(session_prune, &until));
    assert_err(STORE_NOTFOUND, store_operator_get(suite.reader, row.id, &got));
    assert_int_equal(suite_position(), before);
}

const struct CMUnitTest suite_login_tests[] = {
    cmocka_unit_test(test_operators),
    cmocka_unit_test(test_identities),
    cmocka_unit_test(test_devices),
};
const size_t suite_login_test_count = sizeof suite_login_tests / sizeof *suite_login_tests;

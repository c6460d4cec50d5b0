/* Everything but keys: each function, conflicts, what is not found, orders and pages. */
#include "suite.h"

#include "store/audit.h"

UNIT(account_insert, const struct store_account, store_account_insert(c, row))
UNIT(account_update, const struct store_account, store_account_update(c, row))
UNIT(user_insert, const struct store_user, store_user_insert(c, row))
UNIT(user_update, const struct store_user, store_user_update(c, row))
UNIT(user_erase, const int64_t, store_user_erase(c, *row))
UNIT(member_put, const struct store_member, store_member_put(c, row))
UNIT(agent_insert, const struct store_agent, store_agent_insert(c, row))
UNIT(agent_update, const struct store_agent, store_agent_update(c, row))
UNIT(session_insert, const struct store_session, store_session_insert(c, row))
UNIT(session_revoke, const int64_t, store_session_revoke(c, *row, SUITE_NOW + 5))
UNIT(session_revoke_again, const int64_t, store_session_revoke(c, *row, SUITE_NOW + 9))
UNIT(session_revoke_user, const int64_t, store_session_revoke_user(c, *row, SUITE_NOW + 7))
UNIT(session_prune, const int64_t, store_session_prune(c, *row))
UNIT(idempotency_put, const struct store_idempotency, store_idempotency_put(c, row))
UNIT(idempotency_prune, const int64_t, store_idempotency_prune(c, *row))
UNIT(audit_append, const struct store_audit, store_audit_append(c, row))
UNIT(event_append, const struct store_event, store_event_append(c, row))
UNIT(meta_put, const struct cardea_str, store_meta_put(c, "greeting", *row))

static void test_meta(void **state)
{
    (void)state;
    struct cardea_str got, value = STR("a\0b");
    assert_err(STORE_NOTFOUND, store_meta_get(suite.reader, &suite.arena, "greeting", &got));
    assert_ok(run(meta_put, &value));
    assert_ok(store_meta_get(suite.reader, &suite.arena, "greeting", &got));
    assert_int_equal(got.len, 3);
    assert_memory_equal(got.ptr, "a\0b", 3);
    value = STR("");
    assert_ok(run(meta_put, &value));
    assert_ok(store_meta_get(suite.reader, &suite.arena, "greeting", &got));
    assert_int_equal(got.len, 0);
}

/* ---- accounts ---- */

static void test_account_round_trip(void **state)
{
    (void)state;
    struct store_account got,
        row = {.id = suite_id(), .profile = STR("animus"), .slug = suite_slug(), .name = STR("Zoë's \"shop\"")};
    row.created_at = SUITE_NOW;
    int64_t before = suite_position();
    assert_err(STORE_NOTFOUND, store_account_get(suite.reader, &suite.arena, row.id, &got));
    assert_err(STORE_NOTFOUND, run(account_update, &row));
    assert_ok(run(account_insert, &row));
    assert_int_equal(suite_position(), before + 1);
    assert_ok(store_account_get(suite.reader, &suite.arena, row.id, &got));
    assert_str(got.profile, "animus");
    assert_str(got.name, "Zoë's \"shop\"");
    assert_true(str_eq(got.slug, row.slug));
    assert_int_equal(got.created_at, SUITE_NOW);
    row.status = STORE_ACCOUNT_SUSPENDED;
    row.name = STR("");
    row.current_key = 77;
    assert_ok(run(account_update, &row));
    assert_int_equal(suite_position(), before + 2);
    assert_ok(store_account_find(suite.reader, &suite.arena, STR("animus"), row.slug, &got));
    assert_int_equal(got.status, STORE_ACCOUNT_SUSPENDED);
    assert_int_equal(got.current_key, 77);
    assert_int_equal(got.name.len, 0);
    assert_err(STORE_CONFLICT, run(account_insert, &row));
}

static void test_account_slugs(void **state)
{
    (void)state;
    struct cardea_str slug = suite_slug();
    struct store_account got, first = {.id = suite_id(), .profile = STR("animus"), .slug = slug};
    struct store_account second = {.id = suite_id(), .profile = STR("animam"), .slug = slug};
    struct store_account third = {.id = suite_id(), .profile = STR("animus"), .slug = slug};
    assert_ok(run(account_insert, &first));
    assert_ok(store_account_find(suite.reader, &suite.arena, STR(""), slug, &got));
    assert_int_equal(got.id, first.id);
    assert_err(STORE_CONFLICT, run(account_insert, &third));
    assert_ok(run(account_insert, &second)); /* another profile's names are its own */
    assert_err(STORE_CONFLICT, store_account_find(suite.reader, &suite.arena, STR(""), slug, &got));
    assert_ok(store_account_find(suite.reader, &suite.arena, STR("animam"), slug, &got));
    assert_int_equal(got.id, second.id);
    assert_err(STORE_NOTFOUND, store_account_find(suite.reader, &suite.arena, STR("anima"), slug, &got));

    first.status = STORE_ACCOUNT_DELETED; /* frees its name */
    assert_ok(run(account_update, &first));
    assert_err(STORE_NOTFOUND, store_account_find(suite.reader, &suite.arena, STR("animus"), slug, &got));
    assert_ok(store_account_get(suite.reader, &suite.arena, first.id, &got));
    assert_int_equal(got.status, STORE_ACCOUNT_DELETED);
    assert_ok(run(account_insert, &third));
    first.status = STORE_ACCOUNT_ACTIVE;
    assert_err(STORE_CONFLICT, run(account_update, &first));
}

static void test_account_pages(void **state)
{
    (void)state;
    struct store_account got[4], rows[5];
    size_t count;
    for (int i = 0; i < 5; i++) {
        rows[i] = (struct store_account){.id = suite_id(), .profile = STR("paged"), .slug = suite_slug()};
        assert_ok(run(account_insert, &rows[i]));
    }
    rows[1].status = STORE_ACCOUNT_DELETED;
    assert_ok(run(account_update, &rows[1]));
    assert_ok(store_account_list(suite.reader, &suite.arena, STR("paged"), 0, 0, 2, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[0].id, rows[0].id);
    assert_int_equal(got[1].id, rows[2].id);
    assert_ok(store_account_list(suite.reader, &suite.arena, STR("paged"), 0, got[1].id, 4, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[0].id, rows[3].id);
    assert_ok(store_account_list(suite.reader, &suite.arena, STR("paged"), 0, rows[4].id, 4, got, &count));
    assert_int_equal(count, 0);
    assert_ok(store_account_list(suite.reader, &suite.arena, STR(""), 0, rows[2].id, 1, got, &count));
    assert_int_equal(got[0].id, rows[3].id);

    struct store_member m = {.user_id = suite_user(), .role = CARDEA_ROLE_VIEWER};
    for (int i = 1; i < 4; i++) {
        m.account_id = rows[i].id; /* 1 is deleted */
        assert_ok(run(member_put, &m));
    }
    m.role = CARDEA_ROLE_NONE; /* left 3 */
    assert_ok(run(member_put, &m));
    assert_ok(store_account_list(suite.reader, &suite.arena, STR(""), m.user_id, 0, 4, got, &count));
    assert_int_equal(count, 1);
    assert_int_equal(got[0].id, rows[2].id);
    assert_ok(store_account_list(suite.reader, &suite.arena, STR("animus"), m.user_id, 0, 4, got, &count));
    assert_int_equal(count, 0);
}

/* ---- users ---- */

static void test_user_round_trip(void **state)
{
    (void)state;
    struct store_user got, row = {.id = suite_id(), .name = STR("Grace"), .password_hash = STR("$argon2id$x")};
    struct cardea_str email = arena_printf(&suite.arena, "Grace.%lld@Example.ORG", (long long)row.id);
    struct cardea_str lower = arena_printf(&suite.arena, "grace.%lld@example.org", (long long)row.id);
    row.email = email;
    assert_err(STORE_NOTFOUND, store_user_get(suite.reader, &suite.arena, row.id, &got));
    assert_err(STORE_NOTFOUND, run(user_update, &row));
    assert_ok(run(user_insert, &row));
    assert_ok(store_user_by_email(suite.reader, &suite.arena, lower, &got));
    assert_int_equal(got.id, row.id);
    assert_true(str_eq(got.email, email)); /* as it was written */
    assert_str(got.password_hash, "$argon2id$x");

    struct store_user other = {.id = suite_id(), .email = lower};
    int64_t before = suite_position();
    assert_err(STORE_CONFLICT, run(user_insert, &other));
    assert_err(STORE_NOTFOUND, store_user_get(suite.reader, &suite.arena, other.id, &got));
    other.email = STR("");
    assert_ok(run(user_insert, &other)); /* without an address, any number */
    other.email = lower;
    assert_err(STORE_CONFLICT, run(user_update, &other));
    row.email = lower; /* its own, written otherwise */
    row.name = STR("Grace H.");
    assert_ok(run(user_update, &row));
    assert_int_equal(suite_position(), before); /* the snapshot knows nothing of names */
    row.disabled = true;
    assert_ok(run(user_update, &row));
    assert_int_equal(suite_position(), before + 1);
    assert_ok(store_user_get(suite.reader, &suite.arena, row.id, &got));
    assert_true(got.disabled);
    assert_str(got.name, "Grace H.");
}

static void test_user_erase(void **state)
{
    (void)state;
    int64_t id = suite_user(), nobody = suite_id();
    struct store_user got, row;
    assert_ok(store_user_get(suite.reader, &suite.arena, id, &row));
    assert_err(STORE_NOTFOUND, run(user_erase, &nobody));
    assert_ok(run(user_erase, &id));
    assert_ok(store_user_get(suite.reader, &suite.arena, id, &got));
    assert_int_equal(got.email.len + got.name.len + got.password_hash.len, 0);
    assert_err(STORE_NOTFOUND, store_user_by_email(suite.reader, &suite.arena, row.email, &got));
    assert_err(STORE_NOTFOUND, store_user_by_email(suite.reader, &suite.arena, STR(""), &got));
    row.id = suite_id(); /* the address is free again */
    assert_ok(run(user_insert, &row));
    assert_ok(run(user_erase, &id));
}

static void test_user_pages(void **state)
{
    (void)state;
    int64_t ids[3] = {suite_user(), suite_user(), suite_user()};
    struct store_user got[3];
    size_t count;
    assert_ok(run(user_erase, &ids[1])); /* still listed */
    assert_ok(store_user_list(suite.reader, &suite.arena, ids[0] - 1, 2, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[1].id, ids[1]);
    assert_ok(store_user_list(suite.reader, &suite.arena, ids[1], 3, got, &count));
    assert_int_equal(count, 1);
    assert_int_equal(got[0].id, ids[2]);
}

static void test_members(void **state)
{
    (void)state;
    int64_t account = suite_account(), ids[3] = {suite_user(), suite_user(), suite_user()};
    struct store_member got[3],
        m = {.account_id = account, .user_id = ids[0], .role = CARDEA_ROLE_MEMBER, .created_at = 100};
    size_t count;
    int64_t before = suite_position();
    assert_err(STORE_NOTFOUND, store_member_get(suite.reader, account, ids[0], &got[0]));
    assert_ok(run(member_put, &m));
    m.role = CARDEA_ROLE_OWNER;
    m.created_at = 200;
    assert_ok(run(member_put, &m));
    assert_int_equal(suite_position(), before + 2);
    assert_ok(store_member_get(suite.reader, account, ids[0], &got[0]));
    assert_int_equal(got[0].role, CARDEA_ROLE_OWNER);
    assert_int_equal(got[0].created_at, 100);
    for (int i = 1; i < 3; i++) {
        m.user_id = ids[i];
        assert_ok(run(member_put, &m));
    }
    m.role = CARDEA_ROLE_NONE; /* ids[2] leaves */
    assert_ok(run(member_put, &m));
    assert_err(STORE_NOTFOUND, store_member_get(suite.reader, account, ids[2], &got[0]));
    assert_ok(store_member_of_account(suite.reader, &suite.arena, account, 0, 3, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[1].user_id, ids[1]);
    assert_ok(store_member_of_account(suite.reader, &suite.arena, account, ids[0], 3, got, &count));
    assert_int_equal(count, 1);
    m.role = CARDEA_ROLE_VIEWER; /* and comes back */
    m.created_at = 300;
    assert_ok(run(member_put, &m));
    m.account_id = suite_account();
    assert_ok(run(member_put, &m));
    assert_ok(store_member_of_user(suite.reader, &suite.arena, ids[2], 3, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[0].account_id, account);
    assert_int_equal(got[0].created_at, 300);
    assert_ok(store_member_of_user(suite.reader, &suite.arena, ids[2], 1, got, &count));
    assert_int_equal(count, 1);
    m.user_id = suite_id();
    assert_err(STORE_NOTFOUND, run(member_put, &m)); /* nobody */
}

/* ---- agents ---- */

static void test_agents(void **state)
{
    (void)state;
    int64_t account = suite_account(), other = suite_account(), before = suite_position();
    struct store_agent got[3], row = {.id = suite_id(), .account_id = account, .slug = STR("bot"), .name = STR("Bot")};
    size_t count;
    assert_err(STORE_NOTFOUND, run(agent_update, &row));
    assert_ok(run(agent_insert, &row));
    row.disabled = true;
    assert_ok(run(agent_update, &row));
    assert_int_equal(suite_position(), before + 2);
    assert_ok(store_agent_get(suite.reader, &suite.arena, row.id, &got[0]));
    assert_true(got[0].disabled);
    assert_str(got[0].name, "Bot");
    assert_false(got[0].deleted);
    row.deleted = true;
    assert_ok(run(agent_update, &row));
    assert_ok(store_agent_get(suite.reader, &suite.arena, row.id, &got[0]));
    assert_true(got[0].deleted && got[0].disabled);
    assert_ok(store_agent_find(suite.reader, &suite.arena, account, STR("bot"), &got[0]));
    assert_err(STORE_NOTFOUND, store_agent_find(suite.reader, &suite.arena, other, STR("bot"), &got[0]));
    assert_err(STORE_NOTFOUND, store_agent_get(suite.reader, &suite.arena, suite_id(), &got[0]));
    struct store_agent second = {.id = suite_id(), .account_id = account, .slug = STR("bot")};
    assert_err(STORE_CONFLICT, run(agent_insert, &second));
    second.account_id = suite_id();
    assert_err(STORE_NOTFOUND, run(agent_insert, &second)); /* no such account */
    second.account_id = other;
    assert_ok(run(agent_insert, &second));
    second = (struct store_agent){.id = suite_id(), .account_id = account, .slug = STR("aardvark")};
    assert_ok(run(agent_insert, &second));
    assert_ok(store_agent_list(suite.reader, &suite.arena, account, 0, 3, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[0].id, row.id);
    assert_ok(store_agent_list(suite.reader, &suite.arena, account, row.id, 3, got, &count));
    assert_int_equal(count, 1);
    assert_int_equal(got[0].id, second.id);
}

/* ---- sessions, idempotency, log ---- */

static void test_sessions(void **state)
{
    (void)state;
    int64_t user = suite_user(), nobody = suite_id(), before = suite_position() + 1; /* suite_account's */
    struct store_session got,
        row = {.id = suite_id(), .user_id = user, .account_id = suite_account(), .created_at = 1, .expires_at = 50};
    row.bound = true;
    assert_ok(run(session_insert, &row));
    assert_err(STORE_CONFLICT, run(session_insert, &row));
    assert_ok(store_session_get(suite.reader, row.id, &got));
    assert_int_equal(got.id, row.id);
    assert_int_equal(got.user_id, user);
    assert_int_equal(got.account_id, row.account_id);
    assert_int_equal(got.created_at, 1);
    assert_int_equal(got.expires_at, 50);
    assert_int_equal(got.revoked_at, 0);
    assert_true(got.bound);
    assert_err(STORE_NOTFOUND, run(session_revoke, &nobody));
    assert_ok(run(session_revoke, &row.id));
    assert_ok(run(session_revoke_again, &row.id));
    assert_ok(store_session_get(suite.reader, row.id, &got));
    assert_int_equal(got.revoked_at, SUITE_NOW + 5);
    struct store_session second = row;
    second.id = suite_id();
    second.account_id = 0;
    second.expires_at = 60;
    second.bound = false;
    assert_ok(run(session_insert, &second));
    assert_ok(run(session_revoke_user, &user));
    assert_ok(run(session_revoke_user, &nobody));
    assert_ok(store_session_get(suite.reader, second.id, &got));
    assert_int_equal(got.revoked_at, SUITE_NOW + 7);
    assert_int_equal(got.account_id, 0);
    assert_false(got.bound);
    int64_t expired_before = 60;
    assert_ok(run(session_prune, &expired_before));
    assert_err(STORE_NOTFOUND, store_session_get(suite.reader, row.id, &got));
    assert_ok(store_session_get(suite.reader, second.id, &got));
    assert_int_equal(suite_position(), before); /* sessions are none of the snapshot's business */
}

static void test_idempotency(void **state)
{
    (void)state;
    struct store_idempotency got,
        row = {
            .slot = {{1}}, .request = {{2}}, .created_at = 100, .subject_id = 7, .status = 201, .sealed = STR("\0x")};
    int64_t before = suite_position(), limit = 100;
    assert_err(STORE_NOTFOUND, store_idempotency_get(suite.reader, &suite.arena, &row.slot, &got));
    assert_ok(run(idempotency_put, &row));
    assert_ok(store_idempotency_get(suite.reader, &suite.arena, &row.slot, &got));
    assert_memory_equal(&got.request, &row.request, sizeof row.request);
    assert_memory_equal(got.sealed.ptr, "\0x", 2);
    assert_int_equal(got.status, 201);
    assert_int_equal(got.subject_id, 7);
    assert_ok(run(idempotency_prune, &limit)); /* exclusive */
    row.status = 200;
    assert_ok(run(idempotency_put, &row));
    assert_ok(store_idempotency_get(suite.reader, &suite.arena, &row.slot, &got));
    assert_int_equal(got.status, 200);
    limit = 101;
    assert_ok(run(idempotency_prune, &limit));
    assert_err(STORE_NOTFOUND, store_idempotency_get(suite.reader, &suite.arena, &row.slot, &got));
    assert_int_equal(suite_position(), before);
}

static void test_log(void **state)
{
    (void)state;
    int64_t audits, events, now;
    struct store_audit audit = {.at_ms = 1, .action = STR("key.created"), .actor = STR("root"), .detail = STR("{}")};
    struct store_event event = {.id = suite_id(), .at_ms = 1, .type = STR("key.created"), .payload = STR("{}")};
    assert_ok(store_audit_count(suite.reader, &audits));
    assert_ok(store_event_count(suite.reader, &events));
    assert_ok(run(audit_append, &audit));
    audit.source = STR("192.0.2.1");
    assert_ok(run(audit_append, &audit));
    assert_ok(run(event_append, &event));
    assert_err(STORE_CONFLICT, run(event_append, &event));
    assert_ok(store_audit_count(suite.reader, &now));
    assert_int_equal(now, audits + 2);
    assert_ok(store_event_count(suite.reader, &now));
    assert_int_equal(now, events + 1);
}

const struct CMUnitTest suite_row_tests[] = {
    cmocka_unit_test(test_meta),
    cmocka_unit_test(test_account_round_trip),
    cmocka_unit_test(test_account_slugs),
    cmocka_unit_test(test_account_pages),
    cmocka_unit_test(test_user_round_trip),
    cmocka_unit_test(test_user_erase),
    cmocka_unit_test(test_user_pages),
    cmocka_unit_test(test_members),
    cmocka_unit_test(test_agents),
    cmocka_unit_test(test_sessions),
    cmocka_unit_test(test_idempotency),
    cmocka_unit_test(test_log),
};
const size_t suite_row_test_count = sizeof suite_row_tests / sizeof *suite_row_tests;

/* Content policies, their versions, and kept contents. */
#include "suite.h"

UNIT(policy_insert, const struct store_policy, store_policy_insert(c, row))
UNIT(policy_update, const struct store_policy, store_policy_update(c, row))
UNIT(policy_delete, const int64_t, store_policy_delete(c, *row))
UNIT(version_insert, const struct store_policy_version, store_policy_version_insert(c, row))
UNIT(erase_account, const int64_t, store_policy_erase_account(c, *row))
UNIT(content_insert, const struct store_kept_content, store_content_insert(c, row))

static struct store_policy policy(int64_t account, const char *name)
{
    return (struct store_policy){.id = suite_id(),
                                 .account_id = account,
                                 .name = str_of(name),
                                 .revision = 1,
                                 .created_at = SUITE_NOW,
                                 .updated_at = SUITE_NOW,
                                 .draft = STR("{\"rules\":[]}")};
}

static void test_policy_round_trip(void **state)
{
    (void)state;
    struct store_policy got, row = policy(suite_account(), "strict");
    struct cardea_str draft;
    int64_t before = suite_position();
    assert_err(STORE_NOTFOUND, store_policy_get(suite.reader, &suite.arena, row.id, &got));
    assert_err(STORE_NOTFOUND, store_policy_draft(suite.reader, &suite.arena, row.id, &draft));
    assert_err(STORE_NOTFOUND, run(policy_update, &row));
    assert_ok(run(policy_insert, &row));
    assert_int_equal(suite_position(), before); /* the snapshot holds no policies */
    row.is_default = true;
    row.version = 3;
    row.revision = 9;
    row.published_revision = 8;
    row.updated_at = SUITE_NOW + 1;
    row.name = STR("loose");
    row.draft = STR("");
    assert_ok(run(policy_update, &row));
    assert_err(STORE_NOTFOUND, store_policy_find(suite.reader, &suite.arena, row.account_id, STR("strict"), &got));
    assert_ok(store_policy_find(suite.reader, &suite.arena, row.account_id, STR("loose"), &got));
    assert_int_equal(got.id, row.id);
    assert_true(got.is_default && got.version == 3 && got.revision == 9 && got.published_revision == 8);
    assert_true(got.created_at == SUITE_NOW && got.updated_at == SUITE_NOW + 1);
    assert_ok(store_policy_draft(suite.reader, &suite.arena, row.id, &draft));
    assert_str(draft, "{\"rules\":[]}");
    row.draft = STR("{\"rules\":[1]}");
    assert_ok(run(policy_update, &row));
    assert_ok(store_policy_draft(suite.reader, &suite.arena, row.id, &draft));
    assert_str(draft, "{\"rules\":[1]}");
}

static void test_policy_names_and_defaults(void **state)
{
    (void)state;
    int64_t account = suite_account(), other = suite_account();
    struct store_policy got, first = policy(account, "one"), second = policy(account, "one"),
                             third = policy(other, "one");
    first.is_default = third.is_default = true;
    assert_err(STORE_NOTFOUND, store_policy_default(suite.reader, &suite.arena, account, &got));
    assert_ok(run(policy_insert, &first));
    assert_err(STORE_CONFLICT, run(policy_insert, &second)); /* the name */
    second.name = STR("two");
    second.is_default = true;
    assert_err(STORE_CONFLICT, run(policy_insert, &second)); /* the default */
    second.is_default = false;
    assert_ok(run(policy_insert, &second));
    assert_ok(run(policy_insert, &third));
    assert_ok(store_policy_default(suite.reader, &suite.arena, account, &got));
    assert_int_equal(got.id, first.id);
    second.name = STR("one");
    assert_err(STORE_CONFLICT, run(policy_update, &second));
    third.account_id = account; /* a policy stays where it is */
    assert_err(STORE_NOTFOUND, run(policy_update, &third));
    third.account_id = suite_id();
    third.id = suite_id();
    assert_err(STORE_NOTFOUND, run(policy_insert, &third));
}

static void test_policy_pages(void **state)
{
    (void)state;
    static const char *const names[] = {"c", "a", "b"};
    int64_t account = suite_account();
    struct store_policy rows[3], got[3];
    size_t count;
    for (int i = 0; i < 3; i++) {
        rows[i] = policy(account, names[i]);
        assert_ok(run(policy_insert, &rows[i]));
    }
    assert_ok(store_policy_list(suite.reader, &suite.arena, account, 0, 2, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[1].id, rows[1].id);
    assert_ok(store_policy_list(suite.reader, &suite.arena, account, got[1].id, 3, got, &count));
    assert_int_equal(count, 1);
    assert_str(got[0].name, "b");
}

static struct store_policy_version version(int64_t id, int64_t number)
{
    return (struct store_policy_version){.policy_id = id,
                                         .version = number,
                                         .published_at = SUITE_NOW + number,
                                         .published_by = STR("usr_1"),
                                         .note = STR("why"),
                                         .document = STR("{}")};
}

static void test_policy_versions(void **state)
{
    (void)state;
    struct store_policy row = policy(suite_account(), "kept");
    struct store_policy_version got[4], v = version(row.id, 1);
    size_t count;
    assert_err(STORE_NOTFOUND, run(version_insert, &v));
    assert_ok(run(policy_insert, &row));
    for (int i = 1; i <= 3; i++) {
        v = version(row.id, i);
        assert_ok(run(version_insert, &v));
    }
    v.document = STR("{\"another\":1}");
    assert_err(STORE_CONFLICT, run(version_insert, &v));
    assert_ok(store_policy_version_get(suite.reader, &suite.arena, row.id, 3, &got[0]));
    assert_str(got[0].document, "{}");
    assert_str(got[0].published_by, "usr_1");
    assert_str(got[0].note, "why");
    assert_int_equal(got[0].published_at, SUITE_NOW + 3);
    assert_err(STORE_NOTFOUND, store_policy_version_get(suite.reader, &suite.arena, row.id, 4, &got[0]));
    assert_ok(store_policy_version_list(suite.reader, &suite.arena, row.id, 0, 2, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[0].version, 3);
    assert_int_equal(got[0].document.len, 0);
    assert_ok(store_policy_version_list(suite.reader, &suite.arena, row.id, 2, 4, got, &count));
    assert_int_equal(count, 1);
    assert_int_equal(got[0].version, 1);
    assert_ok(run(policy_delete, &row.id));
    assert_err(STORE_NOTFOUND, store_policy_version_get(suite.reader, &suite.arena, row.id, 1, &got[0]));
    assert_err(STORE_NOTFOUND, run(policy_delete, &row.id));
}

struct pruned {
    int64_t before, count;
    size_t limit;
};
UNIT(content_prune, struct pruned, store_content_prune(c, row->before, row->limit, &row->count))

static struct store_kept_content content(int64_t account, int64_t made_at)
{
    return (struct store_kept_content){.scan_id = suite_id(),
                                       .account_id = account,
                                       .policy_id = suite_id(),
                                       .version = 2,
                                       .made_at = made_at,
                                       .sealed = STR("sealed\0bytes")};
}

static void test_kept_contents(void **state)
{
    (void)state;
    int64_t account = suite_account();
    struct store_kept_content got, rows[4];
    for (int i = 0; i < 4; i++) {
        rows[i] = content(account, SUITE_NOW + i);
        assert_ok(run(content_insert, &rows[i]));
    }
    assert_err(STORE_CONFLICT, run(content_insert, &rows[0]));
    assert_ok(store_content_get(suite.reader, &suite.arena, rows[1].scan_id, &got));
    assert_int_equal(got.account_id, account);
    assert_int_equal(got.policy_id, rows[1].policy_id);
    assert_int_equal(got.version, 2);
    assert_int_equal(got.made_at, SUITE_NOW + 1);
    assert_true(str_eq(got.sealed, STR("sealed\0bytes")));
    struct pruned p = {.before = SUITE_NOW + 3, .limit = 2};
    assert_ok(run(content_prune, &p));
    assert_int_equal(p.count, 2); /* the oldest go first */
    assert_err(STORE_NOTFOUND, store_content_get(suite.reader, &suite.arena, rows[1].scan_id, &got));
    assert_ok(run(content_prune, &p));
    assert_int_equal(p.count, 1);
    assert_ok(store_content_get(suite.reader, &suite.arena, rows[3].scan_id, &got));
}

static void test_an_account_is_erased(void **state)
{
    (void)state;
    int64_t account = suite_account(), other = suite_account();
    struct store_policy got, gone = policy(account, "a"), stays = policy(other, "a");
    struct store_policy_version v, old = version(gone.id, 1), kept = version(stays.id, 1);
    struct store_kept_content c, text = content(account, SUITE_NOW + 100), others = content(other, SUITE_NOW + 100);
    assert_ok(run(policy_insert, &gone));
    assert_ok(run(policy_insert, &stays));
    assert_ok(run(version_insert, &old));
    assert_ok(run(version_insert, &kept));
    assert_ok(run(content_insert, &text));
    assert_ok(run(content_insert, &others));
    assert_ok(run(erase_account, &account));
    assert_err(STORE_NOTFOUND, store_policy_get(suite.reader, &suite.arena, gone.id, &got));
    assert_err(STORE_NOTFOUND, store_policy_version_get(suite.reader, &suite.arena, gone.id, 1, &v));
    assert_err(STORE_NOTFOUND, store_content_get(suite.reader, &suite.arena, text.scan_id, &c));
    assert_ok(store_policy_get(suite.reader, &suite.arena, stays.id, &got));
    assert_ok(store_policy_version_get(suite.reader, &suite.arena, stays.id, 1, &v));
    assert_ok(store_content_get(suite.reader, &suite.arena, others.scan_id, &c));
}

const struct CMUnitTest suite_policy_tests[] = {
    cmocka_unit_test(test_policy_round_trip), cmocka_unit_test(test_policy_names_and_defaults),
    cmocka_unit_test(test_policy_pages),      cmocka_unit_test(test_policy_versions),
    cmocka_unit_test(test_kept_contents),     cmocka_unit_test(test_an_account_is_erased),
};
const size_t suite_policy_test_count = sizeof suite_policy_tests / sizeof *suite_policy_tests;

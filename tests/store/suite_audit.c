/* The audit log: filters, ranges of times, addresses that go, records that go, tiles and checkpoints. */
#include "suite.h"

#include "store/audit.h"

UNIT(audit_append, const struct store_audit, store_audit_append(c, row))
UNIT(checkpoint_put, const struct store_checkpoint, store_checkpoint_put(c, row))

struct span {
    int64_t number, first_ms, last_ms;
};
UNIT(span_put, const struct span, store_audit_span_put(c, row->number, row->first_ms, row->last_ms))

struct tile_row {
    unsigned level;
    uint64_t number;
    struct cardea_str hashes;
};
UNIT(tile_put, const struct tile_row, store_audit_tile_put(c, row->level, row->number, row->hashes))

struct cut {
    int64_t before, count;
    size_t limit;
};
UNIT(prune, struct cut, store_audit_prune(c, row->before, row->limit, &row->count))
UNIT(erase_sources, struct cut, store_audit_erase_sources(c, row->before, row->limit, &row->count))
UNIT(erase_actor, const struct cardea_str, store_audit_erase_actor(c, *row))

static struct store_audit audit_row(int64_t account, const char *action, const char *actor, const char *subject)
{
    struct store_audit row = {.at_ms = 1000,
                              .action = str_of(action),
                              .actor = str_of(actor),
                              .subject = str_of(subject),
                              .account_id = account,
                              .detail = STR("{\"a\":1}"),
                              .source = STR("192.0.2.1"),
                              .has_source_hash = true,
                              .salt = "0123456789abcde"};
    memset(&row.source_hash, 7, sizeof row.source_hash);
    return row;
}

static size_t found(struct store_audit_filter f, struct store_audit out[8], int64_t *next)
{
    size_t count = 0;
    f.limit = f.limit ? f.limit : 8;
    assert_ok(store_audit_list(suite.reader, &suite.arena, &f, out, &count, next));
    return count;
}

static void test_audit_filters(void **state)
{
    (void)state;
    struct store_audit rows[8], got;
    int64_t account = suite_account(), next;
    struct store_audit row = audit_row(account, "key.created", "root", "key_a1");
    row.actor_key = 5;
    assert_ok(run(audit_append, &row));
    row = audit_row(account, "key.revoked", "usr_a1", "key_a1");
    assert_ok(run(audit_append, &row));
    row = audit_row(account, "user.updated", "usr_a1", "usr_a1");
    row.source = (struct cardea_str){0};
    row.has_source_hash = false;
    assert_ok(run(audit_append, &row));

    assert_int_equal(found((struct store_audit_filter){.account_id = account}, rows, &next), 3);
    assert_int_equal(next, 0);
    assert_true(str_eq(rows[0].action, STR("user.updated")) && !rows[0].has_source_hash && rows[0].source.len == 0);
    assert_true(str_eq(rows[2].source, STR("192.0.2.1")) && memcmp(rows[2].salt, "0123456789abcde", 16) == 0);
    assert_int_equal(rows[2].actor_key, 5);
    assert_int_equal(found((struct store_audit_filter){.subject = STR("key_a1")}, rows, &next), 2);
    assert_int_equal(found((struct store_audit_filter){.actor = STR("usr_a1")}, rows, &next), 2);
    assert_int_equal(found((struct store_audit_filter){.actor = STR("root"), .account_id = account}, rows, &next), 1);
    struct store_audit_filter keys = {.account_id = account, .action = STR("key."), .action_begins = true};
    assert_int_equal(found(keys, rows, &next), 2);
    keys.action_begins = false;
    assert_int_equal(found(keys, rows, &next), 0);
    struct store_audit_filter page = {.account_id = account, .limit = 2};
    assert_int_equal(found(page, rows, &next), 2);
    assert_int_equal(next, rows[1].sequence);
    page.before = next;
    assert_int_equal(found(page, rows, &next), 1);
    assert_ok(store_audit_get(suite.reader, &suite.arena, rows[0].sequence, &got));
    assert_true(str_eq(got.detail, STR("{\"a\":1}")) && str_eq(got.source, STR("192.0.2.1")));
    assert_err(STORE_NOTFOUND, store_audit_get(suite.reader, &suite.arena, INT64_MAX, &got));
}

/* What is known of spans only narrows where is looked: the times themselves decide. */
static void test_audit_times(void **state)
{
    (void)state;
    struct store_audit rows[8];
    int64_t account = suite_account(), next, first = 0;
    for (int i = 0; i < 3; i++) {
        struct store_audit row = audit_row(account, "key.created", "root", "key_t1");
        row.at_ms = INT64_C(9000000000000) + i * 1000;
        assert_ok(run(audit_append, &row));
    }
    struct store_audit_filter f = {
        .account_id = account, .from_ms = INT64_C(9000000001000), .to_ms = INT64_C(9000000002000)};
    assert_int_equal(found(f, rows, &next), 1);
    first = rows[0].sequence - 1;
    struct span span = {(first - 1) / STORE_AUDIT_SPAN, INT64_C(9000000000000), INT64_C(9000000002000)};
    assert_ok(run(span_put, &span));
    assert_int_equal(found(f, rows, &next), 1);
    f = (struct store_audit_filter){.account_id = account, .to_ms = INT64_C(9000000001000)};
    assert_int_equal(found(f, rows, &next), 1);
    f = (struct store_audit_filter){.account_id = account, .from_ms = INT64_C(9000000002001)};
    assert_int_equal(found(f, rows, &next), 0);
}

static void test_audit_addresses_go(void **state)
{
    (void)state;
    struct store_audit rows[8];
    int64_t account = suite_account(), next;
    struct cardea_str who = STR("usr_gone");
    for (int i = 0; i < 2; i++) {
        struct store_audit row = audit_row(account, "key.created", i ? "usr_stays" : "usr_gone", "key_e1");
        assert_ok(run(audit_append, &row));
    }
    assert_ok(run(erase_actor, &who));
    assert_int_equal(found((struct store_audit_filter){.account_id = account}, rows, &next), 2);
    assert_true(rows[0].source.len > 0 && rows[1].source.len == 0 && rows[1].has_source_hash);
    struct cut cut = {.before = rows[0].sequence + 1, .limit = 1000};
    assert_ok(run(erase_sources, &cut));
    assert_true(cut.count >= 1);
    assert_int_equal(found((struct store_audit_filter){.account_id = account}, rows, &next), 2);
    assert_true(rows[0].source.len == 0);
}

static void test_tiles_and_checkpoints(void **state)
{
    (void)state;
    char bytes[96];
    uint64_t size = 1;
    struct cardea_str got;
    struct store_checkpoint row;
    memset(bytes, 3, sizeof bytes);
    struct tile_row first = {0, 0, {bytes, 64}}, second = {0, 1, {bytes, 32}}, above = {1, 0, {bytes, 32}};
    assert_ok(store_audit_sealed(suite.reader, 2, &size));
    assert_int_equal(size, 0);
    assert_ok(run(tile_put, &first));
    assert_ok(run(tile_put, &above));
    assert_ok(run(tile_put, &second));
    assert_ok(store_audit_sealed(suite.reader, 2, &size));
    assert_int_equal(size, 3);
    second.hashes.len = 64;
    assert_ok(run(tile_put, &second));
    assert_ok(store_audit_tile_get(suite.reader, &suite.arena, 0, 1, &got));
    assert_int_equal(got.len, 64);
    assert_err(STORE_NOTFOUND, store_audit_tile_get(suite.reader, &suite.arena, 2, 0, &got));

    assert_err(STORE_NOTFOUND, store_checkpoint_last(suite.reader, &suite.arena, &row));
    for (int64_t i = 1; i <= 3; i++) {
        row = (struct store_checkpoint){i * 10, i * 1000, STR("note")};
        assert_ok(run(checkpoint_put, &row));
    }
    row = (struct store_checkpoint){30, 9, STR("another")}; /* stays as it is */
    assert_ok(run(checkpoint_put, &row));
    assert_ok(store_checkpoint_last(suite.reader, &suite.arena, &row));
    assert_true(row.size == 30 && str_eq(row.note, STR("note")));
    assert_ok(store_checkpoint_from(suite.reader, &suite.arena, 11, &row));
    assert_int_equal(row.size, 20);
    assert_ok(store_checkpoint_before(suite.reader, &suite.arena, 2000, &row));
    assert_int_equal(row.size, 10);
    assert_err(STORE_NOTFOUND, store_checkpoint_from(suite.reader, &suite.arena, 31, &row));
}

/* Last of all: it leaves one record. */
static void test_records_go_but_the_newest(void **state)
{
    (void)state;
    int64_t count, first, again;
    struct store_audit row = audit_row(suite_account(), "key.created", "root", "key_p1");
    /* From the record 20 on: the log begins with the checkpoint of that size. */
    struct cut cut = {.before = 21, .limit = 1000};
    struct store_checkpoint oldest;
    assert_ok(run(prune, &cut));
    assert_ok(store_checkpoint_from(suite.reader, &suite.arena, 1, &oldest));
    assert_int_equal(oldest.size, 20);
    assert_ok(run(audit_append, &row));
    assert_ok(run(audit_append, &row));
    assert_ok(store_audit_count(suite.reader, &count));
    cut = (struct cut){.before = INT64_MAX, .limit = 1};
    assert_ok(run(prune, &cut));
    assert_int_equal(cut.count, 1);
    cut.limit = 100000;
    assert_ok(run(prune, &cut));
    assert_int_equal(cut.count, count - 2);
    assert_ok(store_audit_first(suite.reader, &first));
    assert_ok(run(audit_append, &row));
    assert_ok(run(prune, &cut));
    assert_ok(store_audit_first(suite.reader, &again));
    assert_int_equal(again, first + 1); /* no sequence is given twice */
}

const struct CMUnitTest suite_audit_tests[] = {
    cmocka_unit_test(test_audit_filters),
    cmocka_unit_test(test_audit_times),
    cmocka_unit_test(test_audit_addresses_go),
    cmocka_unit_test(test_tiles_and_checkpoints),
    cmocka_unit_test(test_records_go_but_the_newest),
};
const size_t suite_audit_test_count = sizeof suite_audit_tests / sizeof suite_audit_tests[0];

/* Endpoints that are told of events, what is on its way to them, and following the outbox. */
#include "suite.h"

#include "store/webhooks.h"

UNIT(webhook_insert, const struct store_webhook, store_webhook_insert(c, row))
UNIT(webhook_update, const struct store_webhook, store_webhook_update(c, row))
UNIT(erase_account, const int64_t, store_webhook_erase_account(c, *row))
UNIT(delivery_insert, const struct store_webhook_delivery, store_webhook_delivery_insert(c, row))
UNIT(delivery_update, const struct store_webhook_delivery, store_webhook_delivery_update(c, row))
UNIT(event_append, const struct store_event, store_event_append(c, row))

static struct store_webhook webhook(int64_t account)
{
    return (struct store_webhook){.id = suite_id(),
                                  .account_id = account,
                                  .url = STR("https://example.com/"),
                                  .events = STR("key.* content.blocked"),
                                  .description = STR("d"),
                                  .since = 7,
                                  .created_at = SUITE_NOW,
                                  .updated_at = SUITE_NOW,
                                  .sealed = {"\0sealed", 7},
                                  .secret_made_at = SUITE_NOW};
}

static struct store_webhook_delivery delivery(int64_t webhook_id, int64_t next_at_ms)
{
    return (struct store_webhook_delivery){.id = suite_id(),
                                           .webhook_id = webhook_id,
                                           .event_id = suite_id(),
                                           .type = STR("key.created"),
                                           .at_ms = next_at_ms,
                                           .next_at_ms = next_at_ms,
                                           .attempt_log = STR("[]")};
}

static void test_webhook_round_trip(void **state)
{
    (void)state;
    struct store_webhook got, row = webhook(suite_account());
    int64_t before = suite_position(), count;
    bool any;
    assert_err(STORE_NOTFOUND, store_webhook_get(suite.reader, &suite.arena, row.id, &got));
    assert_err(STORE_NOTFOUND, run(webhook_update, &row));
    assert_ok(run(webhook_insert, &row));
    assert_int_equal(suite_position(), before); /* the snapshot holds none */
    row.state = STORE_WEBHOOK_STOPPED;
    row.reason = STR("it failed");
    row.previous = STR("old");
    row.previous_until = SUITE_NOW + 5;
    row.failing_since_ms = 9;
    assert_ok(run(webhook_update, &row));
    assert_ok(store_webhook_get(suite.reader, &suite.arena, row.id, &got));
    assert_true(got.account_id == row.account_id && got.state == STORE_WEBHOOK_STOPPED && got.since == 7);
    assert_true(got.previous_until == SUITE_NOW + 5 && got.failing_since_ms == 9 && got.secret_made_at == SUITE_NOW);
    assert_true(str_eq(got.sealed, row.sealed));
    assert_str(got.previous, "old");
    assert_str(got.events, "key.* content.blocked");
    assert_str(got.reason, "it failed");
    assert_ok(store_webhook_count(suite.reader, row.account_id, &count));
    assert_int_equal(count, 1);
    row.state = STORE_WEBHOOK_ENABLED;
    assert_ok(run(webhook_update, &row));
    assert_ok(store_webhook_any(suite.reader, &any));
    assert_true(any);
    /* Rules of the store's own: of another account it is another's, and without an account nobody's. */
    row.account_id = suite_account();
    assert_err(STORE_NOTFOUND, run(webhook_update, &row));
    row = webhook(suite_id());
    assert_err(STORE_NOTFOUND, run(webhook_insert, &row));
}

static void test_webhook_lists(void **state)
{
    (void)state;
    int64_t account = suite_account(), count;
    struct store_webhook rows[3] = {webhook(account), webhook(account), webhook(account)}, got[3];
    size_t n;
    rows[1].state = STORE_WEBHOOK_DISABLED;
    for (int i = 0; i < 3; i++)
        assert_ok(run(webhook_insert, &rows[i]));
    assert_ok(store_webhook_list(suite.reader, &suite.arena, account, rows[0].id, 3, got, &n));
    assert_true(n == 2 && got[0].id == rows[1].id && got[1].id == rows[2].id);
    assert_ok(store_webhook_listening(suite.reader, &suite.arena, account, 3, got, &n));
    assert_true(n == 2 && got[0].id == rows[0].id && got[1].id == rows[2].id && got[0].since == 7);
    assert_str(got[0].events, "key.* content.blocked");
    assert_ok(run(erase_account, &account));
    assert_ok(store_webhook_list(suite.reader, &suite.arena, account, 0, 3, got, &n));
    assert_int_equal(n, 0);
    assert_ok(store_webhook_count(suite.reader, account, &count));
    assert_int_equal(count, 0);
    assert_ok(store_webhook_get(suite.reader, &suite.arena, rows[0].id, &got[0]));
    assert_true(got[0].state == STORE_WEBHOOK_DELETED && got[0].sealed.len == 0 && got[0].url.len == 0);
}

static void test_webhook_deliveries(void **state)
{
    (void)state;
    struct store_webhook hook = webhook(suite_account());
    struct store_webhook_delivery got[4], rows[3];
    int64_t at, id, next;
    size_t n;
    assert_ok(run(webhook_insert, &hook));
    for (int i = 0; i < 3; i++) {
        rows[i] = delivery(hook.id, 3000 - 1000 * i);
        assert_ok(run(delivery_insert, &rows[i]));
    }
    assert_ok(store_webhook_due(suite.reader, &suite.arena, hook.id, 2000, 4, got, &n));
    assert_true(n == 2 && got[0].id == rows[2].id && got[1].id == rows[1].id); /* the longest due first */
    assert_ok(store_webhook_next_due(suite.reader, hook.id, &at));
    assert_int_equal(at, 1000);
    assert_ok(store_webhook_next_waiting(suite.reader, hook.id - 1, &id));
    assert_int_equal(id, hook.id);
    rows[2].state = STORE_WEBHOOK_FAILED;
    rows[2].attempts = 8;
    rows[2].ended_at_ms = 5000;
    rows[2].status = 503;
    rows[2].latency_ms = 12;
    rows[2].error = STR("it answers 503");
    rows[2].response = (struct cardea_str){"\0\xff", 2};
    rows[2].attempt_log = STR("[{}]");
    assert_ok(run(delivery_update, &rows[2]));
    assert_ok(store_webhook_delivery_get(suite.reader, &suite.arena, rows[2].id, &got[0]));
    assert_true(got[0].state == STORE_WEBHOOK_FAILED && got[0].attempts == 8 && got[0].status == 503);
    assert_true(got[0].latency_ms == 12 && got[0].ended_at_ms == 5000 && str_eq(got[0].response, rows[2].response));
    assert_str(got[0].attempt_log, "[{}]");
    struct store_webhook_filter f = {.webhook_id = hook.id, .state = -1, .limit = 2};
    assert_ok(store_webhook_delivery_list(suite.reader, &suite.arena, &f, got, &n, &next));
    assert_true(n == 2 && got[0].id == rows[2].id && got[1].id == rows[1].id && next == rows[1].id);
    f.before = next;
    assert_ok(store_webhook_delivery_list(suite.reader, &suite.arena, &f, got, &n, &next));
    assert_true(n == 1 && got[0].id == rows[0].id && next == 0);
    f = (struct store_webhook_filter){.webhook_id = hook.id, .state = STORE_WEBHOOK_FAILED, .limit = 2};
    assert_ok(store_webhook_delivery_list(suite.reader, &suite.arena, &f, got, &n, &next));
    assert_true(n == 1 && got[0].id == rows[2].id);
    rows[2].id = suite_id();
    assert_err(STORE_NOTFOUND, run(delivery_update, &rows[2]));
}

struct replay {
    int64_t webhook_id, since_ms, until_ms;
    size_t limit, count;
};
UNIT(replay, struct replay,
     store_webhook_replay(c, row->webhook_id, row->since_ms, row->until_ms, 9000, row->limit, &row->count))
UNIT(prune, struct replay, store_webhook_prune(c, row->webhook_id, row->limit, &row->count))

static void test_webhook_replay_and_prune(void **state)
{
    (void)state;
    struct store_webhook hook = webhook(suite_account()), gone = webhook(hook.account_id), got;
    struct store_webhook_delivery row, last = {0};
    int64_t at;
    gone.state = STORE_WEBHOOK_DELETED;
    assert_ok(run(webhook_insert, &hook));
    assert_ok(run(webhook_insert, &gone));
    for (int i = 0; i < 5; i++) {
        last = delivery(hook.id, 1000 * i);
        assert_ok(run(delivery_insert, &last));
        last.state = STORE_WEBHOOK_FAILED;
        last.attempts = 8;
        assert_ok(run(delivery_update, &last));
    }
    struct replay one = {.webhook_id = hook.id, .since_ms = 1000, .until_ms = 4000, .limit = 2};
    assert_ok(run(replay, &one));
    assert_int_equal(one.count, 2);
    assert_ok(run(replay, &one));
    assert_int_equal(one.count, 1); /* from 1000 on, before 4000 */
    assert_ok(run(replay, &one));
    assert_int_equal(one.count, 0);
    assert_ok(store_webhook_next_due(suite.reader, hook.id, &at));
    assert_int_equal(at, 9000);
    assert_ok(store_webhook_delivery_get(suite.reader, &suite.arena, last.id, &row));
    assert_true(row.state == STORE_WEBHOOK_FAILED);
    struct replay old = {.webhook_id = last.id, .limit = 3};
    do {
        assert_ok(run(prune, &old));
        assert_true(old.count <= 3);
    } while (old.count);
    assert_ok(store_webhook_next_due(suite.reader, hook.id, &at));
    assert_int_equal(at, 0);
    assert_ok(store_webhook_delivery_get(suite.reader, &suite.arena, last.id, &row));
    assert_err(STORE_NOTFOUND, store_webhook_get(suite.reader, &suite.arena, gone.id, &got));
    assert_ok(store_webhook_get(suite.reader, &suite.arena, hook.id, &got));
}

static void test_outbox_is_followed(void **state)
{
    (void)state;
    struct store_event got[2], rows[3];
    int64_t before, last;
    size_t n;
    assert_ok(store_event_last(suite.reader, &before));
    for (int i = 0; i < 3; i++) {
        rows[i] = (struct store_event){
            .id = suite_id(), .at_ms = i, .account_id = 5, .type = STR("key.created"), .payload = STR("{\"a\":1}")};
        assert_ok(run(event_append, &rows[i]));
    }
    assert_ok(store_event_last(suite.reader, &last));
    assert_int_equal(last, rows[2].id);
    assert_ok(store_event_after(suite.reader, &suite.arena, rows[0].id - 1, 2, got, &n));
    assert_true(n == 2 && got[0].id == rows[0].id && got[1].id == rows[1].id && got[0].payload.len == 0);
    assert_ok(store_event_after(suite.reader, &suite.arena, rows[2].id, 2, got, &n));
    assert_int_equal(n, 0);
    assert_ok(store_event_get(suite.reader, &suite.arena, rows[1].id, &got[0]));
    assert_true(got[0].account_id == 5 && got[0].at_ms == 1);
    assert_str(got[0].payload, "{\"a\":1}");
    assert_err(STORE_NOTFOUND, store_event_get(suite.reader, &suite.arena, suite_id(), &got[0]));
}

UNIT(event_prune, struct replay, store_event_prune(c, row->webhook_id, row->limit, &row->count))

static void test_the_oldest_events_go_first_and_the_last_never(void **state)
{
    (void)state;
    struct store_event row = {.account_id = 5, .type = STR("key.created"), .payload = STR("{}")}, got[3];
    int64_t ids[4], last;
    size_t n;
    for (int i = 0; i < 4; i++) {
        ids[i] = row.id = suite_id();
        assert_ok(run(event_append, &row));
    }
    struct replay old = {.webhook_id = ids[0], .limit = 1000};
    do
        assert_ok(run(event_prune, &old));
    while (old.count);
    old = (struct replay){.webhook_id = ids[2], .limit = 1};
    assert_ok(run(event_prune, &old));
    assert_int_equal(old.count, 1);
    assert_ok(store_event_after(suite.reader, &suite.arena, 0, 3, got, &n));
    assert_true(n == 3 && got[0].id == ids[1]);
    old = (struct replay){.webhook_id = INT64_MAX, .limit = 10};
    assert_ok(run(event_prune, &old));
    assert_int_equal(old.count, 2);
    assert_ok(store_event_last(suite.reader, &last));
    assert_int_equal(last, ids[3]);
}

/* A test's event is new, whatever was not made into deliveries yet. */
static void test_the_first_event_that_has_a_delivery(void **state)
{
    (void)state;
    struct replay all = {.webhook_id = INT64_MAX, .limit = 100000};
    int64_t id, events[] = {suite_id(), suite_id(), suite_id()};
    assert_ok(run(prune, &all));
    assert_ok(store_webhook_first_event(suite.reader, STR("apart"), &id));
    assert_int_equal(id, INT64_MAX);
    struct store_webhook_delivery row = delivery(suite_id(), 0);
    row.event_id = events[2];
    row.type = STR("apart");
    assert_ok(run(delivery_insert, &row));
    assert_ok(store_webhook_first_event(suite.reader, STR("apart"), &id));
    assert_int_equal(id, events[2]);
    row = delivery(suite_id(), 0);
    row.event_id = events[0];
    assert_ok(run(delivery_insert, &row));
    row = delivery(suite_id(), 0);
    row.event_id = events[1];
    assert_ok(run(delivery_insert, &row));
    assert_ok(store_webhook_first_event(suite.reader, STR("apart"), &id));
    assert_int_equal(id, events[0]);
}

const struct CMUnitTest suite_webhook_tests[] = {
    cmocka_unit_test(test_webhook_round_trip),
    cmocka_unit_test(test_webhook_lists),
    cmocka_unit_test(test_webhook_deliveries),
    cmocka_unit_test(test_webhook_replay_and_prune),
    cmocka_unit_test(test_outbox_is_followed),
    cmocka_unit_test(test_the_oldest_events_go_first_and_the_last_never),
    cmocka_unit_test(test_the_first_event_that_has_a_delivery),
};
const size_t suite_webhook_test_count = sizeof suite_webhook_tests / sizeof *suite_webhook_tests;

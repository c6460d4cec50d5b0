/* Events, newest first, by account, key and type; and the keys of an agent. */
#include "suite.h"

UNIT(event_append, const struct store_event, store_event_append(c, row))
UNIT(agent_insert, const struct store_agent, store_agent_insert(c, row))
UNIT(key_insert, struct store_key, store_key_insert(c, row))
UNIT(key_update, const struct store_key, store_key_update(c, row))

enum { MADE, DENIED, MEMBER, ELSEWHERE, DENIED_AGAIN, EVENT_COUNT };
struct told {
    int64_t account, other, key;
    struct store_event events[EVENT_COUNT];
};

static void tell(struct told *t)
{
    static const char *const types[] = {"key.created", "key.denied", "member.added", "key.denied", "key.denied"};
    t->account = suite_account();
    t->other = suite_account();
    t->key = suite_id();
    for (int i = 0; i < EVENT_COUNT; i++) {
        t->events[i] = (struct store_event){.id = suite_id(),
                                            .at_ms = 100 + i,
                                            .account_id = i == ELSEWHERE ? t->other : t->account,
                                            .type = str_of(types[i]),
                                            .payload = STR("{\"a\":1}")};
        t->events[i].key_id = i == MEMBER ? 0 : t->key + (i == DENIED_AGAIN);
        assert_ok(run(event_append, &t->events[i]));
    }
}

/* `expected`: places in t->events, ended by -1. */
static void assert_told(const struct told *t, struct store_event_filter f, bool more, const int *expected)
{
    struct store_event got[EVENT_COUNT];
    size_t count = 0, n = 0;
    int64_t next;
    f.limit = f.limit ? f.limit : EVENT_COUNT;
    assert_ok(store_event_list(suite.reader, &suite.arena, &f, got, &count, &next));
    for (; expected[n] >= 0; n++) {
        const struct store_event *want = &t->events[expected[n]];
        assert_true(n < count);
        assert_int_equal(got[n].id, want->id);
        assert_int_equal(got[n].at_ms, want->at_ms);
        assert_int_equal(got[n].account_id, want->account_id);
        assert_int_equal(got[n].key_id, want->key_id);
        assert_true(str_eq(got[n].type, want->type) && str_eq(got[n].payload, want->payload));
    }
    assert_int_equal(count, n);
    assert_int_equal(next != 0, more);
    assert_true(!more || next <= got[count - 1].id);
}
#define TOLD(more, filter, ...) assert_told(&t, (struct store_event_filter)filter, more, (const int[]){__VA_ARGS__, -1})
#define F(...)      \
    {               \
        __VA_ARGS__ \
    }

static void test_event_filters(void **state)
{
    (void)state;
    struct told t;
    tell(&t);
    int64_t a = t.account;
    TOLD(false, F(.account_id = a), DENIED_AGAIN, MEMBER, DENIED, MADE);
    TOLD(false, F(.account_id = t.other), ELSEWHERE);
    TOLD(false, F(.account_id = suite_id()), -1);
    TOLD(false, F(.account_id = a, .type = STR("key.denied")), DENIED_AGAIN, DENIED);
    TOLD(false, F(.account_id = a, .type = STR("key.denie")), -1);
    TOLD(false, F(.account_id = a, .type = STR("key."), .type_begins = true), DENIED_AGAIN, DENIED, MADE);
    TOLD(false, F(.account_id = a, .type = STR("nokey."), .type_begins = true), -1);
    TOLD(false, F(.key_id = t.key), ELSEWHERE, DENIED, MADE);
    TOLD(false, F(.key_id = t.key, .account_id = a), DENIED, MADE);
    TOLD(false, F(.key_id = t.key, .account_id = a, .type = STR("key.created")), MADE);
    TOLD(true, F(.limit = 3), DENIED_AGAIN, ELSEWHERE, MEMBER); /* what others told stands before */
    TOLD(true, F(.account_id = a, .limit = 2), DENIED_AGAIN, MEMBER);
    TOLD(false, F(.account_id = a, .limit = 2, .before = t.events[MEMBER].id), DENIED, MADE);
    TOLD(true, F(.account_id = a, .limit = 1, .type = STR("key.denied")), DENIED_AGAIN);
    TOLD(false, F(.account_id = a, .before = t.events[MADE].id), -1);
}

/* A rare type among very many: each look is bounded, and the pages together are complete. */
static enum store_err append_many(struct store_conn *c, void *arg)
{
    const struct store_event *like = arg;
    enum store_err err = STORE_OK;
    for (int i = 0; i < STORE_EVENT_LOOK + 100 && err == STORE_OK; i++) {
        struct store_event row = *like;
        row.id = suite_id();
        err = store_event_append(c, &row);
    }
    return err;
}

static void test_event_looks_are_bounded(void **state)
{
    (void)state;
    struct store_event rare = {
        .id = suite_id(), .account_id = suite_account(), .type = STR("rare"), .payload = STR("{}")};
    struct store_event common = {.account_id = rare.account_id, .type = STR("common"), .payload = STR("{}")}, got[5];
    struct store_event_filter f = {.account_id = rare.account_id, .type = STR("rare"), .limit = 5};
    size_t count;
    assert_ok(run(event_append, &rare));
    assert_ok(run(append_many, &common));
    assert_ok(store_event_list(suite.reader, &suite.arena, &f, got, &count, &f.before));
    assert_int_equal(count, 0);
    assert_true(f.before > rare.id);
    assert_ok(store_event_list(suite.reader, &suite.arena, &f, got, &count, &f.before));
    assert_int_equal(count, 1);
    assert_int_equal(got[0].id, rare.id);
    assert_int_equal(f.before, 0);
}

static void test_keys_of_an_agent(void **state)
{
    (void)state;
    int64_t account = suite_account();
    struct store_agent agents[2] = {{.id = suite_id(), .account_id = account, .slug = STR("one")},
                                    {.id = suite_id(), .account_id = account, .slug = STR("two")}};
    struct store_key rows[4], got[5];
    size_t count;
    assert_ok(run(agent_insert, &agents[0]));
    assert_ok(run(agent_insert, &agents[1]));
    for (int i = 0; i < 4; i++) {
        rows[i] = suite_key(account);
        rows[i].agent_id = agents[i == 3].id;
        rows[i].state = i == 1 ? CARDEA_KEY_DISABLED : CARDEA_KEY_ACTIVE;
        assert_ok(run(key_insert, &rows[i]));
    }
    assert_ok(store_key_of_agent(suite.reader, &suite.arena, agents[0].id, 5, got, &count));
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(got[i].id, rows[i].id);
    }
    rows[0].state = CARDEA_KEY_REVOKED;
    assert_ok(run(key_update, &rows[0]));
    assert_ok(store_key_of_agent(suite.reader, &suite.arena, agents[0].id, 1, got, &count));
    assert_int_equal(count, 1);
    assert_int_equal(got[0].id, rows[1].id);
    assert_ok(store_key_of_agent(suite.reader, &suite.arena, suite_id(), 5, got, &count));
    assert_int_equal(count, 0);
}

const struct CMUnitTest suite_event_tests[] = {
    cmocka_unit_test(test_event_filters),
    cmocka_unit_test(test_event_looks_are_bounded),
    cmocka_unit_test(test_keys_of_an_agent),
};
const size_t suite_event_test_count = sizeof suite_event_tests / sizeof *suite_event_tests;

/* Keys: rows, look-ups, pages by status, limits, usage. */
#include "suite.h"

UNIT(key_insert, struct store_key, store_key_insert(c, row))
UNIT(key_update, const struct store_key, store_key_update(c, row))
UNIT(add_usage, const struct store_key_usage, store_key_add_usage(c, row))
UNIT(agent_insert, const struct store_agent, store_agent_insert(c, row))

static void assert_same_key(const struct store_key *a, const struct store_key *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->account_id, b->account_id);
    assert_int_equal(a->ordinal, b->ordinal);
    assert_memory_equal(&a->digest, &b->digest, sizeof a->digest);
    assert_true(str_eq(a->kind, b->kind) && str_eq(a->name, b->name) && str_eq(a->prefix, b->prefix));
    assert_true(str_eq(a->scopes, b->scopes) && str_eq(a->ip_allow, b->ip_allow) && str_eq(a->metadata, b->metadata));
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->created_at, b->created_at);
    assert_int_equal(a->expires_at, b->expires_at);
    assert_int_equal(a->user_id, b->user_id);
    assert_int_equal(a->agent_id, b->agent_id);
    assert_memory_equal(&a->rate, &b->rate, sizeof a->rate);
    assert_int_equal(a->credits, b->credits);
    assert_int_equal(a->credits_of, b->credits_of);
    assert_int_equal(a->last_used_at, b->last_used_at);
    assert_int_equal(a->use_count, b->use_count);
    assert_int_equal(a->denial_count, b->denial_count);
    assert_int_equal(a->slot_uses, b->slot_uses);
    assert_int_equal(a->slot_denials, b->slot_denials);
    assert_int_equal(a->slot_drawn, b->slot_drawn);
    assert_int_equal(a->revoked_at, b->revoked_at);
    assert_true(str_eq(a->revoke_reason, b->revoke_reason));
    assert_int_equal(a->rotated_to, b->rotated_to);
    assert_int_equal(a->rotated_from, b->rotated_from);
}

static void fill(struct store_key *row, int64_t user, int64_t agent)
{
    row->kind = STR("ci");
    row->name = STR("nächtlich");
    row->prefix = STR("crd_zzzz");
    row->scopes = STR("a:b c:*");
    row->state = CARDEA_KEY_REVOKED;
    row->created_at = 11;
    row->expires_at = 12;
    row->user_id = user;
    row->agent_id = agent;
    row->ip_allow = STR("10.0.0.0/8 ::1/128");
    row->rate = (struct cardea_rate){UINT32_MAX, 60000, 20};
    row->credits = INT64_MAX;
    row->credits_of = 77;
    row->metadata = STR("{\"a\":1}");
    row->last_used_at = 13;
    row->use_count = 14;
    row->denial_count = 15;
    row->slot_uses = 16;
    row->slot_denials = 17;
    row->slot_drawn = 18;
    row->revoked_at = 19;
    row->revoke_reason = STR("leaked");
    row->rotated_to = 20;
    row->rotated_from = 21;
}

static void test_key_round_trip(void **state)
{
    (void)state;
    int64_t account = suite_account(), user = suite_user(), before = suite_position();
    struct store_agent agent = {.id = suite_id(), .account_id = account, .slug = STR("a")};
    assert_ok(run(agent_insert, &agent));
    struct store_key got, row = suite_key(account);
    assert_err(STORE_NOTFOUND, run(key_update, &row));
    assert_ok(run(key_insert, &row));
    assert_ok(store_key_get(suite.reader, &suite.arena, row.id, &got));
    assert_same_key(&row, &got);
    fill(&row, user, agent.id);
    assert_ok(run(key_update, &row));
    assert_int_equal(suite_position(), before + 3);
    assert_ok(store_key_by_digest(suite.reader, &suite.arena, &row.digest, &got));
    assert_same_key(&row, &got);
    assert_ok(store_key_by_ordinal(suite.reader, &suite.arena, row.ordinal, &got));
    assert_same_key(&row, &got);

    struct store_key next = suite_key(account);
    fill(&next, user, agent.id);
    assert_ok(run(key_insert, &next));
    assert_int_equal(next.ordinal, row.ordinal + 1);
    assert_ok(store_key_get(suite.reader, &suite.arena, next.id, &got));
    assert_same_key(&next, &got);
}

static void test_key_refused(void **state)
{
    (void)state;
    int64_t account = suite_account();
    struct store_key got, first = suite_key(account), row = suite_key(account);
    assert_ok(run(key_insert, &first));
    row.digest = first.digest;
    assert_err(STORE_CONFLICT, run(key_insert, &row));
    row = suite_key(account);
    row.id = first.id;
    assert_err(STORE_CONFLICT, run(key_insert, &row));
    row = suite_key(suite_id());
    assert_err(STORE_NOTFOUND, run(key_insert, &row)); /* no such account */
    row = suite_key(account);
    row.user_id = suite_id();
    assert_err(STORE_NOTFOUND, run(key_insert, &row));
    row = suite_key(account);
    row.agent_id = suite_id();
    assert_err(STORE_NOTFOUND, run(key_insert, &row));
    row = suite_key(account);
    assert_err(STORE_NOTFOUND, store_key_get(suite.reader, &suite.arena, row.id, &got));
    assert_err(STORE_NOTFOUND, store_key_by_digest(suite.reader, &suite.arena, &row.digest, &got));
    assert_err(STORE_NOTFOUND, store_key_by_ordinal(suite.reader, &suite.arena, UINT32_MAX, &got));
    assert_ok(run(key_insert, &row));
    assert_int_equal(row.ordinal, first.ordinal + 1); /* the refused ones used none up */
}

static void test_key_prefix(void **state)
{
    (void)state;
    int64_t account = suite_account(), other = suite_account();
    struct store_key got[3], rows[4];
    size_t count;
    for (int i = 0; i < 4; i++) {
        rows[i] = suite_key(i == 3 ? other : account);
        rows[i].prefix = i == 2 ? STR("crd_othe") : STR("crd_same");
        assert_ok(run(key_insert, &rows[i]));
    }
    assert_ok(store_key_by_prefix(suite.reader, &suite.arena, account, STR("crd_same"), 3, got, &count));
    assert_int_equal(count, 2);
    assert_int_equal(got[0].id, rows[1].id);
    assert_ok(store_key_by_prefix(suite.reader, &suite.arena, account, STR("crd_same"), 1, got, &count));
    assert_int_equal(count, 1);
    assert_ok(store_key_by_prefix(suite.reader, &suite.arena, account, STR("crd_sam"), 3, got, &count));
    assert_int_equal(count, 0);
}

/* Seven keys of an account in all states; `user` made two of them. */
enum { PLAIN, EXPIRING, EXPIRED, DISABLED, DISABLED_EXPIRED, REVOKED, ROTATED, KEY_COUNT };
struct mixed {
    int64_t account, user;
    struct store_key keys[KEY_COUNT];
};

static void insert_mixed(struct mixed *m)
{
    m->account = suite_account();
    m->user = suite_user();
    for (int i = 0; i < KEY_COUNT; i++) {
        m->keys[i] = suite_key(m->account);
    }
    m->keys[EXPIRING].expires_at = SUITE_NOW + 1;
    m->keys[EXPIRED].expires_at = SUITE_NOW;
    m->keys[DISABLED].state = m->keys[DISABLED_EXPIRED].state = CARDEA_KEY_DISABLED;
    m->keys[DISABLED_EXPIRED].expires_at = 5;
    m->keys[REVOKED].state = CARDEA_KEY_REVOKED;
    m->keys[ROTATED].rotated_to = 1;
    m->keys[EXPIRING].user_id = m->keys[REVOKED].user_id = m->user;
    m->keys[EXPIRING].kind = STR("ci");
    for (int i = 0; i < KEY_COUNT; i++) {
        assert_ok(run(key_insert, &m->keys[i]));
    }
}

/* `expected`: places in m->keys, descending, ended by -1. */
static void assert_listed(const struct mixed *m, struct store_key_filter f, const int *expected)
{
    struct store_key got[KEY_COUNT + 1];
    size_t count = 0, n = 0;
    f.now = SUITE_NOW;
    f.limit = KEY_COUNT + 1;
    assert_ok(store_key_list(suite.reader, &suite.arena, &f, got, &count));
    for (; expected[n] >= 0; n++) {
        assert_true(n < count);
        assert_int_equal(got[n].id, m->keys[expected[n]].id);
    }
    assert_int_equal(count, n);
}
#define LISTED(filter, ...) assert_listed(&m, (struct store_key_filter)filter, (const int[]){__VA_ARGS__, -1})
#define F(...)      \
    {               \
        __VA_ARGS__ \
    }

static void test_key_statuses(void **state)
{
    (void)state;
    struct mixed m;
    insert_mixed(&m);
    int64_t first = m.keys[0].id, a = m.account, u = m.user;
    LISTED(F(.account_id = a), ROTATED, REVOKED, DISABLED_EXPIRED, DISABLED, EXPIRED, EXPIRING, PLAIN);
    LISTED(F(.account_id = a, .status = STORE_KEYS_ACTIVE), ROTATED, EXPIRING, PLAIN);
    LISTED(F(.account_id = a, .status = STORE_KEYS_EXPIRED), EXPIRED);
    LISTED(F(.account_id = a, .status = STORE_KEYS_DISABLED), DISABLED_EXPIRED, DISABLED);
    LISTED(F(.account_id = a, .status = STORE_KEYS_REVOKED), REVOKED);
    LISTED(F(.account_id = a, .status = STORE_KEYS_UNREVOKED), ROTATED, DISABLED_EXPIRED, DISABLED, EXPIRED, EXPIRING,
           PLAIN);
    LISTED(F(.account_id = a, .status = STORE_KEYS_UNREVOKED, .kind = STR("ci")), EXPIRING);
    LISTED(F(.account_id = a, .status = STORE_KEYS_UNREVOKED, .before = m.keys[EXPIRED].id), EXPIRING, PLAIN);
    LISTED(F(.user_id = u, .status = STORE_KEYS_UNREVOKED), EXPIRING);
    LISTED(F(.account_id = a, .kind = STR("ci")), EXPIRING);
    LISTED(F(.account_id = a, .kind = STR("none")), -1);
    LISTED(F(.account_id = a, .before = m.keys[EXPIRED].id), EXPIRING, PLAIN);
    LISTED(F(.account_id = a, .before = first), -1);
    LISTED(F(.account_id = a, .user_id = u), REVOKED, EXPIRING);
    LISTED(F(.user_id = u, .status = STORE_KEYS_ACTIVE), EXPIRING);
    LISTED(F(.user_id = u, .status = STORE_KEYS_REVOKED), REVOKED);
    LISTED(F(.user_id = u, .account_id = a + 1), -1);
}

/* Without an account the newest of all come first, which here are this test's. */
static void test_key_all_accounts(void **state)
{
    (void)state;
    struct mixed m;
    insert_mixed(&m);
    static const struct {
        int status, expected;
    } cases[] = {{STORE_KEYS_ALL, ROTATED},     {STORE_KEYS_ACTIVE, ROTATED},  {STORE_KEYS_DISABLED, DISABLED_EXPIRED},
                 {STORE_KEYS_EXPIRED, EXPIRED}, {STORE_KEYS_REVOKED, REVOKED}, {STORE_KEYS_UNREVOKED, ROTATED}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_key got[2];
        size_t count;
        struct store_key_filter f = {.now = SUITE_NOW, .limit = 2};
        f.status = cases[i].status;
        assert_ok(store_key_list(suite.reader, &suite.arena, &f, got, &count));
        assert_int_equal(got[0].id, m.keys[cases[i].expected].id);
    }
}

static void test_key_count(void **state)
{
    (void)state;
    struct mixed m;
    insert_mixed(&m);
    int64_t count;
    assert_ok(store_key_count_active(suite.reader, m.account, STR(""), SUITE_NOW, &count));
    assert_int_equal(count, 2); /* plain and expiring */
    assert_ok(store_key_count_active(suite.reader, m.account, STR("ci"), SUITE_NOW, &count));
    assert_int_equal(count, 1);
    assert_ok(store_key_count_active(suite.reader, m.account, STR(""), SUITE_NOW + 1, &count));
    assert_int_equal(count, 1);
    assert_ok(store_key_count_active(suite.reader, m.account, STR(""), 0, &count));
    assert_int_equal(count, 3);
    m.keys[PLAIN].state = CARDEA_KEY_REVOKED;
    assert_ok(run(key_update, &m.keys[PLAIN]));
    m.keys[REVOKED].state = CARDEA_KEY_ACTIVE;
    assert_ok(run(key_update, &m.keys[REVOKED]));
    m.keys[EXPIRED].expires_at = 0;
    assert_ok(run(key_update, &m.keys[EXPIRED]));
    assert_ok(store_key_count_active(suite.reader, m.account, STR(""), SUITE_NOW, &count));
    assert_int_equal(count, 3);
    assert_ok(store_key_count_active(suite.reader, suite_id(), STR(""), SUITE_NOW, &count));
    assert_int_equal(count, 0);
}

/* Pages of two while keys come in and change between them: nobody is seen twice, nobody who stays is missed. */
static void test_key_pages_are_stable(void **state)
{
    (void)state;
    int64_t account = suite_account();
    struct store_key rows[7], got[2];
    for (int i = 0; i < 7; i++) {
        rows[i] = suite_key(account);
        assert_ok(run(key_insert, &rows[i]));
    }
    struct store_key_filter f = {
        .account_id = account, .status = STORE_KEYS_ACTIVE, .now = SUITE_NOW, .limit = 2, .before = 0};
    int expected = 6;
    size_t count;
    for (;;) {
        assert_ok(store_key_list(suite.reader, &suite.arena, &f, got, &count));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(got[i].id, rows[expected--].id);
        }
        if (count < f.limit) {
            break;
        }
        f.before = got[count - 1].id;
        struct store_key newcomer = suite_key(account);
        assert_ok(run(key_insert, &newcomer));
        got[0].state = CARDEA_KEY_REVOKED; /* one already shown */
        assert_ok(run(key_update, &got[0]));
    }
    assert_int_equal(expected, -1);
}

struct walk {
    int64_t next_ordinal, account, seen;
    int64_t stop_at; /* -1: never */
};

static enum store_err walk_key(void *arg, const struct store_key *row)
{
    struct walk *w = arg;
    assert_int_equal(row->ordinal, w->next_ordinal++);
    assert_true(row->kind.len > 0);
    w->seen += row->account_id == w->account;
    return row->ordinal == w->stop_at ? STORE_CONFLICT : STORE_OK;
}

static void test_key_each(void **state)
{
    (void)state;
    struct mixed m;
    insert_mixed(&m);
    struct walk w = {.account = m.account, .stop_at = -1};
    assert_ok(store_key_each(suite.reader, walk_key, &w));
    assert_int_equal(w.seen, KEY_COUNT);
    assert_int_equal(w.next_ordinal, m.keys[KEY_COUNT - 1].ordinal + 1);
    w = (struct walk){.stop_at = 2};
    assert_err(STORE_CONFLICT, store_key_each(suite.reader, walk_key, &w));
    assert_int_equal(w.next_ordinal, 3);
}

static void test_key_usage(void **state)
{
    (void)state;
    struct store_key got, row = suite_key(suite_account());
    row.credits = 10;
    assert_ok(run(key_insert, &row));
    int64_t before = suite_position();
    struct store_key_usage u = {.ordinal = row.ordinal,
                                .last_used_at = 100,
                                .uses_delta = 3,
                                .denials_delta = 2,
                                .credits_delta = -4,
                                .slot_uses = 30,
                                .slot_denials = 20,
                                .slot_drawn = 40};
    assert_ok(run(add_usage, &u));
    u.last_used_at = 90; /* a slot that was read late */
    assert_ok(run(add_usage, &u));
    assert_ok(store_key_get(suite.reader, &suite.arena, row.id, &got));
    assert_int_equal(got.last_used_at, 100);
    assert_int_equal(got.use_count, 6);
    assert_int_equal(got.denial_count, 4);
    assert_int_equal(got.credits, 2);
    assert_int_equal(got.slot_uses, 30);
    assert_int_equal(got.slot_denials, 20);
    assert_int_equal(got.slot_drawn, 40);
    assert_ok(run(add_usage, &u));
    assert_ok(store_key_get(suite.reader, &suite.arena, row.id, &got));
    assert_int_equal(got.credits, 0); /* never "not metered" */
    got.credits = -1;
    assert_ok(run(key_update, &got));
    assert_ok(run(add_usage, &u));
    assert_ok(store_key_get(suite.reader, &suite.arena, row.id, &got));
    assert_int_equal(got.credits, -1);
    assert_int_equal(suite_position(), before + 1); /* the update alone */
    u.ordinal = UINT32_MAX;
    assert_err(STORE_NOTFOUND, run(add_usage, &u));
}

const struct CMUnitTest suite_key_tests[] = {
    cmocka_unit_test(test_key_round_trip),
    cmocka_unit_test(test_key_refused),
    cmocka_unit_test(test_key_prefix),
    cmocka_unit_test(test_key_statuses),
    cmocka_unit_test(test_key_all_accounts),
    cmocka_unit_test(test_key_count),
    cmocka_unit_test(test_key_pages_are_stable),
    cmocka_unit_test(test_key_each),
    cmocka_unit_test(test_key_usage),
};
const size_t suite_key_test_count = sizeof suite_key_tests / sizeof *suite_key_tests;

/* Messages: the order of an inbox, what is due, what is forgotten, and the counts that limits go by. */
#include "suite.h"

#include "store/messages.h"

UNIT(agent_insert, const struct store_agent, store_agent_insert(c, row))
UNIT(message_insert, struct store_message, store_message_insert(c, row))
UNIT(message_update, const struct store_message, store_message_update(c, row))
UNIT(secret_put, const struct store_push_secret, store_push_secret_put(c, row))

struct box {
    int64_t account, ada, bob;
};

static int64_t agent_of(int64_t account)
{
    struct store_agent row = {
        .id = suite_id(), .account_id = account, .slug = suite_slug(), .name = STR("A"), .created_at = SUITE_NOW};
    assert_ok(run(agent_insert, &row));
    return row.id;
}

static struct box box_new(void)
{
    struct box b = {.account = suite_account()};
    b.ada = agent_of(b.account);
    b.bob = agent_of(b.account);
    return b;
}

static struct store_message letter(const struct box *b, const char *body)
{
    return (struct store_message){.id = suite_id(),
                                  .account_id = b->account,
                                  .sender_id = b->ada,
                                  .recipient_id = b->bob,
                                  .subject = STR("Lunch"),
                                  .body = str_of(body),
                                  .made_at_ms = SUITE_NOW * 1000LL,
                                  .state = STORE_MESSAGE_DELIVERED};
}

static struct store_message outside(const struct box *b, const char *address, int64_t due)
{
    struct store_message row = letter(b, "x");
    row.recipient_id = 0;
    row.channel = STORE_CHANNEL_PUSH;
    row.address = str_of(address);
    row.state = STORE_MESSAGE_QUEUED;
    row.next_at_ms = due;
    return row;
}

static struct store_message_room room_of(const struct box *b)
{
    struct store_message_room room;
    assert_ok(store_message_room(suite.reader, b->account, b->bob, &room));
    return room;
}

struct ack {
    int64_t recipient, id, sequence, count;
};
static enum store_err ack_one(struct store_conn *c, void *arg)
{
    const struct ack *a = arg;
    return store_message_acknowledge(c, a->recipient, a->id, 5000);
}
static enum store_err ack_all(struct store_conn *c, void *arg)
{
    struct ack *a = arg;
    return store_message_acknowledge_all(c, a->recipient, a->sequence, 5000, &a->count);
}

static size_t inbox(const struct box *b, int64_t after, size_t limit, size_t bytes, struct store_message *out)
{
    size_t count;
    assert_ok(store_message_inbox(suite.reader, &suite.arena, b->bob, after, limit, bytes, out, &count));
    return count;
}

static void test_an_inbox(void **state)
{
    struct box b = box_new();
    struct store_message rows[5], got[5];
    int64_t place;
    for (int i = 0; i < 5; i++) {
        rows[i] = letter(&b, "12345678");
        assert_ok(run(message_insert, &rows[i]));
        assert_int_equal(rows[i].sequence, i + 1);
    }
    assert_int_equal(inbox(&b, 0, 5, 1000, got), 5);
    assert_int_equal(got[4].id, rows[4].id);
    assert_true(str_eq(got[0].body, STR("12345678")) && got[0].sender_slug.len && got[0].recipient_slug.len);
    assert_int_equal(inbox(&b, 2, 5, 1000, got), 3);
    assert_int_equal(inbox(&b, 0, 5, 20, got), 2); /* the second reaches the bytes */
    assert_int_equal(inbox(&b, 0, 1, 1000, got), 1);

    struct ack a = {.recipient = b.bob, .id = rows[1].id};
    assert_ok(run(ack_one, &a));
    assert_err(STORE_NOTFOUND, run(ack_one, &a));
    assert_err(STORE_NOTFOUND, run(ack_one, (&(struct ack){.recipient = b.ada, .id = rows[0].id})));
    assert_int_equal(room_of(&b).waiting, 4);
    assert_int_equal(inbox(&b, 0, 5, 1000, got), 4);
    a.sequence = 3;
    assert_ok(run(ack_all, &a));
    assert_int_equal(a.count, 2);
    assert_ok(run(ack_all, &a));
    assert_int_equal(a.count, 0);
    assert_int_equal(room_of(&b).waiting, 2);
    assert_int_equal(room_of(&b).messages, 5);
    assert_ok(store_message_place(suite.reader, b.bob, rows[1].id, &place));
    assert_int_equal(place, 2);
    assert_ok(store_message_place(suite.reader, b.bob, rows[0].id - 1, &place));
    assert_int_equal(place, 0);
}

static void test_a_client_id_names_one(void **state)
{
    struct box b = box_new();
    struct store_message row = letter(&b, "x"), other = letter(&b, "y"), got;
    row.client_id = other.client_id = STR("one");
    assert_ok(run(message_insert, &row));
    assert_err(STORE_CONFLICT, run(message_insert, &other));
    assert_int_equal(room_of(&b).messages, 1);
    assert_int_equal(room_of(&b).waiting, 1);
    assert_ok(store_message_by_client(suite.reader, &suite.arena, b.ada, STR("one"), &got));
    assert_int_equal(got.id, row.id);
    assert_err(STORE_NOTFOUND, store_message_by_client(suite.reader, &suite.arena, b.bob, STR("one"), &got));
    other.sender_id = b.bob;
    assert_ok(run(message_insert, &other));
}

static size_t due(int64_t now, size_t each, int64_t *ids)
{
    struct store_message_due out[16];
    size_t count;
    assert_ok(store_message_due(suite.reader, now, each, 16, out, &count));
    for (size_t i = 0; i < count; i++)
        ids[i] = out[i].id;
    return count;
}

struct hold {
    int64_t account, until;
    const char *address;
};
static enum store_err hold(struct store_conn *c, void *arg)
{
    const struct hold *h = arg;
    return store_message_hold(c, h->account, str_of(h->address), h->until);
}

static void test_what_is_due(void **state)
{
    struct box b = box_new();
    struct store_message a1 = outside(&b, "https://a/", 10), a2 = outside(&b, "https://a/", 20),
                         a3 = outside(&b, "https://a/", 30), b1 = outside(&b, "https://b/", 25);
    struct store_message *const all[] = {&a1, &a2, &a3, &b1};
    int64_t ids[16], next;
    for (size_t i = 0; i < 4; i++)
        assert_ok(run(message_insert, all[i]));
    assert_int_equal(due(9, 2, ids), 0);
    assert_ok(store_message_next_due(suite.reader, &next));
    assert_int_equal(next, 10);
    assert_int_equal(due(40, 2, ids), 3); /* two of one address */
    assert_true(ids[0] == a1.id && ids[1] == a2.id && ids[2] == b1.id);
    assert_int_equal(due(40, 1, ids), 2);

    a1.state = STORE_MESSAGE_FAILED;
    a1.attempts = 3;
    a1.ended_at_ms = 50;
    a1.error = STR("it answers 500");
    assert_ok(run(message_update, &a1));
    assert_ok(run(hold, (&(struct hold){b.account, 100, "https://a/"})));
    assert_int_equal(due(40, 2, ids), 1);
    assert_int_equal(ids[0], b1.id);
    assert_int_equal(due(100, 2, ids), 3);
    struct store_message got;
    assert_ok(store_message_get(suite.reader, &suite.arena, a1.id, &got));
    assert_int_equal(got.state, STORE_MESSAGE_FAILED);
    assert_str(got.error, "it answers 500");
    for (size_t i = 1; i < 4; i++) { /* leave nothing for other tests */
        all[i]->state = STORE_MESSAGE_DELIVERED;
        all[i]->ended_at_ms = 60;
        assert_ok(run(message_update, all[i]));
    }
    assert_ok(store_message_next_due(suite.reader, &next));
    assert_int_equal(next, 0);
}

struct prune {
    int64_t before;
    size_t count;
};
static enum store_err prune(struct store_conn *c, void *arg)
{
    struct prune *p = arg;
    return store_message_prune(c, p->before, 100, &p->count);
}

static void test_what_has_ended_is_forgotten(void **state)
{
    struct box b = box_new();
    struct store_message kept = letter(&b, "x"), gone = letter(&b, "y"), got;
    struct prune p = {.before = 5000};
    assert_ok(run(message_insert, &kept));
    assert_ok(run(message_insert, &gone));
    assert_ok(run(ack_one, (&(struct ack){.recipient = b.bob, .id = gone.id})));
    assert_ok(run(prune, &p)); /* of other tests, perhaps */
    assert_ok(store_message_get(suite.reader, &suite.arena, gone.id, &got));
    p.before = 5001;
    assert_ok(run(prune, &p));
    assert_true(p.count >= 1);
    assert_err(STORE_NOTFOUND, store_message_get(suite.reader, &suite.arena, gone.id, &got));
    assert_ok(store_message_get(suite.reader, &suite.arena, kept.id, &got));
    assert_int_equal(room_of(&b).messages, 1);
    assert_int_equal(room_of(&b).bytes, 6);
    struct store_message later = letter(&b, "z");
    assert_ok(run(message_insert, &later));
    assert_int_equal(later.sequence, 3); /* places are not given again */
}

UNIT(account_update, const struct store_account, store_account_update(c, row))

static void test_a_deleted_account_s_are_forgotten(void **state)
{
    struct box b = box_new();
    struct store_message row = letter(&b, "x"), got;
    struct store_account account;
    struct prune p = {.before = 1};
    assert_ok(run(message_insert, &row));
    assert_ok(run(prune, &p));
    assert_ok(store_message_get(suite.reader, &suite.arena, row.id, &got));
    assert_ok(store_account_get(suite.reader, &suite.arena, b.account, &account));
    account.status = STORE_ACCOUNT_DELETED;
    assert_ok(run(account_update, &account));
    assert_ok(run(prune, &p));
    assert_int_equal(p.count, 1);
    assert_err(STORE_NOTFOUND, store_message_get(suite.reader, &suite.arena, row.id, &got));
    assert_int_equal(room_of(&b).messages, 0);
}

static void test_lists(void **state)
{
    struct box b = box_new();
    struct store_message rows[3], got[3];
    size_t count;
    for (int i = 0; i < 3; i++) {
        rows[i] = letter(&b, "x");
        rows[i].sender_id = i == 1 ? b.bob : b.ada; /* the second to itself */
        assert_ok(run(message_insert, &rows[i]));
    }
    struct store_message_filter f = {.account_id = b.account, .state = -1, .limit = 3};
    assert_ok(store_message_list(suite.reader, &suite.arena, &f, got, &count));
    assert_true(count == 3 && got[0].id == rows[2].id && got[0].body.len == 0);
    f.agent_id = b.bob;
    f.before = rows[2].id;
    assert_ok(store_message_list(suite.reader, &suite.arena, &f, got, &count));
    assert_true(count == 2 && got[0].id == rows[1].id && got[1].id == rows[0].id);
    f = (struct store_message_filter){.account_id = b.account, .agent_id = b.ada, .state = -1, .limit = 3};
    assert_ok(store_message_list(suite.reader, &suite.arena, &f, got, &count));
    assert_int_equal(count, 2);
    f.state = STORE_MESSAGE_FAILED;
    assert_ok(store_message_list(suite.reader, &suite.arena, &f, got, &count));
    assert_int_equal(count, 0);
}

static void test_push_secrets(void **state)
{
    struct box b = box_new();
    struct store_push_secret row = {.agent_id = b.ada, .sealed = STR("one"), .made_at = 1}, got;
    assert_err(STORE_NOTFOUND, store_push_secret_get(suite.reader, &suite.arena, b.ada, &got));
    assert_ok(run(secret_put, &row));
    row = (struct store_push_secret){b.ada, STR("two"), STR("one"), 2, 3};
    assert_ok(run(secret_put, &row));
    assert_ok(store_push_secret_get(suite.reader, &suite.arena, b.ada, &got));
    assert_str(got.sealed, "two");
    assert_str(got.previous, "one");
    assert_int_equal(got.previous_until, 3);
}

const struct CMUnitTest suite_message_tests[] = {
    cmocka_unit_test(test_an_inbox),
    cmocka_unit_test(test_a_client_id_names_one),
    cmocka_unit_test(test_what_is_due),
    cmocka_unit_test(test_what_has_ended_is_forgotten),
    cmocka_unit_test(test_a_deleted_account_s_are_forgotten),
    cmocka_unit_test(test_lists),
    cmocka_unit_test(test_push_secrets),
};
const size_t suite_message_test_count = sizeof suite_message_tests / sizeof *suite_message_tests;

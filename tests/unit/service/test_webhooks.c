/* From an event to who is told of it, and what becomes of that by and by: the schedule to the second, on a clock of the
 * test's. */
#include "service_rig.h"

#include "base/json_read.h"
#include "service/event_types.h"
#include "service/events.h"
#include "service/webhook_attempt.h"
#include "service/webhook_follow.h"

#define DAY 86400

/* As serve's default option says. */
static const struct webhooks_options options = {
    .retry_ms = {5000, 300000, 1800000, 7200000, 18000000, 36000000, 36000000},
    .retry_count = 7,
    .failing_sec = 5 * DAY};

static int64_t account;
static struct webhook_follow follow;
static uint64_t stopped;

/* ---- acting ---- */

struct creation {
    const char *events;
    struct store_webhook row;
};

static enum service_err create(struct service_call *c, void *arg)
{
    struct creation *m = arg;
    char secret[WEBHOOK_SECRET_TEXT];
    struct webhook_input in = {.url = STR("https://example.com/hook"), .events = str_of(m->events)};
    return service_webhook_create(c, rig_id("acc", account), &in, &m->row, secret);
}

static struct store_webhook hook(const char *events)
{
    struct creation m = {.events = events};
    assert_done(rig_run(create, &m));
    return m.row;
}

static enum service_err record(struct service_call *c, void *arg)
{
    return service_record(c, arg, "key", service_new_id(c), account, STR("{}"));
}

static enum service_err enable(struct service_call *c, void *arg)
{
    struct webhook_input in = {.has_enabled = true, .enabled = true};
    struct store_webhook row;
    return service_webhook_patch(c, (struct cardea_str){0}, rig_id("whk", *(int64_t *)arg), &in, &row);
}

static void happens(const char *type)
{
    assert_done(rig_run(record, (void *)(uintptr_t)type));
}

/* All that is new; how many deliveries came of it. */
static size_t follow_on(void)
{
    bool ready, more = true;
    size_t made = 0;
    while (more) {
        assert_int_equal(webhook_follow_read(&follow, rig.db, &ready, &more), STORE_OK);
        if (!ready)
            continue;
        assert_int_equal(store_run(rig.svc.store, webhook_follow_work, &follow), STORE_OK);
        webhook_follow_committed(&follow);
        made += follow.count;
    }
    return made;
}

static struct store_webhook_delivery only(int64_t id)
{
    struct store_webhook_filter f = {.webhook_id = id, .state = -1, .limit = 2};
    struct store_webhook_delivery rows[2];
    size_t count;
    int64_t next;
    assert_int_equal(store_webhook_delivery_list(rig.db, &rig.arena, &f, rows, &count, &next), STORE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(store_webhook_delivery_get(rig.db, &rig.arena, rows[0].id, &rows[1]), STORE_OK);
    return rows[1];
}

static struct store_webhook read_hook(int64_t id)
{
    struct store_webhook row;
    assert_int_equal(store_webhook_get(rig.db, &rig.arena, id, &row), STORE_OK);
    return row;
}

static void answers(struct store_webhook_delivery row, long status, int64_t retry_after_sec)
{
    struct webhook_attempt x = {.row = row, .at_ms = rig.now * 1000, .why = ""};
    struct net_reply reply = {.status = status, .retry_after_sec = retry_after_sec, .latency_ms = 12, .why = "late"};
    buf_init(&reply.body, 64);
    buf_add_cstr(&reply.body, "what it says");
    webhook_attempt_judge(&x, status ? NET_OK : NET_TIMEOUT, &reply);
    struct webhook_settling s = {.svc = &rig.svc, .options = &options, .list = &x};
    assert_int_equal(store_run(rig.svc.store, webhook_attempts_settle, &s), STORE_OK);
    stopped += s.stopped;
    net_reply_release(&reply);
    arena_release(&x.arena);
}

static int setup(void **state)
{
    rig_setup(state);
    account = rig_account("shop", "acme");
    stopped = 0;
    return webhook_follow_open(&follow, &rig.svc, rig.db) == STORE_OK ? 0 : -1;
}

static int teardown(void **state)
{
    webhook_follow_release(&follow);
    return rig_teardown(state);
}

/* ---- who is told ---- */

static void patterns(void **state)
{
    assert_true(event_pattern_known(STR("*")) && event_pattern_known(STR("key.*")) &&
                event_pattern_known(STR("key.created")));
    assert_false(event_pattern_known(STR("")) || event_pattern_known(STR("key")) || event_pattern_known(STR("key.")) ||
                 event_pattern_known(STR("k*")) || event_pattern_known(STR("*.created")) ||
                 event_pattern_known(STR("session.started")) || event_pattern_known(STR("nothing.*")));
    assert_string_equal(event_pattern_nearest(STR("key.creatd")), "key.created");
    assert_true(event_patterns_match(STR("content.* key.created"), STR("key.created")));
    assert_true(event_patterns_match(STR("content.* key.created"), STR("content.blocked")));
    assert_false(event_patterns_match(STR("content.* key.created"), STR("key.revoked")));
    assert_false(event_patterns_match(STR("*"), STR("session.started")));
    assert_false(event_patterns_match(STR("*"), STR("*")));
    assert_false(event_patterns_match(STR(""), STR("key.created")));
}

static void what_happens_is_followed_once(void **state)
{
    happens("key.created");
    int64_t keys = hook("key.*").id, all = hook("*").id;
    happens("key.created");
    happens("session.started");
    assert_int_equal(follow_on(), 2);
    assert_int_equal(follow_on(), 0);
    assert_true(only(keys).event_id == only(all).event_id && only(keys).id != only(all).id);
    /* Another process goes on where this one was. */
    webhook_follow_release(&follow);
    rig_stop();
    rig_start();
    assert_int_equal(webhook_follow_open(&follow, &rig.svc, rig.db), STORE_OK);
    assert_int_equal(follow_on(), 0);
    happens("content.blocked");
    assert_int_equal(follow_on(), 1);
}

static void what_was_read_and_not_written_comes_again(void **state)
{
    bool ready, more;
    int64_t id = hook("*").id;
    happens("key.created");
    assert_int_equal(webhook_follow_read(&follow, rig.db, &ready, &more), STORE_OK);
    assert_true(ready && follow.count == 1); /* and the process ends here */
    webhook_follow_release(&follow);
    assert_int_equal(webhook_follow_open(&follow, &rig.svc, rig.db), STORE_OK);
    assert_int_equal(follow_on(), 1);
    assert_int_equal(only(id).state, STORE_WEBHOOK_QUEUED);
}

static void many_at_once_are_all_told(void **state)
{
    int64_t first = hook("key.created").id, second = hook("*").id, count;
    for (int i = 0; i < 700; i++)
        happens("key.created");
    assert_int_equal(follow_on(), 1400);
    for (count = 0; store_webhook_next_waiting(rig.db, count, &count) == STORE_OK && count;)
        assert_true(count == first || count == second);
}

static void a_clock_that_was_put_back(void **state)
{
    int64_t id = hook("*").id;
    webhook_follow_release(&follow);
    rig_stop();
    rig.now -= 3600;
    rig_start();
    assert_int_equal(webhook_follow_open(&follow, &rig.svc, rig.db), STORE_OK);
    happens("key.created");
    assert_int_equal(follow_on(), 1);
    assert_int_equal(only(id).attempts, 0);
}

/* ---- what becomes of it ---- */

static void tried_again_as_the_schedule_says(void **state)
{
    static const int64_t steps_sec[] = {5, 300, 1800, 7200, 18000, 36000, 36000};
    int64_t id = hook("key.*").id;
    bool early = false, late = false;
    happens("key.created");
    follow_on();
    assert_int_equal(only(id).next_at_ms, rig.now * 1000);
    for (size_t i = 0; i < 7; i++) {
        answers(only(id), i % 2 ? 500 : 0, 0);
        struct store_webhook_delivery row = only(id);
        int64_t wait = row.next_at_ms - rig.now * 1000, step = steps_sec[i] * 1000;
        assert_int_equal(row.state, STORE_WEBHOOK_QUEUED);
        assert_int_equal(row.attempts, i + 1);
        assert_true(wait >= step - step / 5 && wait <= step + step / 5);
        early |= wait < step;
        late |= wait > step;
        rig.now += steps_sec[i];
    }
    assert_true(early || late); /* never all at the very second */
    answers(only(id), 500, 0);
    struct store_webhook_delivery dead = only(id);
    assert_int_equal(dead.state, STORE_WEBHOOK_FAILED);
    assert_int_equal(dead.attempts, 8);
    assert_int_equal(dead.ended_at_ms, rig.now * 1000);
    assert_text(dead.error, "it answers 500");
    assert_text(dead.response, "what it says");
    assert_int_equal(read_hook(id).state, STORE_WEBHOOK_ENABLED); /* 28 hours are not five days */
}

static void the_endpoint_s_own_word_counts_within_bounds(void **state)
{
    static const struct {
        int64_t says_sec, waits_ms;
    } cases[] = {{1, 5000}, {5, 5000}, {7, 7000}, {10, 10000}, {11, 10000}, {86400, 10000}, {INT64_MAX, 10000}};
    int64_t id = hook("key.*").id;
    happens("key.created");
    follow_on();
    struct store_webhook_delivery fresh = only(id);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        answers(fresh, 429, cases[i].says_sec);
        assert_int_equal(only(id).next_at_ms - rig.now * 1000, cases[i].waits_ms);
    }
}

static void success_ends_it(void **state)
{
    int64_t id = hook("key.*").id;
    happens("key.created");
    follow_on();
    answers(only(id), 503, 0);
    assert_int_equal(read_hook(id).failing_since_ms, rig.now * 1000);
    rig.now += 5;
    answers(only(id), 202, 0);
    assert_int_equal(only(id).state, STORE_WEBHOOK_DELIVERED);
    assert_int_equal(only(id).response.len, 0);
    assert_int_equal(read_hook(id).failing_since_ms, 0);
    assert_true(strstr(only(id).attempt_log.ptr, "\"status\":503") &&
                strstr(only(id).attempt_log.ptr, "\"status\":202"));
}

/* However often somebody sends it once more. */
static void the_log_keeps_the_last_attempts(void **state)
{
    int64_t id = hook("key.*").id;
    struct json_problem problem;
    happens("key.created");
    follow_on();
    for (int i = 0; i < 25; i++) {
        struct store_webhook_delivery row = only(id);
        row.attempts = 0;
        answers(row, 500 + i, 0);
    }
    json_t *log = json_read(&rig.arena, only(id).attempt_log, &problem);
    assert_int_equal(json_array_size(log), 20);
    assert_int_equal(json_get_int(json_array_get(log, 0), "status", 0), 505);
    assert_int_equal(json_get_int(json_array_get(log, 19), "status", 0), 524);
    json_decref(log);
}

static void gone_is_for_good(void **state)
{
    int64_t id = hook("*").id;
    happens("key.created");
    follow_on();
    answers(only(id), 410, 0);
    assert_int_equal(only(id).state, STORE_WEBHOOK_FAILED);
    assert_int_equal(read_hook(id).state, STORE_WEBHOOK_STOPPED);
    assert_int_equal(stopped, 1);
    happens("key.created"); /* and webhook.disabled before it: it hears of neither */
    assert_int_equal(follow_on(), 0);
    assert_done(rig_run(enable, &id));
    assert_int_equal(follow_on(), 0); /* what was meanwhile is not told */
    happens("key.created");
    assert_int_equal(follow_on(), 1);
}

static void five_days_of_failure_are_enough(void **state)
{
    int64_t id = hook("key.*").id;
    happens("key.created");
    follow_on();
    struct store_webhook_delivery fresh = only(id);
    answers(fresh, 0, 0);
    rig.now += 5 * DAY - 1;
    answers(fresh, 500, 0);
    assert_int_equal(read_hook(id).state, STORE_WEBHOOK_ENABLED);
    rig.now += 1;
    answers(fresh, 500, 0);
    struct store_webhook row = read_hook(id);
    assert_int_equal(row.state, STORE_WEBHOOK_STOPPED);
    assert_true(row.reason.len > 0);
    rig.now += 1;
    answers(fresh, 500, 0); /* what was under way at that time stops nothing twice */
    assert_int_equal(stopped, 1);
    assert_done(rig_run(enable, &id));
    answers(fresh, 500, 0); /* whoever enables it has the days anew */
    rig.now += 5 * DAY - 1;
    answers(fresh, 500, 0);
    assert_int_equal(read_hook(id).state, STORE_WEBHOOK_ENABLED);
}

static void a_success_between_begins_the_days_anew(void **state)
{
    int64_t id = hook("key.*").id;
    happens("key.created");
    follow_on();
    struct store_webhook_delivery fresh = only(id);
    answers(fresh, 500, 0);
    rig.now += 4 * DAY;
    answers(fresh, 200, 0);
    rig.now += 2 * DAY;
    answers(fresh, 500, 0);
    rig.now += 4 * DAY;
    answers(fresh, 500, 0);
    assert_int_equal(read_hook(id).state, STORE_WEBHOOK_ENABLED);
}

/* ---- secrets ---- */

static void what_is_sealed_opens_for_its_endpoint_alone(void **state)
{
    struct store_webhook one = read_hook(hook("*").id), other = read_hook(hook("*").id);
    struct cardea_str secrets[2];
    size_t count;
    assert_true(service_webhook_secrets(&rig.svc, &rig.arena, &one, rig.now, secrets, &count));
    assert_true(count == 1 && secrets[0].len == WEBHOOK_SECRET_LEN);
    one.sealed = other.sealed;
    assert_false(service_webhook_secrets(&rig.svc, &rig.arena, &one, rig.now, secrets, &count));
    assert_int_equal(count, 0);
}

/* However old: whom an event goes to is only known once it was followed. */
static enum store_err prune(struct store_conn *db, void *arg)
{
    return service_event_prune(&rig.svc, db, rig.now, arg);
}

static void what_nobody_followed_stays(void **state)
{
    int64_t before, count;
    bool more = true;
    rig.svc.events_keep_sec = DAY;
    for (int i = 0; i < 5; i++)
        happens("key.created");
    assert_int_equal(store_event_count(rig.db, &before), STORE_OK);
    rig.now += 100 * DAY;
    assert_int_equal(store_run(rig.svc.store, prune, &more), STORE_OK);
    assert_int_equal(store_event_count(rig.db, &count), STORE_OK);
    assert_true(!more && count == before && count >= 5);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        test(what_happens_is_followed_once),
        test(what_was_read_and_not_written_comes_again),
        test(many_at_once_are_all_told),
        test(a_clock_that_was_put_back),
        test(tried_again_as_the_schedule_says),
        test(the_endpoint_s_own_word_counts_within_bounds),
        test(success_ends_it),
        test(the_log_keeps_the_last_attempts),
        test(gone_is_for_good),
        test(five_days_of_failure_are_enough),
        test(a_success_between_begins_the_days_anew),
        test(what_is_sealed_opens_for_its_endpoint_alone),
        test(what_nobody_followed_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

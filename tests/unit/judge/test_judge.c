/* The judge as a whole, against a server on a real socket, with a clock and randomness of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../net/listen_rig.h"
#include "base/str.h"
#include "judge/breaker.h"
#include "judge/judge.h"
#include "net/send.h"

#define CANARY "1011121314151617"

/* ---- the server ---- */

static _Atomic unsigned requests;
static _Atomic int status = 200, delay_ms;
static const char *_Atomic verdict = "SAFE", *_Atomic canary = CANARY;

static void answer(int fd)
{
    char body[1024], head[256];
    if (!listen_rig_read(fd))
        return;
    atomic_fetch_add(&requests, 1);
    for (int waited = 0; waited < atomic_load(&delay_ms) && !atomic_load(&rig.stopping); waited += 5)
        usleep(5000);
    int len = snprintf(body, sizeof(body),
                       "{\"choices\":[{\"message\":{\"content\":\"{\\\"verdict\\\":\\\"%s\\\",\\\"reason\\\":"
                       "\\\"so it is\\\",\\\"canary\\\":\\\"%s\\\"}\"}}]}",
                       atomic_load(&verdict), atomic_load(&canary));
    int n = snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
                     atomic_load(&status), len);
    (void)!send(fd, head, (size_t)n, MSG_NOSIGNAL);
    (void)!send(fd, body, (size_t)len, MSG_NOSIGNAL);
}

/* ---- the rig ---- */

static _Atomic int64_t now;

static int64_t clock_of_ours(void *arg)
{
    return atomic_load(&now);
}

static bool counting(void *arg, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)i;
    return true;
}

static struct judge *judge;
static char url[64];
static struct judge_settings settings = {
    .configured = true, .model = "gpt-4o-mini", .key = {"sk-test", 7}, .requests_per_min = 100, .timeout_ms = 30000};

static int start(void **state)
{
    signal(SIGPIPE, SIG_IGN);
    if (listen_rig_start(answer))
        return -1;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/", rig.port);
    settings.url = url;
    return 0;
}

static int stop(void **state)
{
    return listen_rig_stop();
}

static int begin(void **state)
{
    atomic_store(&status, 200);
    atomic_store(&delay_ms, 0);
    atomic_store(&verdict, "SAFE");
    atomic_store(&canary, CANARY);
    atomic_store(&requests, 0);
    atomic_store(&now, 5000000);
    judge = judge_new(&(struct judge_env){.now_ms = clock_of_ours, .random = counting});
    judge_configure(judge, &settings);
    return 0;
}

static int end(void **state)
{
    judge_free(judge);
    return 0;
}

static struct judge_answer ask(const char *text)
{
    struct judge_answer a;
    judge_ask(judge, str_of(text), STR("acc:pol:1"), &a);
    return a;
}

static void expect_skip(const char *text, enum judge_skip why)
{
    struct judge_answer a = ask(text);
    if (a.status != JUDGE_SKIPPED || a.skip != why)
        fail_msg("%s: %s %s", text, judge_status_name(a.status), judge_skip_name(a.skip));
    assert_string_equal(a.reason, "");
}

static void expect(const char *text, enum judge_status want, enum judge_verdict says)
{
    struct judge_answer a = ask(text);
    if (a.status != want || a.verdict != says)
        fail_msg("%s: %s %s", text, judge_status_name(a.status), judge_verdict_name(a.verdict));
    assert_string_equal(a.reason, "so it is");
}

/* ---- tests ---- */

static void asks_and_remembers(void **state)
{
    atomic_store(&verdict, "BLOCKED");
    expect("hello", JUDGE_ASKED, JUDGE_BLOCKED);
    assert_non_null(strstr(rig.request, "POST /v1/chat/completions HTTP/1.1\r\n"));
    assert_non_null(strstr(rig.request, "\r\nAuthorization: Bearer sk-test\r\n"));
    assert_non_null(strstr(rig.request, "\r\nContent-Type: application/json\r\n"));
    atomic_store(&verdict, "SUSPICIOUS");
    expect("hello", JUDGE_CACHED, JUDGE_BLOCKED);
    atomic_fetch_add(&now, JUDGE_CACHE_MS - 1);
    expect("hello", JUDGE_CACHED, JUDGE_BLOCKED);
    assert_int_equal(requests, 1);
    atomic_fetch_add(&now, 1);
    expect("hello", JUDGE_ASKED, JUDGE_SUSPICIOUS);
    assert_int_equal(requests, 2);
}

/* Another text, another policy, another model, another server: another question. */
static void shares_no_more_than_it_may(void **state)
{
    struct judge_answer a;
    struct judge_settings other = settings;
    expect("hello", JUDGE_ASKED, JUDGE_SAFE);
    expect("hello ", JUDGE_ASKED, JUDGE_SAFE);
    judge_ask(judge, STR("hello"), STR("acc:pol:2"), &a);
    assert_int_equal(a.status, JUDGE_ASKED);
    judge_ask(judge, STR("1hello"), STR("acc:pol:"), &a); /* the same bytes, parted elsewhere */
    assert_int_equal(a.status, JUDGE_ASKED);
    other.model = "another";
    judge_configure(judge, &other);
    expect("hello", JUDGE_ASKED, JUDGE_SAFE);
    judge_configure(judge, &settings);
    expect("hello", JUDGE_CACHED, JUDGE_SAFE);
    assert_int_equal(requests, 5);
}

static void has_a_budget(void **state)
{
    char text[32];
    struct judge_stats stats;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "text %u", i);
        expect(text, JUDGE_ASKED, JUDGE_SAFE);
    }
    expect_skip("one more", JUDGE_SKIP_RATE_LIMITED);
    expect("text 7", JUDGE_CACHED, JUDGE_SAFE); /* what is known costs nothing */
    atomic_fetch_add(&now, JUDGE_MINUTE_MS - 1);
    expect_skip("one more", JUDGE_SKIP_RATE_LIMITED);
    atomic_fetch_add(&now, 1);
    expect("one more", JUDGE_ASKED, JUDGE_SAFE);
    assert_int_equal(requests, 101);
    judge_stats(judge, &stats);
    assert_int_equal(stats.asked[JUDGE_SAFE], 101);
    assert_int_equal(stats.cached, 1);
    assert_int_equal(stats.skipped[JUDGE_SKIP_RATE_LIMITED], 2);
    assert_true(stats.configured && stats.circuit == JUDGE_CIRCUIT_CLOSED);
}

static void leaves_a_failing_server_alone(void **state)
{
    char text[32];
    struct judge_stats stats;
    atomic_store(&status, 500);
    for (unsigned i = 0; i < BREAKER_FAILURES; i++) {
        snprintf(text, sizeof(text), "text %u", i);
        expect_skip(text, JUDGE_SKIP_ERROR);
    }
    expect_skip("hello", JUDGE_SKIP_CIRCUIT_OPEN);
    assert_int_equal(requests, BREAKER_FAILURES);
    judge_stats(judge, &stats);
    assert_int_equal(stats.circuit, JUDGE_CIRCUIT_OPEN);
    atomic_fetch_add(&now, BREAKER_OPEN_MS);
    expect_skip("hello", JUDGE_SKIP_ERROR);
    expect_skip("hello", JUDGE_SKIP_CIRCUIT_OPEN);
    atomic_store(&status, 200);
    atomic_fetch_add(&now, BREAKER_OPEN_MS);
    expect("hello", JUDGE_ASKED, JUDGE_SAFE);
    judge_stats(judge, &stats);
    assert_int_equal(stats.circuit, JUDGE_CIRCUIT_CLOSED);
    uint64_t sent = 0;
    for (unsigned i = 0; i <= JUDGE_BUCKETS; i++)
        sent += stats.requests[i];
    assert_int_equal(sent, BREAKER_FAILURES + 2);
}

/* A text can make a model talk nonsense: that must not silence it for other texts. Nor is nonsense kept. */
static void bad_answers_open_nothing(void **state)
{
    char text[32];
    atomic_store(&canary, "ffffffffffffffff");
    for (unsigned i = 0; i < 3 * BREAKER_FAILURES; i++) {
        snprintf(text, sizeof(text), "text %u", i);
        expect_skip(text, JUDGE_SKIP_BAD_ANSWER);
    }
    atomic_store(&canary, CANARY);
    expect("text 0", JUDGE_ASKED, JUDGE_SAFE);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void waits_no_longer_than_it_may(void **state)
{
    struct judge_settings hasty = settings;
    hasty.timeout_ms = 150;
    judge_configure(judge, &hasty);
    atomic_store(&delay_ms, 20000);
    double before = seconds();
    expect_skip("hello", JUDGE_SKIP_TIMEOUT);
    assert_true(seconds() - before < 10);
    atomic_store(&delay_ms, 0); /* the server is one for all tests */
}

static void skips_what_it_must(void **state)
{
    static char longest[JUDGE_TEXT_MAX + 2];
    struct judge_answer a;
    memset(longest, 'a', JUDGE_TEXT_MAX + 1);
    expect_skip(longest, JUDGE_SKIP_TOO_LARGE);
    longest[JUDGE_TEXT_MAX] = 0;
    expect(longest, JUDGE_ASKED, JUDGE_SAFE);
    judge_skip(judge, JUDGE_SKIP_UNSCREENED, &a);
    assert_true(a.status == JUDGE_SKIPPED && a.skip == JUDGE_SKIP_UNSCREENED);
    judge_configure(judge, &(struct judge_settings){0});
    expect_skip("hello", JUDGE_SKIP_NOT_CONFIGURED);
    judge_ask(NULL, STR("hello"), STR(""), &a);
    assert_true(a.status == JUDGE_SKIPPED && a.skip == JUDGE_SKIP_NOT_CONFIGURED);
    struct judge_stats stats;
    judge_stats(judge, &stats);
    assert_int_equal(stats.skipped[JUDGE_SKIP_UNSCREENED] + stats.skipped[JUDGE_SKIP_TOO_LARGE] +
                         stats.skipped[JUDGE_SKIP_NOT_CONFIGURED],
                     3);
    assert_false(stats.configured);
}

static void works_without_a_key(void **state)
{
    struct judge_settings open = settings;
    open.key = (struct cardea_str){0};
    judge_configure(judge, &open);
    expect("hello", JUDGE_ASKED, JUDGE_SAFE);
    assert_null(strcasestr(rig.request, "\r\nAuthorization:"));
}

static void says_when_nobody_is_there(void **state)
{
    struct judge_settings wrong = settings;
    wrong.url = "http://127.0.0.1:1/v1";
    judge_configure(judge, &wrong);
    expect_skip("hello", JUDGE_SKIP_ERROR);
    wrong.url = "https://127.0.0.1:1/v1";
    judge_configure(judge, &wrong);
    expect_skip("hello", JUDGE_SKIP_ERROR);
    wrong.url = "http://192.0.2.1/v1"; /* in clear to another machine: nobody is asked */
    judge_configure(judge, &wrong);
    double before = seconds();
    expect_skip("hello", JUDGE_SKIP_ERROR);
    assert_true(seconds() - before < 10); /* not the time-out */
}

struct caller {
    pthread_t thread;
    const char *text;
    struct judge_answer answer;
};

static _Atomic unsigned calling;

static void *call(void *arg)
{
    struct caller *c = arg;
    atomic_fetch_add(&calling, 1);
    c->answer = ask(c->text);
    return NULL;
}

/* Many at once with the same text cost one request; a failure is everybody's, too. */
static void asks_once_for_many(void **state)
{
    static struct caller callers[16];
    for (unsigned round = 0; round < 2; round++) {
        unsigned asked = 0, cached = 0, failed = 0;
        atomic_store(&requests, 0);
        atomic_store(&delay_ms, 20000);
        atomic_store(&calling, 0);
        atomic_store(&status, round ? 500 : 200);
        for (unsigned i = 0; i < 16; i++) {
            callers[i].text = round ? "bad" : "good";
            assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
        }
        while (atomic_load(&calling) < 16)
            usleep(1000);
        usleep(200000); /* from there it is a few steps to waiting for the one that asks */
        atomic_store(&delay_ms, 0);
        for (unsigned i = 0; i < 16; i++) {
            pthread_join(callers[i].thread, NULL);
            asked += callers[i].answer.status == JUDGE_ASKED;
            cached += callers[i].answer.status == JUDGE_CACHED;
            failed += callers[i].answer.status == JUDGE_SKIPPED;
        }
        assert_int_equal(atomic_load(&requests), 1);
        assert_int_equal(asked, round ? 0 : 1);
        assert_int_equal(cached, round ? 0 : 15);
        assert_int_equal(failed, round ? 16 : 0);
    }
}

/* Settings change beneath questions that are under way. */
static void can_be_told_anew_at_any_time(void **state)
{
    static struct caller callers[8];
    char texts[8][16];
    atomic_store(&delay_ms, 20);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(texts[i], sizeof(texts[i]), "text %u", i);
        callers[i].text = texts[i];
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
        judge_configure(judge, i % 2 ? &(struct judge_settings){0} : &settings);
    }
    for (unsigned i = 0; i < 8; i++)
        pthread_join(callers[i].thread, NULL);
}

static void names_are_names(void **state)
{
    enum judge_verdict v;
    for (unsigned i = 0; i < JUDGE_VERDICT_COUNT; i++)
        assert_true(judge_verdict_parse(str_of(judge_verdict_name((enum judge_verdict)i)), &v) && v == i);
    assert_false(judge_verdict_parse(STR("safe"), &v));
    assert_false(judge_verdict_parse(STR(""), &v));
    for (unsigned i = 0; i < JUDGE_SKIP_COUNT; i++)
        assert_true(strlen(judge_skip_name((enum judge_skip)i)) > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asks_and_remembers),
        TEST(shares_no_more_than_it_may),
        TEST(has_a_budget),
        TEST(leaves_a_failing_server_alone),
        TEST(bad_answers_open_nothing),
        TEST(waits_no_longer_than_it_may),
        TEST(skips_what_it_must),
        TEST(works_without_a_key),
        TEST(says_when_nobody_is_there),
        TEST(asks_once_for_many),
        TEST(can_be_told_anew_at_any_time),
        TEST(names_are_names),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

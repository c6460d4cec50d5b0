/* The scanner that is lent: states, exchange while in use, and what is taken out of a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "service/content.h"
#include "service/scanning.h"

#define WAIT_MS 60000

static int64_t now_ms(void *arg)
{
    return 1700000000000;
}

static void load(struct profile_set *set)
{
    struct buf errors;
    buf_init(&errors, 4096);
    assert_true(profile_set_builtin(set, &errors));
    buf_release(&errors);
}

/* Until it is no longer the state that it was. */
static enum scanning_state wait_from(struct scanning *s, enum scanning_state was)
{
    struct scanning_stats stats;
    for (int i = 0; i < WAIT_MS; i++) {
        scanning_stats(s, &stats);
        if (stats.state != was)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return stats.state;
}

/* The thread may be on its way out of what it has opened. */
static void free_idle(struct scanning *s)
{
    for (int i = 0; i < WAIT_MS && !scanning_free(s); i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static enum cardea_scan_verdict verdict_of(const struct scanning_seat *seat, const char *text)
{
    struct cardea_scan_params params = {.sensitivity = CARDEA_SCAN_AT_MEDIUM};
    struct cardea_scan_result result;
    assert_int_equal(cardea_scan(seat->scanner, seat->scratch, str_of(text), &params, &result), CARDEA_OK);
    return cardea_scan_verdict(&result);
}

/* Nobody gets a verdict from a scanner that cannot be opened, or is not there yet. */
static void test_no_scanner_no_verdict(void **state)
{
    struct scanning *s = scanning_new(&(struct scanning_options){.without_builtin = true});
    struct service svc = {
        .scanning = s, .policies = policy_cache_new(), .random = cardea_random_system, .now_ms = now_ms};
    struct arena arena = {0};
    struct service_call call = {.svc = &svc, .arena = &arena, .actor = {.kind = ACTOR_ROOT}};
    struct content_scan scan = {.text = STR("hello")};
    assert_int_equal(service_content_scan(&call, &scan), SERVICE_UNAVAILABLE);
    assert_string_equal(call.code, "scanner_unavailable");
    assert_int_equal(call.retry_after_sec, 1);
    service_content_release(&call, &scan);

    struct profile_set none = {0}, set;
    scanning_configure(s, &none); /* no rule at all */
    assert_int_equal(wait_from(s, SCANNING_PREPARING), SCANNING_UNAVAILABLE);
    assert_int_equal(service_content_scan(&call, &scan), SERVICE_UNAVAILABLE);
    assert_string_equal(call.code, "scanner_unavailable");
    assert_true(call.retry_after_sec > 1);
    service_content_release(&call, &scan);

    load(&set);
    scanning_configure(s, &set);
    profile_set_release(&set); /* what it needs of it, it has */
    assert_int_equal(wait_from(s, SCANNING_UNAVAILABLE), SCANNING_READY);
    assert_int_equal(service_content_scan(&call, &scan), SERVICE_OK);
    assert_int_equal(scan.verdict, CARDEA_SCAN_ALLOW);
    assert_true(scan.id > 0 && scan.account_id == 0);
    service_content_release(&call, &scan);
    arena_release(&arena);
    policy_cache_free(svc.policies);
    free_idle(s);
}

/* Only a policy that says so has a text let pass that nobody looked at; and that is on record. */
static void test_fail_open_by_policy_alone(void **state)
{
    struct scanning *s = scanning_new(&(struct scanning_options){.without_builtin = true});
    struct service svc = {.scanning = s, .random = cardea_random_system, .now_ms = now_ms};
    struct arena arena = {0};
    struct policy_mistakes mistakes;
    for (int open = 0; open < 2; open++) {
        struct service_call call = {.svc = &svc, .arena = &arena, .actor = {.kind = ACTOR_ROOT}};
        struct content_scan scan = {.text = STR("hello")};
        struct cardea_str document = open ? STR("{\"fail_open\":true,\"rules\":[]}") : STR("{\"rules\":[]}");
        assert_int_equal(policy_open_text(&scan.compiled, &arena, document, "", &mistakes), CARDEA_OK);
        assert_int_equal(service_content_judge(&call, &scan), open ? SERVICE_OK : SERVICE_UNAVAILABLE);
        assert_int_equal(call.err, open ? SERVICE_OK : SERVICE_UNAVAILABLE);
        if (open) {
            assert_true(scan.scanner_failed && scan.outcome.truncated);
            assert_int_equal(scan.verdict, CARDEA_SCAN_FLAG);
            assert_int_equal(scan.outcome.reason_count, 1);
            assert_string_equal(scan.outcome.reasons[0].hit->code, "SCANNER_FAILED");
            assert_int_equal(scan.ai.skip, JUDGE_SKIP_UNSCREENED);
        }
        service_content_release(&call, &scan);
    }
    arena_release(&arena);
    free_idle(s);
}

static void test_exchanged_while_in_use(void **state)
{
    struct scanning *s = scanning_new(&(struct scanning_options){.without_builtin = true});
    struct scanning_seat *old, *other, *fresh;
    struct scanning_stats stats;
    struct profile_set set, none = {0};
    load(&set);
    scanning_configure(s, &set);
    assert_int_equal(wait_from(s, SCANNING_PREPARING), SCANNING_READY);
    assert_int_equal(scanning_take(s, &old), SCANNING_READY);
    assert_int_equal(scanning_take(s, &other), SCANNING_READY);
    assert_ptr_not_equal(old->scratch, other->scratch);
    scanning_give_back(s, other, 10);

    scanning_configure(s, &set);
    for (int i = 0; i < WAIT_MS; i++) {
        assert_int_equal(scanning_take(s, &fresh), SCANNING_READY);
        bool exchanged = fresh->scanner != old->scanner;
        assert_int_equal(verdict_of(fresh, "hello"), CARDEA_SCAN_ALLOW);
        scanning_give_back(s, fresh, i % 2 ? 10 : (size_t)8 << 20);
        if (exchanged)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_int_equal(verdict_of(old, "hello"), CARDEA_SCAN_ALLOW);
    scanning_give_back(s, old, 10);

    scanning_configure(s, &none); /* fails: the one that there is stays, and this is said */
    for (int i = 0; i < WAIT_MS; i++) {
        scanning_stats(s, &stats);
        if (stats.outdated)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(stats.outdated);
    assert_int_equal(stats.state, SCANNING_READY);
    profile_set_release(&set);
    free_idle(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_scanner_no_verdict),
                                       cmocka_unit_test(test_fail_open_by_policy_alone),
                                       cmocka_unit_test(test_exchanged_while_in_use)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

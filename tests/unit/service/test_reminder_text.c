/* One mail about keys and webhooks alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "service/reminder_text.h"

static struct reminder_item key_item(void)
{
    return (struct reminder_item){
        .row = {.subject_id = 1, .purpose = STORE_REMIND_EXPIRED, .at = 1795248001},
        .key = {.name = STR("billing"), .prefix = STR("ak_x")},
        .kind = "Agent key",
        .account = STR("Acme"),
        .product = "Anima",
    };
}
static struct reminder_item hook_item(void)
{
    return (struct reminder_item){
        .row = {.subject_id = 2, .purpose = STORE_REMIND_WEBHOOK, .at = 1795248001},
        .hook = {.id = 2,
                 .url = STR("https://hooks.example.com:8443/path/of/secrets"),
                 .reason = STR("it answered 410 Gone")},
        .account = STR("Acme"),
        .product = "Anima",
    };
}

static void assert_mail(const struct reminder_item *items, size_t count, size_t more, const char *subject,
                        const char *body)
{
    struct arena arena = {0};
    struct buf out;
    buf_init(&out, 4096);
    assert_string_equal(reminder_subject(&arena, items, count, more).ptr, subject);
    reminder_body(&out, items, count, more);
    buf_add_char(&out, '\0');
    assert_false(out.failed);
    assert_string_equal(out.ptr, body);
    buf_release(&out);
    arena_release(&arena);
}

#define KEY "- \"billing\" (ak_x…, Agent key) of Acme, Anima:\n  expired on 2026-11-21 08:00 UTC; never used.\n"
#define HOOK                                                                    \
    "- the one to hooks.example.com:8443 (whk_0000000000002) of Acme, Anima:\n" \
    "  disabled on 2026-11-21 08:00 UTC: it answered 410 Gone.\n"
#define REPLACE "To replace a key without a pause, make a new one, put it to use, then revoke the old one.\n"
#define ENABLE  "Once what receives it answers again, enable the webhook: what waited is sent then.\n"
#define END     "You get this as an owner or admin of the account. No reply is read.\n"

static void test_one_of_each(void **state)
{
    struct reminder_item key = key_item(), hook = hook_item();
    assert_mail(&key, 1, 0, "An API key has expired", "This API key needs attention:\n\n" KEY "\n" REPLACE END);
    assert_mail(&hook, 1, 0, "A webhook was disabled",
                "This webhook was disabled. Nothing is sent there, and what was queued waits:\n\n" HOOK
                "\n" ENABLE END);
}

static void test_several(void **state)
{
    struct reminder_item key = key_item(), hook = hook_item();
    const struct reminder_item mixed[] = {hook, key, hook}, hooks[] = {hook, hook};
    assert_mail(mixed, 3, 2, "5 API keys and webhooks need attention",
                "These API keys need attention:\n\n" KEY
                "\nThese webhooks were disabled. Nothing is sent there, and what was queued waits:\n\n" HOOK HOOK
                "- and 2 more.\n\n" REPLACE ENABLE END);
    assert_mail(hooks, 2, 0, "2 webhooks need attention",
                "These webhooks were disabled. Nothing is sent there, and what was queued waits:\n\n" HOOK HOOK
                "\n" ENABLE END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_of_each),
        cmocka_unit_test(test_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Signatures of what is posted elsewhere, by the vector that Standard Webhooks publishes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "service/webhook_sign.h"

/* MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw in base64. */
static const unsigned char published[] = {0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a, 0xab, 0x4f, 0x08, 0xd4,
                                          0x3c, 0x3f, 0x08, 0x2c, 0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0};
static const struct cardea_str secret = {(const char *)published, sizeof(published)};

static void as_published(void **state)
{
    char out[WEBHOOK_SIGNATURE_MAX];
    webhook_sign(secret, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, STR("{\"test\": 2432232314}"), out);
    assert_string_equal(out, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void each_part_counts(void **state)
{
    char one[WEBHOOK_SIGNATURE_MAX], other[WEBHOOK_SIGNATURE_MAX];
    struct cardea_str shorter = {secret.ptr, secret.len - 1};
    webhook_sign(secret, STR("a"), 1, STR("b"), one);
    webhook_sign(secret, STR("a.1"), 1, STR("b"), other);
    assert_string_not_equal(one, other);
    webhook_sign(secret, STR("a"), 2, STR("b"), other);
    assert_string_not_equal(one, other);
    webhook_sign(secret, STR("a"), 1, STR(""), other);
    assert_string_not_equal(one, other);
    webhook_sign(shorter, STR("a"), 1, STR("b"), other);
    assert_string_not_equal(one, other);
}

static void a_secret_is_shown_in_base64(void **state)
{
    uint8_t bytes[WEBHOOK_SECRET_LEN];
    char out[WEBHOOK_SECRET_TEXT];
    memset(bytes, 0xff, sizeof(bytes));
    webhook_secret_text(bytes, out);
    assert_string_equal(out, "whsec_//////////////////////////////////////////8=");
    assert_int_equal(strlen(out), sizeof(out) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_published), cmocka_unit_test(each_part_counts),
                                       cmocka_unit_test(a_secret_is_shown_in_base64)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

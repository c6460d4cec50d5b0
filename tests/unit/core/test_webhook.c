/* Signatures of webhooks: by the vector that Standard Webhooks publishes, and all that must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "core/webhook.h"

#define STR(literal) ((struct cardea_str){(literal), sizeof(literal) - 1})
#define SENT         1614265330

/* https://github.com/standard-webhooks/standard-webhooks, "Signing examples". */
static const struct cardea_str secret = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 38};
static const struct cardea_webhook published = {
    .signature = {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 47},
    .id = {"msg_p5jXN8AQM9LWM0D4loKWxJek", 28},
    .timestamp = {"1614265330", 10},
    .body = {"{\"test\": 2432232314}", 20},
};
/* printf '{"test": 2432232314}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw */
#define HEX "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c"

static enum cardea_webhook_result standard(const struct cardea_webhook *w, int64_t now)
{
    return cardea_webhook_verify(CARDEA_WEBHOOK_STANDARD, w, secret, now, CARDEA_WEBHOOK_TOLERANCE_SEC);
}

static enum cardea_webhook_result signed_with(struct cardea_str signature)
{
    struct cardea_webhook w = published;
    w.signature = signature;
    return standard(&w, SENT);
}

static void as_published(void **state)
{
    uint8_t bytes[WEBHOOK_SECRET_MAX];
    size_t len;
    char out[WEBHOOK_SIGNATURE_MAX];
    assert_true(webhook_secret_parse(secret, bytes, &len));
    assert_int_equal(len, 24);
    webhook_sign((struct cardea_str){(const char *)bytes, len}, published.id, SENT, published.body, out);
    assert_string_equal(out, published.signature.ptr);
    assert_int_equal(standard(&published, SENT), CARDEA_WEBHOOK_VALID);
    assert_int_equal(cardea_webhook_verify(CARDEA_WEBHOOK_STANDARD, &published,
                                           (struct cardea_str){secret.ptr + 6, secret.len - 6}, SENT, 300),
                     CARDEA_WEBHOOK_VALID);
}

static void each_part_counts(void **state)
{
    struct cardea_webhook w = published;
    w.id = STR("msg_p5jXN8AQM9LWM0D4loKWxJel");
    assert_int_equal(standard(&w, SENT), CARDEA_WEBHOOK_MISMATCH);
    w = published;
    w.timestamp = STR("1614265331");
    assert_int_equal(standard(&w, SENT), CARDEA_WEBHOOK_MISMATCH);
    w = published;
    w.body = STR("{\"test\": 2432232315}");
    assert_int_equal(standard(&w, SENT), CARDEA_WEBHOOK_MISMATCH);
    w.body = STR("{\"test\":2432232314}"); /* the same value in other bytes */
    assert_int_equal(standard(&w, SENT), CARDEA_WEBHOOK_MISMATCH);
    w.body = (struct cardea_str){"", 0};
    assert_int_equal(standard(&w, SENT), CARDEA_WEBHOOK_MISMATCH);
    assert_int_equal(cardea_webhook_verify(CARDEA_WEBHOOK_STANDARD, &published,
                                           STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"), SENT, 300),
                     CARDEA_WEBHOOK_MISMATCH);
}

static void five_minutes_either_way(void **state)
{
    assert_int_equal(standard(&published, SENT + 300), CARDEA_WEBHOOK_VALID);
    assert_int_equal(standard(&published, SENT + 301), CARDEA_WEBHOOK_TOO_OLD);
    assert_int_equal(standard(&published, SENT - 300), CARDEA_WEBHOOK_VALID);
    assert_int_equal(standard(&published, SENT - 301), CARDEA_WEBHOOK_TOO_NEW);
    static const char *const bad[] = {"",    " 1614265330", "1614265330 ", "+1614265330",    "-1", "01",
                                      "1.5", "0x10",        "now",         "99999999999999", "1e9"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cardea_webhook w = published;
        w.timestamp = (struct cardea_str){bad[i], strlen(bad[i])};
        assert_int_equal(standard(&w, SENT), CARDEA_WEBHOOK_BAD_TIMESTAMP);
    }
}

static void any_of_several_signatures(void **state)
{
    assert_int_equal(signed_with(STR("v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "
                                     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")),
                     CARDEA_WEBHOOK_VALID);
    assert_int_equal(signed_with(STR("v1a,abc v2,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=  ")),
                     CARDEA_WEBHOOK_VALID);
    assert_int_equal(signed_with(STR("")), CARDEA_WEBHOOK_NO_SIGNATURE);
    assert_int_equal(signed_with(STR("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")), CARDEA_WEBHOOK_NO_SIGNATURE);
    assert_int_equal(signed_with(STR("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")), CARDEA_WEBHOOK_NO_SIGNATURE);
    assert_int_equal(signed_with(STR("v1,")), CARDEA_WEBHOOK_NO_SIGNATURE);
    assert_int_equal(signed_with(STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE")), CARDEA_WEBHOOK_MISMATCH);
    assert_int_equal(signed_with(STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=,v1")), CARDEA_WEBHOOK_MISMATCH);
    assert_int_equal(signed_with(STR("v1,G0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")), CARDEA_WEBHOOK_MISMATCH);
    assert_int_equal(signed_with(STR(HEX)), CARDEA_WEBHOOK_NO_SIGNATURE);
}

static enum cardea_webhook_result body_style(struct cardea_str signature, struct cardea_str timestamp,
                                             struct cardea_str key)
{
    struct cardea_webhook w = {.signature = signature, .timestamp = timestamp, .body = published.body};
    return cardea_webhook_verify(CARDEA_WEBHOOK_BODY, &w, key, SENT, 300);
}

static void the_body_alone(void **state)
{
    char hex[WEBHOOK_HEX_MAX];
    const struct cardea_str none = {"", 0};
    webhook_sign_body(secret, published.body, hex);
    assert_string_equal(hex, HEX);
    assert_int_equal(body_style(STR(HEX), none, secret), CARDEA_WEBHOOK_VALID);
    for (size_t i = 0; hex[i]; i++)
        hex[i] = hex[i] >= 'a' ? (char)(hex[i] - 'a' + 'A') : hex[i];
    assert_int_equal(body_style((struct cardea_str){hex, 64}, none, secret), CARDEA_WEBHOOK_VALID);
    assert_int_equal(body_style(STR("sha256=" HEX), none, secret), CARDEA_WEBHOOK_VALID);
    hex[63] ^= 1;
    assert_int_equal(body_style((struct cardea_str){hex, 64}, none, secret), CARDEA_WEBHOOK_MISMATCH);
    assert_int_equal(body_style((struct cardea_str){hex, 63}, none, secret), CARDEA_WEBHOOK_NO_SIGNATURE);
    assert_int_equal(body_style(published.signature, none, secret), CARDEA_WEBHOOK_NO_SIGNATURE);
    /* The key is the text as it is shown, not what it stands for. */
    assert_int_equal(body_style(STR(HEX), none, (struct cardea_str){secret.ptr + 6, secret.len - 6}),
                     CARDEA_WEBHOOK_MISMATCH);
    assert_int_equal(body_style(STR(HEX), none, none), CARDEA_WEBHOOK_BAD_SECRET);
    assert_int_equal(body_style(STR(HEX), STR("1614265330"), secret), CARDEA_WEBHOOK_VALID);
    assert_int_equal(body_style(STR(HEX), STR("1614260000"), secret), CARDEA_WEBHOOK_TOO_OLD);
}

static void secrets(void **state)
{
    static const char *const bad[] = {"",
                                      "whsec_",
                                      "whsec_QUJD",                              /* three bytes */
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",   /* cut */
                                      "whsec_MfKQ9r8GKYqr TwjUPD8ILPZIo2LaLaSw", /* a space */
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\n",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI=2LaLaSw",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL===",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_"};
    uint8_t bytes[WEBHOOK_SECRET_MAX];
    char text[WEBHOOK_SECRET_TEXT];
    size_t len;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cardea_str given = {bad[i], strlen(bad[i])};
        assert_false(webhook_secret_parse(given, bytes, &len));
        assert_int_equal(cardea_webhook_verify(CARDEA_WEBHOOK_STANDARD, &published, given, SENT, 300),
                         CARDEA_WEBHOOK_BAD_SECRET);
    }
    for (size_t n = 16; n <= WEBHOOK_SECRET_MAX; n++) {
        uint8_t given[WEBHOOK_SECRET_MAX];
        memset(given, (int)(n + 0x80), n);
        webhook_secret_text(given, n, text);
        assert_true(webhook_secret_parse((struct cardea_str){text, strlen(text)}, bytes, &len));
        assert_int_equal(len, n);
        assert_memory_equal(bytes, given, n);
    }
    memset(bytes, 0xff, sizeof(bytes));
    webhook_secret_text(bytes, 24, text);
    assert_string_equal(text, "whsec_////////////////////////////////");
}

static void each_result_has_words(void **state)
{
    for (int i = CARDEA_WEBHOOK_VALID; i <= CARDEA_WEBHOOK_BAD_SECRET; i++)
        assert_true(strlen(cardea_webhook_result_text((enum cardea_webhook_result)i)) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_published),
        cmocka_unit_test(each_part_counts),
        cmocka_unit_test(five_minutes_either_way),
        cmocka_unit_test(any_of_several_signatures),
        cmocka_unit_test(the_body_alone),
        cmocka_unit_test(secrets),
        cmocka_unit_test(each_result_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Signed notes and checkpoints, and the record's bytes. */
#include "audit_test.h"

#include "audit/note.h"
#include "base/base64.h"

/* Published: Go's checksum database, and the example in the documentation of Go's note package. */
#define KEY_GO      "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
#define KEY_EXAMPLE "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

static void test_published_keys(void **state)
{
    struct note_key key;
    char text[NOTE_KEY_MAX];
    assert_true(note_key_read(STR(KEY_GO), &key));
    assert_string_equal(key.name, "sum.golang.org");
    assert_string_equal(key.id, "033de0ae");
    note_key_write(&key, text);
    assert_string_equal(text, KEY_GO);
    assert_true(note_key_read(STR(" " KEY_EXAMPLE "\n"), &key));
    assert_string_equal(key.id, "c74f20a3");
}

static void test_wrong_keys(void **state)
{
    struct note_key key;
    static const char *const wrong[] = {"",
                                        "sum.golang.org",
                                        "sum.golang.org+033de0ae",
                                        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                                        "sum golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                                        "sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                                        "sum.golang.org+033de0ae+As4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
                                        "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(note_key_read(str_of(wrong[i]), &key));
}

static const uint8_t seed[NOTE_SEED_LEN] = {1, 2, 3};

static void test_checkpoints_open_as_signed(void **state)
{
    struct note_signer *s = note_signer_new("keys.example.com/audit", seed);
    struct cardea_digest root = {{7}};
    struct checkpoint c;
    char note[CHECKPOINT_MAX], id[9];
    size_t len;
    checkpoint_sign(s, 0, &root, note, &len);
    assert_int_equal(checkpoint_open((struct cardea_str){note, len}, note_signer_key(s), &c, id), CHECKPOINT_OK);
    assert_int_equal(c.size, 0);
    checkpoint_sign(s, UINT64_C(10000000000), &root, note, &len);
    assert_int_equal(checkpoint_open((struct cardea_str){note, len}, note_signer_key(s), &c, id), CHECKPOINT_OK);
    assert_int_equal(c.size, UINT64_C(10000000000));
    assert_memory_equal(&c.root, &root, sizeof(root));
    assert_string_equal(c.origin, "keys.example.com/audit");
    assert_string_equal(id, note_signer_key(s)->id);
    /* Each byte counts: whatever is changed, it opens no more, or (in what it has beside) says the same. */
    for (size_t i = 0; i < len; i++) {
        note[i] ^= 1;
        assert_int_not_equal(checkpoint_open((struct cardea_str){note, len}, note_signer_key(s), &c, id),
                             CHECKPOINT_OK);
        note[i] ^= 1;
        assert_int_not_equal(checkpoint_open((struct cardea_str){note, i}, note_signer_key(s), &c, id), CHECKPOINT_OK);
    }
    note_signer_free(s);
}

static void test_what_is_wrong_is_named(void **state)
{
    static const uint8_t other_seed[NOTE_SEED_LEN] = {9};
    struct note_signer *s = note_signer_new("a.example/log", seed),
                       *forger = note_signer_new("a.example/log", other_seed),
                       *elsewhere = note_signer_new("b.example/log", seed);
    const struct note_key *key = note_signer_key(s);
    struct cardea_digest root = {{7}};
    struct checkpoint c;
    char note[CHECKPOINT_MAX], both[2 * CHECKPOINT_MAX], id[9];
    size_t len;
    checkpoint_sign(forger, 5, &root, note, &len);
    assert_int_equal(checkpoint_open((struct cardea_str){note, len}, key, &c, id), CHECKPOINT_OTHER_KEY);
    assert_string_equal(id, note_signer_key(forger)->id);
    checkpoint_sign(elsewhere, 5, &root, note, &len);
    assert_int_equal(checkpoint_open((struct cardea_str){note, len}, key, &c, id), CHECKPOINT_OTHER_ORIGIN);
    checkpoint_sign(s, 5, &root, note, &len);
    *strchr(note, '5') = '6';
    assert_int_equal(checkpoint_open((struct cardea_str){note, len}, key, &c, id), CHECKPOINT_BAD_SIGNATURE);
    assert_int_equal(checkpoint_open(STR("a.example/log\n05\n"), key, &c, id), CHECKPOINT_MALFORMED);
    /* A witness's signature before ours is passed by. */
    checkpoint_sign(s, 5, &root, note, &len);
    char *ours = strstr(note, "\n\n") + 2;
    int n = snprintf(both, sizeof(both), "%.*s\xe2\x80\x94 witness.example AAAAAAAA\n%s", (int)(ours - note), note,
                     ours);
    assert_int_equal(checkpoint_open((struct cardea_str){both, (size_t)n}, key, &c, id), CHECKPOINT_OK);
    note_signer_free(s);
    note_signer_free(forger);
    note_signer_free(elsewhere);
    assert_null(note_signer_new("with blank", seed));
    assert_null(note_signer_new("a+b", seed));
}

static void test_record_bytes(void **state)
{
    struct buf b;
    struct cardea_str log;
    uint64_t index;
    struct audit_record r = {.index = 17,
                             .at_ms = 1700000000123,
                             .action = STR("key.created"),
                             .actor = STR("root"),
                             .actor_key = 1,
                             .subject = STR("a \"quoted\"\nsubject"),
                             .detail = STR("{\"prefix\":\"ak_1\"}")};
    const uint8_t salt[RECORD_SALT_LEN] = "0123456789abcde";
    buf_init(&b, 4096);
    record_write(&b, "0a1b2c3d", &r);
    assert_string_equal(
        b.ptr, "{\"log\":\"0a1b2c3d\",\"index\":17,\"time\":\"2023-11-14T22:13:20.123Z\",\"action\":\"key.created\","
               "\"actor\":\"root\",\"actor_key\":\"key_0000000000001\",\"subject\":\"a \\\"quoted\\\"\\nsubject\","
               "\"account\":null,\"source\":null,\"detail\":{\"prefix\":\"ak_1\"}}");
    assert_true(record_read(buf_str(&b), &log, &index));
    assert_true(str_eq(log, STR("0a1b2c3d")));
    assert_int_equal(index, 17);
    buf_clear(&b);
    r.has_source = true;
    record_source(salt, STR("192.0.2.7"), &r.source);
    record_write(&b, "0a1b2c3d", &r);
    /* printf '0123456789abcde\000192.0.2.7' | openssl dgst -sha256 -binary | base64 */
    assert_non_null(strstr(b.ptr, "\"source\":\"UPhif5mcp1QamFDI9Qj8kaFNctTNKbirCSqtn+rEb1A=\""));
    buf_release(&b);
    assert_false(record_read(STR("{\"log\":\"0a1b2c3d\",\"index\":,"), &log, &index));
    assert_false(record_read(STR("{\"log\":\"0a1b2c3d\",\"index\":017,"), &log, &index));
    assert_false(record_read(STR("{\"log\":\"0a1b2c3d\",\"index\":17"), &log, &index));
    assert_false(record_read(STR("{\"leaves_from\":0,\"leaves\":\"\"}"), &log, &index));
    assert_false(record_read(STR(""), &log, &index));
}

/* RFC 4648, section 10, and what has more than one spelling elsewhere. */
static void test_base64(void **state)
{
    static const struct {
        const char *plain, *text;
    } pairs[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}};
    static const char *const wrong[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zm 9", "Zm-_", "Zm9v\n"};
    uint8_t out[16];
    size_t len;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char text[16];
        size_t n = base64_encode(pairs[i].plain, strlen(pairs[i].plain), text);
        assert_true(str_eq((struct cardea_str){text, n}, str_of(pairs[i].text)));
        assert_true(base64_decode(str_of(pairs[i].text), out, &len));
        assert_int_equal(len, strlen(pairs[i].plain));
        assert_memory_equal(out, pairs[i].plain, len);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(base64_decode(str_of(wrong[i]), out, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_keys),
        cmocka_unit_test(test_wrong_keys),
        cmocka_unit_test(test_checkpoints_open_as_signed),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_record_bytes),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The parts of a message: which addresses there are, one text of all parts, and parts again after a redaction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "service/message_text.h"

static struct arena arena;

static bool takes(const char *to, enum store_channel expected, const char *kept, const char *host)
{
    struct service_call c = {.arena = &arena};
    struct cardea_str address;
    enum store_channel channel;
    if (message_address(&c, str_of(to), &channel, &address) != SERVICE_OK)
        return false;
    return channel == expected && str_eq(address, str_of(kept)) && str_eq(message_host(channel, address), str_of(host));
}

static void addresses(void **state)
{
    assert_true(takes("ada@example.com", STORE_CHANNEL_SMTP, "ada@example.com", "example.com"));
    assert_true(takes("mailto:a.b+c@x.example.com", STORE_CHANNEL_SMTP, "a.b+c@x.example.com", "x.example.com"));
    assert_true(takes("https://example.com/a?b=c", STORE_CHANNEL_PUSH, "https://example.com/a?b=c", "example.com"));
    assert_true(takes("https://example.com:8443", STORE_CHANNEL_PUSH, "https://example.com:8443", "example.com:8443"));
    const char *const bad[] = {"a@b",         "a@b..c",      "a..b@c.de", "@c.de",           "a@",
                               "a b@c.de",    "a@c.de\n",    "a@c.de,x",  "\"a\"@c.de",      "a@[1.2.3.4]",
                               "https://",    "https:///x",  "ftp://x/",  "https://u@x.de/", "https://x.de/#a",
                               "https://x\t", "mailto:a@b\r"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(takes(bad[i], STORE_CHANNEL_SMTP, bad[i], "") || takes(bad[i], STORE_CHANNEL_PUSH, bad[i], ""));
    assert_true(message_is_agent(STR("support")) && message_is_agent(STR("agt_01jd3v8k2m4ta")));
    assert_false(message_is_agent(STR("a@b")) || message_is_agent(STR("https://x")) ||
                 message_is_agent(STR("mailto:")));
}

static struct message_send message(const struct message_attachment *attachments, size_t count)
{
    return (struct message_send){.to = STR("bob"),
                                 .subject = STR("Keys"),
                                 .body = STR("one two"),
                                 .attachments = attachments,
                                 .attachment_count = count};
}

static void parts_become_one_text_and_parts_again(void **state)
{
    const struct message_attachment a[] = {{STR("a.txt"), STR("text/plain"), STR("three")},
                                           {STR("b"), STR("application/json"), STR("")}};
    struct message_send m = message(a, 2);
    message_join(&arena, &m);
    assert_true(str_eq(m.text, STR("Keys\n\x1e\none two\n\x1e\na.txt\n\x1e\nthree\n\x1e\nb\n\x1e\n")));
    assert_true(message_split(&arena, &m,
                              STR("Keys\n\x1e\none [redacted:x]\n\x1e\na.txt\n\x1e\n[redacted:y]\n\x1e\nb\n\x1e\n")));
    assert_true(str_eq(m.row.subject, STR("Keys")) && str_eq(m.row.body, STR("one [redacted:x]")));
    assert_true(str_eq(m.row.attachments, STR("[{\"name\":\"a.txt\",\"type\":\"text/plain\",\"text\":\"[redacted:y]\"},"
                                              "{\"name\":\"b\",\"type\":\"application/json\",\"text\":\"\"}]")));
}

static void what_ran_over_the_end_of_a_part_is_none(void **state)
{
    const struct message_attachment a[] = {{STR("a"), STR("text/plain"), STR("b")}};
    struct message_send m = message(NULL, 0), n = message(a, 1);
    message_join(&arena, &m);
    message_join(&arena, &n);
    assert_false(message_split(&arena, &m, STR("Keys[redacted:x]two")));
    assert_false(message_split(&arena, &m, STR("Keys\n\x1e\none\n\x1e\ntwo")));
    assert_false(message_split(&arena, &m,
                               STR("Keys\n\x1e"
                                   "one")));
    assert_false(message_split(&arena, &m, STR("")));
    assert_false(message_split(&arena, &n, STR("Keys\n\x1e\none two\n\x1e\na[redacted:x]")));
    assert_true(message_split(&arena, &m, STR("\n\x1e\n")));
}

static void a_digest_is_of_each_part(void **state)
{
    struct message_send m = message(NULL, 0), n = m;
    struct cardea_digest one, other;
    message_digest(&arena, &m, &one);
    message_digest(&arena, &n, &other);
    assert_true(cardea_digest_equal(&one, &other));
    n.subject = STR("Keyso");
    n.body = STR("ne two");
    message_digest(&arena, &n, &other);
    assert_false(cardea_digest_equal(&one, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses), cmocka_unit_test(parts_become_one_text_and_parts_again),
        cmocka_unit_test(what_ran_over_the_end_of_a_part_is_none), cmocka_unit_test(a_digest_is_of_each_part)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}

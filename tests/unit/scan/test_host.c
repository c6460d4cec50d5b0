#include "kit.h"

#include "scan/host.h"
#include "scan/punycode.h"

static struct fold *fold;

static int begin(void **state)
{
    fold = fold_new();
    return fold == NULL;
}

static int end(void **state)
{
    fold_free(fold);
    return 0;
}

/* RFC 3492, section 7.1 (L, M, R), and names that exist. */
static void punycode_goes_both_ways(void **state)
{
    const char *const pairs[][2] = {{"3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"},
                                    {"安室奈美恵-with-SUPER-MONKEYS", "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n"},
                                    {"そのスピードで", "d9juau41awczczp"},
                                    {"münchen", "mnchen-3ya"},
                                    {"пример", "e1afmkfd"}};
    char out[PUNYCODE_MAX];
    size_t len;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_true(punycode_encode(str_of(pairs[i][0]), out, &len));
        assert_true(str_eq((struct cardea_str){out, len}, str_of(pairs[i][1])));
        assert_true(punycode_decode(str_of(pairs[i][1]), out, &len));
        assert_true(str_eq((struct cardea_str){out, len}, str_of(pairs[i][0])));
    }
    assert_false(punycode_decode(STR("99999999"), out, &len));
    assert_false(punycode_decode(STR("a-\xff"), out, &len));
    assert_false(punycode_encode(STR("\xff"), out, &len));
}

static void parses(const char *text, bool in_url, const char *name, unsigned traits)
{
    struct host h;
    bool good = host_parse(&h, str_of(text), in_url, fold);
    if (good != (name != NULL))
        fail_msg("%s: %s", text, good ? "should be none" : "should be a host");
    if (!name)
        return;
    assert_true(str_eq((struct cardea_str){h.name, h.name_len}, str_of(name)));
    assert_int_equal(h.traits, traits);
}

#define TRAIT(name) (1u << CARDEA_SCAN_HOST_##name)

static void names_and_addresses_are_told_apart(void **state)
{
    parses("Example.COM.", false, "example.com", 0);
    parses("localhost", true, "localhost", 0);
    parses("localhost", false, NULL, 0);
    parses("setup.py", false, NULL, 0);
    parses("file.txt", false, NULL, 0);
    parses("a..b.com", true, NULL, 0);
    parses("192.0.2.1", false, "192.0.2.1", TRAIT(IP));
    parses("192.0.2.256", true, "192.0.2.256", 0);
    parses("[2001:db8::1]", true, "[2001:db8::1]", TRAIT(IP));
    parses("[2001:db8::x]", true, NULL, 0);
    parses("2130706433", true, "2130706433", TRAIT(ODD_IP));
    parses("0x7f.1", true, "0x7f.1", TRAIT(ODD_IP));
    parses("0177.0.0.1", true, "0177.0.0.1", TRAIT(ODD_IP));
    parses("4294967296", true, "4294967296", 0);
    parses("xn--mnchen-3ya.de", false, "xn--mnchen-3ya.de", TRAIT(PUNYCODE));
    parses("MÜNCHEN.de", false, "xn--mnchen-3ya.de", 0);
    parses("münchen.de", false, "xn--mnchen-3ya.de", 0);
    parses("xn--pple-43d.com", false, "xn--pple-43d.com", TRAIT(PUNYCODE) | TRAIT(MIXED));
    parses("bank.com.evil.ru", true, "bank.com.evil.ru", TRAIT(NESTED));
    parses("bank.com.au", true, "bank.com.au", 0);
}

static void a_domain_covers_what_is_beneath(void **state)
{
    assert_true(host_is_under(STR("a.b.example"), STR("b.example")));
    assert_true(host_is_under(STR("b.example"), STR("b.example")));
    assert_false(host_is_under(STR("ab.example"), STR("b.example")));
    assert_false(host_is_under(STR("b.example.evil"), STR("b.example")));
    assert_false(host_is_under(STR("b.example"), STR("")));
    assert_int_equal(host_registered_at(STR("a.example.co.uk")), 2);
    assert_int_equal(host_registered_at(STR("a.b.example.com")), 4);
    assert_int_equal(host_registered_at(STR("localhost")), 0);
}

static bool alike(const char *host, const char *domain)
{
    struct host_look a, b;
    host_look_at(&a, str_of(host), fold);
    host_look_at(&b, str_of(domain), fold);
    return host_looks_like(&a, &b);
}

static void look_alikes_are_seen(void **state)
{
    assert_true(alike("paypa1.com", "paypal.com"));
    assert_true(alike("www.paypai.com", "paypal.com"));
    assert_true(alike("rnicrosoft.com", "microsoft.com"));
    assert_true(alike("secure-paypal.net", "paypal.com"));
    assert_true(alike("xn--pple-43d.com", "apple.com"));
    assert_true(alike("gooogle.com", "google.com"));
    assert_false(alike("paypal.com", "paypal.com"));
    assert_false(alike("mail.paypal.com", "paypal.com"));
    assert_false(alike("paypal.de", "paypal.com"));
    assert_false(alike("maple.com", "apple.com"));
}

struct found {
    char names[512];
    size_t count;
};

static bool on_host(void *arg, const struct host *h)
{
    struct found *f = arg;
    size_t used = strlen(f->names);
    snprintf(f->names + used, sizeof(f->names) - used, "%s%.*s", used ? " " : "", (int)h->name_len, h->name);
    f->count++;
    return true;
}

static void finds(const char *text, const char *names)
{
    struct found f = {"", 0};
    host_find(str_of(text), fold, on_host, &f);
    assert_string_equal(f.names, names);
}

static void hosts_are_found_in_text(void **state)
{
    finds("See https://user:pw@Example.com:8443/a.b?c=d.e and (www.example.org).", "example.com www.example.org");
    finds("no host, e.g. this. Or v1.2.3, 10.5 and setup.py.", "");
    finds("http://[::1]/ http://0x7f.1 http://localhost:80", "[::1] 0x7f.1 localhost");
    finds("请访问example.com查看", "example.com");
    finds("http://例え。jp/", "xn--r8jz45g.jp");
    finds("it’s…fine ••4605.com", "4605.com");
    finds("", "");
    finds("://", "");
    finds("http://", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(punycode_goes_both_ways),         cmocka_unit_test(names_and_addresses_are_told_apart),
        cmocka_unit_test(a_domain_covers_what_is_beneath), cmocka_unit_test(look_alikes_are_seen),
        cmocka_unit_test(hosts_are_found_in_text),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

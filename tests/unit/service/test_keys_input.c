#include "keys_rig.h"

#include "service/networks.h"

/* One member of a request, as text, and what must come of it. Times count from RIG_START, 2027-01-15T08:00:00Z. */
struct row {
    const char *kind;
    enum key_member member;
    const char *value;    /* lists by commas; a rate as limit,window,burst; NULL: null */
    const char *kept;     /* what the row then holds; NULL: refused */
    const char *location; /* of the problem */
    const char *fix;      /* what its fix must say */
};

#define HUNDRED "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define AE10    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"

static const struct row rows[] = {
    {"plain", KEY_NAME, "ci-pipeline", "ci-pipeline", NULL, NULL},
    {"plain", KEY_NAME, "a", "a", NULL, NULL},
    {"plain", KEY_NAME, "Zürich – CI", "Zürich – CI", NULL, NULL},
    {"plain", KEY_NAME, HUNDRED, HUNDRED, NULL, NULL},
    {"plain", KEY_NAME, AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10,
     AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10, NULL, NULL},
    {"plain", KEY_NAME, "", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "   ", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, HUNDRED "n", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10 AE10 "n", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "two\nlines", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "tab\there", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "\x1b[31mred", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "del\x7f", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "c1\xc2\x85", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "bidi\xe2\x80\xae", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "bad\xff", NULL, "/name", "1 to 100"},
    {"plain", KEY_NAME, "overlong\xc0\xaf", NULL, "/name", "1 to 100"},

    {"plain", KEY_SCOPES, "orders:read", "orders:read", NULL, NULL},
    {"plain", KEY_SCOPES, "orders:write,orders:read", "orders:write orders:read", NULL, NULL},
    {"plain", KEY_SCOPES, "orders:read,orders:read", "orders:read", NULL, NULL},
    {"plain", KEY_SCOPES, "orders:*", "orders:*", NULL, NULL},
    {"plain", KEY_SCOPES, "*", "*", NULL, NULL},
    {"plain", KEY_SCOPES, "", NULL, "/scopes", "orders:read, orders:write, stock:read, keys:manage"},
    {"plain", KEY_SCOPES, "orders:reed", NULL, "/scopes/0", "Did you mean `orders:read`?"},
    {"plain", KEY_SCOPES, "orders:read,unheard-of-thing", NULL, "/scopes/1", "Choose among: orders:read"},
    {"plain", KEY_SCOPES, "nothing:*", NULL, "/scopes/0", ""},
    {"plain", KEY_SCOPES, "orders:read stock:read", NULL, "/scopes/0", ""},
    {"plain", KEY_SCOPES, "orders", NULL, "/scopes/0", ""},
    {"narrow", KEY_SCOPES, "", "", NULL, NULL},
    {"narrow", KEY_SCOPES, "orders:*", "orders:*", NULL, NULL},
    {"narrow", KEY_SCOPES, "stock:read", NULL, "/scopes/0", "Choose among: orders:read, orders:write."},
    {"narrow", KEY_SCOPES, "*", NULL, "/scopes/0", "Choose among: orders:read, orders:write."},
    {"fixed", KEY_SCOPES, "", "", NULL, NULL},
    {"fixed", KEY_SCOPES, "orders:read", NULL, "/scopes", "Leave `scopes` out."},

    {"plain", KEY_EXPIRES, "2027-02-01T00:00:00Z", "1801440000", NULL, NULL},
    {"plain", KEY_EXPIRES, "2027-02-01T01:00:00+01:00", "1801440000", NULL, NULL},
    {"plain", KEY_EXPIRES, NULL, "0", NULL, NULL},
    {"plain", KEY_EXPIRES, "2027-01-15T08:00:01Z", "1800000001", NULL, NULL},
    {"plain", KEY_EXPIRES, "2027-01-15T08:00:00Z", NULL, "/expires_at", "2027-01-16T08:00:00Z"},
    {"plain", KEY_EXPIRES, "2020-01-01T00:00:00Z", NULL, "/expires_at", "2027-01-16T08:00:00Z"},
    {"plain", KEY_EXPIRES, "2027-02-30T00:00:00Z", NULL, "/expires_at", "null for never"},
    {"plain", KEY_EXPIRES, "tomorrow", NULL, "/expires_at", "null for never"},
    {"plain", KEY_EXPIRES, "", NULL, "/expires_at", "null for never"},
    {"plain", KEY_EXPIRES, "1801440000", NULL, "/expires_at", "null for never"},
    {"plain", KEY_EXPIRES, "9999-01-01T00:00:00Z", NULL, "/expires_at", "Send null"},
    {"short", KEY_EXPIRES, "2027-01-16T08:00:00Z", "1800086400", NULL, NULL},
    {"short", KEY_EXPIRES, "2027-01-16T08:00:01Z", NULL, "/expires_at", "up to \"2027-01-16T08:00:00Z\""},
    {"short", KEY_EXPIRES, NULL, NULL, "/expires_at", "up to \"2027-01-16T08:00:00Z\""},

    {"plain", KEY_IP_ALLOW, "", "", NULL, NULL},
    {"plain", KEY_IP_ALLOW, "192.0.2.7", "192.0.2.7", NULL, NULL},
    {"plain", KEY_IP_ALLOW, "192.0.2.7/32,10.0.0.0/8", "192.0.2.7 10.0.0.0/8", NULL, NULL},
    {"plain", KEY_IP_ALLOW, "0.0.0.0/0", "0.0.0.0/0", NULL, NULL},
    {"plain", KEY_IP_ALLOW, "2001:DB8::/32", "2001:db8::/32", NULL, NULL},
    {"plain", KEY_IP_ALLOW, "::1,::/0", "::1 ::/0", NULL, NULL},
    {"plain", KEY_IP_ALLOW, "::ffff:192.0.2.0/120", "192.0.2.0/24", NULL, NULL},
    {"plain", KEY_IP_ALLOW, "10.1.2.3/8", NULL, "/ip_allow/0", "Did you mean \"10.0.0.0/8\"?"},
    {"plain", KEY_IP_ALLOW, "192.0.2.7,2001:db8::1/32", NULL, "/ip_allow/1", "Did you mean \"2001:db8::/32\"?"},
    {"plain", KEY_IP_ALLOW, "10.0.0.0/33", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "2001:db8::/129", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "10.0.0.0/", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "10.0.0.0/08", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "10.0.0.0/+8", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "10.0.0", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "010.0.0.1", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "10.0.0.256", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "localhost", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "fe80::1%eth0", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, "[::1]", NULL, "/ip_allow/0", "10.0.0.0/8"},
    {"plain", KEY_IP_ALLOW, " 10.0.0.1", NULL, "/ip_allow/0", "10.0.0.0/8"},

    {"plain", KEY_RATE, "100,60,0", "100/60000/0", NULL, NULL},
    {"plain", KEY_RATE, "1,1,1", "1/1000/1", NULL, NULL},
    {"plain", KEY_RATE, "1000000,86400,1000000", "1000000/86400000/1000000", NULL, NULL},
    {"plain", KEY_RATE, NULL, "0/0/0", NULL, NULL},
    {"plain", KEY_RATE, "0,60,0", NULL, "/rate_limit/limit", "between 1 and 1000000"},
    {"plain", KEY_RATE, "-1,60,0", NULL, "/rate_limit/limit", "between 1 and 1000000"},
    {"plain", KEY_RATE, "1000001,60,0", NULL, "/rate_limit/limit", "between 1 and 1000000"},
    {"plain", KEY_RATE, "10,0,0", NULL, "/rate_limit/window_sec", "between 1 and 86400"},
    {"plain", KEY_RATE, "10,86401,0", NULL, "/rate_limit/window_sec", "between 1 and 86400"},
    {"plain", KEY_RATE, "10,60,-1", NULL, "/rate_limit/burst", "between 0 and 1000000"},
    {"plain", KEY_RATE, "10,60,1000001", NULL, "/rate_limit/burst", "between 0 and 1000000"},
    {"plain", KEY_RATE, "4294967297,60,0", NULL, "/rate_limit/limit", "between 1 and 1000000"},

    {"plain", KEY_CREDITS, "0", "-", NULL, NULL},
    {"plain", KEY_CREDITS, "1000000000000000", "-", NULL, NULL},
    {"plain", KEY_CREDITS, NULL, "-", NULL, NULL},
    {"plain", KEY_CREDITS, "-1", NULL, "/credits", "between 0 and 1000000000000000"},
    {"plain", KEY_CREDITS, "1000000000000001", NULL, "/credits", "between 0 and 1000000000000000"},

    {"plain", KEY_METADATA, "{}", "", NULL, NULL},
    {"plain", KEY_METADATA, "{\"plan\":\"pro\"}", "{\"plan\":\"pro\"}", NULL, NULL},
};

static struct cardea_str *split(const char *text, size_t *count)
{
    struct cardea_str *items = arena_array(&rig.arena, 16, sizeof(*items)), rest = str_of(text);
    *count = 0;
    while (rest.len && str_cut(&rest, ',', &items[*count]))
        ++*count;
    return items;
}

static struct key_input input_of(const struct row *r)
{
    struct key_input in = {.given = r->member};
    const char *value = r->value ? r->value : "";
    bool null = r->value == NULL;
    switch (r->member) {
    case KEY_NAME:
        in.name = str_of(value);
        break;
    case KEY_SCOPES:
        in.scopes = split(value, &in.scope_count);
        break;
    case KEY_EXPIRES:
        in.expires_null = null;
        in.expires_at = str_of(value);
        break;
    case KEY_IP_ALLOW:
        in.ip_allow = split(value, &in.ip_allow_count);
        break;
    case KEY_RATE: {
        char *end = NULL;
        in.rate_null = null;
        in.rate_limit = null ? 0 : strtoll(value, &end, 10);
        in.rate_window_sec = null ? 0 : strtoll(end + 1, &end, 10);
        in.rate_burst = null ? 0 : strtoll(end + 1, &end, 10);
        break;
    }
    case KEY_CREDITS:
        in.credits_null = null;
        in.credits = strtoll(value, NULL, 10);
        break;
    case KEY_METADATA:
        in.metadata = str_of(value);
        break;
    case KEY_ENABLED:
        break;
    }
    return in;
}

static struct cardea_str kept_of(const struct row *r, const struct store_key *key)
{
    switch (r->member) {
    case KEY_NAME:
        return key->name;
    case KEY_SCOPES:
        return key->scopes;
    case KEY_EXPIRES:
        return arena_printf(&rig.arena, "%lld", (long long)key->expires_at);
    case KEY_IP_ALLOW:
        return key->ip_allow;
    case KEY_RATE:
        return arena_printf(&rig.arena, "%u/%u/%u", key->rate.limit, key->rate.window_ms, key->rate.burst);
    case KEY_METADATA:
        return key->metadata;
    default:
        return STR("-");
    }
}

static struct service_call call_now(void)
{
    return (struct service_call){.svc = &rig.svc, .profiles = &rig.profiles, .arena = &rig.arena, .now = rig.now};
}

static void each_row(void **state)
{
    const struct profile *shop = profile_set_find(&rig.profiles, STR("shop"));
    assert_non_null(shop);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        struct service_call c = call_now();
        struct key_rules rules = {.profile = shop, .at = "", .kind = cardea_profile_kind(&shop->core, str_of(r->kind))};
        struct key_input in = input_of(r);
        struct store_key key = {.name = STR("before"), .scopes = STR("before"), .expires_at = 1, .rate = {9, 9, 9}};
        bool well = key_input_apply(&c, &rules, &in, &key) == SERVICE_OK;
        if (well != (r->kept != NULL))
            fail_msg("row %zu (%s): %s", i, r->value ? r->value : "null", well ? "taken" : c.problems[0].message);
        if (well && !str_eq(kept_of(r, &key), str_of(r->kept)))
            fail_msg("row %zu (%s): kept %.*s", i, r->value ? r->value : "null", STR_ARG(kept_of(r, &key)));
        if (!well && (strcmp(c.problems[0].location, r->location) != 0 || !strstr(c.problems[0].fix, r->fix)))
            fail_msg("row %zu (%s): %s: %s", i, r->value, c.problems[0].location, c.problems[0].fix);
    }
}

/* A rule for what a whole request asks, where each member alone is well. */
static void whole_requests(void **state)
{
    const struct profile *shop = profile_set_find(&rig.profiles, STR("shop"));
    struct store_key key = {0};
    struct key_input in = {0};
    struct key_rules plain = {.profile = shop, .at = "/keys/7", .kind = cardea_profile_kind(&shop->core, STR("plain"))};
    struct service_call c = call_now();
    assert_int_equal(key_input_defaults(&c, &plain, &in, &key), SERVICE_INVALID);
    assert_string_equal(c.problems[0].location, "/keys/7/scopes");
    assert_non_null(strstr(c.problems[0].fix, "orders:read"));
    assert_int_equal(key.expires_at, 0);

    struct key_rules brief = {.profile = shop, .at = "", .kind = cardea_profile_kind(&shop->core, STR("short"))};
    c = call_now();
    assert_int_equal(key_input_defaults(&c, &brief, &in, &key), SERVICE_OK);
    assert_int_equal(key.expires_at, rig.now + 3600);

    /* What lies in the past is a mistake in a new key, and history in an imported one. */
    in = (struct key_input){.given = KEY_EXPIRES, .expires_at = STR("2020-01-01T00:00:00Z")};
    plain.imported = true;
    c = call_now();
    assert_int_equal(key_input_apply(&c, &plain, &in, &key), SERVICE_OK);
}

static void sizes(void **state)
{
    const struct profile *shop = profile_set_find(&rig.profiles, STR("shop"));
    struct key_rules rules = {.profile = shop, .at = "", .kind = cardea_profile_kind(&shop->core, STR("plain"))};
    struct cardea_str networks[CARDEA_NETWORKS_MAX + 1];
    struct store_key key;
    char metadata[KEY_METADATA_MAX + 1];
    memset(metadata, 'x', sizeof(metadata));
    for (size_t i = 0; i <= CARDEA_NETWORKS_MAX; i++)
        networks[i] = arena_printf(&rig.arena, "2001:db8:ffff:ffff:ffff:ffff:ffff:%zx/128", 0xf000 + i);

    struct service_call c = call_now();
    struct key_input in = {.given = KEY_METADATA | KEY_IP_ALLOW, .metadata = {metadata, KEY_METADATA_MAX}};
    in.ip_allow = networks;
    in.ip_allow_count = CARDEA_NETWORKS_MAX;
    assert_int_equal(key_input_apply(&c, &rules, &in, &key), SERVICE_OK);
    size_t words = 1;
    for (size_t i = 0; i < key.ip_allow.len; i++)
        words += key.ip_allow.ptr[i] == ' ';
    assert_int_equal(words, CARDEA_NETWORKS_MAX);

    in.metadata.len++;
    in.ip_allow_count++;
    assert_int_equal(key_input_apply(&c, &rules, &in, &key), SERVICE_INVALID);
    assert_int_equal(c.problem_count, 2);
    assert_string_equal(c.problems[0].location, "/ip_allow");
    assert_string_equal(c.problems[1].location, "/metadata");
}

static void effective_scopes(void **state)
{
    const struct profile *shop = profile_set_find(&rig.profiles, STR("shop"));
    int write = cardea_profile_scope(&shop->core, STR("orders:write"));
    int stock = cardea_profile_scope(&shop->core, STR("stock:read"));
    struct cardea_scopes set;
    key_scopes_effective(shop, cardea_profile_kind(&shop->core, STR("plain")), STR("orders:*"), &set);
    assert_true(cardea_scopes_has(&set, (unsigned)write));
    assert_false(cardea_scopes_has(&set, (unsigned)stock));
    key_scopes_effective(shop, cardea_profile_kind(&shop->core, STR("fixed")), STR(""), &set);
    assert_true(cardea_scopes_has(&set, (unsigned)stock));
    assert_false(cardea_scopes_has(&set, (unsigned)write));
}

static void addresses(void **state)
{
    uint8_t ip[16];
    assert_true(network_parse_address(STR("192.0.2.7"), ip));
    assert_int_equal(ip[10], 0xff);
    assert_int_equal(ip[15], 7);
    assert_true(network_parse_address(STR("2001:db8::7"), ip));
    assert_int_equal(ip[0], 0x20);
    assert_false(network_parse_address(STR("192.0.2.7/32"), ip));
    assert_false(network_parse_address(STR(""), ip));
    assert_false(network_parse_address(STR("1.2.3.4\0"), ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),         cmocka_unit_test(whole_requests), cmocka_unit_test(sizes),
        cmocka_unit_test(effective_scopes), cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests_name("keys: what is asked of them", tests, rig_open, rig_close);
}

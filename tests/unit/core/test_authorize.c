/* test_authorize.c - reads the table of decisions, authorize.tsv: each row a snapshot, a request, the expected code. */
#include "rig.h"

#include <unistd.h>

#define COLUMNS 8

static const char *table_path;

/* Replaces {name} by the key of that name, {name~} by it with its last character changed, {name<} by it without the
 * last, and \xNN by a byte. */
static struct cardea_str expand(const struct rig *rig, const char *text, char *buf, size_t cap)
{
    size_t n = 0;
    while (*text != '\0') {
        assert_true(n + CARDEA_KEY_MAX < cap);
        if (text[0] == '\\' && text[1] == 'x') {
            char digits[3] = {text[2], text[3], '\0'};
            buf[n++] = (char)strtoul(digits, NULL, 16);
            text += 4;
        } else if (*text == '{') {
            char name[32] = "";
            size_t len = strcspn(text + 1, "}");
            assert_true(len < sizeof name);
            memcpy(name, text + 1, len);
            text += len + 2;
            char last = name[len - 1];
            if (last == '~' || last == '<')
                name[len - 1] = '\0';
            struct cardea_secret key;
            rig_key(rig, name, &key);
            if (last == '~')
                key.bytes[key.len - 1] = key.bytes[key.len - 1] == 'a' ? 'b' : 'a';
            memcpy(buf + n, key.bytes, key.len);
            n += last == '<' ? key.len - 1 : key.len;
        } else {
            buf[n++] = *text++;
        }
    }
    buf[n] = '\0';
    return (struct cardea_str){buf, n};
}

/* "10.1.2.3", "::1", or "-" for unknown. */
static const uint8_t *parse_ip(const char *text, uint8_t ip[16])
{
    unsigned a, b, c, d;
    if (sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d) != 4)
        return NULL;
    memset(ip, 0, 16);
    ip[10] = ip[11] = 0xff;
    ip[12] = (uint8_t)a;
    ip[13] = (uint8_t)b;
    ip[14] = (uint8_t)c;
    ip[15] = (uint8_t)d;
    return ip;
}

/* What the first column names: the world as it is, or with one thing changed. */
static void set_up(struct rig *rig, const char *name)
{
    rig_begin(rig);
    rig_write(rig);
    rig_fill(rig);
    if (strcmp(name, "base") == 0)
        return;
    if (strcmp(name, "later") == 0) {
        cardea_writer_heartbeat(rig->w, (struct cardea_time){.unix_sec = RIG_NOW + 100, .boot_ns = RIG_BOOT_NS});
    } else if (strcmp(name, "switched") == 0) {
        assert_int_equal(cardea_writer_set_current(rig->w, 1, 115), CARDEA_OK);
    } else if (strcmp(name, "promoted") == 0) {
        struct cardea_member_entry e = {1, 11, CARDEA_ROLE_ADMIN};
        assert_int_equal(cardea_writer_put_member(rig->w, &e), CARDEA_OK);
    } else if (strcmp(name, "recording") == 0) {
        rig_record(rig);
        assert_int_equal(cardea_activity_grant_credits(rig->activity, 130, 1), CARDEA_OK);
    } else if (strcmp(name, "unrecorded") == 0) {
        /* the folder for activity is there, its segment is not */
        assert_int_equal(cardea_activity_open(&rig->activity, rig->dir, 0660), CARDEA_OK);
    } else if (strncmp(name, "beat", 4) == 0) {
        struct cardea_writer_options o = rig_options(rig);
        struct cardea_why why;
        bool adopted;
        o.max_staleness_ms = 1000;
        cardea_writer_free(rig->w);
        assert_int_equal(cardea_writer_open(&rig->w, &o, &adopted, &why), CARDEA_OK);
        assert_true(adopted);
        uint64_t age_ms = strtoull(name + 4, NULL, 10);
        if (name[4] != '\0')
            cardea_writer_heartbeat(rig->w, (struct cardea_time){1, RIG_BOOT_NS - age_ms * 1000000});
    } else {
        fail_msg("no snapshot is called %s", name);
    }
}

/* What was fetched ahead changes no decision; nor does what was fetched for another credential, or for none. */
static void decide_ahead_too(struct cardea_reader *r, struct cardea_request *q, enum cardea_code code)
{
    struct cardea_ahead own, other = {.key = S("another")};
    struct cardea_decision d;
    struct cardea_request look = *q;
    const struct cardea_ahead *ahead[] = {&own, &other};
    cardea_ahead_begin(q, &own);
    cardea_ahead_fetch(r, &own);
    cardea_ahead_follow(r, &own);
    look.look_only = true;
    if (code == CARDEA_RATE_LIMITED || code == CARDEA_CREDITS_EXHAUSTED)
        return;
    for (size_t i = 0; i < 2; i++) {
        look.ahead = ahead[i];
        cardea_authorize(r, &look, &d);
        assert_int_equal(d.code, code);
    }
    /* It is taken, not computed anew. */
    own.digest.bytes[0] ^= 1;
    look.ahead = &own;
    cardea_authorize(r, &look, &d);
    if (own.key.len > 0 && d.route != UINT32_MAX && code == CARDEA_VALID)
        assert_int_equal(d.key_id, 0);
}

static void decide_row(char *const column[COLUMNS], unsigned line)
{
    struct rig rig;
    char texts[5][1024];
    uint8_t ip[16];
    set_up(&rig, column[0]);
    struct cardea_reader *r = rig_reader(&rig);
    const char *profile = strchr(column[1], '@');
    struct cardea_request q = {.method = {column[1], strcspn(column[1], "@")}, .now = rig_time()};
    q.profile = profile == NULL ? 0 : cardea_reader_profile_named(r, S(profile + 1));
    q.target = expand(&rig, column[2], texts[0], sizeof texts[0]);
    /* "2*VALUE": the header came twice. */
    for (int i = 3; i <= 4; i++) {
        char *value = column[i];
        unsigned count = strcmp(value, "-") != 0;
        if (strncmp(value, "2*", 2) == 0) {
            value += 2;
            count = 2;
        }
        struct cardea_str text = {NULL, 0};
        if (count > 0)
            text = expand(&rig, value, texts[i], sizeof texts[i]);
        if (i == 3) {
            q.authorization = text;
            q.authorization_count = count;
        } else {
            q.legacy = text;
            q.legacy_count = count;
        }
    }
    if (strcmp(column[5], "page") == 0)
        q.origin = S("https://evil.example");
    if (strcmp(column[5], "fetch") == 0)
        q.sec_fetch_mode = S("cors");
    q.ip = parse_ip(column[6], ip);
    struct cardea_decision d;
    cardea_authorize(r, &q, &d);
    if (strcmp(cardea_code_name(d.code), column[7]) != 0)
        fail_msg("line %u: %s %s gave %s, not %s", line, column[1], column[2], cardea_code_name(d.code), column[7]);
    /* No row has a query for another reason. */
    assert_int_equal(d.key_in_query, d.code == CARDEA_MALFORMED && strchr(column[2], '?') != NULL);
    decide_ahead_too(r, &q, d.code);
    cardea_reader_free(r);
    rig_end(&rig);
}

static void table_of_decisions(void **state)
{
    FILE *f = fopen(table_path, "r");
    assert_non_null(f);
    char text[2048];
    unsigned rows = 0;
    unsigned granted = 0;
    for (unsigned line = 1; fgets(text, sizeof text, f) != NULL; line++) {
        text[strcspn(text, "\n")] = '\0';
        if (text[0] == '#' || text[0] == '\0')
            continue;
        char *column[COLUMNS];
        unsigned n = 0;
        for (char *rest = text, *field; n < COLUMNS && (field = strsep(&rest, "\t")) != NULL;)
            column[n++] = field;
        if (n != COLUMNS)
            fail_msg("line %u has %u columns", line, n);
        decide_row(column, line);
        rows++;
        granted += strcmp(column[7], "VALID") == 0;
    }
    fclose(f);
    print_message("%u rows, %u of them granted\n", rows, granted);
    assert_true(rows >= 80);
    assert_true(granted * 2 < rows);
}

static void a_grant_says_who_asks(void **state)
{
    struct rig rig;
    struct cardea_secret key;
    char header[300];
    rig_begin(&rig);
    rig_write(&rig);
    rig_fill(&rig);
    struct cardea_reader *r = rig_reader(&rig);
    rig_key(&rig, "scout", &key);
    snprintf(header, sizeof header, "bEaReR   %.*s ", (int)key.len, key.bytes);
    struct cardea_request q = {.method = S("POST"),
                               .target = S("/agents/scout/messages/?draft=1"),
                               .authorization = S(header),
                               .authorization_count = 1,
                               .now = rig_time()};
    struct cardea_decision d;
    cardea_authorize(r, &q, &d);
    assert_int_equal(d.code, CARDEA_VALID);
    assert_int_equal(d.profile, 0);
    assert_int_equal(d.key_id, 123);
    assert_int_equal(d.account_id, 1);
    assert_memory_equal(d.account_slug.ptr, "acme-co", d.account_slug.len);
    assert_int_equal(d.agent_id, 20);
    assert_memory_equal(d.agent_slug.ptr, "scout", d.agent_slug.len);
    assert_int_equal(d.kind, RIG_AGENT);
    assert_int_equal(d.role, CARDEA_ROLE_OWNER);
    assert_int_equal(d.route, 8);
    assert_int_equal(d.credits_remaining, -1);
    assert_false(d.limited);

    rig_key(&rig, "reader", &key);
    snprintf(header, sizeof header, "Bearer %.*s", (int)key.len, key.bytes);
    q.authorization = S(header);
    q.target = S("/tenants/acme-co/corpus");
    cardea_authorize(r, &q, &d);
    assert_int_equal(d.code, CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(d.missing_scope, 1);
    assert_int_equal(d.key_id, 101);

    q.profile = 7;
    cardea_authorize(r, &q, &d);
    assert_int_equal(d.code, CARDEA_NO_ROUTE);
    q.profile = -1;
    cardea_authorize(r, &q, &d);
    assert_int_equal(d.code, CARDEA_NO_ROUTE);
    assert_int_equal(d.key_id, 0);
    cardea_reader_free(r);
    rig_end(&rig);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    table_path = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_of_decisions), cmocka_unit_test(a_grant_says_who_asks)};
    return cmocka_run_group_tests_name("authorize", tests, NULL, NULL);
}

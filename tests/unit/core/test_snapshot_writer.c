/* test_snapshot_writer.c - opening: taking over, beginning anew, locks; putting: what is refused; growth. */
#include "rig.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/writer.h"

static enum cardea_err reopen(struct rig *rig, const struct cardea_writer_options *o, bool *adopted)
{
    struct cardea_why why = {""};
    cardea_writer_free(rig->w);
    rig->w = NULL;
    enum cardea_err err = cardea_writer_open(&rig->w, o, adopted, &why);
    assert_true(err == CARDEA_OK || why.text[0] != '\0');
    return err;
}

static void begin(struct rig *rig)
{
    rig_begin(rig);
    rig_write(rig);
    rig_fill(rig);
}

static void an_intact_file_is_taken_over(void **state)
{
    struct rig rig;
    bool adopted;
    struct cardea_writer_stats before;
    struct cardea_writer_stats after;
    begin(&rig);
    cardea_writer_set_position(rig.w, 77);
    cardea_writer_stats(rig.w, &before);
    struct cardea_writer_options o = rig_options(&rig);
    assert_int_equal(reopen(&rig, &o, &adopted), CARDEA_OK);
    assert_true(adopted);
    cardea_writer_stats(rig.w, &after);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(cardea_writer_position(rig.w), 77);
    /* what it held before can be changed, and is not put twice */
    rig_fill(&rig);
    cardea_writer_stats(rig.w, &after);
    assert_memory_equal(&before, &after, sizeof before);
    struct cardea_reader *r = rig_reader(&rig);
    struct cardea_key_entry e;
    rig_entry(&rig, "reader", &e);
    e.state = CARDEA_KEY_REVOKED;
    assert_int_equal(cardea_writer_put_key(rig.w, &e), CARDEA_OK);
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_REVOKED);
    assert_int_equal(cardea_reader_position(r), 77);
    cardea_reader_free(r);
    rig_end(&rig);
}

/* Everything that makes a file another's: a new one is begun, and readers of the old leave it. */
static void another_file_is_replaced(void **state)
{
    for (int what = 0; what < 4; what++) {
        struct rig rig;
        bool adopted;
        begin(&rig);
        struct cardea_reader *r = rig_reader(&rig);
        uint64_t generation = cardea_reader_generation(r);
        assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_VALID);
        struct cardea_writer_options o = rig_options(&rig);
        if (what == 0)
            o.deployment_id[0] ^= 1;
        if (what == 1)
            rig.profiles[0].realm = "another";
        if (what == 2)
            o.fresh = true;
        if (what == 3) { /* damaged since, but still recognisable */
            FILE *f = fopen(rig.path, "r+");
            assert_non_null(f);
            fseek(f, offsetof(struct layout_fixed, seed), SEEK_SET);
            fputc('x', f);
            fclose(f);
        }
        assert_int_equal(reopen(&rig, &o, &adopted), CARDEA_OK);
        assert_false(adopted);
        assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_NOT_FOUND);
        assert_int_equal(cardea_reader_generation(r), generation + 1);
        if (what == 1)
            assert_string_equal(cardea_reader_profile(r, 0)->realm, "another");
        rig_fill(&rig);
        assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_VALID);
        cardea_reader_free(r);
        rig_end(&rig);
    }
}

static void a_file_aside_is_shown_when_it_is_complete(void **state)
{
    struct rig rig;
    bool adopted;
    begin(&rig);
    struct cardea_reader *r = rig_reader(&rig);
    struct cardea_writer_options o = rig_options(&rig);
    o.fresh = o.aside = true;
    assert_int_equal(reopen(&rig, &o, &adopted), CARDEA_OK);
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_VALID);
    rig_fill(&rig);
    struct cardea_key_entry e;
    rig_entry(&rig, "reader", &e);
    e.state = CARDEA_KEY_REVOKED;
    assert_int_equal(cardea_writer_put_key(rig.w, &e), CARDEA_OK);
    assert_int_equal(writer_grow(rig.w, LAYOUT_KEYS), CARDEA_OK); /* growing does not show it either */
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_VALID);
    assert_int_equal(cardea_writer_show(rig.w), CARDEA_OK);
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_REVOKED);
    assert_int_equal(rig_verify(r, &rig, "writer"), CARDEA_VALID);
    assert_int_equal(cardea_writer_show(rig.w), CARDEA_OK);
    /* given up before it was shown: what was there stays */
    assert_int_equal(reopen(&rig, &o, &adopted), CARDEA_OK);
    cardea_writer_free(rig.w);
    rig.w = NULL;
    assert_int_equal(rig_verify(r, &rig, "writer"), CARDEA_VALID);
    cardea_reader_free(r);
    rig_end(&rig);
}

static void what_cannot_be_opened(void **state)
{
    struct rig rig;
    bool adopted;
    struct cardea_writer *second;
    struct cardea_why why = {""};
    begin(&rig);
    struct cardea_writer_options o = rig_options(&rig);
    assert_int_equal(cardea_writer_open(&second, &o, &adopted, &why), CARDEA_E_IO);
    assert_int_equal(errno, EWOULDBLOCK);
    assert_non_null(strstr(why.text, "another process"));
    o.path = "/nonexistent/snapshot";
    assert_int_equal(cardea_writer_open(&second, &o, &adopted, &why), CARDEA_E_IO);
    assert_int_equal(errno, ENOENT);
    o = rig_options(&rig);
    rig.acme_kinds[0].flags |= CARDEA_KIND_LEGACY;
    rig.profiles[0].name = "";
    assert_int_equal(reopen(&rig, &o, &adopted), CARDEA_E_FORMAT);
    cardea_writer_free(NULL);
    rig_end(&rig);
}

static void what_cannot_be_put(void **state)
{
    struct rig rig;
    begin(&rig);
    struct cardea_account_entry a = {.id = 1, .slug = S("acme-co")};
    assert_int_equal(cardea_writer_put_account(rig.w, &a), CARDEA_OK);
    a.slug = S("renamed");
    assert_int_equal(cardea_writer_put_account(rig.w, &a), CARDEA_E_INVALID);
    a = (struct cardea_account_entry){.id = 0, .slug = S("x")};
    assert_int_equal(cardea_writer_put_account(rig.w, &a), CARDEA_E_INVALID);
    a = (struct cardea_account_entry){.id = 50, .profile = 2, .slug = S("x")};
    assert_int_equal(cardea_writer_put_account(rig.w, &a), CARDEA_E_INVALID);
    a = (struct cardea_account_entry){.id = 50, .slug = S("12345678901234567890123456789012345678901")};
    assert_int_equal(cardea_writer_put_account(rig.w, &a), CARDEA_E_INVALID);
    struct cardea_member_entry m = {9, 1, CARDEA_ROLE_OWNER};
    assert_int_equal(cardea_writer_put_member(rig.w, &m), CARDEA_E_NOTFOUND);
    struct cardea_agent_entry g = {2, 20, S("scout"), false};
    assert_int_equal(cardea_writer_put_agent(rig.w, &g), CARDEA_E_INVALID); /* it is account 1's */
    assert_int_equal(cardea_writer_set_current(rig.w, 9, 1), CARDEA_E_NOTFOUND);

    struct cardea_key_entry good;
    struct cardea_key_entry e;
    rig_entry(&rig, "scout", &good);
#define REFUSED(change, err)                                     \
    do {                                                         \
        e = good;                                                \
        change;                                                  \
        assert_int_equal(cardea_writer_put_key(rig.w, &e), err); \
    } while (0)
    struct cardea_network wide = {.prefix_len = 129};
    REFUSED(e.id = 0, CARDEA_E_INVALID);
    REFUSED(e.id = 5, CARDEA_E_INVALID);
    REFUSED(e.account_id = 9, CARDEA_E_NOTFOUND);
    REFUSED(e.user_id = 99, CARDEA_E_NOTFOUND);
    REFUSED(e.user_id = 10, CARDEA_E_INVALID);
    REFUSED(e.agent_id = 99, CARDEA_E_NOTFOUND);
    REFUSED(e.agent_id = 22, CARDEA_E_INVALID);
    REFUSED(e.account_id = 2, CARDEA_E_NOTFOUND); /* the agent is account 1's */
    REFUSED(e.ordinal = 5, CARDEA_E_INVALID);
    REFUSED(e.kind = 7, CARDEA_E_INVALID);
    REFUSED(e.state = (enum cardea_key_state)0, CARDEA_E_INVALID);
    REFUSED(e.state = (enum cardea_key_state)4, CARDEA_E_INVALID);
    REFUSED(e.expires_at = -1, CARDEA_E_INVALID);
    REFUSED(e.expires_at = INT64_C(1) << 34, CARDEA_E_INVALID);
    REFUSED(e.network_count = CARDEA_NETWORKS_MAX + 1, CARDEA_E_INVALID);
    REFUSED((e.networks = &wide, e.network_count = 1), CARDEA_E_INVALID);
    REFUSED(e.rate.limit = 1, CARDEA_E_INVALID); /* in no time */
    REFUSED((void)0, CARDEA_OK);
    struct cardea_reader *r = rig_reader(&rig);
    assert_int_equal(rig_verify(r, &rig, "scout"), CARDEA_VALID);
    cardea_reader_free(r);
    rig_end(&rig);
}

static void numbered(uint64_t i, struct cardea_key_entry *e)
{
    char text[32];
    snprintf(text, sizeof text, "number %llu", (unsigned long long)i);
    *e = (struct cardea_key_entry){.id = i, .account_id = 1, .ordinal = (uint32_t)i, .state = CARDEA_KEY_ACTIVE};
    cardea_digest(S(text), &e->digest);
}

static void put_others(struct rig *rig, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        char slug[16];
        snprintf(slug, sizeof slug, "s%llu", (unsigned long long)i);
        struct cardea_account_entry a = {.id = i, .slug = S(slug)};
        struct cardea_member_entry m = {i, 10, CARDEA_ROLE_VIEWER};
        struct cardea_agent_entry g = {i, i, S(slug), false};
        assert_int_equal(cardea_writer_put_account(rig->w, &a), CARDEA_OK);
        assert_int_equal(cardea_writer_put_member(rig->w, &m), CARDEA_OK);
        assert_int_equal(cardea_writer_put_agent(rig->w, &g), CARDEA_OK);
    }
}

static void everything_grows(void **state)
{
    enum { KEYS = 20000 };
    struct rig rig;
    begin(&rig);
    struct cardea_reader *r = rig_reader(&rig);
    struct cardea_writer_stats first;
    struct cardea_writer_stats s;
    cardea_writer_stats(rig.w, &first);
    put_others(&rig, 1000, 1500);
    for (uint64_t i = 1000; i < 1000 + KEYS; i++) {
        struct cardea_key_entry e;
        struct cardea_network nets[3] = {{.prefix_len = (uint8_t)(i % 100)}};
        numbered(i, &e);
        nets[1].address[3] = (uint8_t)i;
        nets[2].address[4] = (uint8_t)(i >> 8);
        e.networks = nets;
        e.network_count = i % 4;
        e.scopes.bits[0] = i % 16;
        assert_int_equal(cardea_writer_put_key(rig.w, &e), CARDEA_OK);
        if (i % 1000 == 0)
            assert_int_equal(rig_verify(r, &rig, "single-new"), CARDEA_VALID);
    }
    cardea_writer_stats(rig.w, &s);
    assert_true(s.generation > first.generation + 10);
    assert_int_equal(s.keys, first.keys + KEYS);
    assert_true(s.keys <= s.key_capacity);
    /* all is there as it was, for a reader that follows and for one that opens now */
    struct cardea_reader *fresh = rig_reader(&rig);
    assert_int_equal(rig_verify(fresh, &rig, "ten"), CARDEA_IP_DENIED);
    assert_int_equal(rig_verify(fresh, &rig, "revoked"), CARDEA_REVOKED);
    assert_int_equal(rig_verify(fresh, &rig, "single-old"), CARDEA_REVOKED);
    assert_int_equal(rig_verify(fresh, &rig, "follow-left"), CARDEA_DISABLED);
    assert_int_equal(rig_verify(r, &rig, "scout"), CARDEA_VALID);
    for (uint64_t i = 1000; i < 1000 + KEYS; i++) {
        struct cardea_key_entry e;
        numbered(i, &e);
        struct writer_spot spot = writer_seek(&rig.w->s, &e.digest);
        assert_true(spot.found);
        const struct layout_key *k = &rig.w->s.keys[spot.slot];
        const struct layout_grant *g = &rig.w->s.grants[word_grant(k->word)];
        assert_int_equal(k->id, i);
        assert_int_equal(g->scopes.bits[0], i % 16);
        assert_int_equal(g->network_count, i % 4);
        if (g->network_count > 0)
            assert_int_equal(rig.w->s.networks[g->network].prefix_len, i % 100);
        unsigned reach = word_reach(rig.w->s.keys[spot.home].word);
        assert_true(reach == WORD_REACH_FAR || spot.distance <= reach);
    }
    cardea_reader_free(fresh);
    cardea_reader_free(r);
    rig_end(&rig);
}

/* A key whose grant changes again and again: the grants of before are left behind, and the file does not grow for ever.
 */
static void unused_grants_are_left_behind(void **state)
{
    struct rig rig;
    begin(&rig);
    struct cardea_writer_stats first;
    struct cardea_writer_stats s;
    cardea_writer_stats(rig.w, &first);
    for (uint32_t i = 1; i < 5000; i++) {
        struct cardea_key_entry e;
        struct cardea_network net = {.prefix_len = 96};
        rig_entry(&rig, "reader", &e);
        memcpy(net.address, &i, sizeof i);
        e.networks = &net;
        e.network_count = 1;
        e.rate = (struct cardea_rate){.limit = i, .window_ms = 1000};
        assert_int_equal(cardea_writer_put_key(rig.w, &e), CARDEA_OK);
    }
    cardea_writer_stats(rig.w, &s);
    assert_int_equal(s.file_bytes, first.file_bytes);
    assert_true(s.grants < 300);
    rig_end(&rig);
}

/* The same limit as in test_sys.c: the larger file cannot be made. */
static void growth_that_fails_leaves_the_old_file(void **state)
{
    struct rig rig;
    struct rlimit old;
    struct cardea_writer_stats s;
    begin(&rig);
    struct cardea_reader *r = rig_reader(&rig);
    cardea_writer_stats(rig.w, &s);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    struct rlimit small = {.rlim_cur = s.file_bytes, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    enum cardea_err err = CARDEA_OK;
    struct cardea_key_entry e;
    uint64_t put = 0;
    for (uint64_t i = 1000; err == CARDEA_OK; i++) {
        numbered(i, &e);
        err = cardea_writer_put_key(rig.w, &e);
        put += err == CARDEA_OK;
    }
    int saved = errno;
    assert_int_equal(err, CARDEA_E_IO);
    assert_int_equal(saved, EFBIG);
    assert_int_equal(put, s.key_capacity - s.keys);
    /* changes of what is there, revocations above all, still come through */
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_VALID);
    rig_entry(&rig, "reader", &e);
    e.state = CARDEA_KEY_REVOKED;
    assert_int_equal(cardea_writer_put_key(rig.w, &e), CARDEA_OK);
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_REVOKED);
    setrlimit(RLIMIT_FSIZE, &old);
    numbered(999, &e);
    assert_int_equal(cardea_writer_put_key(rig.w, &e), CARDEA_OK);
    assert_int_equal(rig_verify(r, &rig, "reader"), CARDEA_REVOKED);
    cardea_reader_free(r);
    rig_end(&rig);
}

static void the_file_has_its_mode(void **state)
{
    struct rig rig;
    struct stat st;
    begin(&rig);
    assert_int_equal(stat(rig.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intact_file_is_taken_over),
        cmocka_unit_test(another_file_is_replaced),
        cmocka_unit_test(a_file_aside_is_shown_when_it_is_complete),
        cmocka_unit_test(what_cannot_be_opened),
        cmocka_unit_test(what_cannot_be_put),
        cmocka_unit_test(everything_grows),
        cmocka_unit_test(unused_grants_are_left_behind),
        cmocka_unit_test(growth_that_fails_leaves_the_old_file),
        cmocka_unit_test(the_file_has_its_mode),
    };
    return cmocka_run_group_tests_name("snapshot_writer", tests, NULL, NULL);
}

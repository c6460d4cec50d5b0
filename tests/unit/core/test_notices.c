/* test_notices.c - the ring of refusals: what is told, how often, by many at once; lines that are torn, overtaken or
 * forged; files that are cut short or exchanged. */
#include "rig.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/notices_map.h"

#define ID     UINT64_C(77)
#define SECOND UINT64_C(1000000000)

static struct cardea_notice batch[CARDEA_NOTICES];

static struct cardea_notices *ring(const struct rig *rig)
{
    struct cardea_notices *n;
    assert_int_equal(cardea_notices_create(&n, rig->dir, 0660, ID), CARDEA_OK);
    return n;
}

static size_t read_some(struct cardea_notices *n, uint64_t *position, size_t max, uint64_t *lost)
{
    size_t count;
    assert_int_equal(cardea_notices_read(n, position, batch, max, &count, lost), CARDEA_OK);
    return count;
}

/* A notice whose members follow from `i`, so that a mixture of two shows. */
static struct cardea_notice nth(uint64_t i)
{
    struct cardea_notice n = {.unix_sec = (int64_t)i, .key_id = i + 1, .code = CARDEA_REVOKED, .has_ip = true};
    memcpy(n.ip, &i, sizeof i);
    memcpy(n.ip + 8, &i, sizeof i);
    return n;
}

static bool is_nth(const struct cardea_notice *n)
{
    struct cardea_notice want = nth(n->key_id - 1);
    return n->unix_sec == want.unix_sec && n->code == want.code && n->has_ip && memcmp(n->ip, want.ip, 16) == 0;
}

static void append(struct notices_map *m, const struct rig *rig, uint64_t from, uint64_t count)
{
    for (uint64_t i = from; i < from + count; i++) {
        struct cardea_notice n = nth(i);
        notices_append(m, rig->dir, &n, RIG_BOOT_NS);
    }
}

static int open_file(const struct rig *rig)
{
    char path[128];
    assert_true(notices_path(path, sizeof path, rig->dir, ""));
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    return fd;
}

static void the_daemon_makes_it(void **state)
{
    struct rig rig;
    struct cardea_notices *n;
    struct notices_map m = {.look_ns = 0};
    struct stat st;
    uint64_t position = 0, lost;
    rig_begin(&rig);
    assert_int_equal(cardea_notices_open(&n, rig.dir, ID), CARDEA_E_NOTFOUND);
    append(&m, &rig, 0, 1); /* nobody listens: nothing happens */
    n = ring(&rig);
    int fd = open_file(&rig);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(st.st_size, NOTICES_FILE_LEN);
    close(fd);
    struct cardea_notice one = nth(5);
    notices_append(&m, rig.dir, &one, RIG_BOOT_NS + SECOND); /* looked for again after a second */
    cardea_notices_free(n);
    assert_int_equal(cardea_notices_open(&n, rig.dir, ID + 1), CARDEA_E_NOTFOUND);
    assert_int_equal(cardea_notices_open(&n, rig.dir, ID), CARDEA_OK);
    assert_int_equal(read_some(n, &position, 10, &lost), 1);
    assert_true(is_nth(&batch[0]) && batch[0].key_id == 6 && batch[0].number == 0 && position == 1 && lost == 0);
    assert_int_equal(read_some(n, &position, 10, &lost), 0);
    char small[4];
    assert_false(notices_path(small, sizeof small, rig.dir, ""));
    notices_map_release(&m);
    cardea_notices_free(n);
    rig_end(&rig);
}

static void the_newest_win(void **state)
{
    struct rig rig;
    struct notices_map m = {.look_ns = 0};
    uint64_t position = 0, lost;
    rig_begin(&rig);
    struct cardea_notices *n = ring(&rig);
    append(&m, &rig, 0, 100);
    assert_int_equal(read_some(n, &position, 60, &lost), 60); /* bounded */
    assert_true(position == 60 && lost == 0);
    append(&m, &rig, 100, CARDEA_NOTICES + 10);
    assert_int_equal(read_some(n, &position, CARDEA_NOTICES, &lost), CARDEA_NOTICES);
    assert_int_equal(lost, 50);
    assert_int_equal(position, CARDEA_NOTICES + 110);
    for (size_t i = 0; i < CARDEA_NOTICES; i++)
        assert_true(is_nth(&batch[i]) && batch[i].number == 110 + i && batch[i].key_id == 111 + i);
    notices_map_release(&m);
    cardea_notices_free(n);
    rig_end(&rig);
}

/* What was read of one notice may not count twice, and what is half written is waited for once. */
static void a_line_that_is_not_whole(void **state)
{
    struct rig rig;
    struct notices_map m = {.look_ns = 0};
    uint64_t position = 0, lost;
    rig_begin(&rig);
    struct cardea_notices *n = ring(&rig);
    append(&m, &rig, 0, 6);
    struct notice_line *lines = (struct notice_line *)(void *)((uint8_t *)m.map.base + NOTICES_HEADER_LEN);
    uint64_t seal = lines[2].words[NOTICE_SEAL];
    lines[2].words[NOTICE_SEAL] = 0;
    assert_int_equal(read_some(n, &position, 10, &lost), 2);
    assert_true(position == 2 && lost == 0);
    lines[2].words[NOTICE_SEAL] = seal; /* in time */
    assert_int_equal(read_some(n, &position, 10, &lost), 4);
    assert_true(position == 6 && lost == 0);
    append(&m, &rig, 6, 4);
    lines[7].words[NOTICE_KEY]++; /* a mixture of two, or half of one: whoever wrote it is gone */
    lines[8].words[NOTICE_IP] ^= 1;
    assert_int_equal(read_some(n, &position, 10, &lost), 1);
    assert_int_equal(read_some(n, &position, 10, &lost), 1);
    assert_true(lost == 2 && position == 10 && batch[0].key_id == 10);
    notices_map_release(&m);
    cardea_notices_free(n);
    rig_end(&rig);
}

static void forge(struct notice_line *line, uint64_t number, enum notice_word at, uint64_t value)
{
    uint64_t words[NOTICE_WORDS] = {[NOTICE_NUMBER] = number + 1, [NOTICE_KEY] = 1, [NOTICE_WHAT] = CARDEA_REVOKED};
    words[at] = value;
    words[NOTICE_SEAL] = notice_seal(words);
    for (int i = 0; i < NOTICE_WORDS; i++)
        line->words[i] = words[i];
}

static void no_number_is_trusted(void **state)
{
    struct rig rig;
    struct notices_map m = {.look_ns = 0};
    uint64_t position = 0, lost;
    rig_begin(&rig);
    struct cardea_notices *n = ring(&rig);
    append(&m, &rig, 0, 5);
    struct notice_line *lines = (struct notice_line *)(void *)((uint8_t *)m.map.base + NOTICES_HEADER_LEN);
    forge(&lines[0], 0, NOTICE_KEY, 0);
    forge(&lines[1], 1, NOTICE_KEY, UINT64_MAX);
    forge(&lines[2], 2, NOTICE_WHAT, CARDEA_CODE_COUNT);
    forge(&lines[3], 3, NOTICE_TIME, UINT64_MAX);
    forge(&lines[4], 9, NOTICE_KEY, 5); /* another's number */
    read_some(n, &position, 10, &lost);
    assert_int_equal(read_some(n, &position, 10, &lost), 0);
    assert_true(lost == 5 && position == 5);
    /* a head from nowhere, forward and back: one goes on from there, and neither hangs nor counts what never was */
    struct notices_header *h = m.map.base;
    static const uint64_t heads[] = {UINT64_C(1) << 62, UINT64_C(1) << 61, UINT64_MAX};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        h->head = heads[i];
        assert_int_equal(read_some(n, &position, 10, &lost), 0);
        assert_true(position == heads[i] && lost == 0);
        append(&m, &rig, i, 3); /* across the wrap of all numbers, too */
        assert_int_equal(read_some(n, &position, 10, &lost), 3);
        assert_true(position == heads[i] + 3 && lost == 0);
    }
    /* near enough to be believed: the lines say that it is not so */
    h->head += 1000;
    assert_int_equal(read_some(n, &position, 10, &lost), 0);
    assert_int_equal(read_some(n, &position, 10, &lost), 0);
    assert_int_equal(lost, 1000);
    notices_map_release(&m);
    cardea_notices_free(n);
    rig_end(&rig);
}

/* Random bytes in the lines, the head anywhere: reading ends, within its bounds. */
static void whatever_stands_there(void **state)
{
    struct rig rig;
    static uint8_t noise[1 << 16];
    uint64_t seed = 1, position = 0, lost, head;
    rig_begin(&rig);
    struct cardea_notices *n = ring(&rig);
    int fd = open_file(&rig);
    for (int i = 0; i < 300; i++) {
        rig_random(&seed, noise, sizeof noise);
        memcpy(&head, noise, sizeof head);
        head = i % 3 == 0 ? head : position + head % (2 * CARDEA_NOTICES);
        assert_int_equal(pwrite(fd, noise, sizeof noise, NOTICES_HEADER_LEN + (i % 8) * (off_t)sizeof noise),
                         sizeof noise);
        assert_int_equal(pwrite(fd, &head, sizeof head, offsetof(struct notices_header, head)), sizeof head);
        uint64_t before = position;
        assert_int_equal(read_some(n, &position, 100, &lost), 0);
        assert_true(position == head || position - before == lost);
        assert_true(lost <= UINT64_C(1) << 32);
    }
    close(fd);
    cardea_notices_free(n);
    rig_end(&rig);
}

static void files_that_are_cut_or_exchanged(void **state)
{
    struct rig rig;
    struct cardea_notices *n, *other;
    struct notices_map m = {.look_ns = 0};
    uint64_t position = 0, lost;
    rig_begin(&rig);
    n = ring(&rig);
    append(&m, &rig, 0, 3);
    notices_map_release(&m);
    assert_int_equal(read_some(n, &position, 10, &lost), 3);
    int fd = open_file(&rig);
    assert_int_equal(ftruncate(fd, NOTICES_FILE_LEN - 1), 0);
    append(&m, &rig, 0, 3); /* not mapped */
    assert_null(m.map.base);
    assert_int_equal(read_some(n, &position, 10, &lost), 0);
    assert_int_equal(cardea_notices_open(&other, rig.dir, ID), CARDEA_E_NOTFOUND);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(read_some(n, &position, 10, &lost), 0);
    assert_int_equal(position, 0);
    close(fd);
    cardea_notices_free(n);
    /* who has the old one mapped moves on to the new one */
    n = ring(&rig);
    m.look_ns = 0;
    append(&m, &rig, 0, 1);
    assert_non_null(m.map.base);
    assert_int_equal(cardea_notices_create(&other, rig.dir, 0660, ID + 1), CARDEA_OK);
    append(&m, &rig, 1, 1);
    struct cardea_notice third = nth(2);
    notices_append(&m, rig.dir, &third, RIG_BOOT_NS + SECOND);
    position = 0;
    assert_int_equal(read_some(other, &position, 10, &lost), 1);
    assert_int_equal(batch[0].key_id, 3);
    /* a file of somebody else's making */
    notices_map_release(&m);
    fd = open_file(&rig);
    assert_int_equal(pwrite(fd, "x", 1, 0), 1);
    close(fd);
    append(&m, &rig, 0, 1);
    assert_null(m.map.base);
    assert_int_equal(cardea_notices_open(&n, rig.dir, ID + 1), CARDEA_E_NOTFOUND);
    cardea_notices_free(n);
    cardea_notices_free(other);
    rig_end(&rig);
}

/* ---- what a decision tells ---- */

struct teller {
    struct rig rig;
    struct cardea_reader *r;
    struct cardea_notices *n;
    uint64_t position;
};

static void teller_begin(struct teller *t)
{
    rig_begin(&t->rig);
    rig_write(&t->rig);
    rig_fill(&t->rig);
    rig_record(&t->rig);
    t->n = ring(&t->rig);
    t->r = rig_reader(&t->rig);
    t->position = 0;
}

static void teller_end(struct teller *t)
{
    cardea_reader_free(t->r);
    cardea_notices_free(t->n);
    rig_end(&t->rig);
}

static enum cardea_code ask(struct teller *t, const char *name, struct cardea_check check)
{
    struct cardea_secret key;
    struct cardea_decision d;
    rig_key(&t->rig, name, &key);
    check.key = cardea_secret_reveal(&key);
    if (check.now.boot_ns == 0)
        check.now = rig_time();
    cardea_verify(t->r, &check, &d);
    return d.code;
}

/* Refused with `code`, and told of it; or, told 0, not. */
static void expect(struct teller *t, const char *name, struct cardea_check check, enum cardea_code code, bool told)
{
    uint64_t lost;
    check.cost = 1;
    assert_int_equal(ask(t, name, check), code);
    size_t count = read_some(t->n, &t->position, 10, &lost);
    if (count != told || lost != 0)
        fail_msg("%s %s: %zu notices", name, cardea_code_name(code), count);
    if (!told)
        return;
    struct cardea_key_entry e;
    rig_entry(&t->rig, name, &e);
    assert_int_equal(batch[0].code, code);
    assert_int_equal(batch[0].key_id, e.id);
    assert_int_equal(batch[0].unix_sec, RIG_NOW);
    assert_int_equal(batch[0].profile, 0);
    assert_int_equal(batch[0].has_ip, check.ip != NULL);
}

#define CHECK(...) ((struct cardea_check){__VA_ARGS__})

static void which_refusals_are_told(void **state)
{
    struct teller t;
    static const uint8_t ip[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    teller_begin(&t);
    expect(&t, "server", CHECK(.from_browser = true, .ip = ip), CARDEA_CLIENT_SIDE, true);
    assert_memory_equal(batch[0].ip, ip, sizeof ip);
    expect(&t, "server", CHECK(.ip = NULL), CARDEA_VALID, false);
    expect(&t, "ten", CHECK(.ip = ip), CARDEA_IP_DENIED, true);
    expect(&t, "revoked", CHECK(.ip = NULL), CARDEA_REVOKED, true);
    expect(&t, "disabled", CHECK(.ip = ip), CARDEA_DISABLED, true);
    expect(&t, "expired", CHECK(.ip = ip), CARDEA_EXPIRED, true);
    expect(&t, "reader", CHECK(.account = S("globex")), CARDEA_WRONG_ACCOUNT, true);
    expect(&t, "reader", CHECK(.scope = S("corpus:write")), CARDEA_INSUFFICIENT_SCOPE, true);
    expect(&t, "follow-viewer", CHECK(.min_role = CARDEA_ROLE_ADMIN), CARDEA_INSUFFICIENT_ROLE, true);
    expect(&t, "scout", CHECK(.agent = S("rover")), CARDEA_WRONG_AGENT, true);
    expect(&t, "metered", CHECK(.ip = ip), CARDEA_CREDITS_EXHAUSTED, true);
    expect(&t, "limited", CHECK(.ip = ip), CARDEA_VALID, true); /* its network: test_origins.c */
    expect(&t, "limited", CHECK(.ip = ip), CARDEA_VALID, false);
    expect(&t, "limited", CHECK(.ip = ip), CARDEA_RATE_LIMITED, true);
    /* an account's own event, and what is no key's */
    expect(&t, "sleepy", CHECK(.ip = ip), CARDEA_ACCOUNT_SUSPENDED, false);
    expect(&t, "unknown", CHECK(.ip = ip), CARDEA_NOT_FOUND, false);
    /* a look is no use */
    assert_int_equal(ask(&t, "all", CHECK(.account = S("globex"))), CARDEA_WRONG_ACCOUNT);
    uint64_t lost;
    assert_int_equal(read_some(t.n, &t.position, 10, &lost), 0);
    teller_end(&t);
}

static void a_page_counts_before_the_kind(void **state)
{
    struct teller t;
    teller_begin(&t);
    expect(&t, "server", CHECK(.from_browser = true, .kinds = 1u << RIG_TOKEN), CARDEA_CLIENT_SIDE, true);
    expect(&t, "server", CHECK(.kinds = 1u << RIG_TOKEN), CARDEA_INSUFFICIENT_SCOPE, true);
    teller_end(&t);
}

static void once_a_second_for_a_key_and_code(void **state)
{
    struct teller t;
    uint64_t lost;
    struct cardea_activity_slot slot;
    teller_begin(&t);
    struct cardea_reader *second = rig_reader(&t.rig); /* another process' */
    for (int i = 0; i < 1000; i++) {
        struct cardea_reader *first = t.r;
        ask(&t, "reader", CHECK(.cost = 1, .account = S("globex")));
        t.r = second;
        ask(&t, "reader", CHECK(.cost = 1, .account = S("globex")));
        ask(&t, "reader", CHECK(.cost = 1, .scope = S("corpus:write")));
        ask(&t, "revoked", CHECK(.cost = 1));
        t.r = first;
    }
    assert_int_equal(read_some(t.n, &t.position, 10, &lost), 3);
    struct cardea_time later = rig_time();
    later.boot_ns += SECOND;
    ask(&t, "reader", CHECK(.cost = 1, .account = S("globex"), .now = later));
    ask(&t, "reader", CHECK(.cost = 1, .account = S("globex"), .now = later));
    assert_int_equal(read_some(t.n, &t.position, 10, &lost), 1);
    assert_int_equal(cardea_activity_read(t.rig.activity, 101, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.denials, 3002); /* all of them are counted */
    cardea_reader_free(second);
    teller_end(&t);
}

/* ---- many at once ---- */

#define WRITERS 4
#define EACH    40000

struct crowd {
    struct rig rig;
    _Atomic uint64_t next;
};

static void *crowd_thread(void *arg)
{
    struct crowd *c = arg;
    struct notices_map m = {.look_ns = 0};
    for (int i = 0; i < EACH; i++)
        append(&m, &c->rig, c->next++, 1);
    notices_map_release(&m);
    return NULL;
}

/* Reads while `done` says that they write, then what is left. */
static void read_all(struct cardea_notices *n, bool (*done)(void *arg), void *arg, uint64_t total)
{
    uint64_t position = 0, all = 0, gone = 0, lost;
    for (int after = 0; after < 3;) {
        after += done(arg);
        size_t count = read_some(n, &position, 2000, &lost);
        for (size_t i = 0; i < count; i++)
            assert_true(is_nth(&batch[i]));
        all += count;
        gone += lost;
        if (count == 2000)
            after = 0;
    }
    print_message("%u notices read, %u lost\n", (unsigned)all, (unsigned)gone);
    assert_int_equal(all + gone, total);
    assert_int_equal(position, total);
    assert_true(all >= CARDEA_NOTICES / 2); /* at least what the last of them wrote */
}

static _Atomic int running;

static bool threads_done(void *arg)
{
    return running == 0;
}

static void *count_down(void *arg)
{
    crowd_thread(arg);
    running--;
    return NULL;
}

static void in_threads(void **state)
{
    static struct crowd c;
    pthread_t threads[WRITERS];
    rig_begin(&c.rig);
    struct cardea_notices *n = ring(&c.rig);
    running = WRITERS;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_down, &c), 0);
    read_all(n, threads_done, NULL, (uint64_t)WRITERS * EACH);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    cardea_notices_free(n);
    rig_end(&c.rig);
}

static bool children_done(void *arg)
{
    int *left = arg;
    int status;
    while (*left > 0 && waitpid(-1, &status, WNOHANG) > 0) {
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        --*left;
    }
    return *left == 0;
}

static void in_processes(void **state)
{
    static struct crowd c;
    int left = WRITERS;
    rig_begin(&c.rig);
    struct cardea_notices *n = ring(&c.rig);
    for (int i = 0; i < WRITERS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            crowd_thread(&c);
            _exit(0);
        }
    }
    read_all(n, children_done, &left, (uint64_t)WRITERS * EACH);
    cardea_notices_free(n);
    rig_end(&c.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_daemon_makes_it),
        cmocka_unit_test(the_newest_win),
        cmocka_unit_test(a_line_that_is_not_whole),
        cmocka_unit_test(no_number_is_trusted),
        cmocka_unit_test(whatever_stands_there),
        cmocka_unit_test(files_that_are_cut_or_exchanged),
        cmocka_unit_test(which_refusals_are_told),
        cmocka_unit_test(a_page_counts_before_the_kind),
        cmocka_unit_test(once_a_second_for_a_key_and_code),
        cmocka_unit_test(in_threads),
        cmocka_unit_test(in_processes),
    };
    return cmocka_run_group_tests_name("notices", tests, NULL, NULL);
}

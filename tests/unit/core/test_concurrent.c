/* test_concurrent.c - a writer that changes while readers decide, in threads and in other processes: no torn decision,
 * no grant after a revocation has returned, no credit spent twice, growth followed. */
#include "rig.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define READERS 3
#define CHANGES 3000

/* Even: the key is active. Odd: its revocation has returned. The writer moves it on around each change. */
struct shared {
    _Atomic uint64_t before, after; /* changes begun, changes returned */
    _Atomic unsigned wrong, decided, granted;
    _Atomic bool stop;
    struct rig *rig;
};

static void watch(struct shared *s, const struct rig *rig)
{
    struct cardea_reader *r;
    struct cardea_why why;
    struct cardea_reader_options o = {.path = rig->path, .activity_dir = rig->dir};
    struct cardea_secret key;
    struct cardea_decision d;
    rig_key(rig, "reader", &key);
    if (cardea_reader_open(&r, &o, &why) != CARDEA_OK) {
        s->wrong++;
        return;
    }
    struct cardea_check check = {.key = cardea_secret_reveal(&key), .cost = 1, .now = rig_time()};
    while (!s->stop) {
        uint64_t returned = s->after;
        cardea_verify(r, &check, &d);
        uint64_t begun = s->before;
        s->decided++;
        bool active = d.code == CARDEA_VALID;
        s->granted += active;
        /* No change from before the decision to after it: then there is one right answer. */
        if (returned == begun && active != (returned % 2 == 0))
            s->wrong++;
        if (!active && d.code != CARDEA_REVOKED)
            s->wrong++;
        if (d.key_id != 101 || d.account_id != 1 || d.scopes.bits[0] != (uint64_t)d.expires_at % 16)
            s->wrong++; /* state, expiry and grant of different changes */
    }
    cardea_reader_free(r);
}

static void *watch_thread(void *arg)
{
    struct shared *s = arg;
    watch(s, s->rig);
    return NULL;
}

/* Changes the watched key, and grows the file meanwhile by keys of its own. */
static void change(struct shared *s, struct rig *rig, unsigned changes)
{
    struct cardea_key_entry e;
    rig_entry(rig, "reader", &e);
    while (s->decided < 100) /* all that watch do so by then */
        usleep(1000);
    for (uint64_t i = 1; i <= changes; i++) {
        if (i % 16 == 0)
            usleep(50); /* or the whole of it passes in one turn of a processor */
        e.state = i % 2 != 0 ? CARDEA_KEY_REVOKED : CARDEA_KEY_ACTIVE;
        e.expires_at = RIG_NOW + 1000 + (int64_t)i;
        e.scopes.bits[0] = (uint64_t)e.expires_at % 16;
        s->before = i;
        assert_int_equal(cardea_writer_put_key(rig->w, &e), CARDEA_OK);
        s->after = i;
        struct cardea_key_entry more = {.id = 10000 + i, .account_id = 1, .ordinal = 1, .state = CARDEA_KEY_ACTIVE};
        cardea_digest((struct cardea_str){(const char *)&i, sizeof i}, &more.digest);
        assert_int_equal(cardea_writer_put_key(rig->w, &more), CARDEA_OK);
        cardea_writer_set_position(rig->w, i);
    }
}

static void begin(struct rig *rig, struct shared *s)
{
    rig_begin(rig);
    rig_write(rig);
    rig_fill(rig);
    rig_record(rig);
    struct cardea_key_entry e;
    rig_entry(rig, "reader", &e);
    e.expires_at = RIG_NOW + 1000;
    e.scopes.bits[0] = (uint64_t)e.expires_at % 16;
    assert_int_equal(cardea_writer_put_key(rig->w, &e), CARDEA_OK);
    s->rig = rig;
}

static void check_outcome(struct rig *rig, const struct shared *s)
{
    struct cardea_writer_stats stats;
    struct cardea_activity_slot slot;
    cardea_writer_stats(rig->w, &stats);
    assert_true(stats.generation > 2); /* it grew meanwhile */
    assert_int_equal(s->wrong, 0);
    assert_true(s->decided > 100);
    assert_int_equal(cardea_activity_read(rig->activity, 101, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.uses, s->granted);
    assert_int_equal(slot.uses + slot.denials, s->decided);
    print_message("%u decisions, %u granted, generation %u\n", s->decided, s->granted, (unsigned)stats.generation);
}

static void in_threads(void **state)
{
    static struct shared s;
    struct rig rig;
    pthread_t threads[READERS];
    begin(&rig, &s);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, watch_thread, &s), 0);
    change(&s, &rig, CHANGES);
    while (s.decided < 1000)
        usleep(1000);
    s.stop = true;
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    check_outcome(&rig, &s);
    rig_end(&rig);
}

static void in_processes(void **state)
{
    struct rig rig;
    pid_t children[READERS];
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(s, MAP_FAILED);
    begin(&rig, s);
    for (int i = 0; i < READERS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            watch(s, &rig);
            _exit(0);
        }
    }
    change(s, &rig, CHANGES);
    while (s->decided < 1000)
        usleep(1000);
    s->stop = true;
    for (int i = 0; i < READERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    check_outcome(&rig, s);
    munmap(s, sizeof *s);
    rig_end(&rig);
}

struct spenders {
    struct rig *rig;
    _Atomic unsigned spent;
};

static void *spend(void *arg)
{
    struct spenders *s = arg;
    struct cardea_reader *r = rig_reader(s->rig);
    struct cardea_secret key;
    struct cardea_decision d;
    rig_key(s->rig, "metered", &key);
    struct cardea_check check = {.key = cardea_secret_reveal(&key), .cost = 3, .now = rig_time()};
    for (int i = 0; i < 2000; i++) {
        cardea_verify(r, &check, &d);
        s->spent += d.code == CARDEA_VALID ? 3 : 0;
    }
    cardea_reader_free(r);
    return NULL;
}

static void credits_are_spent_once(void **state)
{
    struct rig rig;
    pthread_t threads[READERS];
    struct spenders s = {.rig = &rig};
    struct cardea_activity_slot slot;
    rig_begin(&rig);
    rig_write(&rig);
    rig_fill(&rig);
    rig_record(&rig);
    assert_int_equal(cardea_activity_grant_credits(rig.activity, 130, 1000), CARDEA_OK);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spend, &s), 0);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s.spent, 999);
    assert_int_equal(cardea_activity_read(rig.activity, 130, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.credits_drawn, 999);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_threads), cmocka_unit_test(in_processes),
                                       cmocka_unit_test(credits_are_spent_once)};
    return cmocka_run_group_tests_name("concurrent", tests, NULL, NULL);
}

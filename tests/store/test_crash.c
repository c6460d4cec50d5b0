/* kill -9 at any moment: every key whose creation was reported done is there, and the feed has no gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "store/audit.h"

#define ROUNDS  20
#define CLIENTS 16

static char folder[64], url[128];

/* ---- the child: clients that each make one key after another, and report each done one by its id ---- */

struct client {
    struct store *store;
    int64_t id, step;
    int report; /* a pipe */
};

static enum store_err make_key(struct store_conn *c, void *arg)
{
    struct client *client = arg;
    struct store_key row = {.id = client->id,
                            .account_id = 1,
                            .kind = STR("key"),
                            .prefix = STR("crd_abcd"),
                            .state = CARDEA_KEY_ACTIVE,
                            .credits = -1};
    memcpy(row.digest.bytes, &client->id, sizeof client->id);
    struct store_audit audit = {.action = STR("key.created"), .actor = STR("root"), .source = STR("::1")};
    struct store_event event = {.id = client->id, .type = STR("key.created"), .payload = STR("{}")};
    enum store_err err = store_key_insert(c, &row);
    err = err == STORE_OK ? store_audit_append(c, &audit) : err;
    return err == STORE_OK ? store_event_append(c, &event) : err;
}

static void report_key(void *arg, enum store_err err)
{
    struct client *client = arg;
    if (err != STORE_OK || write(client->report, &client->id, sizeof client->id) != sizeof client->id) {
        _exit(1);
    }
    client->id += client->step;
    if (!store_submit(client->store, make_key, report_key, client)) {
        _exit(1);
    }
}

static void child_main(int64_t first_id, int report)
{
    struct cardea_why why;
    struct store *s = NULL;
    struct store_options options = {.url = url};
    if (store_open(&s, &options, &why) != STORE_OK) {
        fprintf(stderr, "%s\n", why.text);
        _exit(1);
    }
    static struct client clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.store = s, .id = first_id + i, .step = CLIENTS, .report = report};
        store_submit(s, make_key, report_key, &clients[i]);
    }
    for (;;) {
        pause();
    }
}

/* ---- the parent ---- */

/* Reads until the child's end of the pipe is closed; keeps all ids. A pipe never tears so short a write. */
struct acknowledged {
    int64_t *ids;
    size_t count, cap;
};

static void take_reports(struct acknowledged *a, int fd)
{
    int64_t batch[512];
    ssize_t n;
    while ((n = read(fd, batch, sizeof batch)) > 0 || (n < 0 && errno == EINTR)) {
        for (ssize_t i = 0; i < n / (ssize_t)sizeof *batch; i++) {
            if (a->count == a->cap) {
                a->cap = a->cap ? 2 * a->cap : 4096;
                a->ids = realloc(a->ids, a->cap * sizeof *a->ids);
                assert_non_null(a->ids);
            }
            a->ids[a->count++] = batch[i];
        }
    }
}

/* Kills the child a random moment after its first report, so that it dies at work. */
static void run_round(struct acknowledged *a, int64_t first_id, unsigned seed)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child_main(first_id, ends[1]);
    }
    close(ends[1]);
    int64_t id = 0;
    assert_int_equal(read(ends[0], &id, sizeof id), sizeof id);
    pid_t killer = fork(); /* this process must go on reading, or the child would wait for it */
    assert_true(killer >= 0);
    if (killer == 0) {
        struct timespec pause = {.tv_nsec = 1000 + (long)(rand_r(&seed) % 40000000)};
        nanosleep(&pause, NULL);
        kill(pid, SIGKILL);
        _exit(0);
    }
    take_reports(a, ends[0]);
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(waitpid(killer, &status, 0), killer);
}

static enum store_err next_touch(void *arg, const struct store_touch *t)
{
    int64_t *last = arg;
    assert_int_equal(t->position, *last + 1);
    *last = t->position;
    return STORE_OK;
}

static enum store_err next_key(void *arg, const struct store_key *row)
{
    int64_t *next = arg;
    assert_int_equal(row->ordinal, *next);
    ++*next;
    return STORE_OK;
}

static void check_store(const struct acknowledged *a)
{
    struct cardea_why why = {""};
    struct store *s = NULL;
    struct store_conn *reader = NULL;
    struct store_options options = {.url = url};
    if (store_open(&s, &options, &why) != STORE_OK || store_reader_open(s, &reader, &why) != STORE_OK) {
        fail_msg("%s", why.text);
    }
    struct arena arena = {0};
    struct store_key row;
    for (size_t i = 0; i < a->count; i++) {
        if (store_key_get(reader, &arena, a->ids[i], &row) != STORE_OK) {
            fail_msg("key %lld was acknowledged and is gone", (long long)a->ids[i]);
        }
        arena_clear(&arena);
    }
    arena_release(&arena);
    int64_t position = 0, keys = 0, audits = 0, events = 0;
    assert_int_equal(store_feed_since(reader, 0, next_touch, &position), STORE_OK);
    assert_int_equal(store_key_each(reader, next_key, &keys), STORE_OK);
    assert_int_equal(store_audit_count(reader, &audits), STORE_OK);
    assert_int_equal(store_event_count(reader, &events), STORE_OK);
    assert_int_equal(position, keys + 1); /* each key and the account touched it once: all or nothing of a unit */
    assert_int_equal(audits, keys);
    assert_int_equal(events, keys);
    assert_true(keys >= (int64_t)a->count);
    store_reader_free(reader);
    store_free(s);
}

static enum store_err make_account(struct store_conn *c, void *arg)
{
    (void)arg;
    struct store_account row = {.id = 1, .profile = STR("cardea"), .slug = STR("acme")};
    return store_account_insert(c, &row);
}

static void test_kill(void **state)
{
    (void)state;
    struct cardea_why why;
    struct store *s = NULL;
    struct store_options options = {.url = url};
    assert_int_equal(store_open(&s, &options, &why), STORE_OK);
    assert_int_equal(store_run(s, make_account, NULL), STORE_OK);
    store_free(s);
    struct acknowledged a = {.ids = NULL};
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (int i = 0; i < ROUNDS; i++) {
        run_round(&a, (i + 1) * 1000000000LL, seed + (unsigned)i);
        check_store(&a);
    }
    print_message("%zu keys acknowledged in %d lives\n", a.count, ROUNDS);
    free(a.ids);
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/cardea-crash-XXXXXX");
    if (!mkdtemp(folder)) {
        return 1;
    }
    snprintf(url, sizeof url, "sqlite:%s/cardea.db", folder);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};
    int failed = cmocka_run_group_tests_name("crash", tests, NULL, NULL);
    unlink(url + strlen("sqlite:"));
    rmdir(folder);
    return failed;
}

/* The store against bare SQLite, and a large account's pages.
 *
 * Both sides write the same rows into the same tables of the same schema under the same pragmas: a key, its audit
 * record with its source, its outbox event, its place in the feed. Bare: prepared INSERTs in transactions of 64. Ours:
 * 64 clients who each submit the next creation once the last is durable; each unit in its own savepoint. */
#include <sqlite3.h>

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "store/store.h"

#define BATCH   64
#define ROWS    25600 /* of a round: a multiple of BATCH */
#define ROUNDS  5
#define LARGE   1000000
#define PAGE    50
#define ACCOUNT 1

static char folder[] = "/tmp/cardea-bench-XXXXXX";

static double now_sec(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "bench/store: %s\n", what);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

/* ---- the rows ---- */

#define DETAIL STR("{\"name\":\"ci\",\"kind\":\"key\",\"scopes\":\"keys:read\",\"prefix\":\"crd_abcd\"}")
#define PAYLOAD                                                                                             \
    STR("{\"id\":\"key_0123456789abc\",\"account\":\"acc_0123456789abc\",\"kind\":\"key\",\"name\":\"ci\"," \
        "\"scopes\":[\"keys:read\"]}")

/* As good as a hash for this: digests that go anywhere in their index (splitmix64). */
static void fill_digest(struct cardea_digest *d, uint64_t id)
{
    for (size_t i = 0; i < sizeof d->bytes; i += 8) {
        uint64_t z = (id * 4 + i / 8) * 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        memcpy(d->bytes + i, &z, 8);
    }
}

static void make_key(struct store_key *row, int64_t id)
{
    *row = (struct store_key){.id = id,
                              .account_id = ACCOUNT,
                              .kind = STR("key"),
                              .name = STR("ci"),
                              .prefix = STR("crd_abcd"),
                              .scopes = STR("keys:read"),
                              .state = CARDEA_KEY_ACTIVE,
                              .created_at = 1700000000,
                              .credits = -1};
    fill_digest(&row->digest, (uint64_t)id);
}

/* ---- ours ---- */

static enum store_err insert_account(struct store_conn *c, void *arg)
{
    (void)arg;
    struct store_account row = {.id = ACCOUNT, .profile = STR("cardea"), .slug = STR("acme"), .name = STR("Acme")};
    return store_account_insert(c, &row);
}

static struct store *open_store(const char *name)
{
    char url[128];
    struct cardea_why why;
    struct store *s = NULL;
    snprintf(url, sizeof url, "sqlite:%s/%s", folder, name);
    struct store_options options = {.url = url};
    if (store_open(&s, &options, &why) != STORE_OK) {
        die(why.text);
    }
    return s;
}

struct client {
    struct store *store;
    int64_t id;
    atomic_long *left; /* of the round */
    sem_t *idle;
};

static enum store_err create_key(struct store_conn *c, void *arg)
{
    struct client *client = arg;
    struct store_key key;
    make_key(&key, client->id);
    struct store_audit audit = {.at_ms = 1,
                                .action = STR("key.created"),
                                .actor = STR("usr_0123456789abc"),
                                .subject = STR("key_0123456789abc"),
                                .account_id = ACCOUNT,
                                .detail = DETAIL,
                                .source = STR("192.0.2.1")};
    struct store_event event = {
        .id = client->id, .at_ms = 1, .account_id = ACCOUNT, .type = STR("key.created"), .payload = PAYLOAD};
    enum store_err err = store_key_insert(c, &key);
    err = err == STORE_OK ? store_audit_append(c, &audit) : err;
    return err == STORE_OK ? store_event_append(c, &event) : err;
}

static void created(void *arg, enum store_err err)
{
    struct client *client = arg;
    if (err != STORE_OK) {
        die("a key was refused");
    }
    client->id += BATCH;
    if (atomic_fetch_sub(client->left, 1) <= BATCH) {
        sem_post(client->idle);
    } else if (!store_submit(client->store, create_key, created, client)) {
        die("the queue is full");
    }
}

static double round_ours(struct store *s, int64_t first_id)
{
    static struct client clients[BATCH];
    atomic_long left = ROWS;
    sem_t idle;
    sem_init(&idle, 0, 0);
    double start = now_sec();
    for (int i = 0; i < BATCH; i++) {
        clients[i] = (struct client){.store = s, .id = first_id + i, .left = &left, .idle = &idle};
        if (!store_submit(s, create_key, created, &clients[i])) {
            die("the queue is full");
        }
    }
    for (int i = 0; i < BATCH; i++) {
        sem_wait(&idle);
    }
    return ROWS / (now_sec() - start);
}

/* ---- bare SQLite ---- */

enum { BEGIN, KEY, AUDIT, SOURCE, EVENT, FEED, COMMIT, BARE_COUNT };
struct bare {
    sqlite3 *db;
    sqlite3_stmt *stmts[BARE_COUNT];
    int64_t next; /* ordinal, sequence and position go up with it */
};

static void open_bare(struct bare *b, const char *name)
{
    static const char *const texts[] = {
        [BEGIN] = "BEGIN IMMEDIATE",
        [KEY] = "INSERT INTO api_key VALUES (?, 1, ?, ?, 'key', 'ci', 'crd_abcd', 'keys:read', 1, 1700000000, 0, NULL,"
                " NULL, '', 0, 0, 0, -1, 0, '', 0, 0, 0, 0, 0, 0, 0, '', 0, 0)",
        [AUDIT] = "INSERT INTO audit VALUES (NULL, 1, 'key.created', 'usr_0123456789abc', 'key_0123456789abc', 1, ?)",
        [SOURCE] = "INSERT INTO audit_source VALUES (?, '192.0.2.1')",
        [EVENT] = "INSERT INTO outbox VALUES (?, 1, 1, 'key.created', ?)",
        [FEED] = "INSERT INTO feed VALUES (?, 4, ?, 0)",
        [COMMIT] = "COMMIT",
    };
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    struct store *s = open_store(name); /* makes the schema and the account */
    if (store_run(s, insert_account, NULL) != STORE_OK) {
        die("no account");
    }
    store_free(s);
    b->next = 2; /* the account was the feed's first */
    if (sqlite3_open(path, &b->db) != SQLITE_OK ||
        sqlite3_exec(
            b->db,
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size "
            "= -65536; PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864;"
            "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF",
            NULL, NULL, NULL) != SQLITE_OK) {
        die(sqlite3_errmsg(b->db));
    }
    for (int i = 0; i < BARE_COUNT; i++) {
        if (sqlite3_prepare_v3(b->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &b->stmts[i], NULL) != SQLITE_OK) {
            die(sqlite3_errmsg(b->db));
        }
    }
}

static void close_bare(struct bare *b)
{
    for (int i = 0; i < BARE_COUNT; i++) {
        sqlite3_finalize(b->stmts[i]);
    }
    sqlite3_close(b->db);
}

static void step_bare(struct bare *b, int which)
{
    if (sqlite3_step(b->stmts[which]) != SQLITE_DONE) {
        die(sqlite3_errmsg(b->db));
    }
    sqlite3_reset(b->stmts[which]);
}

static void insert_bare(struct bare *b, int64_t id)
{
    struct cardea_digest digest;
    struct cardea_str detail = DETAIL, payload = PAYLOAD;
    fill_digest(&digest, (uint64_t)id);
    sqlite3_bind_int64(b->stmts[KEY], 1, id);
    sqlite3_bind_int64(b->stmts[KEY], 2, b->next);
    sqlite3_bind_blob(b->stmts[KEY], 3, digest.bytes, sizeof digest.bytes, SQLITE_STATIC);
    step_bare(b, KEY);
    sqlite3_bind_int64(b->stmts[FEED], 1, b->next);
    sqlite3_bind_int64(b->stmts[FEED], 2, id);
    step_bare(b, FEED);
    sqlite3_bind_text(b->stmts[AUDIT], 1, detail.ptr, (int)detail.len, SQLITE_STATIC);
    step_bare(b, AUDIT);
    sqlite3_bind_int64(b->stmts[SOURCE], 1, sqlite3_last_insert_rowid(b->db));
    step_bare(b, SOURCE);
    sqlite3_bind_int64(b->stmts[EVENT], 1, id);
    sqlite3_bind_text(b->stmts[EVENT], 2, payload.ptr, (int)payload.len, SQLITE_STATIC);
    step_bare(b, EVENT);
    b->next++;
}

static double round_bare(struct bare *b, int64_t first_id)
{
    double start = now_sec();
    for (int i = 0; i < ROWS; i += BATCH) {
        step_bare(b, BEGIN);
        for (int j = 0; j < BATCH; j++) {
            insert_bare(b, first_id + i + j);
        }
        step_bare(b, COMMIT);
    }
    return ROWS / (now_sec() - start);
}

static void bench_creation(void)
{
    struct bare bare;
    double ours[ROUNDS], floors[ROUNDS], ratios[ROUNDS];
    struct store *s = open_store("ours.db");
    if (store_run(s, insert_account, NULL) != STORE_OK) {
        die("no account");
    }
    open_bare(&bare, "bare.db");
    for (int i = 0; i < ROUNDS; i++) {
        int64_t first_id = (i + 1) * 1000000000LL;
        floors[i] = round_bare(&bare, first_id);
        ours[i] = round_ours(s, first_id);
        ratios[i] = ours[i] / floors[i];
    }
    close_bare(&bare);
    store_free(s);
    printf("| Durable creation of a key with audit, event and feed | rows/s |\n|---|---|\n");
    printf("| bare SQLite, transactions of %d | %.0f |\n", BATCH, median(floors, ROUNDS));
    printf("| the store, %d clients | %.0f |\n", BATCH, median(ours, ROUNDS));
    printf("| ratio (at least 0.5 through the API) | %.2f |\n\n", median(ratios, ROUNDS));
}

/* ---- a large account ---- */

/* One key in a hundred is active: the others are what years of rotation leave behind. */
static enum store_err insert_large(struct store_conn *c, void *arg)
{
    int64_t *id = arg;
    enum store_err err = STORE_OK;
    for (int i = 0; i < 2000 && err == STORE_OK; i++) {
        struct store_key key;
        make_key(&key, ++*id);
        key.state = *id % 100 == 0 ? CARDEA_KEY_ACTIVE : CARDEA_KEY_REVOKED;
        err = store_key_insert(c, &key);
    }
    return err;
}

static long rss_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1) {
        die("/proc/self/statm");
    }
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Milliseconds for one page; returns how many rows it had. */
static size_t time_page(struct store_conn *c, struct store_key_filter *f, double *ms)
{
    static struct store_key rows[PAGE];
    static struct arena arena;
    size_t count = 0;
    double start = now_sec();
    if (store_key_list(c, &arena, f, rows, &count) != STORE_OK) {
        die(store_error_text(c));
    }
    *ms = (now_sec() - start) * 1e3;
    if (count > 0) {
        f->before = rows[count - 1].id;
    }
    arena_clear(&arena);
    return count;
}

static void print_first_page(struct store *s, const char *what, int status)
{
    struct store_conn *c = NULL;
    struct cardea_why why;
    struct store_key_filter f = {.account_id = ACCOUNT, .now = 1700000001, .limit = PAGE};
    double ms;
    f.status = status;
    if (store_reader_open(s, &c, &why) != STORE_OK) {
        die(why.text);
    }
    time_page(c, &f, &ms); /* a reader that has read nothing yet: its cache is cold */
    printf("| first page, %s (under 5 ms) | %.2f ms |\n", what, ms);
    store_reader_free(c);
}

static void bench_pages(void)
{
    struct store *s = open_store("large.db");
    struct store_conn *c = NULL;
    struct cardea_why why;
    int64_t id = 0, active = 0;
    if (store_run(s, insert_account, NULL) != STORE_OK) {
        die("no account");
    }
    while (id < LARGE) {
        if (store_run(s, insert_large, &id) != STORE_OK) {
            die("a key was refused");
        }
    }
    printf("| One account with %d keys, %d active | |\n|---|---|\n", LARGE, LARGE / 100);
    print_first_page(s, "all", STORE_KEYS_ALL);
    print_first_page(s, "active", STORE_KEYS_ACTIVE);
    print_first_page(s, "revoked", STORE_KEYS_REVOKED);
    print_first_page(s, "expired (there are none)", STORE_KEYS_EXPIRED);
    if (store_reader_open(s, &c, &why) != STORE_OK) {
        die(why.text);
    }
    double start = now_sec(), ms, thousandth = 0;
    store_key_count_active(c, ACCOUNT, STR("key"), 1700000001, &active);
    printf("| count of the active | %.2f ms |\n", (now_sec() - start) * 1e3);
    struct store_key_filter f = {.account_id = ACCOUNT, .now = 1700000001, .limit = PAGE};
    long rss_early = 0;
    for (int page = 1; time_page(c, &f, &ms) == PAGE; page++) {
        thousandth = page == 1000 ? ms : thousandth;
        rss_early = page == 1000 ? rss_kib() : rss_early;
    }
    printf("| page 1,000 | %.2f ms |\n", thousandth);
    printf("| memory at page 1,000, and after the last of %d | %ld KiB, %ld KiB |\n", LARGE / PAGE, rss_early,
           rss_kib());
    store_reader_free(c);
    store_free(s);
}

int main(void)
{
    if (!mkdtemp(folder)) {
        die(folder);
    }
    bench_creation();
    bench_pages();
    static const char *const names[] = {"ours.db", "bare.db", "large.db"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}

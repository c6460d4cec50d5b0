/* The store against bare SQLite, and a large account's pages.
 *
 *     store              both, as Markdown
 *     store bare FILE    for each number read adds as many rows to FILE as bare SQLite does, and says the rate
 *     store large FILE   makes the large account's database, and leaves it there
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
#include "store/audit.h"

#define BATCH  64
#define ROWS   25600 /* of a round: a multiple of BATCH */
#define ROUNDS 5
#define LARGE  1000000
#define PAGE   50
/* Numbers as long as real ones: SQLite writes small ones shorter. */
#define ACCOUNT  911873319964345119
#define FIRST_ID 911873320442900448

#define PATH_MAX_LEN 256
#define PREFIX_LEN   8

static char folder[] = "/tmp/cardea-bench-XXXXXX";

static const char *in_folder(char path[PATH_MAX_LEN], const char *name)
{
    snprintf(path, PATH_MAX_LEN, "%s/%s", folder, name);
    return path;
}

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

/* What the API records when the root key makes a management key. */
#define DETAIL_TEXT "{\"prefix\":\"crd_Ta3R\",\"kind\":\"key\",\"scopes\":[\"keys:read\"],\"expires_at\":null}"
#define DETAIL      STR(DETAIL_TEXT)
#define PAYLOAD                                                                                           \
    STR("{\"id\":\"evt_0s9wzyggjfbz1\",\"type\":\"key.created\",\"created_at\":\"2026-11-21T06:59:01Z\"," \
        "\"account\":\"acc_0s9wzyg2a30rz\",\"actor\":\"root\",\"subject\":\"key_0s9wzyggjfbz0\","         \
        "\"detail\":" DETAIL_TEXT "}")

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

/* Prefixes go anywhere in their index, too. */
static void fill_prefix(char prefix[PREFIX_LEN], const struct cardea_digest *d)
{
    memcpy(prefix, "crd_", 4);
    for (size_t i = 4; i < PREFIX_LEN; i++) {
        prefix[i] = (char)('a' + d->bytes[i] % 26);
    }
}

/* `prefix` is the room for the row's, and must outlive it. */
static void make_key(struct store_key *row, char prefix[PREFIX_LEN], int64_t id)
{
    *row = (struct store_key){.id = id,
                              .account_id = ACCOUNT,
                              .kind = STR("key"),
                              .name = STR("ci"),
                              .prefix = {prefix, PREFIX_LEN},
                              .scopes = STR("keys:read"),
                              .state = CARDEA_KEY_ACTIVE,
                              .created_at = 1700000000,
                              .credits = -1};
    fill_digest(&row->digest, (uint64_t)id);
    fill_prefix(prefix, &row->digest);
}

/* ---- ours ---- */

static enum store_err insert_account(struct store_conn *c, void *arg)
{
    (void)arg;
    struct store_account row = {.id = ACCOUNT, .profile = STR("cardea"), .slug = STR("acme"), .name = STR("Acme")};
    return store_account_insert(c, &row);
}

static struct store *open_store(const char *path)
{
    char url[PATH_MAX_LEN];
    struct cardea_why why;
    struct store *s = NULL;
    snprintf(url, sizeof url, "sqlite:%s", path);
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
    char prefix[PREFIX_LEN];
    make_key(&key, prefix, client->id);
    struct store_audit audit = {.at_ms = 1700000000000,
                                .action = STR("key.created"),
                                .actor = STR("root"),
                                .subject = STR("key_0s9wzyggjfbz0"),
                                .account_id = ACCOUNT,
                                .detail = DETAIL,
                                .source = STR("127.0.0.1"),
                                .has_source_hash = true};
    struct store_event event = {.id = client->id,
                                .at_ms = 1700000000000,
                                .account_id = ACCOUNT,
                                .type = STR("key.created"),
                                .key_id = client->id,
                                .payload = PAYLOAD};
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
    } else if (!store_submit_checked(client->store, create_key, created, client)) {
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
        if (!store_submit_checked(s, create_key, created, &clients[i])) {
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
    int64_t next; /* ids, ordinals and positions go up with it */
};

static int64_t next_position(sqlite3 *db)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, "SELECT max(position) + 1 FROM feed", -1, &q, NULL) != SQLITE_OK ||
        sqlite3_step(q) != SQLITE_ROW) {
        die(sqlite3_errmsg(db));
    }
    int64_t next = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return next;
}

static void make_database(const char *path)
{
    struct store *s = open_store(path);
    if (store_run(s, insert_account, NULL) != STORE_OK) {
        die("no account");
    }
    store_free(s);
}

/* Of a database that is there. */
static void open_bare(struct bare *b, const char *path)
{
    static const char *const texts[] = {
        [BEGIN] = "BEGIN IMMEDIATE",
        [KEY] = "INSERT INTO api_key VALUES (?, ?, ?, ?, 'key', 'ci', ?, 'keys:read', 1, 1700000000, 0, NULL,"
                " NULL, '', 0, 0, 0, -1, 0, '', 0, 0, 0, 0, 0, 0, 0, '', 0, 0)",
        [AUDIT] = "INSERT INTO audit VALUES (NULL, 1700000000000, 'key.created', 'root', 'key_0s9wzyggjfbz0', ?, ?, 0,"
                  " zeroblob(32))",
        [SOURCE] = "INSERT INTO audit_address VALUES (?, '127.0.0.1', zeroblob(16))",
        [EVENT] = "INSERT INTO outbox VALUES (?, 1700000000000, ?, 'key.created', ?, ?)",
        [FEED] = "INSERT INTO feed VALUES (?, 4, ?, 0)",
        [COMMIT] = "COMMIT",
    };
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
    b->next = next_position(b->db);
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

static void insert_bare(struct bare *b)
{
    struct store_key key;
    char prefix[PREFIX_LEN];
    struct cardea_str detail = DETAIL, payload = PAYLOAD;
    make_key(&key, prefix, FIRST_ID + b->next);
    sqlite3_bind_int64(b->stmts[KEY], 1, key.id);
    sqlite3_bind_int64(b->stmts[KEY], 2, ACCOUNT);
    sqlite3_bind_int64(b->stmts[KEY], 3, b->next);
    sqlite3_bind_blob(b->stmts[KEY], 4, key.digest.bytes, sizeof key.digest.bytes, SQLITE_STATIC);
    sqlite3_bind_text(b->stmts[KEY], 5, prefix, PREFIX_LEN, SQLITE_STATIC);
    step_bare(b, KEY);
    sqlite3_bind_int64(b->stmts[FEED], 1, b->next);
    sqlite3_bind_int64(b->stmts[FEED], 2, key.id);
    step_bare(b, FEED);
    sqlite3_bind_int64(b->stmts[AUDIT], 1, ACCOUNT);
    sqlite3_bind_text(b->stmts[AUDIT], 2, detail.ptr, (int)detail.len, SQLITE_STATIC);
    step_bare(b, AUDIT);
    sqlite3_bind_int64(b->stmts[SOURCE], 1, sqlite3_last_insert_rowid(b->db));
    step_bare(b, SOURCE);
    sqlite3_bind_int64(b->stmts[EVENT], 1, key.id);
    sqlite3_bind_int64(b->stmts[EVENT], 2, ACCOUNT);
    sqlite3_bind_text(b->stmts[EVENT], 3, payload.ptr, (int)payload.len, SQLITE_STATIC);
    sqlite3_bind_int64(b->stmts[EVENT], 4, key.id);
    step_bare(b, EVENT);
    b->next++;
}

/* `rows` is a multiple of BATCH. */
static double round_bare(struct bare *b, long rows)
{
    double start = now_sec();
    for (long i = 0; i < rows; i += BATCH) {
        step_bare(b, BEGIN);
        for (int j = 0; j < BATCH; j++) {
            insert_bare(b);
        }
        step_bare(b, COMMIT);
    }
    return (double)rows / (now_sec() - start);
}

static void bench_creation(void)
{
    struct bare bare;
    double ours[ROUNDS], floors[ROUNDS], ratios[ROUNDS];
    char path[PATH_MAX_LEN];
    make_database(in_folder(path, "ours.db"));
    struct store *s = open_store(path);
    make_database(in_folder(path, "bare.db"));
    open_bare(&bare, path);
    for (int i = 0; i < ROUNDS; i++) {
        floors[i] = round_bare(&bare, ROWS);
        ours[i] = round_ours(s, FIRST_ID + (int64_t)i * ROWS);
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
    int64_t *made = arg;
    enum store_err err = STORE_OK;
    for (int i = 0; i < 2000 && err == STORE_OK; i++) {
        struct store_key key;
        char prefix[PREFIX_LEN];
        make_key(&key, prefix, FIRST_ID + ++*made);
        key.state = *made % 100 == 0 ? CARDEA_KEY_ACTIVE : CARDEA_KEY_REVOKED;
        err = store_key_insert(c, &key);
    }
    return err;
}

static void make_large(const char *path)
{
    int64_t made = 0;
    make_database(path);
    struct store *s = open_store(path);
    while (made < LARGE) {
        if (store_run(s, insert_large, &made) != STORE_OK) {
            die("a key was refused");
        }
    }
    store_free(s);
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
    char path[PATH_MAX_LEN];
    struct store_conn *c = NULL;
    struct cardea_why why;
    int64_t active = 0;
    make_large(in_folder(path, "large.db"));
    struct store *s = open_store(path);
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

/* One process for all rounds, so that its cache stays as warm as the daemon's that it is compared with. */
static void serve_bare(const char *path)
{
    struct bare bare;
    char line[32];
    make_database(path);
    open_bare(&bare, path);
    while (fgets(line, sizeof line, stdin)) {
        long batches = (strtol(line, NULL, 10) + BATCH - 1) / BATCH;
        printf("%.0f\n", round_bare(&bare, batches * BATCH));
        fflush(stdout);
    }
    close_bare(&bare);
}

static void bench_all(void)
{
    static const char *const names[] = {"ours.db", "bare.db", "large.db"};
    char path[PATH_MAX_LEN];
    if (!mkdtemp(folder)) {
        die(folder);
    }
    bench_creation();
    bench_pages();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unlink(in_folder(path, names[i]));
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        bench_all();
    } else if (argc == 3 && strcmp(argv[1], "bare") == 0) {
        serve_bare(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "large") == 0) {
        make_large(argv[2]);
    } else {
        die("wants nothing, `bare FILE` or `large FILE`");
    }
    return 0;
}

/* bench/authorize.c - what a decision costs, against a floor in the same process: `authorize [KEYS...]`.
 *
 * Prints rows of a Markdown table: case, measured, against, ratio, target, ok or over. Rounds of floor and decision
 * alternate over the same texts; medians of rounds. Each iteration starts only when the one before it is done. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/mix.h"
#include "floor.h"
#include "world.h"

#define BATCH  1024u
#define ROUNDS 401u

struct bench {
    struct world_request batch[BATCH];
    struct cardea_reader *reader;
    const struct floor *floor, *activity;
    struct cardea_time now;
    enum cardea_code expected;
};

static struct bench bench;

static int by_value(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *v, unsigned n)
{
    qsort(v, n, sizeof *v, by_value);
    return v[n / 2];
}

static void row(const char *name, const char *measured, const char *against, double ratio, double target)
{
    printf("| %s | %s | %s | %.2f | %.2f | %s |\n", name, measured, against, ratio, target,
           ratio <= target ? "ok" : "over");
    fflush(stdout);
}

static void row_ns(const char *name, double ours, double other, double target)
{
    char a[32];
    char b[32];
    snprintf(a, sizeof a, "%.0f ns", ours);
    snprintf(b, sizeof b, "%.0f ns", other);
    row(name, a, b, ours / other, target);
}

static uint64_t random_state = UINT64_C(88172645463325252);

static uint64_t next_random(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return mix_pair(random_state, random_state ^ UINT64_C(0xe7037ed1a0b428db));
}

static void fill(uint64_t first, uint64_t among)
{
    for (unsigned i = 0; i < BATCH; i++)
        world_request(&bench.batch[i], first + mix_scale(next_random(), among));
}

/* Each returns nanoseconds an item over the whole batch. */
typedef double (*measure_fn)(void);

static double finish(uint64_t start)
{
    return (double)(floor_now() - start) / BATCH;
}

static double run_authorize(void)
{
    uint64_t wrong = 0;
    uint64_t zero = 0;
    struct cardea_decision d;
    struct cardea_request q = {.method = {"GET", 3}, .authorization_count = 1, .now = bench.now};
    uint64_t start = floor_now();
    for (unsigned i = 0; i < BATCH; i++) {
        const struct world_request *r = &bench.batch[i + zero];
        q.authorization = (struct cardea_str){r->authorization, 7 + WORLD_KEY_LEN};
        q.target = (struct cardea_str){r->target, sizeof "/tenants/t000000/corpus" - 1};
        cardea_authorize(bench.reader, &q, &d);
        wrong += d.code != bench.expected;
        zero = floor_zero_after(d.key_id ^ (uint64_t)d.code);
    }
    double ns = finish(start);
    if (wrong != 0) {
        fprintf(stderr, "bench: %llu of %u decisions are wrong; the last is %s\n", (unsigned long long)wrong, BATCH,
                cardea_code_name(d.code));
        exit(1);
    }
    return ns;
}

static double run_floor(unsigned reads, uint64_t last_count)
{
    uint64_t zero = 0;
    uint64_t start = floor_now();
    for (unsigned i = 0; i < BATCH; i++)
        zero = floor_decide(bench.floor, world_key(&bench.batch[i + zero]), reads, last_count);
    return finish(start);
}

static double run_floor_two(void)
{
    return run_floor(2, bench.floor->count);
}

static double run_floor_two_small(void)
{
    return run_floor(2, WORLD_ACCOUNTS);
}

static double run_hash(void)
{
    return run_floor(0, 0);
}

static double run_floor_recording(void)
{
    uint64_t zero = 0;
    uint64_t start = floor_now();
    for (unsigned i = 0; i < BATCH; i++)
        zero = floor_decide_recording(bench.floor, bench.activity, world_key(&bench.batch[i + zero]));
    return finish(start);
}

/* Medians of both over rounds that alternate, each over keys of its own choice. */
static void compare(measure_fn one, measure_fn other, uint64_t first, uint64_t among, double *a, double *b)
{
    static double x[ROUNDS];
    static double y[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        fill(first, among);
        if (i % 2 == 0)
            x[i] = one();
        y[i] = other();
        if (i % 2 != 0)
            x[i] = one();
    }
    *a = median(x, ROUNDS);
    *b = median(y, ROUNDS);
}

static void bench_size(struct world *w)
{
    char name[128];
    double ours;
    double other;
    unsigned millions = (unsigned)(w->keys / 1000000);
    bench.reader = world_reader(false);
    compare(run_authorize, run_floor_two, 0, w->keys, &ours, &other); /* page tables warm up */
    compare(run_authorize, run_floor_two, 0, w->keys, &ours, &other);
    snprintf(name, sizeof name, "authorize, random hit of %u M, against hash and two dependent lines", millions);
    row_ns(name, ours, other, 1.3);
    compare(run_authorize, run_floor_two_small, 0, w->keys, &ours, &other);
    snprintf(name, sizeof name, "the same of %u M, the second line among 100,000 only", millions);
    row_ns(name, ours, other, 1.3);

    static double hit[ROUNDS];
    static double miss[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        bench.expected = CARDEA_VALID;
        fill(0, w->keys);
        hit[i] = run_authorize();
        bench.expected = CARDEA_NOT_FOUND;
        fill(w->keys, UINT64_C(1) << 40);
        miss[i] = run_authorize();
    }
    bench.expected = CARDEA_VALID;
    snprintf(name, sizeof name, "a miss among %u M against a hit", millions);
    row_ns(name, median(miss, ROUNDS), median(hit, ROUNDS), 1.3);
    compare(run_authorize, run_hash, 0, 1000, &ours, &other);
    snprintf(name, sizeof name, "hot set of 1,000 keys of %u M against the hash alone", millions);
    row_ns(name, ours, other, 2.0);
    cardea_reader_free(bench.reader);

    struct floor activity;
    floor_make(&activity, (size_t)w->keys * 64, 5);
    bench.activity = &activity;
    bench.reader = world_reader(true);
    for (int i = 0; i < 8; i++)
        compare(run_authorize, run_floor_recording, 0, w->keys, &ours, &other);
    snprintf(name, sizeof name, "recording activity, %u M, against hash and three lines", millions);
    row_ns(name, ours, other, 1.3);
    cardea_reader_free(bench.reader);
    floor_release(&activity);
}

static void bench_open(const struct world *w)
{
    char a[32];
    char name[64];
    double ms[21];
    for (unsigned i = 0; i < 21; i++) {
        uint64_t start = floor_now();
        struct cardea_reader *r = world_reader(false);
        ms[i] = (double)(floor_now() - start) / 1e6;
        cardea_reader_free(r);
    }
    double m = median(ms, 21);
    snprintf(a, sizeof a, "%.3f ms", m);
    snprintf(name, sizeof name, "opening a snapshot of %u M keys", (unsigned)(w->keys / 1000000));
    row(name, a, "10 ms", m / 10, 1);
    struct cardea_writer_stats s;
    cardea_writer_stats(w->writer, &s);
    double bytes = (double)s.file_bytes / (double)s.keys;
    snprintf(a, sizeof a, "%.1f bytes", bytes);
    snprintf(name, sizeof name, "snapshot bytes a key, %u M, %.0f %% of its room used", (unsigned)(w->keys / 1000000),
             100.0 * (double)s.keys / (double)s.key_capacity);
    row(name, a, "100 bytes", bytes / 100, 1);
}

/* The writer's changes, 10,000 a second, in another process, until it is killed. */
static pid_t start_changes(struct world *w)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    /* Ten at a time, each millisecond, as group commits come: between them this process leaves the processor alone,
     * which on a machine of two hardware threads would otherwise be what is measured. */
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint64_t i = 0;; i++) {
        struct cardea_key_entry e;
        world_key_entry(mix_scale(next_random(), w->keys), &e);
        e.expires_at += (int64_t)(i % 1000);
        if (cardea_writer_put_key(w->writer, &e) != CARDEA_OK)
            _exit(1);
        cardea_writer_set_position(w->writer, i);
        if (i % 10 != 9)
            continue;
        next.tv_nsec += 1000000;
        if (next.tv_nsec >= 1000000000) {
            next.tv_nsec -= 1000000000;
            next.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

/* Time this thread had the processor: what else runs on the machine does not count, waiting for cache lines does. */
static double processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double decisions_a_second(uint64_t keys, double seconds)
{
    uint64_t n = 0;
    uint64_t start = floor_now();
    double spent = 0;
    while ((double)(floor_now() - start) < seconds * 1e9) {
        fill(0, keys);
        double before = processor_ns();
        (void)run_authorize();
        spent += processor_ns() - before;
        n += BATCH;
    }
    return (double)n / spent * 1e9;
}

static void bench_changes(struct world *w)
{
    bench.reader = world_reader(false);
    double quiet[7];
    double busy[7];
    for (int i = 0; i < 7; i++) {
        quiet[i] = decisions_a_second(w->keys, 0.3);
        pid_t pid = start_changes(w);
        busy[i] = decisions_a_second(w->keys, 0.3);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    char a[48];
    char b[48];
    double q = median(quiet, 7);
    double z = median(busy, 7);
    snprintf(a, sizeof a, "%.2f M/s", z / 1e6);
    snprintf(b, sizeof b, "%.2f M/s", q / 1e6);
    row("decisions a second while another process makes 10,000 changes a second (share lost)", a, b, 1 - z / q, 0.05);
    cardea_reader_free(bench.reader);
}

/* Shared by the process that revokes and the one that decides. */
struct meeting {
    _Atomic uint64_t round, seen_ns;
};

static void watch_revocations(struct meeting *m, unsigned rounds)
{
    struct world_request r;
    world_request(&r, 0);
    struct cardea_reader *reader = world_reader(false);
    struct cardea_check c = {.key = world_key(&r), .now = cardea_time_now()};
    struct cardea_decision d;
    for (unsigned i = 1; i <= rounds; i++) {
        do
            cardea_verify(reader, &c, &d);
        while (d.code == CARDEA_VALID);
        m->seen_ns = floor_now();
        m->round = i;
        do
            cardea_verify(reader, &c, &d);
        while (d.code != CARDEA_VALID);
        m->seen_ns = 0;
    }
    cardea_reader_free(reader);
}

static void bench_revocation(struct world *w)
{
    enum { REVOCATIONS = 501 };
    static double ns[REVOCATIONS];
    struct meeting *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        watch_revocations(m, REVOCATIONS);
        _exit(0);
    }
    struct cardea_key_entry e;
    world_key_entry(0, &e);
    for (unsigned i = 0; i < REVOCATIONS; i++) {
        usleep(i == 0 ? 100000 : 200);
        e.state = CARDEA_KEY_REVOKED;
        uint64_t start = floor_now();
        if (cardea_writer_put_key(w->writer, &e) != CARDEA_OK)
            exit(1);
        while (m->round != i + 1) {
        }
        ns[i] = (double)(m->seen_ns - start);
        e.state = CARDEA_KEY_ACTIVE;
        if (cardea_writer_put_key(w->writer, &e) != CARDEA_OK)
            exit(1);
        while (m->seen_ns != 0) {
        }
    }
    waitpid(pid, NULL, 0);
    munmap(m, sizeof *m);
    char a[64];
    double mid = median(ns, REVOCATIONS);
    snprintf(a, sizeof a, "%.0f ns, 99 %%: %.0f ns", mid, ns[REVOCATIONS * 99 / 100]);
    row("from revoking to a refused decision in another process, both included", a, "1 µs", mid / 1000, 1);
}

/* Rounds of both alternate. A reader keeps the file that it has mapped when its writer is gone and another one, which
 * does not follow it, takes its place at the path. */
static void bench_routes(uint64_t keys)
{
    static double few[ROUNDS];
    static double many[ROUNDS];
    struct world small;
    struct world large;
    world_make(&small, keys, 1, false);
    struct cardea_reader *of_few = world_reader(false);
    world_release(&small);
    world_make(&large, keys, 500, false);
    struct cardea_reader *of_many = world_reader(false);
    for (unsigned i = 0; i < ROUNDS; i++) {
        fill(0, 1000);
        for (unsigned turn = 0; turn < 2; turn++) {
            bool now_many = (i + turn) % 2;
            bench.reader = now_many ? of_many : of_few;
            (now_many ? many : few)[i] = run_authorize();
        }
    }
    cardea_reader_free(of_few);
    cardea_reader_free(of_many);
    world_release(&large);
    row_ns("a profile of 500 routes against one of 1, hot set", median(many, ROUNDS), median(few, ROUNDS), 1.3);
}

int main(int argc, char **argv)
{
    uint64_t sizes[8] = {1000000, 10000000};
    int count = 2;
    if (argc > 1) {
        count = argc - 1 < 8 ? argc - 1 : 8;
        for (int i = 0; i < count; i++)
            sizes[i] = strtoull(argv[i + 1], NULL, 10);
    }
    bench.now = cardea_time_now();
    bench.expected = CARDEA_VALID;
    puts("| case | measured | against | ratio | target | |\n|---|---|---|---|---|---|");
    for (int i = 0; i < count; i++) {
        if (sizes[i] < 1000) {
            fprintf(stderr, "usage: authorize [KEYS...], each at least 1000\n");
            return 2;
        }
        struct world w;
        struct floor f;
        struct cardea_writer_stats s;
        world_make(&w, sizes[i], 1, true);
        cardea_writer_stats(w.writer, &s);
        floor_make(&f, s.file_bytes, 3);
        bench.floor = &f;
        bench_size(&w);
        bench_open(&w);
        if (i == 0) {
            bench_changes(&w);
            bench_revocation(&w);
        }
        floor_release(&f);
        world_release(&w);
    }
    bench_routes(100000);
    return 0;
}

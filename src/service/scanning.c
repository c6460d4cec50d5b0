#include "service/scanning.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"

#define CACHE_MAX     ((size_t)256 << 20)
#define SEAT_KEEPS    ((size_t)1 << 20) /* a scratch grows with the text, several times its length */
#define NICE          10                /* opening takes a core for a second: who asks for a key comes first */
#define CACHE_MODE    0600
#define SHARED_MODE   0640
#define HOLD_BACK_SEC 2
#define OTHERS_MODE   077

/* One scanner and who uses it. */
struct edition {
    struct cardea_scanner *scanner;
    struct scanning_seat *idle;
    unsigned users;
    bool degraded;
};

/* The formats that a scanner is to know. */
struct wanted {
    struct arena arena;
    struct cardea_scan_key *keys;
    size_t count;
};

struct scanning {
    char *cache, *shared;
    bool without_builtin;
    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t wake;
    struct wanted *wanted; /* the newest that is not begun */
    struct edition *current;
    bool opening;
    bool stop, asked; /* asked: somebody wants to scan */
    bool failed;      /* the newest that was tried */
    int64_t last_id;
    struct scanning_stats stats;
};

/* ---- what is wanted ---- */

static void wanted_free(struct wanted *w)
{
    if (!w)
        return;
    arena_release(&w->arena);
    free(w);
}

static struct wanted *wanted_new(const struct profile_set *profiles)
{
    struct wanted *w = calloc(1, sizeof(*w));
    size_t room = 1;
    if (!w)
        abort();
    for (size_t i = 0; i < profiles->count; i++)
        room += profiles->items[i]->core.kind_count;
    w->keys = arena_array(&w->arena, room, sizeof(*w->keys));
    struct cardea_key_format *formats = arena_array(&w->arena, room, sizeof(*formats));
    for (size_t i = 0; i < profiles->count; i++) {
        const struct cardea_profile *p = &profiles->items[i]->core;
        for (size_t k = 0; k < p->kind_count; k++) {
            if (p->kinds[k].flags & CARDEA_KIND_LEGACY)
                continue;
            formats[w->count] = p->kinds[k].format;
            w->keys[w->count] = (struct cardea_scan_key){
                arena_printf(&w->arena, "%s-%s", p->name, p->kinds[k].name).ptr, &formats[w->count]};
            w->count++;
        }
    }
    return w;
}

/* ---- opening ---- */

static void edition_free(struct edition *e)
{
    if (!e)
        return;
    while (e->idle) {
        struct scanning_seat *next = e->idle->next;
        cardea_scan_scratch_free(e->idle->scratch);
        free(e->idle);
        e->idle = next;
    }
    cardea_scanner_free(e->scanner);
    free(e);
}

static struct cardea_str read_cache(struct arena *a, const char *path)
{
    struct cardea_str bytes = {0};
    struct stat st;
    if (!path || lstat(path, &st) != 0)
        return bytes;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & OTHERS_MODE) {
        log_warn("%s is not ours alone: it is not used", path);
        return bytes;
    }
    if (!file_read(a, path, CACHE_MAX, &bytes))
        return (struct cardea_str){0};
    return bytes;
}

/* Without it a start is slow, and that is all. */
static void write_caches(const struct scanning *s, const struct cardea_scanner *scanner, bool is_new)
{
    char *bytes;
    size_t len;
    if ((!s->cache && !s->shared) || cardea_scanner_cache(scanner, &bytes, &len) != CARDEA_OK)
        return;
    if (s->cache && is_new && !file_write_atomic(s->cache, CACHE_MODE, (struct cardea_str){bytes, len}))
        log_warn("%s cannot be written: the scanner is compiled anew at each start", s->cache);
    if (s->shared && !file_write_atomic(s->shared, SHARED_MODE, (struct cardea_str){bytes, len}))
        log_warn("%s cannot be written: a gateway that scans compiles for itself", s->shared);
    cardea_scan_text_free(bytes);
}

static void log_lines(const char *text)
{
    struct cardea_str rest = str_of(text), line;
    while (str_cut(&rest, '\n', &line))
        if (line.len)
            log_error("scanner: %.*s", STR_ARG(line));
}

static struct edition *edition_open(const struct scanning *s, struct wanted *w)
{
    struct cardea_scan_options options = {.without_builtin = s->without_builtin,
                                          .keys = w->keys,
                                          .key_count = w->count,
                                          .cache = read_cache(&w->arena, s->cache)};
    struct edition *e = calloc(1, sizeof(*e));
    struct cardea_scanner_info info;
    char *mistakes = NULL;
    if (!e)
        abort();
    enum cardea_err err = cardea_scanner_open(&e->scanner, &options, &mistakes);
    if (err != CARDEA_OK) {
        log_error("the scanner cannot be opened: %s", err == CARDEA_E_FORMAT ? "its rules are wrong" : "no memory");
        log_lines(mistakes ? mistakes : "");
        cardea_scan_text_free(mistakes);
        free(e);
        return NULL;
    }
    cardea_scanner_info(e->scanner, &info);
    e->degraded = info.degraded != NULL;
    if (info.degraded)
        log_warn("the scanner is slower than usual, PCRE2 alone: %s", info.degraded);
    write_caches(s, e->scanner, !info.from_cache);
    log_info("the scanner is ready: %zu rules, %zu formats of keys, %s%s", info.rule_count, w->count, info.engine,
             info.from_cache ? ", from its cache" : "");
    return e;
}

static void exchange(struct scanning *s, struct edition *made)
{
    struct edition *old = NULL;
    pthread_mutex_lock(&s->lock);
    s->failed = !made;
    if (made) {
        old = s->current;
        s->current = made;
    }
    bool unused = old && old->users == 0;
    pthread_mutex_unlock(&s->lock);
    if (unused)
        edition_free(old);
}

/* Compiling takes a core for seconds: a process that has just begun, and has more to do or may be gone the next moment,
 * does without until somebody asks. What is in a cache costs nothing. With the lock. */
static void hold_back(struct scanning *s)
{
    struct timespec until;
    if (!s->cache || access(s->cache, R_OK) == 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += HOLD_BACK_SEC;
    while (!s->stop && !s->asked && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
        ;
}

static void *opener_main(void *arg)
{
    struct scanning *s = arg;
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone, on Linux */
    pthread_mutex_lock(&s->lock);
    hold_back(s);
    while (!s->stop) {
        struct wanted *w = s->wanted;
        s->wanted = NULL;
        if (!w) {
            pthread_cond_wait(&s->wake, &s->lock);
            continue;
        }
        s->opening = true;
        pthread_mutex_unlock(&s->lock);
        exchange(s, edition_open(s, w));
        wanted_free(w);
        pthread_mutex_lock(&s->lock);
        s->opening = false;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

struct scanning *scanning_new(const struct scanning_options *options)
{
    struct scanning *s = calloc(1, sizeof(*s));
    if (!s || (options->cache && !(s->cache = strdup(options->cache))) ||
        (options->shared && !(s->shared = strdup(options->shared))))
        abort();
    s->without_builtin = options->without_builtin;
    pthread_mutex_init(&s->lock, NULL);
    thread_cond_init(&s->wake);
    if (!thread_start(&s->thread, opener_main, s))
        abort(); /* as base/arena.h: a process without room for a thread serves nobody */
    return s;
}

void scanning_configure(struct scanning *s, const struct profile_set *profiles)
{
    struct wanted *w = wanted_new(profiles);
    pthread_mutex_lock(&s->lock);
    struct wanted *skipped = s->wanted;
    s->wanted = w;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    wanted_free(skipped);
}

bool scanning_free(struct scanning *s)
{
    if (!s)
        return true;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    bool opening = s->opening;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (opening)
        return false;
    pthread_join(s->thread, NULL);
    wanted_free(s->wanted);
    edition_free(s->current);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s->cache);
    free(s->shared);
    free(s);
    return true;
}

/* ---- using ---- */

static enum scanning_state state_of(const struct scanning *s)
{
    if (s->current)
        return SCANNING_READY;
    return s->failed ? SCANNING_UNAVAILABLE : SCANNING_PREPARING;
}

static struct scanning_seat *seat_new(struct edition *e)
{
    struct scanning_seat *seat = calloc(1, sizeof(*seat));
    if (!seat)
        abort();
    *seat = (struct scanning_seat){.scanner = e->scanner, .edition = e};
    if (cardea_scan_scratch_new(&seat->scratch, e->scanner) == CARDEA_OK)
        return seat;
    free(seat);
    return NULL;
}

static void leave(struct scanning *s, struct edition *e)
{
    pthread_mutex_lock(&s->lock);
    bool last = --e->users == 0 && e != s->current;
    pthread_mutex_unlock(&s->lock);
    if (last)
        edition_free(e);
}

enum scanning_state scanning_take(struct scanning *s, struct scanning_seat **out)
{
    pthread_mutex_lock(&s->lock);
    enum scanning_state state = state_of(s);
    struct edition *e = s->current;
    if (!e && !s->asked) {
        s->asked = true;
        pthread_cond_signal(&s->wake);
    }
    *out = e ? e->idle : NULL;
    if (*out)
        e->idle = (*out)->next;
    if (e)
        e->users++;
    pthread_mutex_unlock(&s->lock);
    if (!e || *out)
        return state;
    *out = seat_new(e);
    if (*out)
        return state;
    leave(s, e);
    return SCANNING_UNAVAILABLE;
}

void scanning_give_back(struct scanning *s, struct scanning_seat *seat, size_t scanned)
{
    struct edition *e = seat->edition;
    if (scanned > SEAT_KEEPS) {
        cardea_scan_scratch_free(seat->scratch);
        free(seat);
    } else {
        pthread_mutex_lock(&s->lock);
        seat->next = e->idle;
        e->idle = seat;
        pthread_mutex_unlock(&s->lock);
    }
    leave(s, e);
}

int64_t scanning_new_id(struct scanning *s, struct service_call *c)
{
    pthread_mutex_lock(&s->lock);
    int64_t id = id_new(&s->last_id, c->now_ms, c->svc->random, c->svc->random_arg);
    pthread_mutex_unlock(&s->lock);
    return id;
}

void scanning_count(struct scanning *s, const struct scanning_done *done)
{
    pthread_mutex_lock(&s->lock);
    s->stats.verdicts[done->verdict]++;
    s->stats.truncated += done->truncated;
    s->stats.shadow += done->shadow;
    s->stats.redacted += done->redacted;
    s->stats.unscanned += done->unscanned;
    s->stats.bytes += done->bytes;
    s->stats.elapsed_us += (uint64_t)done->elapsed_us;
    pthread_mutex_unlock(&s->lock);
}

void scanning_stats(struct scanning *s, struct scanning_stats *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->stats;
    out->state = state_of(s);
    out->degraded = s->current && s->current->degraded;
    out->outdated = s->current && s->failed;
    pthread_mutex_unlock(&s->lock);
}

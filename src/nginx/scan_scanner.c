/* nginx/scan_scanner.c - this worker's scanner.
 *
 * A thread of low priority opens it: milliseconds with a cache that fits, seconds without, and no request waits for
 * that. It knows the formats of the snapshot's keys as they were when the worker began; a reload begins new workers. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nginx/scan_module.h"

#define CACHE_MAX     ((size_t)256 << 20)
#define CACHE_WAIT_MS 10000 /* a daemon that has just begun writes it within seconds */
#define POLL_MS       50
#define START_WAIT_MS 500  /* for a snapshot and a cache */
#define OPEN_WAIT_MS  5000 /* for the scanner, once both are there */
#define START_POLL_MS 2
#define NICE          10
#define OTHERS_MODE   022
#define KEEPS         ((size_t)1 << 20) /* a scratch grows with the text, several times its length */
#define TIME_MS       500               /* of one scan: nothing else happens in this worker meanwhile */
#define STOP_WAIT_SEC 1
#define FINDINGS_MAX  1024
#define LOG_RULES     4

static struct {
    pthread_t thread;
    ngx_uint_t started;
    atomic_bool stop, opening, failed;
    _Atomic(struct cardea_scanner *) scanner;
    struct cardea_scan_scratch *scratch; /* of the event loop */
    const ngx_http_cardea_scan_main_conf_t *smcf;
    ngx_log_t *log;
} own;

/* ---- opening: on the thread ---- */

struct formats {
    struct cardea_scan_key *keys;
    struct cardea_key_format *formats;
    char (*names)[128];
    size_t count, room;
};

static void formats_free(struct formats *f)
{
    free(f->keys);
    free(f->formats);
    free(f->names);
}

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static void add_format(struct formats *f, const struct cardea_profile *p, const struct cardea_kind *k)
{
    if (k->flags & CARDEA_KIND_LEGACY)
        return;
    size_t i = f->count++;
    snprintf(f->names[i], sizeof(f->names[i]), "%s-%s", p->name, k->name);
    f->formats[i] = k->format;
    f->keys[i] = (struct cardea_scan_key){f->names[i], &f->formats[i]};
}

/* As the daemon names them and in its order, so that its cache fits. */
static ngx_uint_t copy_formats(const struct cardea_reader *reader, struct formats *f)
{
    for (size_t i = 0; i < cardea_reader_profile_count(reader); i++)
        f->room += cardea_reader_profile(reader, i)->kind_count;
    f->keys = calloc(f->room + 1, sizeof(*f->keys));
    f->formats = calloc(f->room + 1, sizeof(*f->formats));
    f->names = calloc(f->room + 1, sizeof(*f->names));
    if (f->keys == NULL || f->formats == NULL || f->names == NULL)
        return 0;
    for (size_t i = 0; i < cardea_reader_profile_count(reader); i++) {
        const struct cardea_profile *p = cardea_reader_profile(reader, i);
        for (size_t k = 0; k < p->kind_count; k++)
            add_format(f, p, &p->kinds[k]);
    }
    return 1;
}

/* Until there is a snapshot every request is answered 503 anyway. */
static ngx_uint_t wait_for_formats(struct formats *f)
{
    const struct cardea_reader_options options = {.path = (const char *)own.smcf->snapshot.data};
    struct cardea_reader *reader = NULL;
    struct cardea_why why;
    while (!own.stop && cardea_reader_open(&reader, &options, &why) != CARDEA_OK)
        pause_ms(POLL_MS);
    ngx_uint_t good = reader != NULL && copy_formats(reader, f);
    cardea_reader_free(reader);
    return good;
}

/* What is in it is run as much as read. Whoever writes the snapshot may make keys, and is trusted here too. */
static ngx_uint_t may_be_trusted(int fd, struct stat *st)
{
    struct stat snapshot;
    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) || st->st_mode & OTHERS_MODE || (size_t)st->st_size > CACHE_MAX)
        return 0;
    if (st->st_uid == 0 || st->st_uid == geteuid())
        return 1;
    return stat((const char *)own.smcf->snapshot.data, &snapshot) == 0 && snapshot.st_uid == st->st_uid;
}

static char *read_whole(int fd, size_t len)
{
    char *bytes = malloc(len + 1);
    size_t at = 0;
    while (bytes != NULL && at < len) {
        ssize_t n = read(fd, bytes + at, len - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    if (at == len)
        return bytes;
    free(bytes);
    return NULL;
}

static int wait_for_cache(const char *path)
{
    int fd = -1;
    for (int waited = 0; !own.stop && waited < CACHE_WAIT_MS; waited += POLL_MS) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 || errno != ENOENT)
            break;
        pause_ms(POLL_MS);
    }
    return fd;
}

/* NULL: none that can be used. */
static char *read_cache(size_t *len)
{
    struct stat st;
    if (own.smcf->cache.len == 0)
        return NULL;
    int fd = wait_for_cache((const char *)own.smcf->cache.data);
    if (fd < 0)
        return NULL;
    char *bytes = NULL;
    if (may_be_trusted(fd, &st)) {
        *len = (size_t)st.st_size;
        bytes = read_whole(fd, *len);
    } else {
        ngx_log_error(NGX_LOG_WARN, own.log, 0,
                      "cardea_scan_cache: \"%V\" is not used: it is the daemon's, root's or ours, and others may not "
                      "write it",
                      &own.smcf->cache);
    }
    close(fd);
    return bytes;
}

static void open_scanner(const struct formats *f)
{
    struct cardea_scan_options options = {.keys = f->keys, .key_count = f->count};
    struct cardea_scanner *scanner = NULL;
    struct cardea_scanner_info info;
    char *mistakes = NULL;
    size_t len = 0;
    char *cache = read_cache(&len);
    if (own.stop)
        goto out;
    own.opening = true;
    options.cache = (struct cardea_str){cache, cache != NULL ? len : 0};
    if (cardea_scanner_open(&scanner, &options, &mistakes) != CARDEA_OK) {
        ngx_log_error(NGX_LOG_ERR, own.log, 0, "cardea_scan: the scanner cannot be opened: %s",
                      mistakes != NULL ? mistakes : "no memory");
        cardea_scan_text_free(mistakes);
        own.failed = true;
        goto out;
    }
    cardea_scanner_info(scanner, &info);
    if (info.degraded != NULL)
        ngx_log_error(NGX_LOG_WARN, own.log, 0, "cardea_scan: the scanner is slower than usual, PCRE2 alone: %s",
                      info.degraded);
    ngx_log_error(NGX_LOG_NOTICE, own.log, 0, "cardea_scan: the scanner is ready: %uz rules, %uz formats of keys, %s%s",
                  info.rule_count, f->count, info.engine, info.from_cache ? ", from its cache" : "");
    own.scanner = scanner;
out:
    free(cache);
}

static void *opener_main(void *arg)
{
    struct formats f = {.count = 0};
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone, on Linux */
    if (wait_for_formats(&f))
        open_scanner(&f);
    else
        own.failed = !own.stop;
    formats_free(&f);
    return NULL;
}

ngx_int_t ngx_http_cardea_scan_start(ngx_cycle_t *cycle, ngx_http_cardea_scan_main_conf_t *smcf)
{
    sigset_t all;
    sigset_t before;
    if (smcf->snapshot.len == 0)
        return NGX_OK; /* nothing is checked, and so nothing scanned */
    own.smcf = smcf;
    own.log = cycle->log;
    /* Signals are the event loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&own.thread, NULL, opener_main, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    own.started = err == 0;
    if (err != 0)
        ngx_log_error(NGX_LOG_ALERT, cycle->log, err, "cardea_scan: there is no thread to open the scanner on");
    /* Connections wait for the scanner, so that nobody is answered 503 after a reload; they do not wait for a daemon
     * that is not there. */
    for (int waited = 0; err == 0 && own.scanner == NULL && !own.failed; waited += START_POLL_MS) {
        if (waited >= (own.opening ? OPEN_WAIT_MS : START_WAIT_MS))
            break;
        pause_ms(START_POLL_MS);
    }
    return err == 0 ? NGX_OK : NGX_ERROR;
}

/* Compiling cannot be broken off, and what it uses must not be freed beneath it: then the worker, which has nothing
 * else left to do, ends as it stands. */
void ngx_http_cardea_scan_stop(void)
{
    struct timespec until;
    if (!own.started)
        return;
    own.stop = true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_SEC;
    if (pthread_timedjoin_np(own.thread, NULL, &until) != 0)
        _exit(0);
    own.started = 0;
    cardea_scan_scratch_free(own.scratch);
    cardea_scanner_free(own.scanner);
    own.scratch = NULL;
    own.scanner = NULL;
}

/* ---- scanning: on the event loop ---- */

static void tell(ngx_http_request_t *r, const ngx_http_cardea_scan_ctx_t *ctx, const struct cardea_scan_result *result)
{
    u_char rules[512];
    u_char *at = rules;
    size_t told = 0;
    for (size_t i = 0; i < result->finding_count && told < LOG_RULES; i++) {
        if (result->findings[i].severity < CARDEA_SCAN_HIGH)
            continue;
        at = ngx_slprintf(at, rules + sizeof(rules), "%s%s", told > 0 ? ", " : "", result->findings[i].rule_id);
        told++;
    }
    ngx_str_t list = {.len = (size_t)(at - rules), .data = rules};
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "cardea_scan: content blocked: %V%s, of key \"%V\"", &list,
                  result->truncated ? " (not all of it could be looked at)" : "", &ctx->grant.key_id);
}

ngx_int_t ngx_http_cardea_scan_text(ngx_http_request_t *r, const ngx_http_cardea_scan_ctx_t *ctx,
                                    ngx_uint_t sensitivity, const char **why)
{
    const struct cardea_scan_params params = {
        .sensitivity = (enum cardea_scan_sensitivity)sensitivity,
        .limits = {.findings_max = FINDINGS_MAX, .hosts_max = FINDINGS_MAX, .time_ms = TIME_MS}};
    struct cardea_scan_result result;
    const struct cardea_scanner *scanner = own.scanner;
    if (scanner == NULL) {
        *why = own.failed ? "the scanner cannot be opened" : "the scanner is being made ready";
        return NGX_ERROR;
    }
    *why = "there is no memory to scan";
    if (own.scratch == NULL && cardea_scan_scratch_new(&own.scratch, scanner) != CARDEA_OK)
        return NGX_ERROR;
    struct cardea_str text = {(const char *)ctx->text.data, ctx->text.len};
    ngx_int_t rc = NGX_ERROR;
    if (cardea_scan(scanner, own.scratch, text, &params, &result) == CARDEA_OK) {
        /* What was not looked at does not go on. */
        rc = result.truncated || cardea_scan_verdict(&result) == CARDEA_SCAN_BLOCK ? NGX_DECLINED : NGX_OK;
        if (rc == NGX_DECLINED)
            tell(r, ctx, &result);
    }
    if (ctx->text.len > KEEPS / 4 || rc == NGX_ERROR) {
        cardea_scan_scratch_free(own.scratch);
        own.scratch = NULL;
    }
    return rc;
}

#include "gateway/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/str.h"
#include "gateway/child.h"

#define CONF_MAX (8u << 20)
#define SAID_MAX (256u << 10)
#define START_MS 10000
#define POLL_MS  10
#define STOP_MS  10000

struct gateway {
    pid_t pid;
    int lock; /* of the folder */
    const char *nginx, *dir;
    struct option_list listening; /* what nginx holds already */
    struct arena arena;
};

/* ---- where things are ---- */

static const char *first_of(struct arena *a, const char *const *paths, size_t count, int mode)
{
    for (size_t i = 0; i < count; i++)
        if (paths[i] && access(paths[i], mode) == 0)
            return arena_cstr(a, str_of(paths[i]));
    return NULL;
}

const char *gateway_find_nginx(struct arena *a)
{
    static const char *const paths[] = {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx"};
    return first_of(a, paths, sizeof(paths) / sizeof(paths[0]), X_OK);
}

static const char *find_module(struct arena *a, const char *name)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[len < 0 ? 0 : len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    const char *const paths[] = {slash ? arena_printf(a, "%s/%s", self, name).ptr : NULL,
                                 arena_printf(a, GATEWAY_MODULE_DIR "/%s", name).ptr,
                                 arena_printf(a, "/usr/lib/nginx/modules/%s", name).ptr};
    return first_of(a, paths, sizeof(paths) / sizeof(paths[0]), R_OK);
}

const char *gateway_find_module(struct arena *a)
{
    return find_module(a, "ngx_http_cardea_module.so");
}

const char *gateway_find_scan_module(struct arena *a)
{
    return find_module(a, "ngx_http_cardea_scan_module.so");
}

/* ---- nginx ---- */

static const char *path_of(struct gateway *g, const char *name)
{
    return arena_printf(&g->arena, "%s/%s", g->dir, name).ptr;
}

/* Without what a log line begins with: time, level, process. The same mistake reads the same each time. */
static struct cardea_str message_of(struct cardea_str line)
{
    static const char level[] = "[emerg] ";
    const char *at = memmem(line.ptr, line.len, level, sizeof(level) - 1);
    struct cardea_str rest = line;
    if (!at)
        return line;
    rest.ptr = at + sizeof(level) - 1;
    rest.len = line.len - (size_t)(rest.ptr - line.ptr);
    size_t digits = strspn(rest.ptr, "0123456789#"); /* of "71#71: " */
    if (digits && digits + 2 < rest.len && memcmp(rest.ptr + digits, ": ", 2) == 0)
        rest = (struct cardea_str){rest.ptr + digits + 2, rest.len - digits - 2};
    return rest;
}

/* What nginx said, shortened to its first line, since it says first what is wrong. */
static void explain(struct gateway *g, struct cardea_why *why)
{
    struct cardea_str text = {0}, line = {0};
    file_read(&g->arena, path_of(g, "said"), SAID_MAX, &text);
    while (str_cut(&text, '\n', &line))
        if (line.len && !strstr(arena_cstr(&g->arena, line), "[warn]"))
            break;
    if (!line.len)
        line = STR("it does not start");
    snprintf(why->text, sizeof(why->text), "nginx: %.*s", STR_ARG(message_of(line)));
}

static bool check_conf(struct gateway *g, const char *conf, struct cardea_why *why)
{
    const char *const argv[] = {g->nginx, "-t", "-q", "-c", conf, "-e", "stderr", NULL};
    int said = open(path_of(g, "said"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (said < 0) {
        snprintf(why->text, sizeof(why->text), "the folder %s cannot be written: %s", g->dir, strerror(errno));
        return false;
    }
    int status = child_run(argv, said, why);
    close(said);
    if (status != 0)
        explain(g, why);
    return status == 0;
}

/* Checked under another name first: what is in force stays whole. */
static bool write_conf(struct gateway *g, const struct gateway_plan *plan, struct cardea_why *why)
{
    struct buf text;
    buf_init(&text, CONF_MAX);
    gateway_conf_write(plan, &text);
    const char *next = path_of(g, "nginx.conf.next"), *conf = path_of(g, "nginx.conf");
    bool ok = !text.failed && file_write_atomic(next, 0600, buf_str(&text));
    if (!ok)
        snprintf(why->text, sizeof(why->text), "%s cannot be written: %s", next, strerror(errno));
    buf_release(&text);
    ok = ok && check_conf(g, next, why);
    if (ok && rename(next, conf) != 0) {
        snprintf(why->text, sizeof(why->text), "%s cannot be written: %s", conf, strerror(errno));
        ok = false;
    }
    return ok;
}

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static bool answers(const char *text)
{
    struct listen_address address;
    struct cardea_why why;
    if (!listen_parse(&address, text, &why))
        return true; /* an address in nginx's own words: nginx has taken it */
    int fd = socket(address.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&address.address, address.address_len) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool all_answer(const struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!answers(list->items[i]))
            return false;
    return true;
}

/* nginx itself tries for seconds when an address is taken, and somebody else would answer there meanwhile. */
static bool is_free(const char *text, struct cardea_why *why)
{
    struct listen_address address;
    int one = 1, fd = -1, bound = -1;
    if (!listen_parse(&address, text, why))
        return false;
    fd = socket(address.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0)
        bound = bind(fd, (struct sockaddr *)&address.address, address.address_len);
    if (bound != 0)
        snprintf(why->text, sizeof(why->text), "nginx cannot listen on %s: %s", text, strerror(errno));
    if (fd >= 0)
        close(fd);
    return bound == 0;
}

static bool holds(const struct gateway *g, const char *address)
{
    for (size_t i = 0; i < g->listening.count; i++)
        if (strcmp(g->listening.items[i], address) == 0)
            return true;
    return false;
}

static bool all_free(const struct gateway *g, const struct option_list *list, struct cardea_why *why)
{
    for (size_t i = 0; i < list->count; i++)
        if (!holds(g, list->items[i]) && !is_free(list->items[i], why))
            return false;
    return true;
}

static void remember_addresses(struct gateway *g, const struct gateway_plan *plan)
{
    const struct option_list *const lists[] = {&plan->listen, &plan->tls_listen};
    const char **items = arena_array(&g->arena, plan->listen.count + plan->tls_listen.count, sizeof(*items));
    size_t count = 0;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->count; i++)
            items[count++] = arena_cstr(&g->arena, str_of(lists[k]->items[i]));
    g->listening = (struct option_list){items, count};
}

/* nginx writes it once it holds all addresses. */
static bool has_pid_file(struct gateway *g)
{
    struct stat st;
    return stat(path_of(g, "nginx.pid"), &st) == 0 && st.st_size > 0;
}

static bool wait_until_up(struct gateway *g, const struct gateway_plan *plan, struct cardea_why *why)
{
    for (int waited = 0; waited < START_MS; waited += POLL_MS) {
        if (child_ended(g->pid)) {
            g->pid = 0;
            explain(g, why);
            return false;
        }
        if (has_pid_file(g) && all_answer(&plan->listen) && all_answer(&plan->tls_listen))
            return true;
        pause_ms(POLL_MS);
    }
    snprintf(why->text, sizeof(why->text), "nginx did not answer within %d seconds; its log is %s/error.log",
             START_MS / 1000, g->dir);
    return false;
}

/* Workers of another user have to pass through the folder; its files are its owner's alone all the same. */
static bool take_folder(struct gateway *g, const struct gateway_plan *plan, struct cardea_why *why)
{
    g->lock = file_open_own_dir(g->dir, plan->user ? 0711 : 0700);
    if (g->lock < 0) {
        snprintf(why->text, sizeof(why->text), "the folder %s cannot be made, or is a link or another user's: %s",
                 g->dir, strerror(errno));
        return false;
    }
    if (flock(g->lock, LOCK_EX | LOCK_NB) != 0) {
        snprintf(why->text, sizeof(why->text), "the folder %s is another gateway's: give this one its own by --dir",
                 g->dir);
        return false;
    }
    return unlink(path_of(g, "nginx.pid")) == 0 || errno == ENOENT;
}

static bool launch(struct gateway *g, const struct gateway_plan *plan, struct cardea_why *why)
{
    const char *const argv[] = {g->nginx, "-c", path_of(g, "nginx.conf"), "-e", "stderr", "-g", "daemon off;", NULL};
    int said = open(path_of(g, "said"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    g->pid = child_start(argv, said, why);
    if (said >= 0)
        close(said);
    return g->pid > 0 && wait_until_up(g, plan, why);
}

bool gateway_start(struct gateway **out, const char *nginx, const struct gateway_plan *plan, struct cardea_why *why)
{
    struct gateway *g = calloc(1, sizeof(*g));
    if (!g)
        abort();
    *g = (struct gateway){.lock = -1};
    g->nginx = arena_cstr(&g->arena, str_of(nginx));
    g->dir = arena_cstr(&g->arena, str_of(plan->dir));
    if (take_folder(g, plan, why) && all_free(g, &plan->listen, why) && all_free(g, &plan->tls_listen, why) &&
        write_conf(g, plan, why) && launch(g, plan, why)) {
        remember_addresses(g, plan);
        *out = g;
        return true;
    }
    gateway_stop(g);
    return false;
}

bool gateway_reload(struct gateway *g, const struct gateway_plan *plan, struct cardea_why *why)
{
    if (strcmp(plan->dir, g->dir) != 0) {
        snprintf(why->text, sizeof(why->text), "dir: a running gateway stays in %s; start it anew", g->dir);
        return false;
    }
    if (!all_free(g, &plan->listen, why) || !all_free(g, &plan->tls_listen, why) || !write_conf(g, plan, why))
        return false;
    if (kill(g->pid, SIGHUP) != 0) {
        snprintf(why->text, sizeof(why->text), "nginx is gone: %s", strerror(errno));
        return false;
    }
    remember_addresses(g, plan);
    return true;
}

bool gateway_running(struct gateway *g)
{
    if (g->pid > 0 && child_ended(g->pid))
        g->pid = 0;
    return g->pid > 0;
}

void gateway_stop(struct gateway *g)
{
    if (!g)
        return;
    child_stop(g->pid, SIGQUIT, STOP_MS);
    if (g->lock >= 0)
        close(g->lock);
    arena_release(&g->arena);
    free(g);
}

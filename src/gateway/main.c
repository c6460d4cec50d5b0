/* `cardea gateway`: from the options to a running nginx, and again whenever something changed. */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "gateway/gateway.h"
#include "gateway/options.h"

#define ERRORS_MAX (256u << 10)
#define LOOK_SEC   1 /* how often it is looked for changes */

/* What one reading of options and profiles gave. */
struct reading {
    struct arena arena;
    struct gateway_options options;
    struct profile_set profiles;
    struct gateway_plan plan;
    struct buf errors;
};

static void reading_release(struct reading *r)
{
    profile_set_release(&r->profiles);
    arena_release(&r->arena);
    buf_release(&r->errors);
}

static const char *absolute(struct arena *a, const char *path)
{
    char folder[4096];
    if (!path || path[0] == '/' || strncmp(path, "unix:", 5) == 0 || !getcwd(folder, sizeof(folder)))
        return path;
    return arena_printf(a, "%s/%s", folder, path).ptr;
}

/* nginx reads its configuration from another folder than the one we were started in. */
static void fill_in(struct reading *r)
{
    struct gateway_options *o = &r->options;
    o->runtime = absolute(&r->arena, o->runtime);
    o->dir = absolute(&r->arena, o->dir);
    o->tls_cert = absolute(&r->arena, o->tls_cert);
    o->tls_key = absolute(&r->arena, o->tls_key);
    o->upstream_ca = absolute(&r->arena, o->upstream_ca);
    o->nginx = o->nginx ? o->nginx : gateway_find_nginx(&r->arena);
    o->module = absolute(&r->arena, o->module ? o->module : gateway_find_module(&r->arena));
    o->scan_module = absolute(&r->arena, o->scan_module ? o->scan_module : gateway_find_scan_module(&r->arena));
    o->scan_key = absolute(&r->arena, o->scan_key);
}

/* "USER", or "USER GROUP": only root's nginx becomes somebody. */
static void check_user(struct reading *r)
{
    const struct gateway_options *o = &r->options;
    struct cardea_str rest = str_of(o->user), user;
    if (geteuid() != 0)
        return;
    if (!o->user) {
        buf_printf(&r->errors,
                   "user: say what nginx's workers run as, such as \"www-data cardea\": one that may read %s\n",
                   o->runtime);
        return;
    }
    str_cut(&rest, ' ', &user);
    if (rest.len && memchr(rest.ptr, ' ', rest.len)) /* its shape is the options' matter */
        return;
    const char *name = arena_cstr(&r->arena, user), *group = arena_cstr(&r->arena, rest);
    if (!getpwnam(name))
        buf_printf(&r->errors, "user: there is no user \"%s\" on this machine\n", name);
    if (*group && !getgrnam(group))
        buf_printf(&r->errors, "user: there is no group \"%s\" on this machine\n", group);
}

/* What nginx would say in words of its own, and only after everything else. */
static void check_files(struct reading *r)
{
    const struct gateway_options *o = &r->options;
    const struct {
        const char *option, *path;
        int mode;
    } files[] = {
        {"nginx", o->nginx, X_OK},       {"module", o->module, R_OK},     {"scan-module", o->scan_module, R_OK},
        {"scan-key", o->scan_key, R_OK}, {"tls-cert", o->tls_cert, R_OK}, {"tls-key", o->tls_key, R_OK}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (files[i].path && access(files[i].path, files[i].mode) != 0)
            buf_printf(&r->errors, "%s: %s cannot be %s: %s\n", files[i].option, files[i].path,
                       files[i].mode == X_OK ? "run" : "read", strerror(errno));
    check_user(r);
    if (!o->nginx)
        buf_add_cstr(&r->errors, "nginx: it is not installed (Debian: apt install nginx); --nginx says where it is\n");
}

static enum options_result read_all(struct reading *r, int argc, char **argv)
{
    buf_init(&r->errors, ERRORS_MAX);
    enum options_result result = options_load(&gateway_option_table, &r->arena, argc, argv, &r->options, &r->errors);
    if (result != OPTIONS_OK)
        return result;
    fill_in(r);
    if (!r->options.print) /* which may be for another machine */
        check_files(r);
    if (!r->options.module)
        buf_add_cstr(&r->errors, "module: ngx_http_cardea_module.so is not here; --module says where it is\n");
    if (!profile_set_load(&r->profiles, r->options.profiles, &r->errors))
        return OPTIONS_BAD;
    bool ok = gateway_options_plan(&r->arena, &r->options, &r->profiles, &r->plan, &r->errors);
    return ok && !r->errors.len ? OPTIONS_OK : OPTIONS_BAD;
}

static int print_conf(const struct reading *r)
{
    struct buf text;
    buf_init(&text, 8u << 20);
    gateway_conf_write(&r->plan, &text);
    bool ok = !text.failed && fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    buf_release(&text);
    return ok ? 0 : 1;
}

/* ---- running ---- */

/* Sums up the times of the files that the configuration follows from: any change of one makes another sum. A file that
 * came or went changes its folder. */
static uint64_t look(const struct gateway_options *o)
{
    const char *const paths[] = {o->config, o->profiles, o->tls_cert, o->tls_key, o->upstream_ca, o->scan_key};
    struct stat st;
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (paths[i] && stat(paths[i], &st) == 0)
            sum = sum * 31 + (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
    DIR *folder = o->profiles ? opendir(o->profiles) : NULL;
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (fstatat(dirfd(folder), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            sum += (uint64_t)st.st_ino * ((uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec);
    if (folder)
        closedir(folder);
    return sum;
}

/* Why the last one failed; the same is said once. */
struct refusal {
    char text[sizeof(((struct cardea_why *)0)->text)];
};

static bool reload(struct gateway *g, int argc, char **argv, struct refusal *last)
{
    struct reading next = {0};
    struct cardea_why why = {""};
    bool ok = read_all(&next, argc, argv) == OPTIONS_OK && gateway_reload(g, &next.plan, &why);
    if (!ok && !why.text[0])
        snprintf(why.text, sizeof(why.text), "%.*s",
                 (int)strcspn(next.errors.len ? next.errors.ptr : "unreadable", "\n"),
                 next.errors.len ? next.errors.ptr : "unreadable");
    if (ok)
        log_info("reloaded");
    else if (strcmp(last->text, why.text) != 0)
        log_error("not reloaded, all stays as it was: %s", why.text);
    snprintf(last->text, sizeof(last->text), "%s", why.text);
    reading_release(&next);
    return ok;
}

/* Until it is told to end, or nginx ends. What could not be put in force is tried again each time: the daemon may only
 * have been told of a new profile after us. */
static bool watch(struct gateway *g, const struct reading *first, const sigset_t *signals, int argc, char **argv)
{
    uint64_t seen = look(&first->options);
    struct refusal last = {""};
    bool settled = true;
    while (gateway_running(g)) {
        int got = sigtimedwait(signals, NULL, &(struct timespec){.tv_sec = LOOK_SEC});
        if (got == SIGTERM || got == SIGINT)
            return true;
        uint64_t now = look(&first->options);
        if (got == SIGHUP || now != seen || !settled) {
            if (got == SIGHUP || now != seen)
                last.text[0] = '\0';
            settled = reload(g, argc, argv, &last);
        }
        seen = now;
    }
    log_error("nginx has ended by itself; its log is %s/error.log", first->plan.dir);
    return false;
}

/* It may be on its way, or somewhere else. */
static void say_if_empty(const char *runtime)
{
    struct arena a = {0};
    if (access(arena_printf(&a, "%s/snapshot", runtime).ptr, F_OK) != 0)
        log_warn("no daemon has written %s/snapshot yet: until one does, products get 503", runtime);
    arena_release(&a);
}

static int run(const struct reading *first, int argc, char **argv)
{
    struct gateway *g;
    struct cardea_why why = {""};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (!gateway_start(&g, first->options.nginx, &first->plan, &why)) {
        fprintf(stderr, "cardea: %s\n", why.text);
        return 1;
    }
    for (size_t i = 0; i < first->plan.listen.count; i++)
        fprintf(stderr, "cardea: the gateway listens on http://%s\n", first->plan.listen.items[i]);
    for (size_t i = 0; i < first->plan.tls_listen.count; i++)
        fprintf(stderr, "cardea: the gateway listens on https://%s\n", first->plan.tls_listen.items[i]);
    say_if_empty(first->plan.runtime);
    bool told_to = watch(g, first, &signals, argc, argv);
    gateway_stop(g);
    return told_to ? 0 : 1;
}

int gateway_main(int argc, char **argv)
{
    struct reading first = {0};
    enum options_result result = read_all(&first, argc, argv);
    int code = 2;
    if (result == OPTIONS_HELP || result == OPTIONS_SAMPLE)
        code = options_print(&gateway_option_table, result);
    else if (result == OPTIONS_BAD)
        fprintf(stderr, "%s", first.errors.len ? first.errors.ptr : "");
    else
        code = first.options.print ? print_conf(&first) : run(&first, argc, argv);
    reading_release(&first);
    return code;
}

/* The reference of an API: what it is made from, and the page that shows it. On admin hosts the native API's, on a
 * product's host what that product's callers can ask. */
#include <pthread.h>

#include "base/str.h"
#include "http/pages.h"
#include "http/product_schema.h"
#include "http/routes.h"
#include "http/web.h"

/* As for all pages, but that the page asks whatever of this host its reader wants to try. */
static void handle_page(struct call *c)
{
    const struct web_file *page = web_find(&c->arena, "reference", STR("index.html"));
    if (page)
        web_send_page(c, page, PROFILE_DOCS_REFERENCE "/", NULL);
    else
        web_missing(c);
}

static void handle_asset(struct call *c)
{
    const char *name = arena_printf(&c->arena, "assets/%.*s", STR_ARG(c->captures[0])).ptr;
    const struct web_file *file = web_find(&c->arena, "reference", str_of(name));
    if (file)
        web_send(c, file, WEB_HASHED);
    else
        call_problem(c, 404, "not_found", "There is no such file.");
}

/* Descriptions that were asked for: to make one takes an event loop milliseconds, and anybody may ask. They are of
 * profiles that never change and live as long as the process, those from before a SIGHUP too; the oldest makes room. */
#define KEPT 32
static struct {
    pthread_mutex_t lock;
    struct {
        const struct profile *profile;
        struct buf text;
    } items[KEPT];
    size_t next;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool find_kept(const struct profile *p, struct buf *out)
{
    bool found = false;
    pthread_mutex_lock(&kept.lock);
    for (size_t i = 0; i < KEPT && !found; i++) {
        found = kept.items[i].profile == p;
        if (found)
            buf_add_str(out, buf_str(&kept.items[i].text));
    }
    pthread_mutex_unlock(&kept.lock);
    return found;
}

static void keep(const struct profile *p, struct cardea_str text)
{
    pthread_mutex_lock(&kept.lock);
    size_t i = kept.next++ % KEPT;
    buf_release(&kept.items[i].text);
    buf_init(&kept.items[i].text, text.len + 1);
    buf_add_str(&kept.items[i].text, text);
    kept.items[i].profile = kept.items[i].text.failed ? NULL : p;
    pthread_mutex_unlock(&kept.lock);
}

static bool write_schema(struct call *c)
{
    if (find_kept(c->profile, &c->reply))
        return true;
    if (!product_schema_write(&c->arena, c->profile, &c->reply))
        return false;
    keep(c->profile, buf_str(&c->reply));
    return true;
}

static void handle_schema(struct call *c)
{
    buf_clear(&c->reply);
    if (!c->profile)
        buf_add(&c->reply, page_openapis[0].text, page_openapis[0].len);
    else if (!write_schema(c)) {
        call_problem(c, 503, "busy", "There is not enough memory for this answer.");
        return;
    }
    c->status = 200;
    c->content_type = "application/json";
    call_add_header(c, "X-Content-Type-Options", "nosniff");
    call_add_header(c, "Cache-Control", "no-cache");
}

static const struct http_route items[] = {
    {.method = CARDEA_GET,
     .pattern = PROFILE_DOCS_REFERENCE "/",
     .places = PLACE_REFERENCE,
     .handle = handle_page,
     .operation = "reference_page"},
    {.method = CARDEA_GET,
     .pattern = PROFILE_DOCS_ASSETS "/{file}",
     .places = PLACE_REFERENCE,
     .handle = handle_asset,
     .operation = "reference_asset"},
    {.method = CARDEA_GET,
     .pattern = PROFILE_DOCS_SCHEMA "/",
     .places = PLACE_REFERENCE,
     .handle = handle_schema,
     .operation = "schema"},
};

const struct http_routes routes_reference = {items, sizeof(items) / sizeof(items[0])};

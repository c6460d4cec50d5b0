/* The reference of an API: what it is made from, and the page that shows it. On admin hosts the native API's, on a
 * product's host what that product's callers can ask. */
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

static void handle_schema(struct call *c)
{
    buf_clear(&c->reply);
    if (!c->profile)
        buf_add(&c->reply, page_openapis[0].text, page_openapis[0].len);
    else if (!product_schema_write(&c->arena, c->profile, &c->reply)) {
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

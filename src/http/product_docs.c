#include "http/product_docs.h"

#include "base/str.h"
#include "http/origin.h"
#include "http/pages.h"
#include "http/product_pages.h"

static const struct product_page pages[] = {
    {"authentication.md", "Authentication", "how to send a key, what keys look like, what is refused",
     product_page_authentication},
    {"scopes.md", "Scopes and routes", "what each request needs", product_page_scopes},
    {"errors.md", "Errors", "every refusal: its status and its body", product_page_errors},
    {"keys.md", "Managing keys", "who makes, changes and revokes keys, where, and within which limits",
     product_page_keys},
};

static void begin(struct call *c, const char *type)
{
    c->status = 200;
    c->content_type = type;
    buf_clear(&c->reply);
    call_add_header(c, "X-Content-Type-Options", "nosniff");
    call_add_header(c, "Cache-Control", "public, max-age=300");
}

/* https://llmstxt.org: a title, a summary, and lists of links; whoever is short of room leaves out the optional ones.
 */
static void handle_index(struct call *c)
{
    const struct profile *p = c->profile;
    begin(c, "text/plain; charset=utf-8");
    buf_add_cstr(&c->reply, "# ");
    product_page_text(&c->reply, p->title);
    buf_add_cstr(&c->reply, "\n\n> ");
    product_page_text(&c->reply, p->docs.summary);
    if (p->docs.reference && !c->docs_host) /* on its own hosts alone */
        buf_add_cstr(&c->reply, "\n\n## API\n\n- [OpenAPI description](" PROFILE_DOCS_SCHEMA
                                "/): every path, its input and its replies");
    buf_add_cstr(&c->reply, "\n\n## API keys\n\n");
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        buf_printf(&c->reply, "- [%s](" PROFILE_DOCS_PAGES "/%s): %s\n", pages[i].title, pages[i].file, pages[i].about);
    buf_add_cstr(&c->reply, "\n## Optional\n\n");
    for (int code = CARDEA_VALID + 1; code < CARDEA_CODE_COUNT; code++) {
        if (!product_page_has_code(&p->core, (enum cardea_code)code))
            continue;
        const char *name = cardea_code_name((enum cardea_code)code);
        struct cardea_str meaning = product_page_meaning((enum cardea_code)code);
        buf_printf(&c->reply, "- [%s](" PROFILE_DOCS_ERRORS "/%s): %.*s\n", name, name, STR_ARG(meaning));
    }
}

static void handle_page(struct call *c)
{
    struct product_docs docs = {c->profile, origin_of(c, c->profile)};
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (!str_eq(c->captures[0], str_of(pages[i].file)))
            continue;
        begin(c, "text/markdown; charset=utf-8");
        buf_add_cstr(&c->reply, "# ");
        product_page_text(&c->reply, c->profile->title);
        buf_printf(&c->reply, ": %s\n", pages[i].title);
        pages[i].write(&docs, &c->reply);
        buf_add_cstr(&c->reply, "\n[All pages](" PROFILE_DOCS_INDEX ")\n");
        return;
    }
    call_problem(c, 404, "not_found", "There is no such page. %s lists all that there are.", PROFILE_DOCS_INDEX);
}

static const struct http_route index_route = {
    .method = CARDEA_GET, .places = PLACE_DOCS, .handle = handle_index, .operation = "product_index"};
static const struct http_route page_route = {
    .method = CARDEA_GET, .places = PLACE_DOCS, .handle = handle_page, .operation = "product_page"};

const struct http_route *product_docs_find(struct call *c)
{
    struct cardea_str folder = STR(PROFILE_DOCS_PAGES "/");
    struct cardea_str path = c->path;
    if (c->method != CARDEA_GET)
        return NULL;
    if (path.len > 1 && path.ptr[path.len - 1] == '/') /* as with every route */
        path.len--;
    if (str_eq(path, STR(PROFILE_DOCS_INDEX)) || (c->docs_host && str_eq(path, STR("/"))))
        return &index_route;
    if (!str_starts(path, folder))
        return NULL;
    c->captures[0] = (struct cardea_str){path.ptr + folder.len, path.len - folder.len};
    return memchr(c->captures[0].ptr, '/', c->captures[0].len) ? NULL : &page_route;
}

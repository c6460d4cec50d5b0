#include "http/web.h"

#include <stdlib.h>

#include "base/str.h"
#include "http/html.h"

/* What a page of ours may load and talk to: this host alone, no inline script and no inline style. */
#define POLICY                                                                                            \
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

bool web_built(void)
{
    return web_file_count > 0;
}

static int compare(const void *key, const void *file)
{
    return strcmp(key, ((const struct web_file *)file)->name);
}

const struct web_file *web_find(struct arena *a, const char *folder, struct cardea_str path)
{
    const char *name = arena_printf(a, "%s/%.*s", folder, STR_ARG(path)).ptr;
    return strlen(name) == strlen(folder) + 1 + path.len /* else it holds a NUL */
               ? bsearch(name, web_files, web_file_count, sizeof(web_files[0]), compare)
               : NULL;
}

/* "gzip;q=0" says no (RFC 9110, 12.4.2); no other weight matters, since there is nothing to choose from. */
static bool is_refused(struct cardea_str weight)
{
    struct cardea_str name, rest = weight;
    if (!str_cut(&rest, '=', &name) || !str_eq_nocase(str_trim(name), STR("q")))
        return false;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] >= '1' && rest.ptr[i] <= '9')
            return false;
    return true;
}

static bool takes_gzip(const struct call *c)
{
    struct cardea_str rest = call_header(c, "Accept-Encoding", NULL), item, coding;
    while (str_cut(&rest, ',', &item)) {
        if (str_cut(&item, ';', &coding) && str_eq_nocase(str_trim(coding), STR("gzip")))
            return !is_refused(item);
    }
    return false;
}

static bool has_already(const struct call *c, const char *etag)
{
    struct cardea_str rest = call_header(c, "If-None-Match", NULL), item;
    while (str_cut(&rest, ',', &item))
        if (str_eq(str_trim(item), str_of(etag)))
            return true;
    return false;
}

/* Everything but the bytes. False: there is nothing more to say. */
static bool begin(struct call *c, const struct web_file *f, const char *caching)
{
    buf_clear(&c->reply);
    c->status = has_already(c, f->etag) ? 304 : 200;
    c->content_type = f->type;
    call_add_header(c, "ETag", f->etag);
    call_add_header(c, "Cache-Control", caching);
    call_add_header(c, "X-Content-Type-Options", "nosniff");
    return c->status == 200;
}

void web_send(struct call *c, const struct web_file *f, enum web_caching caching)
{
    bool more = begin(c, f, caching == WEB_HASHED ? "public, max-age=31536000, immutable" : "public, no-cache");
    bool packed = f->gzip.len && takes_gzip(c);
    const struct web_piece *piece = packed ? &f->gzip : &f->raw;
    if (f->gzip.len)
        call_add_header(c, "Vary", "Accept-Encoding");
    if (!more)
        return;
    if (packed)
        call_add_header(c, "Content-Encoding", "gzip");
    buf_add(&c->reply, web_blob + piece->at, piece->len);
}

void web_send_page(struct call *c, const struct web_file *f, const char *base, const char *policy)
{
    const char *text = web_blob + f->raw.at;
    size_t rest = (size_t)f->base_at + strlen("./");
    bool more = begin(c, f, "no-cache");
    call_add_header(c, "Content-Security-Policy", policy ? policy : POLICY);
    call_add_header(c, "X-Frame-Options", "DENY");
    call_add_header(c, "Referrer-Policy", "no-referrer");
    call_add_header(c, "Cross-Origin-Opener-Policy", "same-origin");
    call_add_header(c, "Cross-Origin-Resource-Policy", "same-origin");
    if (!more)
        return;
    buf_add(&c->reply, text, (size_t)f->base_at);
    html_text(&c->reply, str_of(base));
    buf_add(&c->reply, text + rest, f->raw.len - rest);
}

void web_missing(struct call *c)
{
    call_problem(c, 404, "not_found",
                 "This daemon was built without its pages. They are built where Node.js 18 or newer and npm are: "
                 "`meson configure build -Dpages=enabled`, then build again. All that they do can be done with the API "
                 "and the command line.");
}

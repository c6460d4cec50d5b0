#include "http/product_pages.h"

#include <cardea/refusal.h>

#include "base/str.h"
#include "http/pages.h"

/* ---- words ---- */

void product_page_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_add_cstr(out, "\\|");
        else
            buf_add_char(out, (unsigned char)*text < ' ' ? ' ' : *text);
    }
}

void product_page_code_list(struct buf *out, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s`%s`", i ? ", " : "", words[i]);
}

void product_page_duration(struct buf *out, int64_t sec)
{
    static const struct {
        int64_t sec;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t u = 0;
    while (sec % units[u].sec)
        u++;
    int64_t count = sec / units[u].sec;
    buf_printf(out, "%lld %s%s", (long long)count, units[u].name, count == 1 ? "" : "s");
}

const char *product_page_variable(const struct product_docs *d)
{
    return d->profile->cli.env ? d->profile->cli.env : "API_KEY";
}

/* ---- authentication ---- */

/* A route to show a key with: a read, before anything else. */
static const struct cardea_route *example_route(const struct cardea_profile *p)
{
    const struct cardea_route *found = NULL;
    for (size_t i = 0; i < p->route_count; i++) {
        const struct cardea_route *r = &p->routes[i];
        if (r->access == CARDEA_ACCESS_PUBLIC)
            continue;
        if (r->methods & CARDEA_GET)
            return r;
        if (!found)
            found = r;
    }
    return found;
}

/* "/tenants/{tenant}/corpus/" and "**" to "/tenants/TENANT/corpus": curl reads braces as its own. */
static void write_path(struct buf *out, const char *pattern)
{
    size_t len = strlen(pattern);
    if (len > 3 && strcmp(pattern + len - 3, "/**") == 0)
        len -= 3;
    bool inside = false;
    for (size_t i = 0; i < len; i++) {
        char c = pattern[i];
        if (c == '{' || c == '}')
            inside = c == '{';
        else
            buf_add_char(out, inside && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
}

static const char *method_name(uint32_t methods)
{
    return methods & CARDEA_GET      ? "GET"
           : methods & CARDEA_POST   ? "POST"
           : methods & CARDEA_PUT    ? "PUT"
           : methods & CARDEA_PATCH  ? "PATCH"
           : methods & CARDEA_DELETE ? "DELETE"
                                     : "OPTIONS";
}

static void write_example(const struct product_docs *d, struct buf *out)
{
    const struct cardea_route *r = example_route(&d->profile->core);
    if (!r || !d->origin)
        return;
    const char *method = method_name(r->methods);
    buf_add_cstr(out, "\n```sh\ncurl ");
    if (strcmp(method, "GET") != 0)
        buf_printf(out, "-X %s ", method);
    buf_printf(out, "\"%s", d->origin);
    write_path(out, r->pattern);
    buf_printf(out, "\" \\\n  -H \"Authorization: Bearer $%s\"\n```\n", product_page_variable(d));
    if (strstr(r->pattern, "{tenant}"))
        buf_add_cstr(out, "\n`TENANT` is the short name of the account that the key belongs to. Another account's is "
                          "refused.\n");
    if (strstr(r->pattern, "{agent}"))
        buf_add_cstr(out, "\n`AGENT` is the id or short name of an agent of the account.\n");
}

static void write_format(const struct cardea_key_format *f, struct buf *out)
{
    const char *signs = f->alphabet == CARDEA_BASE36 ? "0-9 and a-z" : "0-9, A-Z and a-z";
    for (size_t i = 0; i < f->part_count; i++) {
        const struct cardea_format_part *part = &f->parts[i];
        const char *joint = i ? ", then " : "";
        if (part->type == CARDEA_PART_LITERAL)
            buf_printf(out, "%s`%.*s`", joint, (int)part->len, part->literal);
        else if (part->type == CARDEA_PART_ID)
            buf_printf(out, "%s%u characters that tell keys apart", joint, (unsigned)part->len);
        else if (part->type == CARDEA_PART_SECRET)
            buf_printf(out, "%s%u secret characters", joint, (unsigned)part->len);
        else
            buf_printf(out, "%s%u characters of checksum", joint, (unsigned)part->len);
    }
    buf_printf(out, " (%s): %u characters in all. The first %u are shown in lists.\n", signs, (unsigned)f->key_len,
               (unsigned)f->visible_len);
}

static void write_kind(const struct product_docs *d, size_t i, struct buf *out)
{
    const struct cardea_kind *kind = &d->profile->core.kinds[i];
    buf_add_cstr(out, "\n### ");
    product_page_text(out, d->profile->kinds[i].title);
    buf_printf(out, " (`%s`)\n\n", kind->name);
    if (kind->flags & CARDEA_KIND_LEGACY)
        buf_printf(out,
                   "From the system before this one, of any form, and known by its hash alone. It is sent in a header "
                   "of its own, `%s: KEY`, without `Bearer`. Each use is counted as one of a legacy key: replace it by "
                   "a new one.\n",
                   d->profile->core.legacy_header ? d->profile->core.legacy_header : "");
    else
        write_format(&kind->format, out);
    if (kind->flags & CARDEA_KIND_SERVER_SIDE)
        buf_add_cstr(out, "\nFor servers only: a request with it from a browser page (with `Origin` or "
                          "`Sec-Fetch-Mode`) is refused.\n");
    if (kind->flags & CARDEA_KIND_AGENT)
        buf_add_cstr(out, "\nBelongs to one agent: it is refused for any other.\n");
    if (kind->flags & CARDEA_KIND_FOLLOWS_ROLE)
        buf_add_cstr(out, "\nMay do what the person who made it may do in the account, as of now.\n");
}

void product_page_authentication(const struct product_docs *d, struct buf *out)
{
    const struct profile *p = d->profile;
    buf_add_cstr(out, "\nSend the key in the header `Authorization`, after the word `Bearer`:\n");
    write_example(d, out);
    buf_add_cstr(out, "\nThe header's name and `Bearer` may be in any case. Keep the key in the environment or a store "
                      "of secrets, never in code that you commit.\n\n## What is refused\n\n"
                      "- a key in the URL, since logs and histories keep it: replace such a key\n"
                      "- two credentials in one request, even when both are good\n");
    if (!p->core.legacy_header)
        buf_add_cstr(out, "- a key in any other header, such as `X-API-Key`\n");
    if (p->dashboard.cookie)
        buf_printf(out, "- the cookie `%s`: it is good for the dashboard at `%s` and nowhere else\n",
                   p->dashboard.cookie, p->dashboard.path);
    buf_add_cstr(out, "\n[Errors](" PROFILE_DOCS_PAGES "/errors.md) has the answers.\n\n## What keys look like\n");
    for (size_t i = 0; i < p->core.kind_count; i++)
        write_kind(d, i, out);
}

/* ---- errors ---- */

static bool any_kind(const struct cardea_profile *p, uint32_t flag)
{
    for (size_t i = 0; i < p->kind_count; i++)
        if (p->kinds[i].flags & flag)
            return true;
    return false;
}

static bool any_role(const struct cardea_profile *p)
{
    for (size_t i = 0; i < p->route_count; i++)
        if (p->routes[i].min_role != CARDEA_ROLE_NONE)
            return true;
    return false;
}

static bool any_scan(const struct cardea_profile *p)
{
    for (size_t i = 0; i < p->route_count; i++)
        if (p->routes[i].scan)
            return true;
    return false;
}

static bool has_words_for(const struct cardea_profile *p, enum cardea_code code)
{
    for (size_t i = 0; i < p->denial_count; i++)
        if (p->denials[i].code == code)
            return true;
    return false;
}

bool product_page_has_code(const struct cardea_profile *p, enum cardea_code code)
{
    switch (code) {
    case CARDEA_VALID:
        return false;
    case CARDEA_MALFORMED:
    case CARDEA_REVOKED:
    case CARDEA_DISABLED:
        return has_words_for(p, code); /* else they look like NOT_FOUND */
    case CARDEA_INSUFFICIENT_SCOPE:
        return p->scope_count > 0;
    case CARDEA_INSUFFICIENT_ROLE:
        return any_role(p);
    case CARDEA_WRONG_AGENT:
        return any_kind(p, CARDEA_KIND_AGENT);
    case CARDEA_CLIENT_SIDE:
        return any_kind(p, CARDEA_KIND_SERVER_SIDE);
    case CARDEA_CONTENT_BLOCKED:
    case CARDEA_SCANNER_UNAVAILABLE:
        return any_scan(p);
    default:
        return true;
    }
}

/* "# CODE\n\nSentence. Status N.\n": the sentence. */
struct cardea_str product_page_meaning(enum cardea_code code)
{
    struct cardea_str name = str_of(cardea_code_name(code));
    for (size_t i = 0; i < page_error_count; i++) {
        struct cardea_str rest = {page_errors[i].text, page_errors[i].len}, line;
        if (!str_cut(&rest, '\n', &line) || line.len != name.len + 2 || memcmp(line.ptr + 2, name.ptr, name.len) != 0)
            continue;
        str_cut(&rest, '\n', &line);
        str_cut(&rest, '\n', &line);
        const char *end = memmem(line.ptr, line.len, " Status ", strlen(" Status "));
        return (struct cardea_str){line.ptr, end ? (size_t)(end - line.ptr) : line.len};
    }
    return (struct cardea_str){0};
}

void product_page_refuse(const struct cardea_profile *p, enum cardea_code code, char buf[CARDEA_REFUSAL_MAX],
                         struct cardea_refusal *r)
{
    struct cardea_decision decision = {
        .code = code, .missing_scope = code == CARDEA_INSUFFICIENT_SCOPE ? 0 : -1, .credits_remaining = -1};
    cardea_refuse(p, &decision, &(struct cardea_refusal_options){.request_id = STR("req_...")}, buf, r);
}

static bool is_own(const struct cardea_refusal *r)
{
    return !str_eq(r->media_type, STR("application/problem+json"));
}

/* A body of any bytes, each of its lines in an indented block. */
static void write_body(struct cardea_str body, struct buf *out)
{
    struct cardea_str line;
    buf_add_char(out, '\n');
    while (str_cut(&body, '\n', &line))
        buf_printf(out, "    %.*s\n", STR_ARG(line));
}

static void write_own_bodies(const struct cardea_profile *p, struct buf *out)
{
    char text[CARDEA_REFUSAL_MAX];
    struct cardea_refusal r;
    bool first = true;
    for (int code = CARDEA_VALID + 1; code < CARDEA_CODE_COUNT; code++) {
        if (!product_page_has_code(p, (enum cardea_code)code))
            continue;
        product_page_refuse(p, (enum cardea_code)code, text, &r);
        if (!is_own(&r))
            continue;
        buf_printf(out, "%s\n`%s`: status %u, `%.*s`\n", first ? "\n## Bodies\n" : "",
                   cardea_code_name((enum cardea_code)code), r.status, STR_ARG(r.media_type));
        write_body(r.body, out);
        first = false;
    }
}

static void write_default_body(const struct cardea_profile *p, struct buf *out)
{
    char text[CARDEA_REFUSAL_MAX];
    struct cardea_refusal r;
    for (int code = CARDEA_VALID + 1; code < CARDEA_CODE_COUNT; code++) {
        if (!product_page_has_code(p, (enum cardea_code)code))
            continue;
        product_page_refuse(p, (enum cardea_code)code, text, &r);
        if (is_own(&r))
            continue;
        buf_printf(
            out,
            "\n## The body of all others\n\nA problem document (RFC 9457, `application/problem+json`): `code` is "
            "for programs, `detail` and `errors` for people, `type` is the page that explains it, and "
            "`request_id` is what to tell us when you ask. `%s`:\n",
            cardea_code_name((enum cardea_code)code));
        write_body(r.body, out);
        return;
    }
}

void product_page_errors(const struct product_docs *d, struct buf *out)
{
    const struct cardea_profile *p = &d->profile->core;
    char text[CARDEA_REFUSAL_MAX];
    struct cardea_refusal r;
    buf_add_cstr(out, "\nA request that is refused changes nothing.\n\n| Status | Code | When |\n|---|---|---|\n");
    for (int code = CARDEA_VALID + 1; code < CARDEA_CODE_COUNT; code++) {
        if (!product_page_has_code(p, (enum cardea_code)code))
            continue;
        product_page_refuse(p, (enum cardea_code)code, text, &r);
        const char *name = cardea_code_name((enum cardea_code)code);
        struct cardea_str meaning = product_page_meaning((enum cardea_code)code);
        buf_printf(out, "| %u | [`%s`](" PROFILE_DOCS_ERRORS "/%s) | %.*s |\n", r.status, name, name, STR_ARG(meaning));
    }
    if (!has_words_for(p, CARDEA_REVOKED))
        buf_add_cstr(out, "\nA key that is unknown, mistyped, revoked or disabled gets the same answer, `NOT_FOUND`: "
                          "nobody learns from it which keys exist.\n");
    buf_printf(
        out,
        "\nWith 401 and 403 comes `WWW-Authenticate: Bearer realm=\"%s\"` (RFC 6750), which names the scope that "
        "lacks; with 429 `Retry-After`, where waiting helps.\n",
        p->realm ? p->realm : p->name);
    write_own_bodies(p, out);
    write_default_body(p, out);
}

#include "http/device_page.h"

#include "base/str.h"
#include "http/app.h"
#include "http/color.h"
#include "http/html.h"
#include "http/pages.h"

static struct cardea_str name_of(const struct profile *p)
{
    return str_of(!p ? "Cardea" : p->title ? p->title : p->core.name);
}

/* No script, no picture, no other site; nobody frames it. The address, which may hold a code, goes to no other site.
 * With `no-referrer` a browser would hide the form's own origin, too, by which we tell that it came from here. */
static void begin(struct call *c, int status, const struct profile *p, const char *title, bool wrong)
{
    struct cardea_str brand = name_of(p);
    struct buf *b = &c->reply;
    buf_clear(b);
    c->header_count = 0;
    c->status = status;
    c->content_type = "text/html; charset=utf-8";
    call_add_header(
        c, "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    call_add_header(c, "Referrer-Policy", "same-origin");
    call_add_header(c, "X-Content-Type-Options", "nosniff");
    call_add_header(c, "X-Frame-Options", "DENY");
    call_add_header(c, "Cross-Origin-Resource-Policy", "same-origin");
    buf_add_cstr(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n"
                    "<meta name=\"robots\" content=\"noindex\">\n");
    HTML_FILL(b, "<title>%% · %</title>\n", str_of(wrong ? "Error: " : ""), str_of(title), brand);
    HTML_FILL(b, "<link rel=\"stylesheet\" href=\"/device.css%%\">\n</head>\n<body>\n<main>\n",
              str_of(p ? "?profile=" : ""), str_of(p ? p->core.name : ""));
    HTML_FILL(b, "<p class=\"brand\">%</p>\n<h1>%</h1>\n", brand, str_of(title));
}

static void end(struct call *c)
{
    buf_add_cstr(&c->reply, "</main>\n</body>\n</html>\n");
}

static void add_error(struct buf *b, const char *error)
{
    if (error)
        HTML_FILL(b, "<p class=\"error\" id=\"error\" role=\"alert\">%</p>\n", str_of(error));
}

/* The sheets' grounds in device.css, and the contrast that it promises. */
#define SHEET_LIGHT ((struct color){0xff, 0xff, 0xff})
#define SHEET_DARK  ((struct color){0x1b, 0x1e, 0x21})
#define CONTRAST    7

static void add_color(struct buf *b, const char *before, struct color deed, const char *on_deed, const char *after)
{
    buf_printf(b, "%s--deed: #%02x%02x%02x; --on-deed: %s;%s\n", before, deed.r, deed.g, deed.b, on_deed, after);
}

/* The product's own colour, in place of ours. */
static void add_colors(struct buf *b, const struct profile *p)
{
    struct color own;
    if (!p || !color_parse(p->dashboard.color, &own))
        return;
    add_color(b, ":root { ", color_readable(own, SHEET_LIGHT, CONTRAST), "#ffffff", " }");
    add_color(b, "@media (prefers-color-scheme: dark) { :root { ", color_readable(own, SHEET_DARK, CONTRAST), "#101214",
              " } }");
}

void device_page_style(struct call *c)
{
    const struct profile *p = c->profile;
    c->status = 200;
    c->content_type = "text/css; charset=utf-8";
    buf_clear(&c->reply);
    buf_add(&c->reply, page_devices[0].text, page_devices[0].len);
    add_colors(&c->reply, p ? p : profile_set_find(c->svc.profiles, call_query(c, "profile")));
    call_add_header(c, "Cache-Control", "public, max-age=600");
    call_add_header(c, "X-Content-Type-Options", "nosniff");
}

void device_page_code(struct call *c, int status, struct cardea_str code, const char *error)
{
    struct buf *b = &c->reply;
    begin(c, status, c->profile, "Connect a program", error != NULL);
    buf_add_cstr(b, "<p>A program on one of your machines asks to be connected. Type the code that it shows.</p>\n");
    add_error(b, error);
    HTML_FILL(
        b,
        "<form method=\"post\" action=\"/device\">\n"
        "<label for=\"user_code\">Code</label>\n"
        "<p class=\"hint\" id=\"hint\">Eight letters, such as <span class=\"whole\">BCDF-GHJK</span></p>\n"
        "<input class=\"code\" id=\"user_code\" name=\"user_code\" value=\"%\" required autofocus maxlength=\"32\" "
        "autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\"",
        code);
    buf_add_cstr(b, error ? " aria-invalid=\"true\" aria-describedby=\"error hint\"" : " aria-describedby=\"hint\"");
    buf_add_cstr(b, ">\n<button class=\"yes\">Continue</button>\n</form>\n");
    end(c);
}

/* ---- the question ---- */

static void add_scopes(struct buf *b, const struct profile *p)
{
    struct cardea_scopes scopes;
    service_device_scopes(p, &scopes);
    buf_add_cstr(b, "<p>It may:</p>\n<ul>\n");
    for (size_t i = 0; i < p->core.scope_count; i++) {
        if (!cardea_scopes_has(&scopes, (unsigned)i))
            continue;
        HTML_FILL(b, "<li><code>%</code>", str_of(p->core.scopes[i]));
        if (p->scope_docs && p->scope_docs[i] && p->scope_docs[i][0])
            HTML_FILL(b, " – %", str_of(p->scope_docs[i]));
        buf_add_cstr(b, "</li>\n");
    }
    buf_add_cstr(b, "</ul>\n");
}

static void add_gets(struct buf *b, const struct profile *p)
{
    const struct profile_kind *kind = &p->kinds[p->default_kind];
    int64_t days = (kind->default_ttl_sec + 86399) / 86400;
    HTML_FILL(b, "<dt>It gets</dt>\n<dd><p>A key of your % account, valid until ", name_of(p));
    if (days)
        buf_printf(b, "it is revoked, at most %lld day%s.</p>\n", (long long)days, days == 1 ? "" : "s");
    else
        buf_add_cstr(b, "it is revoked.</p>\n");
    if (p->core.kinds[p->default_kind].flags & CARDEA_KIND_FOLLOWS_ROLE)
        buf_add_cstr(b, "<p>It may do what you may do in the account.</p>\n");
    else if (p->core.scope_count)
        add_scopes(b, p);
    else
        HTML_FILL(b, "<p>It may use the whole API%.</p>\n",
                  str_of(p->management.by_key ? ", and make, list and revoke the account's keys" : ""));
    buf_add_cstr(b, "</dd>\n");
}

static void add_request(struct buf *b, const struct device_view *v)
{
    HTML_FILL(b,
              "<dl>\n<dt>Program</dt>\n<dd><strong><bdi>%</bdi></strong></dd>\n"
              "<dt>Asked from</dt>\n<dd>%</dd>\n"
              "<dt>Code</dt>\n<dd><code class=\"code\">%</code></dd>\n",
              v->grant.client, v->grant.source.len ? v->grant.source : STR("the server's own machine"),
              str_of(v->code.text));
    add_gets(b, v->profile);
    buf_add_cstr(b,
                 "</dl>\n<p class=\"note\">Allow this only if you began it yourself just now, and your terminal shows "
                 "this same code. Nobody who calls or writes to you needs it.</p>\n");
}

static void add_choices(struct buf *b, const struct session_login *login)
{
    buf_add_cstr(b, "<fieldset>\n<legend>Which account is it for?</legend>\n");
    for (size_t i = 0; i < login->choice_count; i++) {
        const struct session_choice *choice = &login->choices[i];
        char id[ID_TEXT_MAX];
        struct cardea_str value = {id, id_format(id, "acc", choice->account.id)};
        HTML_FILL(b,
                  "<label class=\"choice\"><input type=\"radio\" name=\"account\" value=\"%\" required>"
                  "<span><bdi>%</bdi> <small>%, you are %</small></span></label>\n",
                  value, choice->account.name.len ? choice->account.name : choice->account.slug, choice->account.slug,
                  str_of(cardea_role_name(choice->role)));
    }
    buf_add_cstr(b, "</fieldset>\n");
}

static void add_form(struct buf *b, const struct device_question *q)
{
    /* Who sees this for the first time should read what stands above before typing anything. */
    const char *described = q->error ? " autofocus aria-describedby=\"error\"" : "";
    HTML_FILL(b, "<form method=\"post\" action=\"/device\">\n<input type=\"hidden\" name=\"user_code\" value=\"%\">\n",
              str_of(q->view->code.text));
    if (q->login)
        add_choices(b, q->login);
    HTML_FILL(
        b,
        "<label for=\"email\">E-mail</label>\n<input id=\"email\" name=\"email\" type=\"email\" value=\"%\" required "
        "maxlength=\"254\" autocomplete=\"username\"",
        q->email);
    buf_printf(b, "%s>\n", q->email.len ? "" : described);
    HTML_FILL(b,
              "<label for=\"password\">Password%</label>\n<input id=\"password\" name=\"password\" type=\"password\" "
              "required maxlength=\"1024\" autocomplete=\"current-password\"",
              str_of(q->login ? ", once more" : ""));
    buf_printf(b, "%s>\n", q->email.len ? described : "");
    buf_add_cstr(b, "<div class=\"buttons\">\n<button class=\"yes\" name=\"answer\" value=\"allow\">Allow</button>\n"
                    "<button class=\"no\" name=\"answer\" value=\"deny\" formnovalidate>Deny</button>\n</div>\n"
                    "</form>\n");
}

void device_page_ask(struct call *c, int status, const struct device_question *q)
{
    begin(c, status, q->view->profile, "Allow this program?", q->error != NULL);
    add_request(&c->reply, q->view);
    add_error(&c->reply, q->error);
    add_form(&c->reply, q);
    end(c);
}

/* ---- the end ---- */

void device_page_end(struct call *c, const struct device_view *view, enum device_end how)
{
    static const struct {
        const char *title, *text;
    } words[] = {
        [DEVICE_END_ALLOWED] = {"Allowed", "% is being connected. You can close this window and go back to your "
                                           "terminal."},
        [DEVICE_END_FULL] = {"Allowed, but there is no room",
                             "The account has as many keys as it may have, so % gets none. Your terminal tells which "
                             "are unused and could go. You can close this window."},
        [DEVICE_END_DENIED] = {"Denied", "% gets nothing. You can close this window."},
    };
    begin(c, 200, view->profile, words[how].title, false);
    buf_add_cstr(&c->reply, "<p role=\"status\">");
    HTML_FILL(&c->reply, words[how].text, view->grant.client);
    buf_add_cstr(&c->reply, "</p>\n");
    end(c);
}

void device_page_failed(struct call *c, int status, const char *error)
{
    begin(c, status, c->profile, "That did not work", true);
    add_error(&c->reply, error);
    buf_add_cstr(&c->reply, "<p><a href=\"/device\">Begin again with the code</a></p>\n");
    end(c);
}

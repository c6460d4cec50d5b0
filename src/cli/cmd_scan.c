#include <wchar.h>
#include <wctype.h>

#include "base/json_write.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/scanner.h"

/* What the library looks at by default; more would not be read. */
#define TEXT_MAX     ((size_t)16 << 20)
#define CONTEXT      32 /* bytes before and after a finding */
#define SHOWN_MAX    160
#define SECRET_SHOWN 4 /* of a secret: enough to know it again */

/* A character that neither steers a terminal nor hides. */
static bool is_harmless(struct cardea_str s, size_t at, size_t len)
{
    wchar_t wide = 0;
    mbstate_t state = {0};
    if (len == 1)
        return s.ptr[at] >= 0x20 && s.ptr[at] < 0x7f;
    if (len == 0 || mbrtowc(&wide, s.ptr + at, len, &state) != len)
        return false;
    return iswprint((wint_t)wide) && !(wide >= 0x200b && wide <= 0x200f) && !(wide >= 0x202a && wide <= 0x202e) &&
           !(wide >= 0x2060 && wide <= 0x206f) && wide != 0xad && wide != 0xfeff && wide < 0xe0000;
}

static void add_shown(struct buf *out, struct cardea_str text, size_t from, size_t to)
{
    for (size_t at = from, len; at < to; at += len ? len : 1) {
        len = str_utf8_step(text, at);
        if (is_harmless(text, at, len) && at + len <= to)
            buf_add(out, text.ptr + at, len);
        else
            buf_add_cstr(out, len == 1 && (text.ptr[at] == '\n' || text.ptr[at] == '\t') ? " " : "\xc2\xb7");
    }
}

static size_t to_start(struct cardea_str text, size_t at)
{
    while (at > 0 && at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* The place of a finding with what is around it. */
static void add_excerpt(struct cli *cli, struct buf *out, struct cardea_str text, const struct cardea_scan_finding *f)
{
    const char *mark = cli->out_colour ? "\033[1;31m" : "", *end = cli->out_colour ? "\033[0m" : "";
    size_t from = to_start(text, f->span.start > CONTEXT ? f->span.start - CONTEXT : 0);
    size_t to = to_start(text, text.len - f->span.end > CONTEXT ? f->span.end + CONTEXT : text.len);
    size_t shown = f->span.end - f->span.start > SHOWN_MAX ? to_start(text, f->span.start + SHOWN_MAX) : f->span.end;
    if (from > 0)
        buf_add_cstr(out, "…");
    add_shown(out, text, from, f->span.start);
    buf_add_cstr(out, mark);
    add_shown(out, text, f->span.start, shown);
    buf_add_cstr(out, shown < f->span.end ? "…" : "");
    buf_add_cstr(out, end);
    add_shown(out, text, f->span.end, to);
    buf_add_cstr(out, to < text.len ? "…" : "");
}

/* The text with all that is secret in it starred out but for a few characters: also where it stands beside others. A
 * line's end that nothing was found in is no more text. */
static struct cardea_str masked(struct cli *cli, struct cardea_str text, const struct cardea_scan_result *r)
{
    char *bytes = arena_cstr(&cli->arena, text);
    while (text.len > 0 && strchr(" \t\r\n", bytes[text.len - 1]))
        text.len--;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct cardea_scan_finding *f = &r->findings[i];
        text.len = f->span.end > text.len ? f->span.end : text.len;
        size_t head = f->redact.start + SECRET_SHOWN;
        if (f->category == CARDEA_SCAN_SECRET && head < f->redact.end)
            memset(bytes + head, '*', f->redact.end - head);
    }
    return (struct cardea_str){bytes, text.len};
}

static const char *const verdict_names[] = {"allow", "flag", "block"};

static void print_finding(struct cli *cli, struct cardea_str text, const struct cardea_scan_finding *f)
{
    struct buf line;
    buf_init(&line, 4096);
    buf_printf(&line, "%s\t%s\t%s\t%zu-%zu\t", cardea_scan_severity_name(f->severity), f->rule_id,
               cardea_scan_view_name(f->view), f->span.start, f->span.end);
    if (cli->out_tty) {
        buf_clear(&line);
        buf_printf(&line, "%-8s  %s (%s)\n          ", cardea_scan_severity_name(f->severity), f->title, f->rule_id);
        if (f->view != CARDEA_SCAN_RAW)
            buf_printf(&line, "%s: ", cardea_scan_view_name(f->view));
    }
    add_excerpt(cli, &line, text, f);
    fprintf(cli->out, "%.*s\n", STR_ARG(buf_str(&line)));
    buf_release(&line);
}

static void print_people(struct cli *cli, struct cardea_str text, const struct cardea_scan_result *r,
                         enum cardea_scan_verdict verdict)
{
    text = masked(cli, text, r);
    for (size_t i = 0; i < r->finding_count; i++)
        print_finding(cli, text, &r->findings[i]);
    if (r->truncated)
        cli_note(cli, "Not all was looked at: the text, or what is hidden in it, is too large.");
    cli_note(cli, "%s, %zu finding%s", verdict_names[verdict], r->finding_count, r->finding_count == 1 ? "" : "s");
}

static void json_span(struct json_writer *w, const char *name, struct cardea_scan_span span)
{
    jw_name(w, name);
    jw_array_begin(w);
    jw_int(w, (int64_t)span.start);
    jw_int(w, (int64_t)span.end);
    jw_array_end(w);
}

static void json_findings(struct json_writer *w, const struct cardea_scan_result *r)
{
    jw_name(w, "findings");
    jw_array_begin(w);
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct cardea_scan_finding *f = &r->findings[i];
        jw_object_begin(w);
        jw_member_str(w, "rule_id", str_of(f->rule_id));
        jw_member_str(w, "title", str_of(f->title));
        jw_member_str(w, "category", str_of(cardea_scan_category_name(f->category)));
        jw_member_str(w, "severity", str_of(cardea_scan_severity_name(f->severity)));
        jw_member_str(w, "view", str_of(cardea_scan_view_name(f->view)));
        json_span(w, "span", f->span);
        json_span(w, "redact", f->redact);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void json_hosts(struct json_writer *w, const struct cardea_scan_result *r)
{
    jw_name(w, "hosts");
    jw_array_begin(w);
    for (size_t i = 0; i < r->host_count; i++) {
        jw_object_begin(w);
        jw_member_str(w, "name", r->hosts[i].name);
        jw_name(w, "traits");
        jw_array_begin(w);
        for (unsigned t = 0; t < CARDEA_SCAN_HOST_TRAIT_COUNT; t++)
            if (r->hosts[i].traits >> t & 1)
                jw_str(w, str_of(cardea_scan_host_trait_name((enum cardea_scan_host_trait)t)));
        jw_array_end(w);
        json_span(w, "span", r->hosts[i].span);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void print_json(struct cli *cli, const struct cardea_scan_result *r, enum cardea_scan_verdict verdict)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, (size_t)16 << 20);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_member_str(&w, "verdict", str_of(verdict_names[verdict]));
    json_findings(&w, r);
    json_hosts(&w, r);
    jw_name(&w, "signals");
    jw_object_begin(&w);
    for (unsigned i = 0; i < CARDEA_SCAN_SIGNAL_COUNT; i++)
        if (r->signals[i])
            jw_member_int(&w, cardea_scan_signal_name((enum cardea_scan_signal)i), r->signals[i]);
    jw_object_end(&w);
    jw_member_int(&w, "score", r->score);
    jw_member_bool(&w, "truncated", r->truncated);
    jw_object_end(&w);
    fprintf(cli->out, "%.*s\n", STR_ARG(buf_str(&out)));
    buf_release(&out);
}

static int scan_text(struct cli *cli, const struct cardea_scanner *s, struct cardea_str text,
                     const struct cardea_scan_params *params)
{
    static const int codes[] = {CLI_OK, CLI_FLAGGED, CLI_BLOCKED};
    struct cardea_scan_scratch *scratch;
    struct cardea_scan_result r;
    enum cardea_err err = cardea_scan_scratch_new(&scratch, s);
    if (err != CARDEA_OK) {
        cli_error(cli, "out of memory");
        return CLI_FAILURE;
    }
    err = cardea_scan(s, scratch, text, params, &r);
    int code = CLI_FAILURE;
    if (err != CARDEA_OK) {
        cli_error(cli, "out of memory");
    } else {
        enum cardea_scan_verdict verdict = cardea_scan_verdict(&r);
        code = codes[verdict];
        if (cli->json)
            print_json(cli, &r, verdict);
        else if (cli->quiet)
            output_line(cli, verdict_names[verdict]);
        else
            print_people(cli, text, &r, verdict);
    }
    cardea_scan_scratch_free(scratch);
    return code;
}

static struct cardea_str *domains(struct cli *cli, const struct cli_args *args, const char *option, size_t *count)
{
    const char **given = cli_args_all(cli, args, option, count);
    struct cardea_str *list = arena_array(&cli->arena, *count + 1, sizeof(*list));
    for (size_t i = 0; i < *count; i++)
        list[i] = str_of(given[i]);
    return list;
}

int cmd_scan(struct cli *cli, const struct cli_args *args)
{
    struct cardea_scan_params params = {.sensitivity = CARDEA_SCAN_AT_MEDIUM};
    const char *sensitivity = cli_args_get(args, "sensitivity");
    struct cardea_str text = {NULL, 0};
    if (sensitivity && !cardea_scan_sensitivity_parse(str_of(sensitivity), &params.sensitivity)) {
        cli_error(cli, "--sensitivity is low, medium or high, not \"%s\"", sensitivity);
        return CLI_USAGE;
    }
    params.allow_domains = domains(cli, args, "allow-domain", &params.allow_domain_count);
    params.deny_domains = domains(cli, args, "deny-domain", &params.deny_domain_count);
    if (!input_read(cli, args->word_count ? args->words[0] : "-", TEXT_MAX, &text))
        return CLI_FAILURE;
    struct cardea_scanner *s = cli_scanner_open(cli, cli_args_get(args, "rules"));
    if (!s)
        return CLI_FAILURE;
    int code = scan_text(cli, s, text, &params);
    cardea_scanner_free(s);
    return code;
}

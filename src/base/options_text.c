#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "base/str.h"

#define WIDTH       100
#define HELP_COLUMN 30

/* Words of `text` in lines that begin with `indent` spaces, or `lead`; the first line has begun already at `used`. */
static void add_wrapped(struct buf *out, struct cardea_str text, const char *lead, size_t indent, size_t used)
{
    struct cardea_str word;
    bool first = true;
    while (str_cut(&text, ' ', &word)) {
        if (word.len == 0)
            continue;
        if (!first && used + 1 + word.len > WIDTH) {
            buf_printf(out, "\n%s%*s", lead, (int)indent, "");
            used = strlen(lead) + indent;
            first = true;
        }
        if (!first)
            buf_add_char(out, ' ');
        buf_add_str(out, word);
        used += word.len + (first ? 0 : 1);
        first = false;
    }
    buf_add_char(out, '\n');
}

static void add_file_name(struct buf *out, const char *name)
{
    for (; *name; name++)
        buf_add_char(out, *name == '-' ? '_' : *name);
}

static const char *fallback_of(const struct option_def *def)
{
    if (def->fallback)
        return def->fallback;
    return def->type == OPTION_BOOL ? "false" : NULL;
}

void options_help(const struct option_table *t, struct buf *out)
{
    buf_printf(out, "Usage: %s [options]\n\n", t->command);
    add_wrapped(out, str_of(t->summary), "", 0, 0);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < t->count; i++) {
        const struct option_def *def = &t->defs[i];
        if (!(def->where & OPTION_CLI))
            continue;
        size_t from = out->len;
        buf_printf(out, "  --%s%s%s", def->name, def->placeholder ? " " : "", def->placeholder ? def->placeholder : "");
        size_t used = out->len - from;
        if (used >= HELP_COLUMN - 1) {
            buf_add_char(out, '\n');
            used = 0;
        }
        buf_printf(out, "%*s", (int)(HELP_COLUMN - used), "");
        struct buf text;
        buf_init(&text, 4096);
        buf_add_cstr(&text, def->help);
        if (def->type == OPTION_LIST)
            buf_add_cstr(&text, " May be repeated.");
        if (def->fallback && def->type != OPTION_BOOL)
            buf_printf(&text, " [default: %s]", def->fallback);
        if (def->env)
            buf_printf(&text, " [env: %s]", def->env);
        add_wrapped(out, buf_str(&text), "", HELP_COLUMN, HELP_COLUMN);
        buf_release(&text);
    }
    if (t->config)
        buf_printf(out, "  --sample-config%*sPrint a configuration file that shows each default.\n", HELP_COLUMN - 17,
                   "");
    buf_printf(out, "  --help%*sShow this text.\n", HELP_COLUMN - 8, "");
}

/* Within brackets YAML takes a colon for a mapping's. */
static void add_list(struct buf *out, struct cardea_str joined)
{
    struct cardea_str item;
    buf_add_cstr(out, ": [");
    for (bool first = true; str_cut(&joined, ',', &item); first = false)
        buf_printf(out, "%s%s%.*s%s", first ? "" : ", ", memchr(item.ptr, ':', item.len) ? "\"" : "", STR_ARG(item),
                   memchr(item.ptr, ':', item.len) ? "\"" : "");
    buf_add_cstr(out, "]\n");
}

void options_sample(const struct option_table *t, struct buf *out)
{
    buf_printf(out, "# Configuration of `%s`. Each line shows the default: take its # away to change it.\n",
               t->command);
    buf_add_cstr(out, "# The command line and the environment win over this file.\n");
    for (size_t i = 0; i < t->count; i++) {
        const struct option_def *def = &t->defs[i];
        if (!(def->where & OPTION_FILE))
            continue;
        buf_add_cstr(out, "\n# ");
        add_wrapped(out, str_of(def->help), "# ", 0, 2);
        if (def->where & OPTION_CLI)
            buf_printf(out, "# Command line: --%s\n", def->name);
        if (def->env)
            buf_printf(out, "# Environment: %s\n", def->env);
        buf_add_char(out, '#');
        add_file_name(out, def->name);
        const char *fallback = fallback_of(def);
        if (def->type == OPTION_LIST)
            add_list(out, str_of(fallback));
        else
            buf_printf(out, ": %s\n", fallback ? fallback : def->placeholder ? def->placeholder : "");
    }
}

int options_print(const struct option_table *t, enum options_result asked)
{
    struct buf text;
    buf_init(&text, 256u << 10);
    if (asked == OPTIONS_SAMPLE)
        options_sample(t, &text);
    else
        options_help(t, &text);
    bool ok = !text.failed && fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
    buf_release(&text);
    return ok ? 0 : 1;
}

void options_docs(const struct option_table *t, struct buf *out)
{
    buf_add_cstr(out, "| Command line | File | Environment | Default | Meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < t->count; i++) {
        const struct option_def *def = &t->defs[i];
        buf_add_cstr(out, "| ");
        if (def->where & OPTION_CLI)
            buf_printf(out, "`--%s%s%s` ", def->name, def->placeholder ? " " : "",
                       def->placeholder ? def->placeholder : "");
        buf_add_cstr(out, "| ");
        if (def->where & OPTION_FILE) {
            buf_add_char(out, '`');
            add_file_name(out, def->name);
            buf_add_cstr(out, "` ");
        }
        buf_add_cstr(out, "| ");
        if (def->env)
            buf_printf(out, "`%s` ", def->env);
        buf_add_cstr(out, "| ");
        if (fallback_of(def))
            buf_printf(out, "`%s` ", fallback_of(def));
        buf_printf(out, "| %s |\n", def->help);
    }
}

#include "profile/pattern.h"

#include <string.h>

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static const char *class_of(const struct cardea_key_format *f, const struct cardea_format_part *p)
{
    return p->type == CARDEA_PART_CHECK || f->alphabet == CARDEA_BASE62 ? "[0-9A-Za-z]" : "[0-9a-z]";
}

static void add_literal(struct buf *out, const struct cardea_format_part *p)
{
    for (size_t i = 0; i < p->len; i++) {
        if (!is_word(p->literal[i]) && p->literal[i] != '-')
            buf_add_char(out, '\\');
        buf_add_char(out, p->literal[i]);
    }
}

void profile_pattern(struct buf *out, const struct cardea_key_format *f)
{
    const struct cardea_format_part *last = &f->parts[f->part_count - 1];
    if (is_word(f->parts[0].literal[0]))
        buf_add_cstr(out, "\\b");
    for (unsigned i = 0; i < f->part_count; i++) {
        const struct cardea_format_part *p = &f->parts[i];
        unsigned len = p->len;
        if (p->type == CARDEA_PART_LITERAL) {
            add_literal(out, p);
            continue;
        }
        /* Neighbours of one alphabet are one run. */
        while (i + 1 < f->part_count && f->parts[i + 1].type != CARDEA_PART_LITERAL &&
               strcmp(class_of(f, &f->parts[i + 1]), class_of(f, p)) == 0)
            len += f->parts[++i].len;
        buf_printf(out, "%s{%u}", class_of(f, p), len);
    }
    if (last->type != CARDEA_PART_LITERAL || is_word(last->literal[last->len - 1]))
        buf_add_cstr(out, "\\b");
}

bool profile_pattern_checked(const struct cardea_key_format *f)
{
    return f->part_count > 0 && f->parts[f->part_count - 1].type == CARDEA_PART_CHECK;
}

#include "scan/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "scan/fields.h"

static uint32_t options_of(unsigned flags)
{
    return (flags & FIELDS_CASELESS ? PCRE2_CASELESS : 0) | (flags & FIELDS_MULTILINE ? PCRE2_MULTILINE : 0) |
           (flags & FIELDS_DOTALL ? PCRE2_DOTALL : 0) | (flags & FIELDS_EXTENDED ? PCRE2_EXTENDED : 0) |
           PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
}

static pcre2_code *compile(struct cardea_str source, unsigned flags, struct cardea_why *why)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)source.ptr, source.len, options_of(flags), &error, &at, NULL);
    if (!code) {
        PCRE2_UCHAR text[160];
        pcre2_get_error_message(error, text, sizeof(text));
        snprintf(why->text, sizeof(why->text), "%s, at character %zu", (const char *)text, (size_t)at + 1);
    }
    return code;
}

bool scan_pattern_try(struct cardea_str source, unsigned flags, struct cardea_why *why)
{
    pcre2_code *code = compile(source, flags, why);
    if (!code)
        return false;
    uint32_t least = 0;
    pcre2_pattern_info(code, PCRE2_INFO_MINLENGTH, &least);
    pcre2_code_free(code);
    if (least == 0)
        snprintf(why->text, sizeof(why->text), "it matches the empty text");
    return least > 0;
}

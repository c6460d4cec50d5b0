#include "scan/fields_rule.h"

#include "base/str.h"
#include "scan/fields.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

#define PHRASE_MAX 200
#define DOMAIN_MAX 253

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_word(struct cardea_str text, const char *set, size_t max)
{
    if (text.len == 0 || text.len > max || !is_in(text.ptr[0], LOWER DIGITS))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!is_in(text.ptr[i], set))
            return false;
    return true;
}

static bool is_one_line(struct cardea_str text, size_t max)
{
    if (text.len == 0 || text.len > max)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return false;
    return true;
}

const char *fields_rule_pack(struct cardea_str text)
{
    return is_word(text, LOWER DIGITS "-", 40) ? NULL : "it takes a-z, 0-9 and `-`, at most 40";
}

const char *fields_rule_id(struct cardea_str text)
{
    if (!is_word(text, LOWER DIGITS "-.", 80))
        return "it takes a-z, 0-9, `-` and `.`, begins with a letter or digit, at most 80";
    char last = text.ptr[text.len - 1];
    return last == '.' || last == '-' ? "it ends with a letter or digit" : NULL;
}

const char *fields_rule_title(struct cardea_str text)
{
    return is_one_line(text, 100) ? NULL : "it takes one line of 1 to 100 bytes";
}

const char *fields_rule_pattern(struct cardea_str text)
{
    return text.len > 0 && text.len <= FIELDS_PATTERN_MAX ? NULL : "it takes 1 to 8192 bytes";
}

const char *fields_rule_phrase(struct cardea_str text)
{
    if (!is_one_line(text, PHRASE_MAX) || !str_utf8_valid(text))
        return "it takes one line of 1 to 200 bytes";
    return is_in(text.ptr[0], " ") || is_in(text.ptr[text.len - 1], " ") ? "it neither begins nor ends with a space"
                                                                         : NULL;
}

const char *fields_rule_domain(struct cardea_str text)
{
    static const char wrong[] = "it takes a host name in lower case, punycode for what is not ASCII, without a port";
    struct cardea_str rest = text, label;
    size_t labels = 0;
    if (text.len == 0 || text.len > DOMAIN_MAX)
        return wrong;
    for (; str_cut(&rest, '.', &label); labels++)
        if (!is_word(label, LOWER DIGITS "-_", 63) || label.ptr[label.len - 1] == '-')
            return wrong;
    return labels >= 2 ? NULL : "it takes at least two labels, such as example.com";
}

int fields_entropy(struct cardea_str text)
{
    int value = 0, digits = 0, decimals = -1;
    for (size_t i = 0; i < text.len && i < 8; i++) {
        if (text.ptr[i] == '.' && decimals < 0 && digits > 0)
            decimals = 0;
        else if (is_in(text.ptr[i], DIGITS) && decimals < 3)
            value = value * 10 + (text.ptr[i] - '0'), digits++, decimals += decimals >= 0;
        else
            return -1;
    }
    if (digits == 0 || digits > 4 || decimals == 0)
        return -1;
    for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
        value *= 10;
    return value <= 8000 ? value : -1;
}

const char *fields_rule_entropy(struct cardea_str text)
{
    return fields_entropy(text) >= 0 ? NULL : "it takes a number of bits from 0 to 8, such as 3.5";
}

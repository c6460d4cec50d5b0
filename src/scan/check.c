#include "scan/check.h"

#include <math.h>
#include <string.h>

#include <cardea/key_format.h>

#include "base/str.h"

#define CHECK_LEN     6
#define IBAN_MAX      34
#define ENTROPY_COUNT 256
/* Bytes between what is named and the words that say so. */
#define MENTION_WITHIN 100

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int check_entropy(struct cardea_str value)
{
    unsigned counts[ENTROPY_COUNT] = {0};
    double bits = 0;
    for (size_t i = 0; i < value.len; i++)
        counts[(unsigned char)value.ptr[i]]++;
    for (size_t i = 0; i < ENTROPY_COUNT; i++)
        if (counts[i] > 0) {
            double share = (double)counts[i] / (double)value.len;
            bits -= share * log2(share);
        }
    return (int)(bits * 1000 + 0.5);
}

bool check_contains(struct cardea_str text, struct cardea_str word)
{
    if (word.len == 0 || word.len > text.len)
        return false;
    char first = lower(word.ptr[0]);
    for (size_t at = 0; at + word.len <= text.len; at++) {
        if (lower(text.ptr[at]) != first)
            continue;
        size_t same = 1;
        while (same < word.len && lower(text.ptr[at + same]) == lower(word.ptr[same]))
            same++;
        if (same == word.len)
            return true;
    }
    return false;
}

static bool contains_any(struct cardea_str text, const struct scan_texts *words)
{
    for (size_t i = 0; i < words->count; i++)
        if (check_contains(text, words->items[i]))
            return true;
    return false;
}

/* Digits that spaces and dashes may divide. */
static size_t digits_of(struct cardea_str value, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (is_digit(value.ptr[i]) && n < cap)
            out[n++] = value.ptr[i];
        else if (is_digit(value.ptr[i]) || (value.ptr[i] != ' ' && value.ptr[i] != '-' && value.ptr[i] != '.'))
            return 0;
    }
    return n;
}

/* ISO/IEC 7812-1, annex B. */
static bool is_luhn(struct cardea_str value)
{
    char digits[19];
    size_t n = digits_of(value, digits, sizeof(digits));
    unsigned sum = 0;
    bool varied = false;
    if (n < 12)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(digits[n - 1 - i] - '0');
        varied |= digits[i] != digits[0];
        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return varied && sum % 10 == 0;
}

/* ISO 13616: country and check digits go to the end, letters are 10 to 35, and the whole is 1 modulo 97. */
static bool is_iban(struct cardea_str value)
{
    char text[IBAN_MAX];
    size_t n = 0;
    unsigned rest = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == ' ')
            continue;
        if (n == IBAN_MAX)
            return false;
        text[n++] = lower(value.ptr[i]);
    }
    if (n < 15)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = text[(i + 4) % n];
        if (is_digit(c))
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        else if (c >= 'a' && c <= 'z')
            rest = (rest * 100 + (unsigned)(c - 'a') + 10) % 97;
        else
            return false;
    }
    return rest == 1;
}

/* Routing numbers of US banks: weights 3, 7, 1, modulo 10. */
static bool is_aba(struct cardea_str value)
{
    char digits[9];
    unsigned sum = 0;
    if (digits_of(value, digits, sizeof(digits)) != 9)
        return false;
    for (size_t i = 0; i < 9; i++)
        sum += (unsigned)(digits[i] - '0') * (i % 3 == 0 ? 3 : i % 3 == 1 ? 7 : 1);
    return sum > 0 && sum % 10 == 0;
}

static bool ends_in_check(struct cardea_str value, size_t from)
{
    char check[CHECK_LEN];
    if (value.len < from + CHECK_LEN + 1)
        return false;
    cardea_key_checksum((struct cardea_str){value.ptr + from, value.len - CHECK_LEN - from}, check);
    return memcmp(check, value.ptr + value.len - CHECK_LEN, CHECK_LEN) == 0;
}

static bool is_token(struct cardea_str value)
{
    const char *bar = value.len ? memrchr(value.ptr, '_', value.len) : NULL;
    return bar && ends_in_check(value, (size_t)(bar - value.ptr) + 1);
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '-' || c == '+' ? 62 : c == '_' || c == '/' ? 63 : -1;
}

/* The first part is base64url of a text that begins with `{"` and ends with `}`. */
static bool is_jwt(struct cardea_str value)
{
    const char *dot = value.len ? memchr(value.ptr, '.', value.len) : NULL;
    size_t n = dot ? (size_t)(dot - value.ptr) : value.len;
    uint32_t bits = 0;
    char first = 0, last = 0;
    unsigned have = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = base64_value(value.ptr[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            last = (char)(bits >> have & 0xff);
            first = first ? first : last;
        }
    }
    return first == '{' && last == '}';
}

bool check_sum(enum fields_checksum kind, struct cardea_str value)
{
    switch (kind) {
    case FIELDS_CHECK_LUHN:
        return is_luhn(value);
    case FIELDS_CHECK_IBAN:
        return is_iban(value);
    case FIELDS_CHECK_ABA:
        return is_aba(value);
    case FIELDS_CHECK_KEY:
        return ends_in_check(value, 0);
    case FIELDS_CHECK_TOKEN:
        return is_token(value);
    case FIELDS_CHECK_JWT:
        return is_jwt(value);
    }
    return false;
}

static unsigned kinds_in(struct cardea_str value)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (is_digit(c))
            kinds |= FIELDS_NEED_DIGIT;
        else if (c >= 'A' && c <= 'Z')
            kinds |= FIELDS_NEED_UPPER | FIELDS_NEED_LETTER;
        else if (c >= 'a' && c <= 'z')
            kinds |= FIELDS_NEED_LOWER | FIELDS_NEED_LETTER;
        else if (c > ' ' && c < 0x7f)
            kinds |= FIELDS_NEED_SYMBOL;
    }
    return kinds;
}

/* The bytes up to `within` before and after a match. */
struct around {
    struct cardea_str before, after;
};

static struct around around(struct cardea_str text, const struct scan_match *m, size_t within)
{
    size_t from = m->start > within ? m->start - within : 0;
    size_t to = text.len - m->end > within ? m->end + within : text.len;
    return (struct around){{text.ptr + from, m->start - from}, {text.ptr + m->end, to - m->end}};
}

static bool ends_with_quote(struct cardea_str s)
{
    static const char *const quotes[] = {"\"", "'", "`", "“", "”", "„", "‘", "«", "「", "『"};
    for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
        size_t len = strlen(quotes[i]);
        if (s.len >= len && memcmp(s.ptr + s.len - len, quotes[i], len) == 0)
            return true;
    }
    return false;
}

/* As a word, in any case, white space left out. */
static bool ends_with_word(struct cardea_str s, struct cardea_str word)
{
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\n'))
        s.len--;
    if (s.len < word.len || !check_contains((struct cardea_str){s.ptr + s.len - word.len, word.len}, word))
        return false;
    return s.len == word.len || !(kinds_in((struct cardea_str){s.ptr + s.len - word.len - 1, 1}) & FIELDS_NEED_LETTER);
}

bool check_is_mention(const struct scan_rule *rule, struct cardea_str text, const struct scan_match *m)
{
    struct around a = around(text, m, MENTION_WITHIN);
    for (size_t i = 0; i < rule->reports.count; i++)
        if (ends_with_word(a.before, rule->reports.items[i]))
            return true;
    return ends_with_quote(a.before) &&
           (contains_any(a.before, &rule->mentions) || contains_any(a.after, &rule->mentions));
}

static bool context_fits(const struct scan_rule *rule, struct cardea_str text, const struct scan_match *m)
{
    struct around a = around(text, m, rule->within);
    if (rule->require.count && !contains_any(a.before, &rule->require) && !contains_any(a.after, &rule->require))
        return false;
    return !contains_any(a.before, &rule->forbid) && !contains_any(a.after, &rule->forbid);
}

bool check_passes(const struct scan_rule *rule, struct cardea_str text, const struct scan_match *m)
{
    struct cardea_str value = {text.ptr + m->value_start, m->value_end - m->value_start};
    if (rule->needs & ~kinds_in(value))
        return false;
    if (rule->entropy_milli > 0 && check_entropy(value) < rule->entropy_milli)
        return false;
    if (contains_any(value, &rule->stop_words))
        return false;
    if (rule->checksum >= 0 && !check_sum((enum fields_checksum)rule->checksum, value))
        return false;
    return rule->within == 0 || context_fits(rule, text, m);
}

#include "scan/host.h"

#include <arpa/inet.h>
#include <string.h>
#include <utf8proc.h>

#include "base/str.h"
#include "scan/punycode.h"

#define TRAIT(name) (1u << CARDEA_SCAN_HOST_##name)
#define LABEL_MAX   63

static bool is_label_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One part of an IPv4 address as inet_aton takes it: decimal, octal with 0, hex with 0x. */
static bool ipv4_part(struct cardea_str s, uint64_t *value, bool *odd)
{
    unsigned base = 10;
    *value = 0;
    if (s.len > 2 && s.ptr[0] == '0' && s.ptr[1] == 'x')
        base = 16, s.ptr += 2, s.len -= 2;
    else if (s.len > 1 && s.ptr[0] == '0')
        base = 8, s.ptr++, s.len--;
    *odd |= base != 10;
    if (s.len == 0 || s.len > 12)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        unsigned digit = c >= '0' && c <= '9' ? c - '0' + 0u : c >= 'a' && c <= 'f' ? c - 'a' + 10u : 99;
        if (digit >= base)
            return false;
        *value = *value * base + digit;
    }
    return true;
}

/* 0: no address. */
static unsigned ipv4_trait(struct cardea_str s, bool in_url)
{
    struct cardea_str rest = s, part;
    uint64_t value = 0;
    unsigned count = 0;
    bool odd = false;
    while (str_cut(&rest, '.', &part)) {
        if ((count > 0 && value > 255) || ++count > 4 || !ipv4_part(part, &value, &odd))
            return 0;
    }
    if (value >= 1ull << (8 * (5 - count)))
        return 0;
    odd |= count != 4;
    if (odd && !in_url)
        return 0; /* a number is no host where nothing says so */
    return odd ? TRAIT(ODD_IP) : TRAIT(IP);
}

static bool is_ipv6(struct cardea_str s)
{
    char text[64];
    struct in6_addr address;
    if (s.len < 4 || s.len >= sizeof(text) || s.ptr[0] != '[' || s.ptr[s.len - 1] != ']')
        return false;
    memcpy(text, s.ptr + 1, s.len - 2);
    text[s.len - 2] = '\0';
    text[strcspn(text, "%")] = '\0'; /* a zone */
    return inet_pton(AF_INET6, text, &address) == 1;
}

/* Scripts of a label, and whether all its letters look like those of ASCII. */
static bool is_misleading(struct cardea_str label, const struct fold *f)
{
    unsigned scripts = 0;
    bool alike = true;
    for (size_t at = 0, len; at < label.len; at += len) {
        uint32_t code = fold_decode(label, at, &len);
        if (len == 0)
            return true;
        if (code < 0x80) {
            if ((code | 0x20) >= 'a' && (code | 0x20) <= 'z')
                scripts |= 1u << FOLD_LATIN;
            continue;
        }
        struct fold_entry e = fold_of(f, code);
        if (!(e.flags & FOLD_LETTER))
            return true; /* invisible, or a sign that is none of a name */
        scripts |= 1u << e.script;
        alike &= e.like && !(e.flags & FOLD_LOOSE);
    }
    return (scripts & (scripts - 1)) != 0 || (alike && (scripts & ~(1u << FOLD_LATIN)));
}

static bool add(struct host *h, const char *bytes, size_t len)
{
    if (h->name_len + len > HOST_NAME_MAX_LEN)
        return false;
    memcpy(h->name + h->name_len, bytes, len);
    h->name_len += len;
    return true;
}

/* Lower case for what is not ASCII, as names of hosts are compared. */
static bool small_label(struct cardea_str label, char out[PUNYCODE_MAX], size_t *len)
{
    *len = 0;
    for (size_t at = 0, step; at < label.len; at += step) {
        uint32_t code = fold_decode(label, at, &step);
        if (step == 0 || *len + 4 > PUNYCODE_MAX)
            return false;
        *len += fold_encode((uint32_t)utf8proc_tolower((utf8proc_int32_t)code), out + *len);
    }
    return *len > 0;
}

static bool parse_label(struct host *h, struct cardea_str label, const struct fold *f)
{
    char made[PUNYCODE_MAX], small[PUNYCODE_MAX];
    size_t len, small_len;
    bool ascii = true;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_label_byte((unsigned char)label.ptr[i]))
            return false;
        ascii &= (unsigned char)label.ptr[i] < 0x80;
    }
    if (label.len == 0 || (ascii && label.len > LABEL_MAX))
        return false;
    if (!ascii) {
        if (is_misleading(label, f))
            h->traits |= TRAIT(MIXED);
        return small_label(label, small, &small_len) &&
               punycode_encode((struct cardea_str){small, small_len}, made, &len) && add(h, "xn--", 4) &&
               add(h, made, len);
    }
    if (label.len > 4 && memcmp(label.ptr, "xn--", 4) == 0) {
        h->traits |= TRAIT(PUNYCODE);
        struct cardea_str coded = {label.ptr + 4, label.len - 4};
        if (!punycode_decode(coded, made, &len) || is_misleading((struct cardea_str){made, len}, f))
            h->traits |= TRAIT(MIXED);
    }
    return label.ptr[0] != '-' && add(h, label.ptr, label.len);
}

static bool is_generic(struct cardea_str label)
{
    return str_eq(label, STR("com")) || str_eq(label, STR("net")) || str_eq(label, STR("org")) ||
           str_eq(label, STR("gov")) || str_eq(label, STR("edu")) || str_eq(label, STR("bank"));
}

static void mark_nested(struct host *h)
{
    struct cardea_str name = {h->name, h->name_len}, label;
    struct cardea_str rest = {h->name, host_registered_at(name)};
    for (size_t i = 0; str_cut(&rest, '.', &label); i++)
        if (i > 0 && is_generic(label))
            h->traits |= TRAIT(NESTED);
}

bool host_parse(struct host *h, struct cardea_str text, bool in_url, const struct fold *f)
{
    char lower[1024];
    struct cardea_str rest, label;
    size_t labels = 0;
    h->name_len = 0;
    h->traits = 0;
    h->in_url = in_url;
    if (text.len == 0 || text.len > sizeof(lower))
        return false;
    for (size_t i = 0; i < text.len; i++)
        lower[i] = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? (char)(text.ptr[i] + 32) : text.ptr[i];
    if (is_ipv6((struct cardea_str){lower, text.len})) {
        h->traits = TRAIT(IP);
        return add(h, lower, text.len);
    }
    rest = (struct cardea_str){lower, text.len};
    if (rest.len > 1 && rest.ptr[rest.len - 1] == '.')
        rest.len--;
    if (is_digit(rest.ptr[0]) && (h->traits = ipv4_trait(rest, in_url)) != 0)
        return add(h, rest.ptr, rest.len);
    for (; str_cut(&rest, '.', &label); labels++)
        if ((labels > 0 && !add(h, ".", 1)) || !parse_label(h, label, f))
            return false;
    if (labels < 2)
        return in_url;
    mark_nested(h);
    return in_url || host_has_tld((struct cardea_str){h->name, h->name_len});
}

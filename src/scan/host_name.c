#include <string.h>

#include "base/str.h"
#include "scan/host.h"
#include "scan/punycode.h"

/* Generic top-level domains that names in running text have; all of two letters are countries'. Of the many others,
 * only those seen in abuse reports: a name such as `setup.py` or `readme.md` is one of a country all the same. */
static const char *const generic_tlds[] = {
    "academy",    "app",     "art",      "bank",      "biz",    "blog",          "business", "buzz",     "cam",
    "casa",       "cfd",     "chat",     "click",     "cloud",  "club",          "codes",    "com",      "company",
    "consulting", "cyou",    "dev",      "digital",   "direct", "edu",           "email",    "events",   "finance",
    "fit",        "fun",     "fyi",      "games",     "global", "gov",           "group",    "guru",     "help",
    "host",       "hosting", "icu",      "info",      "ink",    "international", "int",      "jobs",     "land",
    "legal",      "life",    "link",     "live",      "lol",    "loan",          "ltd",      "market",   "media",
    "mil",        "mobi",    "money",    "monster",   "name",   "net",           "network",  "news",     "ninja",
    "one",        "online",  "onion",    "org",       "page",   "party",         "pics",     "plus",     "press",
    "pro",        "quest",   "review",   "rest",      "run",    "sale",          "sbs",      "services", "shop",
    "site",       "social",  "software", "solutions", "space",  "store",         "stream",   "studio",   "support",
    "systems",    "team",    "tech",     "today",     "tokyo",  "tools",         "top",      "trade",    "travel",
    "vip",        "website", "wiki",     "win",       "work",   "works",         "world",    "wtf",      "xyz",
    "zip",        "zone",
};

/* Endings of files, which are countries too. */
static const char *const file_endings[] = {"py", "md", "sh", "rs", "pl", "ps", "cc",
                                           "so", "js", "ts", "mk", "am", "vb"};

static bool is_one_of(struct cardea_str text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text.len > 0 && list[i][0] == text.ptr[0] && str_eq(text, str_of(list[i])))
            return true;
    return false;
}

static struct cardea_str last_label(struct cardea_str host)
{
    const char *dot = host.len ? memrchr(host.ptr, '.', host.len) : NULL;
    return dot ? (struct cardea_str){dot + 1, host.len - (size_t)(dot + 1 - host.ptr)} : host;
}

bool host_has_tld(struct cardea_str host)
{
    struct cardea_str last = last_label(host);
    for (size_t i = 0; i < last.len; i++)
        if (last.ptr[i] < 'a' || last.ptr[i] > 'z')
            return last.len > 4 && memcmp(last.ptr, "xn--", 4) == 0;
    if (last.len == 2)
        return !is_one_of(last, file_endings, sizeof(file_endings) / sizeof(file_endings[0])) &&
               host.len > 4; /* "e.g" */
    return is_one_of(last, generic_tlds, sizeof(generic_tlds) / sizeof(generic_tlds[0]));
}

bool host_is_under(struct cardea_str host, struct cardea_str domain)
{
    if (host.len < domain.len || domain.len == 0)
        return false;
    size_t above = host.len - domain.len;
    return (above == 0 || host.ptr[above - 1] == '.') && memcmp(host.ptr + above, domain.ptr, domain.len) == 0;
}

/* Second labels under which countries register names. */
static const char *const second_labels[] = {"ac", "co",  "com", "edu", "go", "gob", "gov",
                                            "gv", "mil", "ne",  "net", "or", "org"};

size_t host_registered_at(struct cardea_str host)
{
    struct cardea_str top = last_label(host);
    if (top.len == host.len)
        return 0;
    struct cardea_str rest = {host.ptr, host.len - top.len - 1};
    struct cardea_str second = last_label(rest);
    if (top.len == 2 && second.len < rest.len &&
        is_one_of(second, second_labels, sizeof(second_labels) / sizeof(second_labels[0]))) {
        rest.len -= second.len + 1;
        second = last_label(rest);
    }
    return (size_t)(second.ptr - host.ptr);
}

/* How a label looks: punycode taken apart, look-alikes as letters, digits as the letters they pass for. */
static size_t skeleton(struct cardea_str label, const struct fold *f, char out[HOST_LOOK_MAX])
{
    static const char *const pairs[][2] = {{"rn", "m"}, {"vv", "w"}};
    static const char digits[] = "01345", letters[] = "oleas";
    char decoded[PUNYCODE_MAX];
    size_t n = 0, len = 0;
    if (label.len > 4 && memcmp(label.ptr, "xn--", 4) == 0 &&
        punycode_decode((struct cardea_str){label.ptr + 4, label.len - 4}, decoded, &len))
        label = (struct cardea_str){decoded, len};
    for (size_t at = 0, step; at < label.len && n + 8 < HOST_LOOK_MAX; at += step) {
        uint32_t code = fold_decode(label, at, &step);
        if (step == 0)
            break;
        struct fold_entry e = {0};
        if (code >= 0x80)
            e = fold_of(f, code);
        const char *digit = code < 0x80 && code ? strchr(digits, (int)code) : NULL;
        if (code < 0x80)
            out[n++] = digit ? letters[digit - digits] : (char)code;
        else if (e.like)
            out[n++] = (char)(e.like | 0x20);
        else if (!(e.flags & FOLD_SAME) && e.len == 1)
            out[n++] = (char)(fold_bytes(f, &e).ptr[0] | 0x20);
        else
            out[n++] = '?';
        for (size_t i = 0; i < 2 && n >= 2; i++)
            if (memcmp(out + n - 2, pairs[i][0], 2) == 0)
                out[--n - 1] = pairs[i][1][0];
    }
    return n;
}

/* One letter more, less, other, or two swapped. */
static bool is_one_off(struct cardea_str a, struct cardea_str b)
{
    size_t head = 0, tail = 0;
    while (head < a.len && head < b.len && a.ptr[head] == b.ptr[head])
        head++;
    while (tail < a.len - head && tail < b.len - head && a.ptr[a.len - 1 - tail] == b.ptr[b.len - 1 - tail])
        tail++;
    size_t left = a.len - head - tail, right = b.len - head - tail;
    if (left == 2 && right == 2)
        return a.ptr[head] == b.ptr[head + 1] && a.ptr[head + 1] == b.ptr[head];
    return left <= 1 && right <= 1 && left + right > 0;
}

/* The name stands in the label as a word of its own: `bank-login`, `secure-bank`. */
static bool has_word(struct cardea_str label, struct cardea_str word)
{
    struct cardea_str rest = label, piece;
    while (str_cut(&rest, '-', &piece))
        if (str_eq(piece, word) && piece.len < label.len)
            return true;
    return false;
}

static struct cardea_str registered_label(struct cardea_str host)
{
    size_t at = host_registered_at(host);
    const char *dot = memchr(host.ptr + at, '.', host.len - at);
    return (struct cardea_str){host.ptr + at, dot ? (size_t)(dot - host.ptr) - at : host.len - at};
}

/* A name of fewer letters is one off from too many others. */
#define ONE_OFF_MIN 6
#define WORD_MIN    5

void host_look_at(struct host_look *look, struct cardea_str host, const struct fold *f)
{
    look->host = host;
    look->label = registered_label(host);
    look->len = skeleton(look->label, f, look->skeleton);
}

bool host_looks_like(const struct host_look *look, const struct host_look *domain)
{
    struct cardea_str looks = {look->skeleton, look->len}, name = {domain->skeleton, domain->len};
    /* The same name under another ending is often the same owner's. */
    if (str_eq(look->label, domain->label) || host_is_under(look->host, domain->host))
        return false;
    if (str_eq(looks, name))
        return true;
    if (name.len >= WORD_MIN && has_word(looks, name))
        return true;
    return name.len >= ONE_OFF_MIN && is_one_off(looks, name);
}

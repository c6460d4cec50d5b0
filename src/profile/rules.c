#include "profile/rules.h"

#include <cardea/profile.h>

#include "base/str.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Longest pattern of a route, in bytes. */
#define PATH_BYTES_MAX 512
#define SEGMENTS_MAX   32

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Begins with one of `first`, goes on with `rest`, and has 1 to `max` bytes. */
static bool is_word(struct cardea_str text, const char *first, const char *rest, size_t max)
{
    if (text.len == 0 || text.len > max || !is_in(text.ptr[0], first))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!is_in(text.ptr[i], rest))
            return false;
    return true;
}

static bool is_printable(struct cardea_str text, bool ascii)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f || (ascii && c > 0x7e))
            return false;
    }
    return true;
}

const char *rule_name(struct cardea_str text)
{
    return is_word(text, LOWER, LOWER DIGITS "-", 40) ? NULL
                                                      : "it takes a-z, 0-9 and `-`, begins with a letter, at most 40";
}

const char *rule_kind(struct cardea_str text)
{
    return is_word(text, LOWER, LOWER DIGITS "-_", 40)
               ? NULL
               : "it takes a-z, 0-9, `-` and `_`, begins with a letter, at most 40";
}

const char *rule_title(struct cardea_str text)
{
    return text.len && text.len <= 100 && is_printable(text, false) ? NULL : "it takes one line of 1 to 100 bytes";
}

const char *rule_realm(struct cardea_str text)
{
    bool right = text.len && text.len <= 100 && is_printable(text, true) && !memchr(text.ptr, '"', text.len) &&
                 !memchr(text.ptr, '\\', text.len);
    return right ? NULL : "it takes 1 to 100 printable ASCII characters but `\"` and `\\`";
}

const char *rule_host(struct cardea_str text)
{
    bool right = is_word(text, LOWER DIGITS, LOWER DIGITS "-.", 253) && text.ptr[text.len - 1] != '.' &&
                 text.ptr[text.len - 1] != '-';
    for (size_t i = 1; right && i < text.len; i++)
        right = !(text.ptr[i] == '.' && (text.ptr[i - 1] == '.' || text.ptr[i - 1] == '-'));
    return right ? NULL : "a host name in lower case, without scheme and port";
}

const char *rule_header(struct cardea_str text)
{
    static const char *const taken[] = {"authorization", "cookie", "host", "content-length", "transfer-encoding"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (str_eq(text, str_of(taken[i])))
            return "this header has a meaning of its own";
    return is_word(text, LOWER, LOWER DIGITS "-", 64) ? NULL : "a header's name in lower case";
}

const char *rule_signature_header(struct cardea_str text)
{
    static const char *const taken[] = {
        "host",   "content-type",     "content-length", "transfer-encoding", "connection",       "accept", "user-agent",
        "expect", "content-encoding", "webhook-id",     "webhook-timestamp", "webhook-signature"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (str_eq_nocase(text, str_of(taken[i])))
            return "this header has a meaning of its own";
    return is_word(text, LOWER UPPER, LOWER UPPER DIGITS "-", 64) ? NULL : "a header's name, such as X-Acme-Signature";
}

const char *rule_scope(struct cardea_str text)
{
    if (text.len && memchr(text.ptr, '*', text.len))
        return "wildcards need no declaration: `*` and `prefix:*` work by themselves";
    return is_word(text, LOWER, LOWER DIGITS ":._-", 64)
               ? NULL
               : "it takes a-z, 0-9 and `:._-`, begins with a letter, at most 64";
}

const char *rule_code(struct cardea_str text)
{
    enum cardea_code code;
    if (!cardea_code_parse(text, &code))
        return NULL; /* the builder suggests a near one */
    return code == CARDEA_VALID ? "this is no denial" : NULL;
}

bool rule_capture(struct cardea_str segment, struct cardea_str *name)
{
    if (segment.len < 3 || segment.ptr[0] != '{' || segment.ptr[segment.len - 1] != '}')
        return false;
    *name = (struct cardea_str){segment.ptr + 1, segment.len - 2};
    return is_word(*name, LOWER, LOWER DIGITS "_", 32);
}

static const char *check_segment(struct cardea_str segment, struct cardea_str rest, size_t *captures)
{
    struct cardea_str name;
    if (str_eq(segment, STR("**")))
        return rest.ptr ? "`**` takes all that is left and stands last" : NULL;
    if (rule_capture(segment, &name))
        return ++*captures > CARDEA_CAPTURES_MAX ? "it has more than 4 captures" : NULL;
    if (segment.len == 0)
        return "it has an empty segment";
    if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
        return "`.` and `..` are resolved before a path gets here";
    /* RFC 3986 pchar without '*', which would be taken for a wildcard; '%' since paths are compared decoded. */
    for (size_t i = 0; i < segment.len; i++)
        if (!is_in(segment.ptr[i], LOWER UPPER DIGITS "-._~!$&'()+,;=:@"))
            return is_in(segment.ptr[i], "{}*") ? "a capture `{name}` or `**` takes a whole segment"
                                                : "a segment takes letters, digits and `-._~!$&'()+,;=:@`";
    return NULL;
}

const char *rule_path(struct cardea_str text)
{
    if (text.len == 0 || text.ptr[0] != '/')
        return "a path begins with `/`";
    if (text.len > PATH_BYTES_MAX)
        return "it is longer than 512 bytes";
    struct cardea_str rest = {text.ptr + 1, text.len - 1}, segment;
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--; /* one trailing slash is ignored */
    if (rest.len == 0)
        return text.len > 1 ? "it has an empty segment" : NULL;
    struct cardea_str names[CARDEA_CAPTURES_MAX];
    size_t captures = 0, segments = 0;
    while (str_cut(&rest, '/', &segment)) {
        const char *wrong = check_segment(segment, rest, &captures);
        if (wrong)
            return wrong;
        if (++segments > SEGMENTS_MAX)
            return "it has more than 32 segments";
        if (segment.ptr[0] != '{')
            continue;
        rule_capture(segment, &names[captures - 1]);
        for (size_t i = 0; i + 1 < captures; i++)
            if (str_eq(names[i], names[captures - 1]))
                return "it has the same capture twice";
    }
    return NULL;
}

const char *rule_group(struct cardea_str text)
{
    return is_word(text, LOWER UPPER DIGITS, LOWER UPPER DIGITS "-_.", 40)
               ? NULL
               : "it takes letters, digits and `-_.`, begins with a letter or digit, at most 40";
}

const char *rule_base(struct cardea_str text)
{
    const char *wrong = rule_path(text);
    if (wrong)
        return wrong;
    struct cardea_str rest = {text.ptr + 1, text.len - 1}, segment, name;
    if (rest.len == 0 || rest.ptr[rest.len - 1] == '/')
        return "it names a path without a slash at its end";
    while (str_cut(&rest, '/', &segment)) {
        if (str_eq(segment, STR("**")))
            return "it is one path: `**` has no place here";
        if (rule_capture(segment, &name) && !str_eq(name, STR("tenant")))
            return "the only capture here is `{tenant}`";
    }
    return NULL;
}

const char *rule_body(struct cardea_str text)
{
    return text.len && text.len <= 4096 ? NULL : "it takes 1 to 4096 bytes";
}

const char *rule_media_type(struct cardea_str text)
{
    const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
    bool right = slash && slash != text.ptr && slash[1] != '\0' && text.len <= 100 && is_printable(text, true);
    return right ? NULL : "a media type such as `application/json`";
}

const char *rule_env(struct cardea_str text)
{
    return is_word(text, UPPER "_", UPPER DIGITS "_", 64) ? NULL : "it takes A-Z, 0-9 and `_`, as in `ACME_API_KEY`";
}

const char *rule_credentials(struct cardea_str text)
{
    bool right = (str_starts(text, STR("~/")) || str_starts(text, STR("/"))) && text.len <= 200 &&
                 text.ptr[text.len - 1] != '/' && is_printable(text, false);
    return right ? NULL : "the path of a file that begins with `~/` or `/`";
}

const char *rule_dashboard_path(struct cardea_str text)
{
    const char *wrong = rule_base(text);
    return wrong ? wrong : memchr(text.ptr, '{', text.len) ? "a dashboard is at one path, without captures" : NULL;
}

/* What the dashboard has beside it, and what it may come to have. */
static const char *const pages[] = {"login",    "legacy", "agents", "members",  "messages", "policies",
                                    "webhooks", "audit",  "usage",  "settings", "accounts", "billing",
                                    "scan",     "assets", "v1",     "device"};

const char *rule_keys_path(struct cardea_str text)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        if (str_eq(text, str_of(pages[i])))
            return "the dashboard has another page of this name";
    return rule_name(text);
}

const char *rule_label(struct cardea_str text)
{
    return text.len && text.len <= 40 && is_printable(text, false) ? NULL : "it takes one line of 1 to 40 bytes";
}

const char *rule_noun(struct cardea_str text)
{
    return text.len && text.len <= 20 && is_printable(text, false) ? NULL : "it takes a word or two, of 1 to 20 bytes";
}

const char *rule_color(struct cardea_str text)
{
    return text.len == 7 && is_word(text, "#", DIGITS "abcdef", 7) ? NULL : "it takes `#` and six of 0-9 and a-f";
}

const char *rule_command_path(struct cardea_str text)
{
    const char *wrong = rule_path(text);
    return wrong ? wrong : memchr(text.ptr, '*', text.len) ? "a command asks one path: `**` has no place here" : NULL;
}

const char *rule_words(struct cardea_str text)
{
    struct cardea_str rest = text, noun;
    bool right = str_cut(&rest, ' ', &noun) && rest.ptr && !rule_name(noun) && !rule_name(rest);
    return right ? NULL : "two words of a-z, 0-9 and `-` with a space between, as in `assets list`";
}

const char *rule_flag(struct cardea_str text)
{
    static const char *const taken[] = {"api-url", "json", "quiet", "yes", "help", "token"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (str_eq(text, str_of(taken[i])))
            return "this flag has a meaning of its own";
    return rule_name(text);
}

const char *rule_member(struct cardea_str text)
{
    return is_word(text, LOWER UPPER "_", LOWER UPPER DIGITS "_-", 64)
               ? NULL
               : "it takes letters, digits, `_` and `-`, begins with a letter, at most 64";
}

const char *rule_cookie(struct cardea_str text)
{
    return is_word(text, LOWER UPPER "_", LOWER UPPER DIGITS "_-", 64)
               ? NULL
               : "a cookie's name takes letters, digits, `_` and `-`, begins with a letter, at most 64";
}

const char *rule_summary(struct cardea_str text)
{
    bool right = text.len && text.len <= 1000;
    for (size_t i = 0; right && i < text.len; i++)
        right = (unsigned char)text.ptr[i] >= 0x20 || text.ptr[i] == '\n';
    return right ? NULL : "it takes 1 to 1000 bytes of text";
}

const char *rule_upstream(struct cardea_str text)
{
    struct cardea_str host = text, port = {0};
    bool right = str_starts(text, STR("http://")) || str_starts(text, STR("https://"));
    if (right) {
        size_t scheme = (size_t)((const char *)memchr(text.ptr, ':', text.len) - text.ptr) + 3;
        host = (struct cardea_str){text.ptr + scheme, text.len - scheme};
        port = host;
        str_cut(&port, ':', &host);
    }
    int number = 0;
    for (size_t i = 0; port.ptr && i < port.len && right; i++) {
        right = is_in(port.ptr[i], DIGITS) && number < 65536;
        number = number * 10 + (port.ptr[i] - '0');
    }
    right = right && !rule_host(host) && (!port.ptr || (number > 0 && number < 65536));
    return right ? NULL : "an origin such as `http://127.0.0.1:9000`: scheme, host and port alone";
}

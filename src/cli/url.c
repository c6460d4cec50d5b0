#include "cli/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>

#include "base/str.h"

static bool ends_with(struct cardea_str s, struct cardea_str end)
{
    return s.len >= end.len && str_eq_nocase((struct cardea_str){s.ptr + s.len - end.len, end.len}, end);
}

/* Names that never leave the machine (RFC 6761, 6.3; libcurl resolves them itself), and its addresses. */
static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    struct cardea_str name = str_of(host);
    if (str_eq_nocase(name, STR("localhost")) || ends_with(name, STR(".localhost")))
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && memcmp(&v6, &in6addr_loopback, sizeof(v6)) == 0;
}

static const char *url_part(CURLU *u, CURLUPart part, unsigned flags, struct arena *a)
{
    char *text = NULL;
    if (curl_url_get(u, part, &text, flags) != CURLUE_OK)
        return NULL;
    const char *copy = arena_cstr(a, str_of(text));
    curl_free(text);
    return copy;
}

static const char *check_parts(CURLU *u, struct arena *a, struct cli_url *out)
{
    const char *scheme = url_part(u, CURLUPART_SCHEME, 0, a);
    const char *host = url_part(u, CURLUPART_HOST, 0, a);
    const char *port = url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, a);
    const char *path = url_part(u, CURLUPART_PATH, 0, a);
    if (!scheme || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return "it starts with neither http:// nor https://";
    if (url_part(u, CURLUPART_USER, 0, a) || url_part(u, CURLUPART_PASSWORD, 0, a))
        return "it holds a user or password; keys go into the environment or the credentials file";
    if (url_part(u, CURLUPART_QUERY, 0, a) || url_part(u, CURLUPART_FRAGMENT, 0, a))
        return "it has a query or a fragment";
    if (!host || !*host || !port || !path)
        return "it names no host";
    struct cardea_str bare = str_of(host);
    if (bare.len > 2 && bare.ptr[0] == '[')
        bare = (struct cardea_str){bare.ptr + 1, bare.len - 2};
    char *lower = arena_cstr(a, bare);
    for (char *p = lower; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    out->host = lower;
    out->port = (unsigned)strtoul(port, NULL, 10);
    out->tls = strcmp(scheme, "https") == 0;
    out->port_given = out->port != (out->tls ? 443u : 80u);
    out->loopback = is_loopback(lower);
    struct cardea_str rest = str_of(path);
    while (rest.len > 0 && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    const char *shown_port = out->port_given ? arena_printf(a, ":%u", out->port).ptr : "";
    out->base = arena_printf(a, "%s://%s%s%.*s", scheme, host, shown_port, STR_ARG(rest)).ptr;
    return NULL;
}

bool cli_url_parse(struct arena *a, const char *text, struct cli_url *out, const char **why)
{
    *out = (struct cli_url){0};
    CURLU *u = curl_url();
    if (!u)
        abort();
    *why = curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK
               ? check_parts(u, a, out)
               : "it is not a URL such as http://localhost:8080";
    curl_url_cleanup(u);
    return *why == NULL;
}

const char *cli_url_host_header(struct arena *a, const struct cli_url *url, const struct profile *profile)
{
    if (!profile || !url->loopback)
        return NULL;
    const char *found = NULL;
    for (size_t i = 0; i < profile->core.host_count; i++) {
        const char *host = profile->core.hosts[i];
        if (strcmp(host, url->host) == 0)
            return NULL;
        if (!found && ends_with(str_of(host), STR(".localhost")))
            found = host;
    }
    if (!found || !url->port_given)
        return found;
    return arena_printf(a, "%s:%u", found, url->port).ptr;
}

const char *cli_url_encode(struct arena *a, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t len = strlen(text);
    char *out = arena_alloc(a, len * 3 + 1), *p = out;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c);
        if (plain) {
            *p++ = (char)c;
            continue;
        }
        *p++ = '%', *p++ = hex[c >> 4], *p++ = hex[c & 15];
    }
    *p = '\0';
    return out;
}

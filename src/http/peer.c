#include "http/peer.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/str.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Cuts brackets and a port off: "[::1]:80", "10.0.0.1:80". */
static struct cardea_str bare(struct cardea_str s)
{
    if (s.len && s.ptr[0] == '[') {
        const char *end = memchr(s.ptr, ']', s.len);
        return end ? (struct cardea_str){s.ptr + 1, (size_t)(end - s.ptr) - 1} : (struct cardea_str){0};
    }
    const char *colon = s.len ? memchr(s.ptr, ':', s.len) : NULL;
    bool only_one = colon && !memchr(colon + 1, ':', s.len - (size_t)(colon + 1 - s.ptr));
    return only_one ? (struct cardea_str){s.ptr, (size_t)(colon - s.ptr)} : s;
}

bool peer_parse(struct cardea_str text, uint8_t out[16])
{
    char buf[PEER_TEXT_MAX];
    text = bare(str_trim(text));
    if (!text.len || text.len >= sizeof(buf))
        return false;
    memcpy(buf, text.ptr, text.len);
    buf[text.len] = '\0';
    if (inet_pton(AF_INET6, buf, out) == 1)
        return true;
    memcpy(out, mapped, sizeof(mapped));
    return inet_pton(AF_INET, buf, out + 12) == 1;
}

void peer_format(const uint8_t ip[16], char out[PEER_TEXT_MAX])
{
    bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip + 12 : ip, out, PEER_TEXT_MAX))
        out[0] = '\0';
}

static bool parse_bits(struct cardea_str text, unsigned max, uint8_t *out)
{
    unsigned value = 0;
    if (!text.len || text.len > 3)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *out = (uint8_t)value;
    return value <= max;
}

static bool parse_network(struct cardea_str text, struct cardea_network *out)
{
    struct cardea_str rest = text, address;
    if (!str_cut(&rest, '/', &address) || !peer_parse(address, out->address))
        return false;
    bool v4 = memcmp(out->address, mapped, sizeof(mapped)) == 0 && memchr(address.ptr, '.', address.len);
    out->prefix_len = 128;
    if (!rest.ptr)
        return true;
    if (!parse_bits(rest, v4 ? 32 : 128, &out->prefix_len))
        return false;
    out->prefix_len = (uint8_t)(out->prefix_len + (v4 ? 96 : 0));
    return true;
}

bool peer_list_parse(struct peer_list *list, struct cardea_str text, struct cardea_why *why)
{
    struct cardea_str piece;
    *list = (struct peer_list){0};
    while (str_cut(&text, ',', &piece)) {
        piece = str_trim(piece);
        if (!piece.len)
            continue;
        if (str_eq(piece, STR("unix"))) {
            list->unix_socket = true;
            continue;
        }
        if (list->count == PEER_LIST_MAX) {
            snprintf(why->text, sizeof(why->text), "more than %d networks", PEER_LIST_MAX);
            return false;
        }
        if (!parse_network(piece, &list->items[list->count])) {
            snprintf(why->text, sizeof(why->text), "\"%.*s\" is no address, no network (10.0.0.0/8) and not \"unix\"",
                     (int)(piece.len > 80 ? 80 : piece.len), piece.ptr);
            return false;
        }
        list->count++;
    }
    return true;
}

static bool network_has(const struct cardea_network *n, const uint8_t ip[16])
{
    unsigned bytes = n->prefix_len / 8, bits = n->prefix_len % 8;
    if (memcmp(n->address, ip, bytes) != 0)
        return false;
    return !bits || ((n->address[bytes] ^ ip[bytes]) & (uint8_t)(0xff << (8 - bits))) == 0;
}

bool peer_list_has(const struct peer_list *list, const uint8_t ip[16])
{
    for (size_t i = 0; i < list->count; i++)
        if (network_has(&list->items[i], ip))
            return true;
    return false;
}

bool peer_forwarded(const struct peer_list *trusted, struct cardea_str header, uint8_t out[16])
{
    bool found = false;
    while (header.len) {
        size_t at = header.len;
        while (at && header.ptr[at - 1] != ',')
            at--;
        uint8_t ip[16];
        /* What does not parse was written by whoever stands before the last address that did. */
        if (!peer_parse((struct cardea_str){header.ptr + at, header.len - at}, ip))
            return found;
        memcpy(out, ip, sizeof(ip));
        found = true;
        if (!peer_list_has(trusted, ip))
            return true;
        header.len = at ? at - 1 : 0;
    }
    return found;
}

/* http/peer.h - addresses: whom we talk to, and for whom that one may speak. */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <cardea/cardea.h>

#define PEER_TEXT_MAX 46
#define PEER_LIST_MAX 64

/* IPv4 or IPv6 text to 16 bytes (::ffff:a.b.c.d); brackets and a port are allowed. */
bool peer_parse(struct cardea_str text, uint8_t out[16]);
void peer_format(const uint8_t ip[16], char out[PEER_TEXT_MAX]);

struct peer_list {
    struct cardea_network items[PEER_LIST_MAX];
    size_t count;
    bool unix_socket; /* a peer on the unix socket counts too */
};

/* "10.0.0.0/8, ::1, unix"; false when some part is none of these, or too many. */
bool peer_list_parse(struct peer_list *list, struct cardea_str text, struct cardea_why *why);
bool peer_list_has(const struct peer_list *list, const uint8_t ip[16]);

/* Whom X-Forwarded-For names when a trusted peer sent it: the rightmost address that is not itself trusted, else the
 * leftmost. False when there is none to be read. */
bool peer_forwarded(const struct peer_list *trusted, struct cardea_str header, uint8_t out[16]);

#endif

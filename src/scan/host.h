/* scan/host.h - hosts that a text names: where they stand, what they are called, what is odd about them. */
#ifndef SCAN_HOST_H
#define SCAN_HOST_H

#include <cardea/scan_types.h>

#include "scan/fold.h"

#define HOST_NAME_MAX_LEN 255

struct host {
    size_t start, end; /* in the text that was searched */
    size_t name_len;
    char name[HOST_NAME_MAX_LEN]; /* lower case, punycode, without a trailing dot; an address as it stood */
    unsigned traits;              /* bit i: enum cardea_scan_host_trait i */
    bool in_url;
};

/* Called for each host, in the text's order; false ends the search. */
typedef bool (*host_found_fn)(void *arg, const struct host *h);
void host_find(struct cardea_str text, const struct fold *f, host_found_fn found, void *arg);

/* Fills name and traits from what stands in a text: "Example.COM.", "xn--...", "0x7f.1", "[::1]". False when that is no
 * host. `in_url` says that a scheme stands before it, which lets single labels and numbers be hosts. */
bool host_parse(struct host *h, struct cardea_str text, bool in_url, const struct fold *f);

/* The host is the domain or beneath it. Both are in lower case. */
bool host_is_under(struct cardea_str host, struct cardea_str domain);
/* Where the part begins that somebody registered: `b.example.co.uk` -> 2. A list of the usual public suffixes only. */
size_t host_registered_at(struct cardea_str host);
/* The last label is a top-level domain that bare names in a text may have. */
bool host_has_tld(struct cardea_str host);
/* What is compared of a name when the question is what it looks like. Borrows the host's text. */
#define HOST_LOOK_MAX 256
struct host_look {
    struct cardea_str host, label;
    size_t len;
    char skeleton[HOST_LOOK_MAX]; /* of the label that was registered */
};
void host_look_at(struct host_look *look, struct cardea_str host, const struct fold *f);
/* It looks as if it were `domain` without being it or beneath it: letters that look alike, one letter off, the name
 * with words around it. */
bool host_looks_like(const struct host_look *look, const struct host_look *domain);

#endif

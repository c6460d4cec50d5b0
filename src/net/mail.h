/* net/mail.h - one mail to one recipient, through an operator's relay (SMTP). Blocking, bounded in time.
 *
 * Whatever the texts hold, the header section is what is written here: a line break in any of them refuses the mail. */
#ifndef NET_MAIL_H
#define NET_MAIL_H

#include "net/send.h"

/* The relay, as the operator says. smtp:// asks for TLS (STARTTLS) unless the relay is on this machine; smtps:// begins
 * with it. */
struct net_relay {
    const char *url;  /* "smtp://mail.example.com:587" */
    const char *user; /* NULL: nobody logs in */
    struct cardea_str password;
    const char *ca_file;   /* PEM, NULL: the system's */
    long total_timeout_ms; /* 0: 30 s */
};

struct net_part {
    const char *name, *type; /* of a file; "text/csv" */
    struct cardea_str text;  /* UTF-8 */
};

struct net_mail {
    const char *from, *from_name, *to; /* addresses; the name may be NULL */
    const char *subject;               /* UTF-8, one line */
    const char *message_id;            /* "ID@HOST", without brackets */
    int64_t date;                      /* unix seconds */
    struct cardea_str body;            /* UTF-8 */
    const struct net_part *parts;      /* attached */
    size_t part_count;
};

/* False with one line that says why not. */
bool net_relay_check(const char *url, char why[NET_WHY_MAX]);

/* NET_OK: the relay has taken it. Else reply->status is the relay's code when it refused the mail or its recipient
 * (5xx: for good), 0 for all else. net_reply_release() afterwards. */
enum net_result net_mail_send(const struct net_relay *relay, const struct net_mail *mail, struct net_reply *reply);

/* A header's value from UTF-8, by RFC 2047 where it is not plain ASCII, folded; `used` is the length of what stands
 * before it in its line. False for what holds control characters. */
bool net_mail_header(struct buf *out, const char *text, size_t used);

#endif

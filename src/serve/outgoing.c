#include "serve/outgoing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "service/deliveries.h"
#include "service/message_text.h"
#include "service/reminder_mail.h"

#define PASSWORD_MAX 256

static bool is_mail_address(const char *text)
{
    struct arena arena = {0};
    struct service_call c = {.arena = &arena};
    struct cardea_str address;
    enum store_channel channel;
    bool ok = message_address(&c, str_of(text), &channel, &address) == SERVICE_OK && channel == STORE_CHANNEL_SMTP &&
              str_eq(address, str_of(text));
    arena_release(&arena);
    return ok;
}

bool outgoing_check(const struct serve_options *o, struct buf *errors)
{
    char why[NET_WHY_MAX];
    size_t before = errors->len;
    if (o->smtp_url && !net_relay_check(o->smtp_url, why))
        buf_printf(errors, "smtp-url: %s\n", why); /* not shown: it may hold a password */
    if (o->smtp_url && !o->smtp_from)
        buf_add_cstr(errors, "smtp-from: mail needs an address that it is from\n");
    if (o->smtp_from && !is_mail_address(o->smtp_from))
        buf_printf(errors, "smtp-from: `%s` is no e-mail address such as agents@example.com\n", o->smtp_from);
    if ((o->smtp_user != NULL) != (o->smtp_password_file != NULL))
        buf_add_cstr(errors, "smtp-user, smtp-password-file: one goes with the other\n");
    if (o->reminder_mail && !o->smtp_url)
        buf_add_cstr(errors, "reminder-mail: mail needs a relay: smtp-url and smtp-from\n");
    if ((o->smtp_from || o->smtp_user) && !o->smtp_url)
        buf_add_cstr(errors, "smtp-url: the other smtp options need it\n");
    return errors->len == before;
}

static bool read_password(struct daemon *d, struct cardea_why *why)
{
    const char *path = d->options.smtp_password_file;
    struct cardea_str text;
    if (!path)
        return true;
    if (!file_read(&d->now->arena, path, PASSWORD_MAX, &text)) {
        snprintf(why->text, sizeof(why->text), "smtp-password-file: %s cannot be read: %s", path, strerror(errno));
        return false;
    }
    while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    d->smtp_password = text;
    return true;
}

bool outgoing_open(struct daemon *d, struct cardea_why *why)
{
    const struct serve_options *o = &d->options;
    if (!read_password(d, why))
        return false;
    struct deliveries_options options = {
        .push_private = o->push_private,
        .push_ca_file = o->push_ca_file,
        .relay = {.url = o->smtp_url, .user = o->smtp_user, .password = d->smtp_password, .ca_file = o->smtp_ca_file},
        .mail_from = o->smtp_from,
        .retry_ms = o->delivery_retry_sec * 1000,
        .attempts = o->delivery_attempts,
    };
    d->svc.messages_keep_sec = o->messages_keep_sec;
    struct reminder_mail_options mails = {
        .relay = options.relay, .from = options.mail_from, .retry_ms = options.retry_ms, .attempts = options.attempts};
    return deliveries_start(&d->svc.deliveries, &d->svc, &options, why) &&
           (!o->reminder_mail || reminder_mail_start(&d->svc.reminder_mail, &d->svc, &mails, why));
}

bool outgoing_close(struct daemon *d)
{
    bool ended = deliveries_stop(d->svc.deliveries);
    ended &= reminder_mail_stop(d->svc.reminder_mail);
    if (ended && d->smtp_password.len)
        cardea_wipe((char *)(uintptr_t)d->smtp_password.ptr, d->smtp_password.len);
    return ended;
}

#include "serve/outgoing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "service/deliveries.h"
#include "service/message_text.h"
#include "service/networks.h"
#include "service/reminder_mail.h"
#include "service/webhook_sender.h"

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

/* What the lists say, or each mistake. */
static bool read_webhooks(struct arena *a, const struct serve_options *o, struct webhooks_options *out,
                          struct buf *errors)
{
    size_t before = errors->len;
    struct cardea_network *networks = arena_array(a, o->webhook_networks.count + 1, sizeof(*networks));
    for (size_t i = 0; i < o->webhook_networks.count; i++)
        if (network_parse(str_of(o->webhook_networks.items[i]), &networks[i]) != NETWORK_OK)
            buf_printf(errors, "webhook-networks: `%s` is no network such as 10.0.0.0/8\n",
                       o->webhook_networks.items[i]);
    *out = (struct webhooks_options){.allow_http = o->webhook_http,
                                     .allowed = networks,
                                     .allowed_count = o->webhook_networks.count,
                                     .ca_file = o->webhook_ca_file,
                                     .retry_count = o->webhook_retry.count,
                                     .failing_sec = o->webhook_failing_sec};
    if (out->retry_count > WEBHOOKS_RETRIES_MAX)
        buf_printf(errors, "webhook-retry: %d waits at most\n", WEBHOOKS_RETRIES_MAX);
    for (size_t i = 0; i < out->retry_count && i < WEBHOOKS_RETRIES_MAX; i++) {
        int64_t sec;
        if (!timefmt_parse_duration(str_of(o->webhook_retry.items[i]), &sec) || sec < 1 || sec > 86400)
            buf_printf(errors, "webhook-retry: `%s` is no time from 1s to 24h\n", o->webhook_retry.items[i]);
        else
            out->retry_ms[i] = sec * 1000;
    }
    return errors->len == before;
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
    struct arena arena = {0};
    struct webhooks_options webhooks;
    read_webhooks(&arena, o, &webhooks, errors);
    arena_release(&arena);
    return errors->len == before;
}

static bool open_webhooks(struct daemon *d, struct cardea_why *why)
{
    struct buf errors; /* there are none: the options were checked */
    struct webhooks_options options;
    buf_init(&errors, 4096);
    read_webhooks(&d->now->arena, &d->options, &options, &errors);
    buf_release(&errors);
    d->svc.webhooks_keep_sec = d->options.webhook_keep_sec;
    return webhooks_start(&d->svc, &options, why);
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
    /* Webhooks last, as they end first: they ask for mails. */
    return (!o->reminder_mail || reminder_mail_start(&d->svc.reminder_mail, &d->svc, &mails, why)) &&
           deliveries_start(&d->svc.deliveries, &d->svc, &options, why) && open_webhooks(d, why);
}

bool outgoing_close(struct daemon *d)
{
    bool told = webhooks_stop(d->svc.webhooks), ended = deliveries_stop(d->svc.deliveries);
    ended &= reminder_mail_stop(d->svc.reminder_mail);
    if (ended && d->smtp_password.len)
        cardea_wipe((char *)(uintptr_t)d->smtp_password.ptr, d->smtp_password.len);
    return told && ended;
}

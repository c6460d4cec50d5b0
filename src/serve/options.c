#include "serve/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "http/host.h"
#include "http/metrics.h"
#include "judge/judge.h"
#include "serve/outgoing.h"

#define FIELD(name) offsetof(struct serve_options, name)

static const struct option_def defs[] = {
    {.name = "config",
     .type = OPTION_PATH,
     .offset = FIELD(config),
     .placeholder = "FILE",
     .help = "Configuration file (YAML); the command line wins over it.",
     .env = "CARDEA_CONFIG",
     .where = OPTION_CLI | OPTION_LIVE},
    {.name = "data",
     .type = OPTION_PATH,
     .offset = FIELD(data),
     .placeholder = "DIR",
     .help =
         "Folder of the store and the master key, made with mode 0710. Default: /var/lib/cardea, ./var with --demo.",
     .where = OPTION_ANYWHERE},
    {.name = "runtime",
     .type = OPTION_PATH,
     .offset = FIELD(runtime),
     .placeholder = "DIR",
     .help =
         "Folder of the snapshot and the activity files, made with mode 0750, group cardea where there is one; best "
         "on tmpfs. Default: run in the data folder.",
     .where = OPTION_ANYWHERE},
    {.name = "store",
     .type = OPTION_STRING,
     .offset = FIELD(store),
     .placeholder = "URL",
     .help = "Where keys are kept. Default: sqlite:DATA/cardea.db.",
     .where = OPTION_ANYWHERE},
    {.name = "listen",
     .type = OPTION_STRING,
     .offset = FIELD(listen),
     .fallback = "127.0.0.1:8080",
     .placeholder = "ADDR",
     .help = "HOST:PORT, PORT (on loopback) or unix:PATH.",
     .where = OPTION_ANYWHERE},
    {.name = "listen-public",
     .type = OPTION_BOOL,
     .offset = FIELD(listen_public),
     .help = "Allow an address that other machines reach. Meant for tests: put nginx in front instead.",
     .where = OPTION_ANYWHERE},
    {.name = "profiles",
     .type = OPTION_PATH,
     .offset = FIELD(profiles),
     .placeholder = "DIR",
     .help = "Folder of *.yaml profiles beside the compiled-in ones; those of the same name replace them.",
     .env = "CARDEA_PROFILES",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "issuers",
     .type = OPTION_PATH,
     .offset = FIELD(issuers),
     .placeholder = "FILE",
     .help = "Other issuers whose tokens log people in (YAML; docs/reference/issuers.md). Default: none.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "admin-hosts",
     .type = OPTION_LIST,
     .offset = FIELD(admin_hosts),
     .placeholder = "HOST",
     .help = "Host names that answer the native API beside localhost and the loopback addresses.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "trusted-proxies",
     .type = OPTION_LIST,
     .offset = FIELD(trusted_proxies),
     .fallback = "127.0.0.0/8,::1,unix",
     .placeholder = "NET",
     .help = "Peers whose X-Forwarded-* and X-Original-* headers count: addresses, networks, or unix for a socket's.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "threads",
     .type = OPTION_INT,
     .offset = FIELD(threads),
     .placeholder = "N",
     .help = "Event loops. Default: one a core.",
     .where = OPTION_ANYWHERE,
     .min = 0,
     .max = METRICS_SHARDS_MAX},
    {.name = "session-ttl",
     .type = OPTION_DURATION,
     .offset = FIELD(session_ttl_sec),
     .fallback = "24h",
     .placeholder = "TIME",
     .help = "How long a log-in lasts.",
     .where = OPTION_ANYWHERE | OPTION_LIVE,
     .min = 60,
     .max = 90 * 86400},
    {.name = "master-key-file",
     .type = OPTION_PATH,
     .offset = FIELD(master_key_file),
     .placeholder = "FILE",
     .help = "The key that seals secrets in the store (64 hexadecimal digits). Default: master.key in the data folder, "
             "made at the first start.",
     .where = OPTION_ANYWHERE},
    {.name = "audit-origin",
     .type = OPTION_STRING,
     .offset = FIELD(audit_origin),
     .placeholder = "NAME",
     .help =
         "What the audit log is called in its checkpoints, such as keys.example.com/audit. Said at the first start, "
         "it stays so. Default: one of the deployment's id.",
     .where = OPTION_ANYWHERE},
    {.name = "audit-keep",
     .type = OPTION_DURATION,
     .offset = FIELD(audit_keep_sec),
     .fallback = "0s",
     .placeholder = "TIME",
     .help = "How long audit records are kept; 0 for ever. Their hashes stay, so that what is left can be proven.",
     .where = OPTION_ANYWHERE,
     .min = 0,
     .max = INT64_C(100) * 366 * 86400},
    {.name = "audit-addresses-keep",
     .type = OPTION_DURATION,
     .offset = FIELD(audit_addresses_keep_sec),
     .fallback = "0s",
     .placeholder = "TIME",
     .help = "How long the addresses beside them are kept; 0 as long as the records.",
     .where = OPTION_ANYWHERE,
     .min = 0,
     .max = INT64_C(100) * 366 * 86400},
    {.name = "max-staleness",
     .type = OPTION_DURATION,
     .offset = FIELD(max_staleness_sec),
     .fallback = "0s",
     .placeholder = "TIME",
     .help = "How old key data may be once the daemon is gone; 0 for any age, as is right on a single node.",
     .where = OPTION_ANYWHERE,
     .min = 0,
     .max = 86400},
    {.name = "on-stale",
     .type = OPTION_STRING,
     .offset = FIELD(on_stale),
     .fallback = "deny",
     .placeholder = "deny|serve",
     .help = "What the daemon's own decisions do past that age.",
     .where = OPTION_ANYWHERE},
    {.name = "ai",
     .type = OPTION_STRING,
     .offset = FIELD(ai),
     .fallback = "on",
     .placeholder = "on|off",
     .help = "Whether a language model is asked about scanned texts, once it has a key or an address below "
             "(docs/how-to/ai-layer.md).",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "ai-url",
     .type = OPTION_STRING,
     .offset = FIELD(ai_url),
     .placeholder = "URL",
     .help = "The base of an API that speaks OpenAI's chat completions. One that is named here needs no key. Default: "
             "https://api.openai.com/v1.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "ai-model",
     .type = OPTION_STRING,
     .offset = FIELD(ai_model),
     .fallback = "gpt-4o-mini",
     .placeholder = "NAME",
     .help = "The model that is asked.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "ai-key-file",
     .type = OPTION_PATH,
     .offset = FIELD(ai_key_file),
     .placeholder = "FILE",
     .help = "Holds the key for that API. Default: the environment's OPENAI_API_KEY.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "ai-ca-file",
     .type = OPTION_PATH,
     .offset = FIELD(ai_ca_file),
     .placeholder = "FILE",
     .help = "Authorities that vouch for that server (PEM). Default: the system's.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "ai-allow-http",
     .type = OPTION_BOOL,
     .offset = FIELD(ai_allow_http),
     .help = "Allow http:// to another machine: whoever is between reads the texts and the key.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "ai-requests-per-minute",
     .type = OPTION_INT,
     .offset = FIELD(ai_requests_per_minute),
     .fallback = "100",
     .placeholder = "N",
     .help = "At most so many questions in any 60 seconds; what is over is judged by rules alone.",
     .where = OPTION_ANYWHERE | OPTION_LIVE,
     .min = 1,
     .max = JUDGE_BUDGET_MAX},
    {.name = "ai-timeout-ms",
     .type = OPTION_INT,
     .offset = FIELD(ai_timeout_ms),
     .fallback = "2000",
     .placeholder = "N",
     .help = "How long a scan waits for an answer, in milliseconds.",
     .where = OPTION_ANYWHERE | OPTION_LIVE,
     .min = 10,
     .max = JUDGE_TIMEOUT_MAX},
    {.name = "leak-keys",
     .type = OPTION_PATH,
     .offset = FIELD(leak_keys),
     .placeholder = "FILE",
     .help = "Public keys of those who may report leaked keys (JSON; docs/reference/leaks.md). Default: none, and "
             "nobody may.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "leak-action",
     .type = OPTION_STRING,
     .offset = FIELD(leak_action),
     .fallback = "revoke",
     .placeholder = "revoke|flag",
     .help = "What becomes of a leaked key: revoked at once, or only told of by the event key.leaked.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "push-private",
     .type = OPTION_BOOL,
     .offset = FIELD(push_private),
     .help = "Push messages to private addresses too, and to this machine also by http://. For tests, and for networks "
             "of your own.",
     .where = OPTION_ANYWHERE},
    {.name = "push-ca-file",
     .type = OPTION_PATH,
     .offset = FIELD(push_ca_file),
     .placeholder = "FILE",
     .help = "Authorities (PEM) that vouch for endpoints that messages are pushed to. Default: the system's.",
     .where = OPTION_ANYWHERE},
    {.name = "smtp-url",
     .type = OPTION_STRING,
     .offset = FIELD(smtp_url),
     .placeholder = "URL",
     .help = "Relay for mail that agents send, and for reminders: smtp://HOST:PORT (STARTTLS, unless it is this "
             "machine) or "
             "smtps://HOST:PORT. Default: none, no mail is sent.",
     .where = OPTION_ANYWHERE},
    {.name = "smtp-from",
     .type = OPTION_STRING,
     .offset = FIELD(smtp_from),
     .placeholder = "ADDRESS",
     .help = "Address that such mail is from; with smtp-url.",
     .where = OPTION_ANYWHERE},
    {.name = "smtp-user",
     .type = OPTION_STRING,
     .offset = FIELD(smtp_user),
     .placeholder = "NAME",
     .help = "Who logs in at the relay; with smtp-password-file.",
     .where = OPTION_ANYWHERE},
    {.name = "smtp-password-file",
     .type = OPTION_PATH,
     .offset = FIELD(smtp_password_file),
     .placeholder = "FILE",
     .help = "File with the password, read at the start.",
     .where = OPTION_ANYWHERE},
    {.name = "smtp-ca-file",
     .type = OPTION_PATH,
     .offset = FIELD(smtp_ca_file),
     .placeholder = "FILE",
     .help = "Authorities (PEM) that vouch for the relay. Default: the system's.",
     .where = OPTION_ANYWHERE},
    {.name = "reminder-mail",
     .type = OPTION_BOOL,
     .offset = FIELD(reminder_mail),
     .help =
         "Mail the owners and admins of an account before its keys expire or are to be rotated, and when one of its "
         "webhooks was disabled (docs/reference/reminders.md); with smtp-url.",
     .where = OPTION_ANYWHERE},
    {.name = "delivery-retry",
     .type = OPTION_DURATION,
     .offset = FIELD(delivery_retry_sec),
     .fallback = "5s",
     .placeholder = "TIME",
     .help = "Wait after a first failed delivery or mail; each further one is four times as long, up to 12 hours.",
     .where = OPTION_ANYWHERE,
     .min = 1,
     .max = 3600},
    {.name = "delivery-attempts",
     .type = OPTION_INT,
     .offset = FIELD(delivery_attempts),
     .fallback = "10",
     .placeholder = "N",
     .help = "Attempts before a message is given up.",
     .where = OPTION_ANYWHERE,
     .min = 1,
     .max = 20},
    {.name = "messages-keep",
     .type = OPTION_DURATION,
     .offset = FIELD(messages_keep_sec),
     .fallback = "7d",
     .placeholder = "TIME",
     .help = "How long messages are kept once they were acknowledged, delivered outside or given up.",
     .where = OPTION_ANYWHERE,
     .min = 60,
     .max = 366 * 86400},
    {.name = "webhook-networks",
     .type = OPTION_LIST,
     .offset = FIELD(webhook_networks),
     .placeholder = "NET",
     .help = "Private networks (CIDR) that webhooks are sent to. Without them every address has to be public.",
     .where = OPTION_ANYWHERE},
    {.name = "webhook-http",
     .type = OPTION_BOOL,
     .offset = FIELD(webhook_http),
     .help = "Send webhooks to http:// too: whoever is between reads what happens in the account.",
     .where = OPTION_ANYWHERE},
    {.name = "webhook-ca-file",
     .type = OPTION_PATH,
     .offset = FIELD(webhook_ca_file),
     .placeholder = "FILE",
     .help = "Authorities (PEM) that vouch for webhook endpoints. Default: the system's.",
     .where = OPTION_ANYWHERE},
    {.name = "webhook-retry",
     .type = OPTION_LIST,
     .offset = FIELD(webhook_retry),
     .fallback = "5s,5m,30m,2h,5h,10h,10h",
     .placeholder = "TIME",
     .help = "Waits after the first failed attempt, the second, and so on; then a webhook is given up.",
     .where = OPTION_ANYWHERE},
    {.name = "webhook-failing",
     .type = OPTION_DURATION,
     .offset = FIELD(webhook_failing_sec),
     .fallback = "5d",
     .placeholder = "TIME",
     .help = "An endpoint at which everything failed for so long is disabled.",
     .where = OPTION_ANYWHERE,
     .min = 1,
     .max = 366 * 86400},
    {.name = "webhook-keep",
     .type = OPTION_DURATION,
     .offset = FIELD(webhook_keep_sec),
     .fallback = "30d",
     .placeholder = "TIME",
     .help = "How long the log of deliveries is kept, dead letters too.",
     .where = OPTION_ANYWHERE,
     .min = 3 * 86400,
     .max = 3660 * 86400},
    {.name = "events-keep",
     .type = OPTION_DURATION,
     .offset = FIELD(events_keep_sec),
     .fallback = "90d",
     .placeholder = "TIME",
     .help =
         "How long events are kept, and in any case as long as a delivery of them (webhook-keep); 0 for ever. Audit "
         "records are another thing: audit-keep.",
     .where = OPTION_ANYWHERE,
     .min = 0,
     .max = INT64_C(3660) * 86400},
    {.name = "usage-keep",
     .type = OPTION_DURATION,
     .offset = FIELD(usage_keep_sec),
     .fallback = "400d",
     .placeholder = "TIME",
     .help = "How long hourly counts of key use are kept (docs/reference/usage.md); 0 for ever.",
     .where = OPTION_ANYWHERE,
     .min = 0,
     .max = INT64_C(3660) * 86400},
    {.name = "log-level",
     .type = OPTION_STRING,
     .offset = FIELD(log_level),
     .fallback = "info",
     .placeholder = "LEVEL",
     .help = "error, warn, info or debug.",
     .where = OPTION_ANYWHERE | OPTION_LIVE},
    {.name = "demo",
     .type = OPTION_BOOL,
     .offset = FIELD(demo),
     .help = "Make accounts, people and keys to try things with, and say how.",
     .where = OPTION_CLI},
};

const struct option_table serve_option_table = {
    .command = "cardea serve",
    .summary = "Runs the daemon: the native API, the profiles' hosts, the snapshot for all who decide on this machine.",
    .defs = defs,
    .count = sizeof(defs) / sizeof(defs[0]),
    .config = "config",
};

static bool check_words(struct serve_options *o, struct buf *errors)
{
    bool ok = true;
    if (!log_level_parse(str_of(o->log_level), &o->level)) {
        buf_printf(errors, "log-level: `%s` is none of error, warn, info, debug\n", o->log_level);
        ok = false;
    }
    o->serve_stale = strcmp(o->on_stale, "serve") == 0;
    if (!o->serve_stale && strcmp(o->on_stale, "deny") != 0) {
        buf_printf(errors, "on-stale: `%s` is neither deny nor serve\n", o->on_stale);
        ok = false;
    }
    o->leaks_flag = strcmp(o->leak_action, "flag") == 0;
    if (!o->leaks_flag && strcmp(o->leak_action, "revoke") != 0) {
        buf_printf(errors, "leak-action: `%s` is neither revoke nor flag\n", o->leak_action);
        ok = false;
    }
    return ok;
}

static bool check_hosts(struct arena *a, struct serve_options *o, struct buf *errors)
{
    bool ok = true;
    const char **hosts = arena_array(a, o->admin_hosts.count + 1, sizeof(*hosts));
    for (size_t i = 0; i < o->admin_hosts.count; i++) {
        struct cardea_str given = str_of(o->admin_hosts.items[i]), host = host_without_port(given);
        if (!host.len || host.len != given.len) {
            buf_printf(errors, "admin-hosts: `%s` is not a host name without port\n", o->admin_hosts.items[i]);
            ok = false;
        }
        hosts[i] = o->admin_hosts.items[i];
    }
    o->policy.admin_hosts = hosts;
    o->policy.admin_host_count = o->admin_hosts.count;

    struct buf joined;
    struct cardea_why why;
    buf_init(&joined, 64 * 1024);
    for (size_t i = 0; i < o->trusted_proxies.count; i++)
        buf_printf(&joined, "%s,", o->trusted_proxies.items[i]);
    if (!peer_list_parse(&o->policy.trusted_proxies, buf_str(&joined), &why)) {
        buf_printf(errors, "trusted-proxies: %s\n", why.text);
        ok = false;
    }
    buf_release(&joined);
    return ok;
}

static void fill_in(struct arena *a, struct serve_options *o)
{
    if (!o->data)
        o->data = o->demo ? "./var" : "/var/lib/cardea";
    if (!o->runtime)
        o->runtime = arena_printf(a, "%s/run", o->data).ptr;
    if (!o->store)
        o->store = arena_printf(a, "sqlite:%s/cardea.db", o->data).ptr;
    if (!o->threads) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        o->threads = cores < 1 ? 1 : cores > METRICS_SHARDS_MAX ? METRICS_SHARDS_MAX : cores;
    }
}

enum options_result serve_options_load(struct arena *a, int argc, char **argv, struct serve_options *out,
                                       struct buf *errors)
{
    enum options_result result = options_load(&serve_option_table, a, argc, argv, out, errors);
    if (result != OPTIONS_OK)
        return result;
    bool words = check_words(out, errors), hosts = check_hosts(a, out, errors), mail = outgoing_check(out, errors);
    fill_in(a, out);
    return words && hosts && mail ? OPTIONS_OK : OPTIONS_BAD;
}

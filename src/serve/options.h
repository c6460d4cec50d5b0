/* serve/options.h - what the daemon can be told: one table for command line, file, help and docs. */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include "base/log.h"
#include "base/options.h"
#include "http/app.h"

struct serve_options {
    const char *config, *data, *runtime, *store, *profiles, *issuers, *listen, *master_key_file, *log_level, *on_stale;
    const char *audit_origin;
    int64_t audit_keep_sec, audit_addresses_keep_sec;
    const char *ai, *ai_url, *ai_model, *ai_key_file, *ai_ca_file;
    struct option_list admin_hosts, trusted_proxies;
    int64_t events_keep_sec, usage_keep_sec;
    int64_t threads, session_ttl_sec, max_staleness_sec;
    int64_t ai_requests_per_minute, ai_timeout_ms;
    const char *leak_keys, *leak_action;
    const char *push_ca_file, *smtp_url, *smtp_from, *smtp_user, *smtp_password_file, *smtp_ca_file;
    int64_t delivery_retry_sec, delivery_attempts, messages_keep_sec;
    bool push_private, webhook_http, reminder_mail;
    const char *webhook_ca_file;
    struct option_list webhook_networks, webhook_retry;
    int64_t webhook_failing_sec, webhook_keep_sec;
    bool listen_public, demo, ai_allow_http;

    /* from the above */
    enum log_level level;
    bool serve_stale, leaks_flag;
    struct app_policy policy;
};

extern const struct option_table serve_option_table;

/* Loads and checks; fills in what follows from --demo, --data and the machine. Texts live in `a`. */
enum options_result serve_options_load(struct arena *a, int argc, char **argv, struct serve_options *out,
                                       struct buf *errors);

#endif

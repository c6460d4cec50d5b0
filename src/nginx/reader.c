/* nginx/reader.c - the snapshot: one reader a worker, opened when it is first needed and whenever it was lost. */
#include "nginx/module.h"

#define RETRY_MSEC    100 /* a snapshot that is not there costs no request more than a look at the clock */
#define COMPLAIN_SECS 60

static enum cardea_err open_reader(ngx_http_cardea_main_conf_t *mcf, struct cardea_why *why)
{
    ngx_set_errno(0);
    /* Set by ngx_conf_full_name: both end in NUL. */
    const struct cardea_reader_options options = {.path = (const char *)mcf->snapshot.data,
                                                  .activity_dir = (const char *)mcf->activity.data,
                                                  .count_later = true};
    return cardea_reader_open(&mcf->reader, &options, why);
}

void ngx_http_cardea_complain(ngx_http_cardea_main_conf_t *mcf, ngx_log_t *log, ngx_err_t err, const char *why)
{
    time_t now = ngx_time();
    if (mcf->complained != 0 && now - mcf->complained < COMPLAIN_SECS)
        return;
    mcf->complained = now;
    ngx_log_error(NGX_LOG_ERR, log, err, "cardea: requests are answered 503: snapshot \"%V\": %s", &mcf->snapshot, why);
}

struct cardea_reader *ngx_http_cardea_reader(ngx_http_cardea_main_conf_t *mcf, ngx_log_t *log)
{
    struct cardea_why why;
    ngx_http_cardea_end_turn(mcf);
    if (mcf->reader != NULL)
        return mcf->reader;
    if (mcf->tried && (ngx_msec_int_t)(mcf->retry_at - ngx_current_msec) > 0)
        return NULL;
    mcf->tried = 1;
    mcf->retry_at = ngx_current_msec + RETRY_MSEC;
    if (open_reader(mcf, &why) == CARDEA_OK)
        return mcf->reader;
    ngx_http_cardea_complain(mcf, log, ngx_errno, why.text);
    return NULL;
}

struct cardea_reader *ngx_http_cardea_config_reader(ngx_conf_t *cf, ngx_http_cardea_main_conf_t *mcf)
{
    struct cardea_why why;
    if (mcf->tried)
        return mcf->reader;
    mcf->tried = 1;
    if (open_reader(mcf, &why) != CARDEA_OK)
        ngx_log_error(NGX_LOG_WARN, cf->log, ngx_errno,
                      "cardea: snapshot \"%V\": %s; until it can be read, requests are answered 503 and names in this "
                      "configuration are not checked",
                      &mcf->snapshot, why.text);
    return mcf->reader;
}

void ngx_http_cardea_close_reader(ngx_http_cardea_main_conf_t *mcf)
{
    cardea_reader_free(mcf->reader);
    mcf->reader = NULL;
    mcf->tried = 0;
}

ngx_uint_t ngx_http_cardea_is_spoiled(ngx_http_cardea_main_conf_t *mcf, ngx_log_t *log)
{
    if (!cardea_fault_happened())
        return 0;
    ngx_http_cardea_close_reader(mcf);
    ngx_log_error(NGX_LOG_ERR, log, 0, "cardea: the snapshot or a file of \"%V\" was cut short while it was in use",
                  &mcf->activity);
    return 1;
}

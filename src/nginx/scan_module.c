/* nginx/scan_module.c - the module: directives, phases, start and end of a worker.
 *
 * A module of its own, so that an nginx that only checks keys loads no scanner. */
#include "nginx/scan_module.h"

#define IN_MAIN     NGX_HTTP_MAIN_CONF
#define IN_LOCATION (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF)
#define AT(member)  offsetof(ngx_http_cardea_scan_loc_conf_t, member)

static ngx_conf_enum_t sensitivities[] = {
    {ngx_string("low"), CARDEA_SCAN_AT_LOW},
    {ngx_string("medium"), CARDEA_SCAN_AT_MEDIUM},
    {ngx_string("high"), CARDEA_SCAN_AT_HIGH},
    {ngx_null_string, 0},
};

static ngx_command_t commands[] = {
    {ngx_string("cardea_scan_cache"), IN_MAIN | NGX_CONF_TAKE1, ngx_http_cardea_scan_set_cache,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(ngx_http_cardea_scan_main_conf_t, cache), NULL},
    {ngx_string("cardea_scan_key"), IN_MAIN | NGX_CONF_TAKE1, ngx_http_cardea_scan_set_key, NGX_HTTP_MAIN_CONF_OFFSET,
     0, NULL},
    {ngx_string("cardea_scan"), IN_LOCATION | NGX_CONF_1MORE, ngx_http_cardea_scan_set_fields, NGX_HTTP_LOC_CONF_OFFSET,
     0, NULL},
    {ngx_string("cardea_scan_sensitivity"), IN_LOCATION | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, AT(sensitivity), sensitivities},
    {ngx_string("cardea_scan_max_body"), IN_LOCATION | NGX_CONF_TAKE1, ngx_conf_set_size_slot, NGX_HTTP_LOC_CONF_OFFSET,
     AT(max_body), NULL},
    {ngx_string("cardea_scan_daemon"), IN_LOCATION | NGX_CONF_TAKE12, ngx_http_cardea_scan_set_daemon,
     NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    ngx_null_command,
};

/* Handlers of a phase run from the last to the first: ours is put first, so that nothing is scanned for who is not let
 * in, whichever rule says so. */
static ngx_int_t add_last_handler(ngx_conf_t *cf, ngx_http_phases phase, ngx_http_handler_pt handler)
{
    ngx_http_core_main_conf_t *cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    ngx_array_t *handlers = &cmcf->phases[phase].handlers;
    if (ngx_array_push(handlers) == NULL)
        return NGX_ERROR;
    ngx_http_handler_pt *h = handlers->elts;
    ngx_memmove(h + 1, h, (handlers->nelts - 1) * sizeof(*h));
    h[0] = handler;
    return NGX_OK;
}

static ngx_int_t init(ngx_conf_t *cf)
{
    const ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_cardea_scan_module);
    if (smcf->services == NULL)
        return NGX_OK;
    if (add_last_handler(cf, NGX_HTTP_PREACCESS_PHASE, ngx_http_cardea_scan_subrequest_handler) != NGX_OK ||
        add_last_handler(cf, NGX_HTTP_ACCESS_PHASE, ngx_http_cardea_scan_access_handler) != NGX_OK)
        return NGX_ERROR;
    ngx_http_cardea_scan_add_body_filter();
    return NGX_OK;
}

static ngx_int_t init_worker(ngx_cycle_t *cycle)
{
    ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_cardea_scan_module);
    if (smcf == NULL || smcf->services == NULL)
        return NGX_OK;
    return ngx_http_cardea_scan_start(cycle, smcf);
}

static void exit_worker(ngx_cycle_t *cycle)
{
    ngx_http_cardea_scan_stop();
}

static ngx_http_module_t context = {
    .postconfiguration = init,
    .create_main_conf = ngx_http_cardea_scan_create_main_conf,
    .create_loc_conf = ngx_http_cardea_scan_create_loc_conf,
    .merge_loc_conf = ngx_http_cardea_scan_merge_loc_conf,
};

ngx_module_t ngx_http_cardea_scan_module = {
    NGX_MODULE_V1, &context, commands, NGX_HTTP_MODULE, NULL, NULL,
    init_worker,   NULL,     NULL,     exit_worker,     NULL, NGX_MODULE_V1_PADDING,
};

/* What nginx looks for in a dynamic module; its own build writes the same into a file of its own. */
#define EXPORTED __attribute__((visibility("default")))
extern EXPORTED ngx_module_t *ngx_modules[];
extern EXPORTED char *ngx_module_names[];
extern EXPORTED char *ngx_module_order[];

static char name[] = "ngx_http_cardea_scan_module";
ngx_module_t *ngx_modules[] = {&ngx_http_cardea_scan_module, NULL};
char *ngx_module_names[] = {name, NULL};
char *ngx_module_order[] = {NULL};

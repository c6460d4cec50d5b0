/* nginx/module.c - the module: directives, phases, start of a worker. All decisions are libcardea's. */
#include "nginx/module.h"

#define IN_MAIN     NGX_HTTP_MAIN_CONF
#define IN_LOCATION (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF)
#define AT(member)  offsetof(ngx_http_cardea_loc_conf_t, member)

static ngx_command_t commands[] = {
    {ngx_string("cardea_snapshot"), IN_MAIN | NGX_CONF_TAKE1, ngx_http_cardea_set_file, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(ngx_http_cardea_main_conf_t, snapshot), NULL},
    {ngx_string("cardea_activity"), IN_MAIN | NGX_CONF_TAKE1, ngx_http_cardea_set_activity, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(ngx_http_cardea_main_conf_t, activity), NULL},
    {ngx_string("cardea"), IN_LOCATION | NGX_CONF_TAKE1, ngx_http_cardea_set_profile, NGX_HTTP_LOC_CONF_OFFSET, 0,
     NULL},
    {ngx_string("cardea_scope"), IN_LOCATION | NGX_CONF_TAKE1, ngx_http_cardea_set_demand, NGX_HTTP_LOC_CONF_OFFSET,
     AT(scope), NULL},
    {ngx_string("cardea_account"), IN_LOCATION | NGX_CONF_TAKE1, ngx_http_cardea_set_demand, NGX_HTTP_LOC_CONF_OFFSET,
     AT(account), NULL},
    {ngx_string("cardea_agent"), IN_LOCATION | NGX_CONF_TAKE1, ngx_http_cardea_set_demand, NGX_HTTP_LOC_CONF_OFFSET,
     AT(agent), NULL},
    {ngx_string("cardea_realm"), IN_LOCATION | NGX_CONF_TAKE1, ngx_http_cardea_set_realm, NGX_HTTP_LOC_CONF_OFFSET,
     AT(realm), NULL},
    {ngx_string("cardea_forward_credential"), IN_LOCATION | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, AT(forward), NULL},
    {ngx_string("cardea_session_cookie"), IN_LOCATION | NGX_CONF_TAKE1, ngx_conf_set_str_slot, NGX_HTTP_LOC_CONF_OFFSET,
     AT(session_cookie), NULL},
    {ngx_string("cardea_trusted_proxy"), IN_LOCATION | NGX_CONF_1MORE, ngx_http_cardea_set_proxy,
     NGX_HTTP_LOC_CONF_OFFSET, AT(proxies), NULL},
    {ngx_string("cardea_decide"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, ngx_http_cardea_set_decide,
     NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    {ngx_string("cardea_verify"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1, ngx_http_cardea_set_verify,
     NGX_HTTP_LOC_CONF_OFFSET, AT(daemon), NULL},
    ngx_null_command,
};

static ngx_int_t add_handler(ngx_conf_t *cf, ngx_http_phases phase, ngx_http_handler_pt handler)
{
    ngx_http_core_main_conf_t *cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    ngx_http_handler_pt *h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL)
        return NGX_ERROR;
    *h = handler;
    return NGX_OK;
}

static ngx_int_t init(ngx_conf_t *cf)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_cardea_module);
    if (mcf->snapshot.len == 0)
        return NGX_OK;
    /* Said at every start and test, also when no name had to be looked up. Workers open it for themselves. */
    ngx_http_cardea_config_reader(cf, mcf);
    ngx_http_cardea_close_reader(mcf);
    /* Identity headers go before anything could look at them, whatever the location says. Subrequests skip the access
     * phase, so they are met in the one before it. */
    if (add_handler(cf, NGX_HTTP_POST_READ_PHASE, ngx_http_cardea_strip_handler) != NGX_OK ||
        add_handler(cf, NGX_HTTP_PREACCESS_PHASE, ngx_http_cardea_subrequest_handler) != NGX_OK ||
        add_handler(cf, NGX_HTTP_ACCESS_PHASE, ngx_http_cardea_access_handler) != NGX_OK)
        return NGX_ERROR;
    return NGX_OK;
}

/* Whoever verifies may shorten an activity file under our mapping: that must cost no worker its life. */
static ngx_int_t init_worker(ngx_cycle_t *cycle)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_cardea_module);
    if (mcf != NULL && mcf->snapshot.len > 0)
        cardea_fault_survive();
    return NGX_OK;
}

static ngx_http_module_t context = {
    .preconfiguration = ngx_http_cardea_add_variables,
    .postconfiguration = init,
    .create_main_conf = ngx_http_cardea_create_main_conf,
    .create_loc_conf = ngx_http_cardea_create_loc_conf,
    .merge_loc_conf = ngx_http_cardea_merge_loc_conf,
};

ngx_module_t ngx_http_cardea_module = {
    NGX_MODULE_V1, &context, commands, NGX_HTTP_MODULE,       NULL, NULL, init_worker, NULL,
    NULL,          NULL,     NULL,     NGX_MODULE_V1_PADDING,
};

/* What nginx looks for in a dynamic module; its own build writes the same into a file of its own. */
#define EXPORTED __attribute__((visibility("default")))
extern EXPORTED ngx_module_t *ngx_modules[];
extern EXPORTED char *ngx_module_names[];
extern EXPORTED char *ngx_module_order[];

static char name[] = "ngx_http_cardea_module";
ngx_module_t *ngx_modules[] = {&ngx_http_cardea_module, NULL};
char *ngx_module_names[] = {name, NULL};
char *ngx_module_order[] = {NULL};

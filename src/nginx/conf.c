/* nginx/conf.c - configuration: create, merge, and what is refused in it. */
#include "nginx/module.h"

#include <libgen.h>

/* What nginx puts behind the directive's name; it takes no const. */
static char is_duplicate[] = "is duplicate";
static char names_no_file[] = "must name a file";
static char names_no_profile[] = "must name a profile, or say \"off\"";
static char is_no_realm[] = "takes 1 to 100 printable ASCII characters but quotes and backslashes";

static void release_main_conf(void *data)
{
    ngx_http_cardea_close_reader(data);
}

void *ngx_http_cardea_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_pcalloc(cf->pool, sizeof(*mcf));
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(cf->pool, 0);
    if (mcf == NULL || cleanup == NULL)
        return NULL;
    mcf->services = &ngx_http_cardea_services;
    cleanup->handler = release_main_conf;
    cleanup->data = mcf;
    return mcf;
}

void *ngx_http_cardea_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_cardea_loc_conf_t *lcf = ngx_pcalloc(cf->pool, sizeof(*lcf));
    if (lcf == NULL)
        return NULL;
    lcf->scope = NGX_CONF_UNSET_PTR;
    lcf->account = NGX_CONF_UNSET_PTR;
    lcf->agent = NGX_CONF_UNSET_PTR;
    lcf->forward = NGX_CONF_UNSET;
    lcf->proxies = NGX_CONF_UNSET_PTR;
    return lcf;
}

static ngx_http_cardea_place_t here(const ngx_conf_t *cf)
{
    return (ngx_http_cardea_place_t){.file = cf->conf_file->file.name, .line = cf->conf_file->line};
}

char *ngx_http_cardea_set_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *rv = ngx_conf_set_str_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK)
        return rv;
    ngx_str_t *path = (ngx_str_t *)(void *)((char *)conf + cmd->offset);
    if (path->len == 0)
        return names_no_file;
    return ngx_conf_full_name(cf->cycle, path, 0) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}

/* The folder of activity files. One of them may be named instead: RUNTIME/activity.0. */
char *ngx_http_cardea_set_activity(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char *rv = ngx_http_cardea_set_file(cf, cmd, conf);
    if (rv != NGX_CONF_OK)
        return rv;
    ngx_str_t *path = (ngx_str_t *)(void *)((char *)conf + cmd->offset);
    ngx_file_info_t info;
    if (ngx_file_info(path->data, &info) == NGX_FILE_ERROR || !ngx_is_file(&info))
        return NGX_CONF_OK;
    path->data = (u_char *)dirname((char *)path->data);
    path->len = ngx_strlen(path->data);
    return NGX_CONF_OK;
}

char *ngx_http_cardea_set_profile(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_cardea_loc_conf_t *lcf = conf;
    const ngx_str_t *value = cf->args->elts;
    if (lcf->profile.data != NULL)
        return is_duplicate;
    if (value[1].len == 0)
        return names_no_profile;
    lcf->profile = value[1];
    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0)
        lcf->profile.len = 0;
    lcf->place = here(cf);
    return NGX_CONF_OK;
}

/* An empty text takes back what an outer level asks for. */
char *ngx_http_cardea_set_demand(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_cardea_loc_conf_t *lcf = conf;
    ngx_http_complex_value_t **slot = (ngx_http_complex_value_t **)(void *)((char *)conf + cmd->offset);
    const ngx_str_t *value = cf->args->elts;
    if (slot == &lcf->scope)
        lcf->scope_place = here(cf);
    if (value[1].len > 0)
        return ngx_http_set_complex_value_slot(cf, cmd, conf);
    if (*slot != NGX_CONF_UNSET_PTR)
        return is_duplicate;
    *slot = NULL;
    return NGX_CONF_OK;
}

char *ngx_http_cardea_set_realm(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    const ngx_str_t *value = cf->args->elts;
    ngx_uint_t good = value[1].len > 0 && value[1].len <= 100;
    for (size_t i = 0; good && i < value[1].len; i++) {
        u_char c = value[1].data[i];
        good = c >= ' ' && c < 0x7f && c != '"' && c != '\\';
    }
    if (!good)
        return is_no_realm;
    return ngx_conf_set_str_slot(cf, cmd, conf);
}

/* Addresses, networks, or `unix:`. */
char *ngx_http_cardea_set_proxy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_cardea_loc_conf_t *lcf = conf;
    ngx_str_t *value = cf->args->elts;
    if (lcf->proxies == NGX_CONF_UNSET_PTR)
        lcf->proxies = ngx_array_create(cf->pool, cf->args->nelts, sizeof(ngx_cidr_t));
    if (lcf->proxies == NULL)
        return NGX_CONF_ERROR;
    for (ngx_uint_t i = 1; i < cf->args->nelts; i++) {
        ngx_cidr_t *cidr = ngx_array_push(lcf->proxies);
        if (cidr == NULL)
            return NGX_CONF_ERROR;
        ngx_memzero(cidr, sizeof(*cidr));
        if (value[i].len == 5 && ngx_strncmp(value[i].data, "unix:", 5) == 0) {
            cidr->family = AF_UNIX;
            continue;
        }
        ngx_int_t rc = ngx_ptocidr(&value[i], cidr);
        if (rc != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is no address or network%s", &value[i],
                               rc == NGX_DONE ? ": it has bits beyond its prefix" : "");
            return NGX_CONF_ERROR;
        }
    }
    return NGX_CONF_OK;
}

static ngx_int_t check_scope(ngx_conf_t *cf, ngx_http_cardea_loc_conf_t *lcf, const struct cardea_profile *p)
{
    const ngx_http_complex_value_t *scope = lcf->scope;
    /* One with variables is known at each request, and an unknown scope is then never granted. */
    if (scope == NULL || scope->lengths != NULL || cardea_profile_scope(p, ngx_http_cardea_str(scope->value)) >= 0)
        return NGX_OK;
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "cardea: profile \"%V\" has no scope \"%V\" in %V:%ui", &lcf->profile,
                  &scope->value, &lcf->scope_place.file, lcf->scope_place.line);
    return NGX_ERROR;
}

/* Names are checked by the snapshot, when there is one. */
static ngx_int_t check_names(ngx_conf_t *cf, ngx_http_cardea_main_conf_t *mcf, ngx_http_cardea_loc_conf_t *lcf)
{
    struct cardea_reader *reader = ngx_http_cardea_config_reader(cf, mcf);
    if (reader == NULL)
        return NGX_OK;
    int index = cardea_reader_profile_named(reader, ngx_http_cardea_str(lcf->profile));
    if (index >= 0)
        return check_scope(cf, lcf, cardea_reader_profile(reader, (size_t)index));
    u_char known[512];
    u_char *at = known;
    for (size_t i = 0; i < cardea_reader_profile_count(reader); i++)
        at = ngx_slprintf(at, known + sizeof(known) - 1, "%s%s", i > 0 ? ", " : "",
                          cardea_reader_profile(reader, i)->name);
    *at = '\0';
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "cardea: there is no profile \"%V\"; there are: %s in %V:%ui",
                  &lcf->profile, known, &lcf->place.file, lcf->place.line);
    return NGX_ERROR;
}

static ngx_int_t check(ngx_conf_t *cf, ngx_http_cardea_loc_conf_t *lcf)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_cardea_module);
    if (lcf->profile.len == 0)
        return NGX_OK;
    if (mcf->snapshot.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "cardea: \"cardea\" needs \"cardea_snapshot\" in http in %V:%ui",
                      &lcf->place.file, lcf->place.line);
        return NGX_ERROR;
    }
    if (lcf->answers) {
        ngx_log_error(
            NGX_LOG_EMERG, cf->log, 0,
            "cardea: \"cardea_decide\" and \"cardea_verify\" ask for credentials themselves: say \"cardea off\" "
            "beside them, in place of what %V:%ui says",
            &lcf->place.file, lcf->place.line);
        return NGX_ERROR;
    }
    if (check_names(cf, mcf, lcf) != NGX_OK)
        return NGX_ERROR;
    return ngx_http_cardea_guard(cf, lcf);
}

/* Where the snapshot lies there lie the activity files, unless it is said otherwise. */
static ngx_int_t default_activity(ngx_conf_t *cf)
{
    ngx_http_cardea_main_conf_t *mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_cardea_module);
    if (mcf->snapshot.len == 0 || mcf->activity.len > 0)
        return NGX_OK;
    char *path = (char *)ngx_pnalloc(cf->pool, mcf->snapshot.len + 1);
    if (path == NULL)
        return NGX_ERROR;
    ngx_memcpy(path, mcf->snapshot.data, mcf->snapshot.len + 1);
    mcf->activity.data = (u_char *)dirname(path);
    mcf->activity.len = ngx_strlen(mcf->activity.data);
    return NGX_OK;
}

char *ngx_http_cardea_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_cardea_loc_conf_t *prev = parent;
    ngx_http_cardea_loc_conf_t *lcf = child;
    if (lcf->profile.data == NULL) {
        lcf->profile = prev->profile;
        lcf->place = prev->place;
    }
    if (lcf->scope == NGX_CONF_UNSET_PTR)
        lcf->scope_place = prev->scope_place;
    ngx_conf_merge_ptr_value(lcf->scope, prev->scope, NULL);
    ngx_conf_merge_ptr_value(lcf->account, prev->account, NULL);
    ngx_conf_merge_ptr_value(lcf->agent, prev->agent, NULL);
    ngx_conf_merge_str_value(lcf->realm, prev->realm, "");
    ngx_conf_merge_value(lcf->forward, prev->forward, 0);
    ngx_conf_merge_str_value(lcf->session_cookie, prev->session_cookie, "");
    ngx_conf_merge_ptr_value(lcf->proxies, prev->proxies, NULL);
    if (default_activity(cf) != NGX_OK || check(cf, lcf) != NGX_OK)
        return NGX_CONF_ERROR;
    return NGX_CONF_OK;
}

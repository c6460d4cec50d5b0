/* nginx/scan_conf.c - configuration of the scan: create, merge, and what is refused in it. */
#include "nginx/scan_module.h"

#define MAX_BODY     (1u << 20)
#define MAX_BODY_MAX (8u << 20) /* what the daemon takes, with room for escapes */
#define KEY_MAX      512
#define OTHERS_MODE  07

static char is_duplicate[] = "is duplicate";
static char names_no_file[] = "must name a file";

void *ngx_http_cardea_scan_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_cardea_scan_main_conf_t));
}

void *ngx_http_cardea_scan_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_cardea_scan_loc_conf_t *slcf = ngx_pcalloc(cf->pool, sizeof(*slcf));
    if (slcf == NULL)
        return NULL;
    slcf->sensitivity = NGX_CONF_UNSET_UINT;
    slcf->max_body = NGX_CONF_UNSET_SIZE;
    return slcf;
}

static char *complain(ngx_conf_t *cf, const char *what, ngx_str_t *value)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "cardea_scan: \"%V\": %s", value, what);
    return NGX_CONF_ERROR;
}

static ngx_uint_t is(const ngx_str_t *value, const char *word)
{
    return value->len == ngx_strlen(word) && ngx_strncmp(value->data, word, value->len) == 0;
}

char *ngx_http_cardea_scan_set_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_cardea_scan_main_conf_t *smcf = conf;
    char *rv = ngx_conf_set_str_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK)
        return rv;
    if (smcf->cache.len == 0)
        return names_no_file;
    return ngx_conf_full_name(cf->cycle, &smcf->cache, 0) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}

/* ---- the credential ---- */

static void wipe_key(void *data)
{
    ngx_str_t *key = data;
    cardea_wipe(key->data, key->len);
}

/* One line, as `cardea` wrote it. What it says never comes into a message. */
static const char *take_key(ngx_pool_t *pool, ngx_str_t *out, const u_char *text, size_t len)
{
    static const ngx_str_t scheme = ngx_string("Bearer ");
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (len == 0 || len > KEY_MAX)
        return "holds no key";
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f)
            return "holds no key";
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(pool, sizeof(ngx_str_t));
    out->len = scheme.len + len;
    out->data = ngx_pnalloc(pool, out->len);
    if (cleanup == NULL || out->data == NULL)
        return "cannot be kept: no memory";
    ngx_memcpy(ngx_cpymem(out->data, scheme.data, scheme.len), text, len);
    cleanup->handler = wipe_key;
    *(ngx_str_t *)cleanup->data = *out;
    return NULL;
}

static const char *read_key(ngx_conf_t *cf, ngx_fd_t fd, ngx_str_t *out)
{
    u_char text[KEY_MAX + 3];
    ngx_file_info_t info;
    if (ngx_fd_info(fd, &info) == NGX_FILE_ERROR || !ngx_is_file(&info))
        return "is no file";
    if (info.st_mode & OTHERS_MODE)
        return "is open to everybody: take that right away (chmod o=)";
    ssize_t n = ngx_read_fd(fd, text, sizeof(text));
    const char *wrong = n < 0 ? "cannot be read" : take_key(cf->pool, out, text, (size_t)n);
    cardea_wipe(text, sizeof(text));
    return wrong;
}

char *ngx_http_cardea_scan_set_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_cardea_scan_main_conf_t *smcf = conf;
    ngx_str_t *value = cf->args->elts;
    if (smcf->authorization.len > 0)
        return is_duplicate;
    if (value[1].len == 0)
        return names_no_file;
    if (ngx_conf_full_name(cf->cycle, &value[1], 0) != NGX_OK)
        return NGX_CONF_ERROR;
    ngx_fd_t fd = ngx_open_file(value[1].data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, "cardea_scan_key: \"%V\" cannot be read", &value[1]);
        return NGX_CONF_ERROR;
    }
    const char *wrong = read_key(cf, fd, &smcf->authorization);
    ngx_close_file(fd);
    if (wrong == NULL)
        return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "cardea_scan_key: \"%V\" %s", &value[1], wrong);
    return NGX_CONF_ERROR;
}

/* ---- what is scanned ---- */

/* The first module: it must be there, merged before this one, and of one build with it. */
static const char *find_first(ngx_conf_t *cf, ngx_http_cardea_scan_main_conf_t *smcf)
{
    ngx_http_conf_ctx_t *ctx = cf->ctx;
    for (ngx_uint_t i = 0; cf->cycle->modules[i] != NULL; i++) {
        const ngx_module_t *m = cf->cycle->modules[i];
        if (m == &ngx_http_cardea_scan_module)
            break;
        if (ngx_strcmp(m->name, NGX_HTTP_CARDEA_MODULE) != 0)
            continue;
        const ngx_http_cardea_services_t *const *services = ctx->main_conf[m->ctx_index];
        if (ngx_strcmp((*services)->build, NGX_HTTP_CARDEA_BUILD) != 0)
            return NGX_HTTP_CARDEA_MODULE " is of another build than this module: install both anew";
        smcf->services = *services;
        smcf->first = m->ctx_index;
        return NULL;
    }
    return "it needs " NGX_HTTP_CARDEA_MODULE ": load that before this module";
}

static char *take_fields(ngx_conf_t *cf, ngx_http_cardea_scan_loc_conf_t *slcf, ngx_str_t *value, size_t count)
{
    if (count > CARDEA_SCAN_FIELDS_MAX)
        return complain(cf, "at most 16 fields", &value[CARDEA_SCAN_FIELDS_MAX]);
    for (size_t i = 0; i < count; i++) {
        struct cardea_str field = {(const char *)value[i].data, value[i].len};
        const char *mistake = cardea_scan_field_mistake(field);
        if (mistake != NULL)
            return complain(cf, mistake, &value[i]);
        slcf->fields[slcf->field_count++] = field;
    }
    slcf->how = SCAN_FIELDS;
    return NGX_CONF_OK;
}

char *ngx_http_cardea_scan_set_fields(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_cardea_scan_module);
    ngx_http_cardea_scan_loc_conf_t *slcf = conf;
    ngx_str_t *value = cf->args->elts;
    if (slcf->how != SCAN_UNSET)
        return is_duplicate;
    slcf->file = cf->conf_file->file.name;
    slcf->line = cf->conf_file->line;
    slcf->how = SCAN_OFF;
    if (cf->args->nelts == 2 && is(&value[1], "off"))
        return NGX_CONF_OK;
    const char *missing = find_first(cf, smcf);
    if (missing != NULL)
        return complain(cf, missing, &value[0]);
    slcf->how = SCAN_BY_PROFILE;
    if (cf->args->nelts == 2 && is(&value[1], "profile"))
        return NGX_CONF_OK;
    return take_fields(cf, slcf, &value[1], cf->args->nelts - 1);
}

char *ngx_http_cardea_scan_set_daemon(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    static char names_no_location[] = "takes the location that asks the daemon, such as \"/_cardea/scan\", and "
                                      "perhaps \"optional\"; or \"off\"";
    ngx_http_cardea_scan_loc_conf_t *slcf = conf;
    const ngx_str_t *value = cf->args->elts;
    if (slcf->daemon.data != NULL)
        return is_duplicate;
    slcf->optional = cf->args->nelts == 3 && is(&value[2], "optional");
    slcf->daemon = value[1];
    if (cf->args->nelts == 2 && is(&value[1], "off")) {
        slcf->daemon.len = 0;
        return NGX_CONF_OK;
    }
    if (value[1].len == 0 || value[1].data[0] != '/' || (cf->args->nelts == 3 && !slcf->optional))
        return names_no_location;
    return NGX_CONF_OK;
}

/* ---- merge ---- */

static ngx_int_t check(ngx_conf_t *cf, ngx_http_cardea_scan_loc_conf_t *slcf, ngx_uint_t own)
{
    ngx_http_cardea_scan_main_conf_t *smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_cardea_scan_module);
    ngx_http_conf_ctx_t *ctx = cf->ctx;
    ngx_http_core_srv_conf_t *cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    if (slcf->how == SCAN_OFF || slcf->how == SCAN_UNSET)
        return NGX_OK;
    smcf->snapshot = *smcf->services->snapshot(ctx->main_conf[smcf->first]);
    if (slcf->max_body == 0 || slcf->max_body > MAX_BODY_MAX) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "cardea_scan_max_body: 1 to 8m, where \"cardea_scan\" is said in %V:%ui", &slcf->file,
                      slcf->line);
        return NGX_ERROR;
    }
    slcf->active = smcf->services->checks(ctx->loc_conf[smcf->first]);
    /* What an outer level says holds where keys are checked. */
    if (slcf->active || !own || ctx->loc_conf == cscf->ctx->loc_conf)
        return NGX_OK;
    ngx_log_error(
        NGX_LOG_EMERG, cf->log, 0,
        "cardea_scan: it needs \"cardea PROFILE\" in the same place: what is scanned is what was granted, and "
        "refusals are in the profile's words in %V:%ui",
        &slcf->file, slcf->line);
    return NGX_ERROR;
}

char *ngx_http_cardea_scan_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_cardea_scan_loc_conf_t *prev = parent;
    ngx_http_cardea_scan_loc_conf_t *slcf = child;
    ngx_uint_t own = slcf->how != SCAN_UNSET;
    ngx_conf_merge_uint_value(slcf->sensitivity, prev->sensitivity, CARDEA_SCAN_AT_MEDIUM);
    ngx_conf_merge_size_value(slcf->max_body, prev->max_body, MAX_BODY);
    if (slcf->daemon.data == NULL) {
        slcf->daemon = prev->daemon;
        slcf->optional = prev->optional;
    }
    if (!own) {
        slcf->how = prev->how;
        slcf->field_count = prev->field_count;
        ngx_memcpy(slcf->fields, prev->fields, sizeof(slcf->fields));
        slcf->file = prev->file;
        slcf->line = prev->line;
    }
    return check(cf, slcf, own) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}

/* Open Animate: images from prompts. What is kept is the prompt and the size; the picture is drawn anew from them. */
#include <string.h>

#include "png.h"
#include "upstream.h"

#define WIDTH_DEFAULT  640
#define HEIGHT_DEFAULT 360

/* FNV-1a: the same prompt gives the same colours, on every machine. */
static uint32_t colour_of(const char *text, uint32_t hash)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash >> 8;
}

static void reply_image(struct call *c, const json_t *asset)
{
    const char *prompt = json_string_value(json_object_get(asset, "prompt"));
    size_t len;
    unsigned char *png = png_gradient((uint32_t)json_integer_value(json_object_get(asset, "width")),
                                      (uint32_t)json_integer_value(json_object_get(asset, "height")),
                                      colour_of(prompt, 2166136261u), colour_of(prompt, 84696351u), &len);
    if (png)
        reply_data(c, "image/png", png, len);
    else
        reply_json(c, 500, NULL);
    free(png);
}

/* The member as a side of an image, or the default when it is absent; 0 when it is none. */
static json_int_t side(const json_t *body, const char *member, json_int_t absent)
{
    const json_t *value = json_object_get(body, member);
    json_int_t pixels = value ? json_integer_value(value) : absent;
    return pixels >= 1 && pixels <= PNG_SIDE_MAX ? pixels : 0;
}

static void gen_image(struct call *c)
{
    const char *prompt = json_string_value(json_object_get(c->body, "prompt"));
    json_int_t width = side(c->body, "width", WIDTH_DEFAULT), height = side(c->body, "height", HEIGHT_DEFAULT);
    if (!prompt || !*prompt) {
        reply_error(c, 422, "\"prompt\" must be a string that isn't empty");
        return;
    }
    if (!width || !height) {
        reply_error(c, 422, "\"width\" and \"height\" must be integers from 1 to 2048");
        return;
    }
    json_t *asset = json_pack("{s:s, s:s, s:s, s:I, s:I}", "account", c->who.account, "type", "image/png", "prompt",
                              prompt, "width", width, "height", height);
    asset = asset ? store_add(c->store, c->who.account, c->collection, asset) : NULL;
    if (!asset) {
        reply_error(c, 507, "no room for another asset");
        return;
    }
    char location[96];
    snprintf(location, sizeof(location), "/v1/assets/%s", json_string_value(json_object_get(asset, "id")));
    evhttp_add_header(evhttp_request_get_output_headers(c->req), "Content-Location", location);
    reply_image(c, asset);
}

static void asset_get(struct call *c)
{
    const json_t *asset = store_find(c->store, c->who.account, c->collection, c->id);
    if (asset)
        reply_image(c, asset);
    else
        reply_error(c, 404, "no such asset");
}

static const struct route routes[] = {
    {"GET", "/v1/assets", documents_list, "open-animate/assets"},
    {"POST", "/v1/assets/gen-image", gen_image, "open-animate/assets"},
    {"GET", "/v1/assets/{id}", asset_get, "open-animate/assets"},
};

const struct product open_animate = {"open-animate", "api.open-animate.com", routes,
                                     sizeof(routes) / sizeof(routes[0])};

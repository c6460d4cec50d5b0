/* http/color.h - a product's colour, made so dark or so light that words in it can be read. */
#ifndef HTTP_COLOR_H
#define HTTP_COLOR_H

#include <stdbool.h>
#include <stdint.h>

struct color {
    uint8_t r, g, b;
};

/* "#3b5bdb"; false for anything else. NULL is allowed. */
bool color_parse(const char *text, struct color *out);

/* Of 1 to 21, as the Web Content Accessibility Guidelines count it; exact to a hundredth or so. */
double color_contrast(struct color a, struct color b);

/* The one of its kind that has at least this contrast (at most 10) on `ground`: `c` itself, or with as much black or
 * white in it as that takes, away from the ground. */
struct color color_readable(struct color c, struct color ground, double contrast);

#endif

#include "http/color.h"

#include <stddef.h>

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool color_parse(const char *text, struct color *out)
{
    int digits[6];
    if (!text || text[0] != '#')
        return false;
    for (size_t i = 0; i < 6; i++)
        if ((digits[i] = digit(text[i + 1])) < 0)
            return false;
    *out = (struct color){(uint8_t)(digits[0] << 4 | digits[1]), (uint8_t)(digits[2] << 4 | digits[3]),
                          (uint8_t)(digits[4] << 4 | digits[5])};
    return text[7] == '\0';
}

/* sRGB to light, by a cubic that is off by less than 0.002: nobody sees more, and it needs no libm. */
static double light(uint8_t channel)
{
    double x = channel / 255.0;
    return x * (x * (x * 0.305306011 + 0.682171111) + 0.012522878);
}

static double luminance(struct color c)
{
    return 0.2126 * light(c.r) + 0.7152 * light(c.g) + 0.0722 * light(c.b);
}

double color_contrast(struct color a, struct color b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

static uint8_t mix(uint8_t from, uint8_t to, unsigned percent)
{
    return (uint8_t)((from * (100 - percent) + to * percent) / 100);
}

struct color color_readable(struct color c, struct color ground, double contrast)
{
    uint8_t away = luminance(ground) > 0.18 ? 0 : 255;
    struct color mixed = c;
    for (unsigned percent = 0; percent <= 100 && color_contrast(mixed, ground) < contrast; percent++)
        mixed = (struct color){mix(c.r, away, percent), mix(c.g, away, percent), mix(c.b, away, percent)};
    return mixed;
}

/* png.h - one gradient as a PNG. */
#ifndef UPSTREAM_PNG_H
#define UPSTREAM_PNG_H

#include <stddef.h>
#include <stdint.h>

#define PNG_SIDE_MAX 2048

/* From the corner at the top left to the one at the bottom right; colours are 0xRRGGBB, sides 1..PNG_SIDE_MAX. The
 * caller frees; NULL: no memory. */
unsigned char *png_gradient(uint32_t width, uint32_t height, uint32_t from, uint32_t to, size_t *len);

#endif

#include "png.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Signature, IHDR, IDAT, IEND: each chunk is length, type, data, CRC of type and data. */
#define CHUNK_FRAME 12
#define IHDR_LEN    13

static unsigned char *put_u32(unsigned char *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *out++ = (unsigned char)(value >> shift);
    return out;
}

/* The data may already stand in its place, eight bytes on. */
static unsigned char *put_chunk(unsigned char *out, const char *type, const unsigned char *data, size_t len)
{
    out = put_u32(out, (uint32_t)len);
    memcpy(out, type, 4);
    if (data != out + 4 && len)
        memcpy(out + 4, data, len);
    return put_u32(out + 4 + len, (uint32_t)crc32(0, out, (uInt)(4 + len)));
}

static unsigned char blend(uint32_t from, uint32_t to, unsigned shift, uint32_t part, uint32_t whole)
{
    uint32_t a = from >> shift & 0xff, b = to >> shift & 0xff;
    return (unsigned char)((a * (whole - part) + b * part) / whole);
}

/* Rows of one filter byte (0: none) and RGB. */
static void draw(unsigned char *row, uint32_t width, uint32_t height, uint32_t from, uint32_t to)
{
    uint32_t whole = width + height > 2 ? width + height - 2 : 1;
    for (uint32_t y = 0; y < height; y++) {
        *row++ = 0;
        for (uint32_t x = 0; x < width; x++)
            for (unsigned shift = 24; shift > 0; shift -= 8)
                *row++ = blend(from, to, shift - 8, x + y, whole);
    }
}

unsigned char *png_gradient(uint32_t width, uint32_t height, uint32_t from, uint32_t to, size_t *len)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    size_t raw_len = (size_t)height * (1 + 3 * (size_t)width);
    uLongf packed = compressBound(raw_len);
    unsigned char *raw = malloc(raw_len), *png = malloc(sizeof(signature) + 3 * CHUNK_FRAME + IHDR_LEN + packed);
    if (raw && png) {
        unsigned char ihdr[IHDR_LEN] = {[8] = 8, [9] = 2}; /* 8 bits a channel, RGB */
        put_u32(put_u32(ihdr, width), height);
        memcpy(png, signature, sizeof(signature));
        unsigned char *out = put_chunk(png + sizeof(signature), "IHDR", ihdr, sizeof(ihdr));
        draw(raw, width, height, from, to);
        if (compress2(out + 8, &packed, raw, raw_len, Z_BEST_SPEED) == Z_OK) {
            out = put_chunk(out, "IDAT", out + 8, packed);
            out = put_chunk(out, "IEND", NULL, 0);
            *len = (size_t)(out - png);
            free(raw);
            return png;
        }
    }
    free(raw);
    free(png);
    return NULL;
}

#include "scan/view.h"

#include <stdlib.h>
#include <string.h>

void view_init(struct view *v, size_t bytes_max, size_t pieces_max)
{
    *v = (struct view){.max = pieces_max};
    buf_init(&v->bytes, bytes_max);
}

void view_release(struct view *v)
{
    buf_release(&v->bytes);
    free(v->pieces);
    *v = (struct view){.max = v->max, .bytes = v->bytes};
}

void view_set(struct view *v, struct cardea_str text)
{
    v->text = text;
    v->parent = NULL;
    v->truncated = false;
}

void view_begin(struct view *v, const struct view *parent)
{
    buf_clear(&v->bytes);
    v->parent = parent;
    v->count = 0;
    v->truncated = false;
    v->text = (struct cardea_str){NULL, 0};
}

static bool new_piece(struct view *v, size_t from, size_t from_end)
{
    if (v->count == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 64;
        if (cap > v->max)
            cap = v->max;
        struct view_piece *grown = cap > v->count ? realloc(v->pieces, cap * sizeof(*grown)) : NULL;
        if (!grown) {
            v->truncated = true;
            return false;
        }
        v->pieces = grown;
        v->cap = cap;
    }
    v->pieces[v->count++] = (struct view_piece){(uint32_t)v->bytes.len, (uint32_t)from, (uint32_t)from_end};
    return true;
}

void view_add(struct view *v, const char *bytes, size_t len, size_t from, size_t from_len)
{
    if (len == 0 || v->truncated)
        return;
    struct view_piece *last = v->count ? &v->pieces[v->count - 1] : NULL;
    bool goes_on = last && len == from_len && last->from_end == from &&
                   v->bytes.len - last->at == (size_t)(last->from_end - last->from);
    if (goes_on)
        last->from_end += (uint32_t)len;
    else if (!new_piece(v, from, from + from_len))
        return;
    buf_add(&v->bytes, bytes, len);
    if (v->bytes.failed) {
        v->truncated = true;
        if (goes_on)
            last->from_end -= (uint32_t)len;
        else
            v->count--;
    }
}

void view_copy(struct view *v, size_t from, size_t to)
{
    view_add(v, v->parent->text.ptr + from, to - from, from, to - from);
}

void view_end(struct view *v)
{
    v->text = buf_str(&v->bytes);
}

static size_t piece_at(const struct view *v, size_t at)
{
    size_t low = 0, high = v->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (v->pieces[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool is_byte_for_byte(const struct view *v, size_t piece)
{
    size_t end = piece + 1 < v->count ? v->pieces[piece + 1].at : v->text.len;
    return end - v->pieces[piece].at == (size_t)(v->pieces[piece].from_end - v->pieces[piece].from);
}

void view_locate(const struct view *v, size_t *start, size_t *end)
{
    for (; v->parent && v->count; v = v->parent) {
        size_t first = piece_at(v, *start), last = piece_at(v, *end - 1);
        size_t from = v->pieces[first].from, to = v->pieces[last].from_end;
        if (is_byte_for_byte(v, first))
            from += *start - v->pieces[first].at;
        if (is_byte_for_byte(v, last))
            to = v->pieces[last].from + (*end - v->pieces[last].at);
        *start = from;
        *end = to;
    }
}

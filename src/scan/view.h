/* scan/view.h - a reading of a text, with the way back: which bytes of the original each of its bytes stands for. */
#ifndef SCAN_VIEW_H
#define SCAN_VIEW_H

#include "base/buf.h"
#include "scan/fold.h"

/* From `at` to the next piece's, the view stands for [from, from_end) of its parent: byte for byte when both are of one
 * length, else as a whole. */
struct view_piece {
    uint32_t at, from, from_end;
};

/* Zero-initialised is not ready: view_init. Storage is kept from one text to the next. */
struct view {
    struct cardea_str text;    /* what there is to read */
    const struct view *parent; /* NULL: this is the original, and `text` is borrowed */
    struct buf bytes;
    struct view_piece *pieces;
    size_t count, cap, max; /* of pieces */
    bool truncated;         /* a maximum was reached; what came after is missing */
};

/* Maxima of bytes and pieces. */
void view_init(struct view *v, size_t bytes_max, size_t pieces_max);
void view_release(struct view *v);
/* The original. */
void view_set(struct view *v, struct cardea_str text);
/* Begins anew as a reading of `parent`. */
void view_begin(struct view *v, const struct view *parent);
/* Appends what stands for `from_len` bytes of the parent at `from`. Calls come in the parent's order. */
void view_add(struct view *v, const char *bytes, size_t len, size_t from, size_t from_len);
/* Appends [from, to) of the parent as it is. */
void view_copy(struct view *v, size_t from, size_t to);
void view_end(struct view *v);

/* From a span of the view (start < end) to the one of the original. */
void view_locate(const struct view *v, size_t *start, size_t *end);

/* Only characters of ASCII that folding leaves alone. */
bool view_is_plain(struct cardea_str text);
/* Each makes `v` a reading of `parent` and returns whether it differs. `v` is not to be used when it does not. */
bool view_fold(struct view *v, const struct view *parent, const struct fold *f);
bool view_join(struct view *v, const struct view *parent);
bool view_leet(struct view *v, const struct view *parent, char one); /* what 1 stands for: 'i' or 'l' */
bool view_decode(struct view *v, const struct view *parent, size_t runs_max);
/* What tag characters and variation selectors of the original spell. */
bool view_smuggled(struct view *v, const struct view *original);

#endif

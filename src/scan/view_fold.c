#include "scan/view.h"

#include <string.h>

#include "scan/bytes.h"

/* Conjoining jamo, which compose to syllables: Unicode, section 3.12. */
#define L_FIRST 0x1100u
#define L_COUNT 19u
#define V_FIRST 0x1161u
#define V_COUNT 21u
#define T_FIRST 0x11a8u
#define T_COUNT 28u
#define S_FIRST 0xac00u

bool view_is_plain(struct cardea_str text)
{
    return BYTES_NEXT(text, 0, bytes_not_plain) == text.len;
}

struct folding {
    struct view *v;
    const struct fold *fold;
    struct cardea_str from;
    size_t read;      /* up to there the view has it */
    size_t word_end;  /* of the word that was looked at last */
    bool word_mixed;  /* it mixes scripts */
    bool word_likely; /* all its letters look like those of ASCII */
    bool any_mixed;   /* some word of the text mixes scripts */
};

/* From `at`, a letter that is not ASCII, to the word's end: which scripts it has. What is dropped does not end it. */
static void look_at_word(struct folding *w, size_t at)
{
    unsigned scripts = at > 0 && byte_is(w->from.ptr[at - 1], BYTE_LETTER) ? 1u << FOLD_LATIN : 0;
    bool likely = true;
    while (at < w->from.len) {
        unsigned char c = (unsigned char)w->from.ptr[at];
        size_t len = 1;
        if (c < 0x80) {
            if (byte_is((char)c, BYTE_LETTER))
                scripts |= 1u << FOLD_LATIN;
            else if (c < '0' || c > '9')
                break;
        } else {
            uint32_t code = fold_decode(w->from, at, &len);
            if (len == 0)
                break;
            struct fold_entry e = fold_of(w->fold, code);
            if (e.flags & FOLD_LETTER) {
                scripts |= 1u << e.script;
                likely &= (e.like && !(e.flags & FOLD_LOOSE)) || e.script == FOLD_LATIN;
            } else if (e.len || e.flags & FOLD_SAME) {
                break;
            }
        }
        at += len;
    }
    w->word_end = at;
    w->word_mixed = (scripts & (scripts - 1)) != 0;
    w->word_likely = likely;
    w->any_mixed |= w->word_mixed;
}

/* Whether any word mixes scripts: then words that consist of look-alikes alone are no other language either. */
static void look_at_all(struct folding *w)
{
    for (size_t at = 0, len; at < w->from.len && !w->any_mixed; at += len ? len : 1) {
        len = 1;
        if ((unsigned char)w->from.ptr[at] < 0x80)
            continue;
        uint32_t code = fold_decode(w->from, at, &len);
        if (len == 0 || !(fold_of(w->fold, code).flags & FOLD_LETTER))
            continue;
        look_at_word(w, at);
        len = w->word_end - at;
    }
    w->word_end = 0;
}

/* A syllable of two or three jamo at `at`; 0: there is none. */
static uint32_t syllable(struct cardea_str s, size_t at, uint32_t lead, size_t *len)
{
    size_t more;
    if (lead - L_FIRST >= L_COUNT || at + *len >= s.len)
        return 0;
    uint32_t vowel = fold_decode(s, at + *len, &more);
    if (more == 0 || vowel - V_FIRST >= V_COUNT)
        return 0;
    *len += more;
    uint32_t code = S_FIRST + ((lead - L_FIRST) * V_COUNT + (vowel - V_FIRST)) * T_COUNT;
    if (at + *len >= s.len)
        return code;
    uint32_t tail = fold_decode(s, at + *len, &more);
    if (more == 0 || tail - T_FIRST >= T_COUNT - 1)
        return code;
    *len += more;
    return code + (tail - T_FIRST) + 1;
}

/* What stood before is as it was; `bytes` stand for what is at `at`. */
static void replace(struct folding *w, size_t at, size_t len, struct cardea_str bytes)
{
    if (at > w->read)
        view_copy(w->v, w->read, at);
    view_add(w->v, bytes.ptr, bytes.len, at, len);
    w->read = at + len;
}

/* One character that is not plain; returns its length. */
static size_t fold_one(struct folding *w, size_t at)
{
    unsigned char c = (unsigned char)w->from.ptr[at];
    size_t len;
    char made[4];
    if (c < 0x80) { /* a control character */
        replace(w, at, 1, (struct cardea_str){made, 0});
        return 1;
    }
    uint32_t code = fold_decode(w->from, at, &len);
    if (len == 0)
        return 1;
    uint32_t composed = syllable(w->from, at, code, &len);
    if (composed) {
        replace(w, at, len, (struct cardea_str){made, fold_encode(composed, made)});
        return len;
    }
    struct fold_entry e = fold_of(w->fold, code);
    if (e.flags & FOLD_LETTER && at >= w->word_end)
        look_at_word(w, at);
    if (e.like && e.flags & FOLD_LETTER && (w->word_mixed || (w->any_mixed && w->word_likely)))
        replace(w, at, len, (struct cardea_str){&e.like, 1});
    else if (!(e.flags & FOLD_SAME))
        replace(w, at, len, fold_bytes(w->fold, &e));
    return len;
}

bool view_fold(struct view *v, const struct view *parent, const struct fold *f)
{
    struct folding w = {.v = v, .fold = f, .from = parent->text};
    if (view_is_plain(parent->text))
        return false;
    view_begin(v, parent);
    look_at_all(&w);
    for (size_t at = 0; at < w.from.len && !v->truncated;)
        at += byte_is(w.from.ptr[at], BYTE_PLAIN) ? 1 : fold_one(&w, at);
    if (w.read < w.from.len)
        view_copy(v, w.read, w.from.len);
    view_end(v);
    return v->truncated || v->text.len != w.from.len ||
           (w.from.len > 0 && memcmp(v->text.ptr, w.from.ptr, w.from.len) != 0);
}

/* A tag stands for the character of ASCII that it is a ghost of; the 256 variation selectors for one byte each. */
static int smuggled_byte(uint32_t c)
{
    if (c >= 0xe0020 && c <= 0xe007e)
        return (int)(c - 0xe0000);
    if (c >= 0xfe00 && c <= 0xfe0f)
        return (int)(c - 0xfe00);
    if (c >= 0xe0100 && c <= 0xe01ef)
        return (int)(c - 0xe0100 + 16);
    return -1;
}

bool view_smuggled(struct view *v, const struct view *original)
{
    struct cardea_str s = original->text;
    view_begin(v, original);
    for (size_t at = 0, len; at < s.len && !v->truncated; at += len ? len : 1) {
        unsigned char lead = (unsigned char)s.ptr[at];
        len = 1;
        if (lead != 0xf3 && lead != 0xef) /* what those two blocks begin with */
            continue;
        int byte = smuggled_byte(fold_decode(s, at, &len));
        if (len == 0 || byte < 0)
            continue;
        char c = (char)byte;
        view_add(v, &c, 1, at, len);
    }
    view_end(v);
    return v->text.len >= 4; /* fewer say nothing: emoji have one or two */
}

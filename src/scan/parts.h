/* scan/parts.h - a regular expression of PCRE2 taken apart, as far as one must to say what stands in whatever it
 * matches. */
#ifndef SCAN_PARTS_H
#define SCAN_PARTS_H

#include <cardea/types.h>

/* One element of a sequence, with what says how often. */
struct part {
    size_t start, body_end, end; /* of the element; end with its quantifier */
    unsigned least, most;        /* how often; most only as far as it is no more than PART_MOST */
};

#define PART_MOST 1000u

/* Past the element at `at`: a character, an escape, a class, a group; without what says how often. */
size_t part_end(struct cardea_str pattern, size_t at);
struct part part_at(struct cardea_str pattern, size_t at);
/* Cuts the next alternative off `rest`; false when none is left. Begin with ptr and len of the whole. */
bool part_next_choice(struct cardea_str *rest, struct cardea_str *choice);
/* What stands within a group `(...)` of any kind; *asks: it looks around and takes nothing. */
struct cardea_str part_inside(struct cardea_str group, bool *asks);
/* Bytes of `(?i)`, `(?s)`, ... at the head. */
size_t part_options_len(struct cardea_str pattern);
/* Nothing is in it that this reader of patterns could take for something else; *caseless: it says so itself. */
bool part_is_readable(struct cardea_str pattern, bool *caseless);
/* What a match has at most: bytes that are no white space, and runs of white space. Each PART_FAR when nobody knows. */
struct part_reach {
    uint16_t bytes, runs;
};

#define PART_FAR 1000u

struct part_reach part_reach(struct cardea_str pattern);
struct part_reach part_reach_max(struct part_reach a, struct part_reach b);
struct part_reach part_reach_sum(struct part_reach a, struct part_reach b);

#endif

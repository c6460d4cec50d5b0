/* http/problem.h - refusals: RFC 9457 bodies, RFC 6750 challenges. What handlers use of it stands in http/call.h. */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "http/call.h"

struct problem {
    int status;
    const char *code;
    const char *detail;
    const struct service_problem *errors;
    size_t error_count;
    struct cardea_str extra; /* further members as JSON text, such as `"id":"key_…"`; may be empty */
};

/* Replaces whatever reply there was, its headers too. */
void problem_render(struct call *c, const struct problem *p);

/* "Not Found"; "Error" for what HTTP does not name. Static storage. */
const char *problem_title(int status);

#endif

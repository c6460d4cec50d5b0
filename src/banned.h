/* banned.h - functions that are compile errors here, and what to call instead. Included before every file. */
#ifndef CARDEA_BANNED_H
#define CARDEA_BANNED_H

/* The standard headers that declare them come first, so that only our own calls are caught. */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok /* base/buf.h, snprintf, base/str.h */
#pragma GCC poison gmtime localtime ctime asctime                             /* gmtime_r, base/timefmt.h */
#pragma GCC poison atoi atol atoll                                            /* strtoll with its end checked */
#pragma GCC poison tmpnam mktemp                                              /* mkstemp */
#pragma GCC poison EVP_sha256 SHA256                                          /* cardea_digest: both fetch each time */

#endif

/* All that libcardea-scan asks of the operating system. */
#include <time.h>

#include "scan/scanner.h"

uint64_t scan_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

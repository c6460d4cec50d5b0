/* A build without pages: as tools/pages.py would write it. */
#include "http/web.h"

const struct web_file web_files[] = {{0}};
const size_t web_file_count = 0;
const char web_blob[] = "";

/* scan/names.h - the words for the enums of <cardea/scan_types.h>, in packs, policies and results: the word of value i
 * is item i, and NULL ends the list. */
#ifndef SCAN_NAMES_H
#define SCAN_NAMES_H

#include <cardea/scan_types.h>

extern const char *const scan_category_names[CARDEA_SCAN_CATEGORY_COUNT + 1];
extern const char *const scan_severity_names[CARDEA_SCAN_SEVERITY_COUNT + 1];
extern const char *const scan_sensitivity_names[CARDEA_SCAN_SENSITIVITY_COUNT + 1];
extern const char *const scan_view_names[CARDEA_SCAN_VIEW_COUNT + 1];
extern const char *const scan_signal_names[CARDEA_SCAN_SIGNAL_COUNT + 1];
extern const char *const scan_host_trait_names[CARDEA_SCAN_HOST_TRAIT_COUNT + 1];

#endif

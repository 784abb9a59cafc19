#ifndef PEBBLE_PARSE_H
#define PEBBLE_PARSE_H

#include <stddef.h>

enum {
    PARSE_OK = 0,
    PARSE_NO_METHOD,
    PARSE_BAD_METHOD,
    PARSE_NO_TARGET,
    PARSE_BAD_VERSION,
};

/* Points into the line that was parsed; nothing is copied. */
struct request {
    const char *method;
    size_t method_length;
    const char *target;
    size_t target_length;
    int minor;
};

int parse_request_line(const char *line, size_t length, struct request *out);

#endif

// Copyright 2025 the pebble developers. All rights reserved.
// Use of this source code is governed by a BSD-style license that can be
// found in the COPYING file.

#include "parse.h"

#include <ctype.h>
#include <string.h>

/* Method, target and version, parted by single blanks, ended by CR LF. */
int parse_request_line(const char *line, size_t length, struct request *out)
{
    const char *end = line + length;
    const char *target = memchr(line, ' ', length);
    if (target == NULL || target == line)
        return PARSE_NO_METHOD;
    for (const char *p = line; p < target; p++)
        if (!isupper((unsigned char)*p))
            return PARSE_BAD_METHOD;
    out->method = line;
    out->method_length = (size_t)(target - line);

    target++;
    const char *version = memchr(target, ' ', (size_t)(end - target));
    if (version == NULL || version == target)
        return PARSE_NO_TARGET;
    out->target = target;
    out->target_length = (size_t)(version - target);

    version++;
    if (end - version != 8 || memcmp(version, "HTTP/1.", 7) != 0)
        return PARSE_BAD_VERSION;
    if (version[7] != '0' && version[7] != '1')
        return PARSE_BAD_VERSION;
    out->minor = version[7] - '0';
    return PARSE_OK;
}

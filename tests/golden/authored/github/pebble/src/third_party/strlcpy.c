/*
 * Copyright (c) 1998 A. N. Author <author@strings.example>
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 */
#include <stddef.h>

size_t my_strlcpy(char *to, const char *from, size_t size)
{
    const char *start = from;
    if (size > 0) {
        while (--size > 0 && *from)
            *to++ = *from++;
        *to = '\0';
    }
    while (*from)
        from++;
    return (size_t)(from - start);
}

#include "ring.h"

#include <stdlib.h>
#include <string.h>

/* The capacity is a power of two, so that the index wraps with a mask. */
struct ring {
    size_t mask;
    size_t head;    /* next byte to read */
    size_t tail;    /* next byte to write */
    unsigned char data[];
};

struct ring *ring_new(size_t capacity)
{
    size_t size = 16;
    while (size < capacity) {
        if (size > SIZE_MAX / 2)
            return NULL;
        size *= 2;
    }
    struct ring *r = malloc(sizeof *r + size);
    if (r == NULL)
        return NULL;
    r->mask = size - 1;
    r->head = r->tail = 0;
    return r;
}

void ring_free(struct ring *r)
{
    free(r);
}

size_t ring_used(const struct ring *r)
{
    return r->tail - r->head;   /* wraps correctly: both are unsigned */
}

size_t ring_write(struct ring *r, const void *bytes, size_t n)
{
    size_t room = r->mask + 1 - ring_used(r);
    if (n > room)
        n = room;
    size_t at = r->tail & r->mask;
    size_t first = r->mask + 1 - at;
    if (first > n)
        first = n;
    memcpy(r->data + at, bytes, first);
    memcpy(r->data, (const unsigned char *)bytes + first, n - first);
    r->tail += n;
    return n;
}

size_t ring_read(struct ring *r, void *bytes, size_t n)
{
    size_t used = ring_used(r);
    if (n > used)
        n = used;
    size_t at = r->head & r->mask;
    size_t first = r->mask + 1 - at;
    if (first > n)
        first = n;
    memcpy(bytes, r->data + at, first);
    memcpy((unsigned char *)bytes + first, r->data, n - first);
    r->head += n;
    return n;
}

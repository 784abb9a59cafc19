/*
 * Copyright (c) 2025, the pebble developers
 * All rights reserved.
 *
 * SPDX-License-Identifier: BSD-3-Clause
 */
#ifndef PEBBLE_RING_H
#define PEBBLE_RING_H

#include <stddef.h>
#include <stdint.h>

/* A byte queue of fixed size for one reader and one writer. Not safe for two of either. */
struct ring;

struct ring *ring_new(size_t capacity);
void ring_free(struct ring *r);

/* Bytes that wait to be read. */
size_t ring_used(const struct ring *r);

/* Write or read up to n bytes; return how many it were. */
size_t ring_write(struct ring *r, const void *bytes, size_t n);
size_t ring_read(struct ring *r, void *bytes, size_t n);

#endif

#include "../src/ring.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void wraps_around(void)
{
    struct ring *r = ring_new(16);
    char out[16];
    for (int turn = 0; turn < 100; turn++) {
        assert(ring_write(r, "abcdefg", 7) == 7);
        assert(ring_read(r, out, 7) == 7);
        assert(memcmp(out, "abcdefg", 7) == 0);
    }
    ring_free(r);
}

static void refuses_what_does_not_fit(void)
{
    struct ring *r = ring_new(16);
    char bytes[20] = {0};
    assert(ring_write(r, bytes, 20) == 16);
    assert(ring_write(r, bytes, 1) == 0);
    ring_free(r);
}

int main(void)
{
    wraps_around();
    refuses_what_does_not_fit();
    puts("ok");
    return 0;
}

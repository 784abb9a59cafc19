/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"

/* Squares are numbered so that a step off the board shows in bit 3 or 7. */
int on_board(int square)
{
    return (square & 0x88) == 0;
}

int knight_moves(int from, int *to)
{
    static const int steps[8] = {-33, -31, -18, -14, 14, 18, 31, 33};
    int n = 0;
    for (int i = 0; i < 8; i++)
        if (on_board(from + steps[i]))
            to[n++] = from + steps[i];
    return n;
}

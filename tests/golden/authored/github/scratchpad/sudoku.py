def candidates(grid, row, column):
    used = set(grid[row]) | {grid[r][column] for r in range(9)}
    top, left = 3 * (row // 3), 3 * (column // 3)
    used |= {grid[top + r][left + c] for r in range(3) for c in range(3)}
    return set(range(1, 10)) - used


def solve(grid):
    empty = [(r, c) for r in range(9) for c in range(9) if not grid[r][c]]
    if not empty:
        return True
    r, c = min(empty, key=lambda place: len(candidates(grid, *place)))
    for digit in candidates(grid, r, c):
        grid[r][c] = digit
        if solve(grid):
            return True
    grid[r][c] = 0
    return False

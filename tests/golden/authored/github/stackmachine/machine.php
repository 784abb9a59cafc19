<?php
// A stack machine: words from standard input, numbers to standard output.

final class Machine
{
    /** @var int[] */
    private array $stack = [];

    public function execute(string $word): void
    {
        switch ($word) {
            case '+':
                $this->binary(fn (int $first, int $second): int => $first + $second);
                break;
            case '*':
                $this->binary(fn (int $first, int $second): int => $first * $second);
                break;
            case 'dup':
                $top = $this->pop();
                array_push($this->stack, $top, $top);
                break;
            case '.':
                echo $this->pop(), PHP_EOL;
                break;
            default:
                if (!is_numeric($word)) {
                    throw new InvalidArgumentException("unknown word: $word");
                }
                $this->stack[] = (int) $word;
        }
    }

    private function pop(): int
    {
        if ($this->stack === []) {
            throw new UnderflowException('the stack is empty');
        }
        return array_pop($this->stack);
    }

    private function binary(callable $operation): void
    {
        $second = $this->pop();
        $this->stack[] = $operation($this->pop(), $second);
    }
}

$machine = new Machine();
foreach (preg_split('/\s+/', trim(stream_get_contents(STDIN))) as $word) {
    $machine->execute($word);
}

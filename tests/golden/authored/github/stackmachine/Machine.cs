using System;
using System.Collections.Generic;

namespace StackMachine
{
    /// <summary>Words in, numbers out.</summary>
    public sealed class Machine
    {
        private readonly Stack<long> stack = new Stack<long>();
        private readonly Dictionary<string, Action> words;

        public Machine(Action<long> print)
        {
            words = new Dictionary<string, Action>
            {
                ["+"] = () => Binary((first, second) => first + second),
                ["-"] = () => Binary((first, second) => first - second),
                ["*"] = () => Binary((first, second) => first * second),
                ["dup"] = () => stack.Push(stack.Peek()),
                ["drop"] = () => stack.Pop(),
                ["."] = () => print(stack.Pop()),
            };
        }

        public void Execute(string word)
        {
            if (words.TryGetValue(word, out var action))
            {
                action();
            }
            else
            {
                stack.Push(long.Parse(word));
            }
        }

        private void Binary(Func<long, long, long> operation)
        {
            var second = stack.Pop();
            var first = stack.Pop();
            stack.Push(operation(first, second));
        }
    }
}

// A stack machine: words in, numbers out.
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

class Machine {
public:
    Machine() {
        words["+"] = [this] { binary(std::plus<long>()); };
        words["-"] = [this] { binary(std::minus<long>()); };
        words["*"] = [this] { binary(std::multiplies<long>()); };
        words["dup"] = [this] { long top = pop(); push(top); push(top); };
        words["swap"] = [this] { long second = pop(), first = pop(); push(second); push(first); };
        words["drop"] = [this] { pop(); };
        words["."] = [this] { std::cout << pop() << '\n'; };
    }

    void execute(const std::string& word) {
        auto found = words.find(word);
        if (found != words.end()) {
            found->second();
        } else {
            push(std::stol(word));
        }
    }

private:
    std::vector<long> stack;
    std::map<std::string, std::function<void()>> words;

    void push(long number) { stack.push_back(number); }

    long pop() {
        if (stack.empty()) {
            throw std::runtime_error("the stack is empty");
        }
        long top = stack.back();
        stack.pop_back();
        return top;
    }

    template <typename Operation>
    void binary(Operation operation) {
        long second = pop();
        long first = pop();
        push(operation(first, second));
    }
};

int main() {
    Machine machine;
    std::string word;
    try {
        while (std::cin >> word) {
            machine.execute(word);
        }
    } catch (const std::exception& error) {
        std::cerr << "stopped at " << word << ": " << error.what() << '\n';
        return 1;
    }
}

// recorded_answers.hpp: a CommandSource that starts nothing: it gives the answers that real programs once gave.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "run/captured_command.hpp"

namespace lenswright::test {

class RecordedAnswers final : public CommandSource {
 public:
  // To commands whose shell line begins with `words`; several answers to the same words are given in turn, the
  // last one from then on. The longest words that fit win.
  void on(const std::string& words, CommandAnswer answer) {
    for (Known& known : known_) {
      if (known.words != words) continue;
      known.answers.push_back(std::move(answer));
      return;
    }
    known_.push_back({words, {std::move(answer)}});
  }
  void prints(const std::string& words, const std::string& out) { on(words, {0, out, "", false}); }
  void fails(const std::string& words, const std::string& err, int status = 1) {
    on(words, {status, "", err, false});
  }

  CommandAnswer ask(const Command& command, std::chrono::milliseconds timeout) override {
    commands.push_back(command);
    timeouts.push_back(timeout);
    lines.push_back(line_of(command));
    Known* best = nullptr;
    for (Known& known : known_) {
      const bool fits = lines.back().starts_with(known.words);
      if (fits && (best == nullptr || known.words.size() > best->words.size())) best = &known;
    }
    if (best == nullptr) throw Failure("no recorded answer to: " + lines.back());
    CommandAnswer answer = best->answers.front();
    if (best->answers.size() > 1) best->answers.pop_front();
    return answer;
  }

  std::vector<Command> commands;
  std::vector<std::string> lines;  // without the environment
  std::vector<std::chrono::milliseconds> timeouts;
  std::size_t count(const std::string& words) const {
    std::size_t asked = 0;
    for (const std::string& line : lines) asked += line.starts_with(words) ? 1 : 0;
    return asked;
  }

 private:
  struct Known {
    std::string words;
    std::deque<CommandAnswer> answers;
  };
  static std::string line_of(const Command& command) {
    Command plain;
    plain.arguments = command.arguments;
    return shell_line(plain);
  }
  std::vector<Known> known_;
};

}  // namespace lenswright::test

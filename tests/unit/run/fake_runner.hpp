// fake_runner.hpp: a CommandRunner that starts nothing: it records commands and plays scripted exit statuses.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "run/command_runner.hpp"

namespace lenswright::test {

class FakeRunner final : public CommandRunner {
 public:
  // By the log's file name, "lux-3.log"; what is not named ends with 0.
  std::map<std::string, int> statuses;
  std::vector<std::string> unstartable;
  // Called when wait_any is asked, before anything ends.
  std::function<void()> while_waiting = [] {};
  // Nothing ends before a signal was sent.
  bool ends_only_by_signal = false;

  std::vector<Command> commands;     // in the order of their start
  std::vector<std::string> started;  // log names
  std::vector<std::string> ended;    // log names
  std::vector<std::string> events;   // "start lux-3.log", "end lux-3.log"
  std::vector<std::pair<std::string, int>> signals;
  std::size_t most_at_once = 0;

  int start(const Command& command) override {
    const std::string name = command.output.filename().string();
    if (std::find(unstartable.begin(), unstartable.end(), name) != unstartable.end())
      throw Failure("cannot start " + name);
    commands.push_back(command);
    started.push_back(name);
    events.push_back("start " + name);
    running_[++last_id_] = name;
    most_at_once = std::max(most_at_once, running_.size());
    return last_id_;
  }
  std::optional<CommandEnd> wait_any(std::chrono::milliseconds) override {
    while_waiting();
    if (running_.empty() || (ends_only_by_signal && signals.empty())) return std::nullopt;
    // The last one started ends first: ends come in another order than starts.
    const auto last = std::prev(running_.end());
    const CommandEnd end{last->first, ends_only_by_signal ? 130 : statuses[last->second]};
    ended.push_back(last->second);
    events.push_back("end " + last->second);
    running_.erase(last);
    return end;
  }
  void send_signal(int id, int signal_number) override {
    signals.emplace_back(running_.at(id), signal_number);
  }

 private:
  std::map<int, std::string> running_;
  int last_id_ = 0;
};

}  // namespace lenswright::test

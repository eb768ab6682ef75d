// started_program.hpp: what starting a program needs, whoever waits for it.
#pragma once

#include <string>
#include <vector>

#include "run/command_runner.hpp"

namespace lenswright {

// "NAME=value" of every variable the program gets.
std::vector<std::string> environment_of(const Command& command);
// For exec: pointers to the words, and a null at the end.
std::vector<char*> pointers_to(std::vector<std::string>& words);

}  // namespace lenswright

// recovery completion: what bash or zsh need to complete verbs, options and their values; made from the verbs themselves.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "survey.hpp"
#include "verb.hpp"

namespace lenswright {

namespace {

// Words that an option takes, where they are few and known; others are files.
const std::map<std::string, std::string>& known_values() {
  static const std::map<std::string, std::string> values = {{"stage", "lensplanes lux raytracing statistics"},
                                                            {"tier", "quick header full"},
                                                            {"format", "xxh128 sha256"},
                                                            {"executor", "local slurm"}};
  return values;
}

// The first word after a verb that does several things.
std::string actions_of(const Verb& verb) {
  static const std::map<std::string, std::string, std::less<>> actions = {
      {"backup", "create list verify restore"},
      {"completion", "bash zsh"},
      {"ledger", "merge check rebuild export import"},
      {"report", "list open"},
      {"trash", "list restore purge"}};
  const auto found = actions.find(verb.name);
  return found == actions.end() ? std::string() : found->second;
}

// In single quotes of a shell, without what means something to zsh's _arguments.
std::string described(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') continue;
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string bash_completion() {
  std::string names, cases, actions;
  for (const Verb& verb : verbs()) {
    if (const std::string words = actions_of(verb); !words.empty())
      actions += fmt::format("      {}) COMPREPLY=($(compgen -W \"{}\" -- \"$word\")); return ;;\n",
                             verb.name, words);
    names += (names.empty() ? "" : " ") + std::string(verb.name);
    std::string words;
    for (const VerbOption& option : options_of(verb.run, std::string(verb.name)))
      words += (words.empty() ? "--" : " --") + option.name;
    cases += fmt::format("    {}) words=\"{}\" ;;\n", verb.name, words);
  }
  std::string values;
  for (const auto& [option, words] : known_values())
    values +=
        fmt::format("    --{}) COMPREPLY=($(compgen -W \"{}\" -- \"$word\")); return ;;\n", option, words);
  return fmt::format(R"sh(# bash completion of recovery: eval "$(recovery completion bash)"
_recovery() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{} --help --version" -- "$word"))
    return
  fi
  case "$before" in
{}  esac
  if [ "$COMP_CWORD" -eq 2 ] && [[ "$word" != -* ]]; then
    case "${{COMP_WORDS[1]}}" in
{}    esac
  fi
  if [[ "$word" != -* ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o filenames -F _recovery recovery
)sh",
                     names, values, actions, cases);
}

std::string zsh_completion() {
  std::string names, cases;
  for (const Verb& verb : verbs()) {
    names += fmt::format("    '{}:{}'\n", verb.name, described(std::string(verb.summary)));
    std::string options;
    for (const VerbOption& option : options_of(verb.run, std::string(verb.name))) {
      const auto values = known_values().find(option.name);
      options += fmt::format(" \\\n        '*--{}[{}]{}'", option.name, described(option.does),
                             option.argument.empty() ? std::string()
                             : values == known_values().end()
                                 ? fmt::format(":{}:_files", described(option.argument))
                                 : fmt::format(":{}:({})", described(option.argument), values->second));
    }
    if (const std::string words = actions_of(verb); !words.empty())
      options += fmt::format(" \\\n        '1:what:({})'", words);
    cases += fmt::format("    {}) _arguments{} '*:file:_files' ;;\n", verb.name, options);
  }
  return fmt::format(R"sh(#compdef recovery
# zsh completion of recovery: eval "$(recovery completion zsh)"
_recovery() {{
  local -a verbs=(
{}  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
{}  esac
}}
compdef _recovery recovery
)sh",
                     names, cases);
}

}  // namespace

ExitStatus run_completion(int argc, char** argv) {
  cxxopts::Options options("recovery completion",
                           "Prints the completion of verbs and options for a shell: eval \"$(recovery "
                           "completion bash)\" in ~/.bashrc, or with zsh in ~/.zshrc after compinit.\n");
  options.add_options()("shell", "bash or zsh", cxxopts::value<std::string>(), "SHELL")(
      "help", "print this help")("version", "print the version of the code");
  options.parse_positional({"shell"});
  options.positional_help("SHELL");
  const auto parsed = parse_verb(options, argc, argv);
  if (!parsed) return ExitStatus::done;
  const std::string shell = parsed->count("shell") > 0 ? (*parsed)["shell"].as<std::string>() : "";
  if (shell != "bash" && shell != "zsh")
    throw UsageError(fmt::format("recovery completion {}: there are bash and zsh", shell));
  fmt::print("{}", shell == "bash" ? bash_completion() : zsh_completion());
  return ExitStatus::done;
}

}  // namespace lenswright
